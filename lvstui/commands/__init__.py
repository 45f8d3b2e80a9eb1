"""What may be asked for in words: the one table of commands, its grammar, and what each comes to on a State. Pure: the
console's `:`, its palette and help, and `--do` are all this."""
