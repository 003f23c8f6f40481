"""The command line. Settings are read here, and the adapters are chosen here."""

from bot.cli.app import main

__all__ = ["main"]
