"""Commands: the one table of commands, its grammar, and what each command means for a State. Pure. The console's `:`,
its palette and help, and `--do` all use this package."""
