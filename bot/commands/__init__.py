"""The command language: the commands that there are, and a line of text as the request it makes."""
