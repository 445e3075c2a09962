"""Options in, bytes out: one file per command, the lazy table of commands, where errors become exit codes."""
