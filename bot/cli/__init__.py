"""The command line: the outermost edge, where settings are read and real things are chosen."""

from bot.cli.app import main

__all__ = ["main"]
