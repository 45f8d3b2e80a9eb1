"""What the program does once and leaves: one file a verb. A verb is a generator of what goes to standard output, text
as str and warnings as Remark, and returns the exit code; it asks through the function it is given. Never loads
Textual; errors are LvsError, which the command line turns into its exit code."""
