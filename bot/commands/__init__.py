"""The command language: the table of commands, and text parsed into requests."""
