"""`pullquote db ...`: looking after the database, from the command line."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from articles.backup import back_up
from articles.database import Database

OpenDatabase = Callable[[], AbstractContextManager[Database]]


def db_commands(open_database: OpenDatabase) -> click.Group:
    """The group. open_database: opens that of the settings, brought up to date; `bot/cli.py` knows them."""

    @click.group()
    def db() -> None:
        """Look after the database."""

    @db.command()
    @click.argument("path", type=click.Path(path_type=Path))
    def backup(path: Path) -> None:
        """Copy the database to a new file, while the bot runs (SQLite)."""
        with open_database() as database:
            size = back_up(database, path)
        click.echo(f"backed up: {path} ({size / 1e6:,.1f} MB)")

    return db
