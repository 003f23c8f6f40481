"""`pullquote db ...`: the commands for the database."""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from articles.database import Database, password_in
from bot.copying import copy_to
from bot.progress import progress


class OpenDatabase(Protocol):
    def __call__(self, *, secrets: Iterable[str] = ()) -> AbstractContextManager[Database]:
        """secrets: what must not be logged, besides the settings' secrets."""


def db_commands(open_database: OpenDatabase) -> click.Group:
    """The group. open_database: opens the database in the settings and upgrades its schema."""

    @click.group()
    def db() -> None:
        """Back up or copy the database."""

    @db.command()
    @click.argument("path", type=click.Path(path_type=Path))
    def backup(path: Path) -> None:
        """Back up the SQLite database to a new file; the bot may run meanwhile."""
        with open_database() as database:
            size = database.back_up(path)
        click.echo(f"backed up: {path} ({size / 1e6:,.1f} MB)")

    @db.command()
    @click.option(
        "--to", "url", metavar="URL", required=True, help="postgresql://user@host/an-empty-database"
    )
    def copy(url: str) -> None:
        """Copy a whole SQLite installation to PostgreSQL. If interrupted, run it again to continue.

        Stop the bot first: changes during the copy are not copied.
        """
        with open_database(secrets=filter(None, [password_in(url)])) as database:
            done = copy_to(
                url,
                database,
                clock=lambda: datetime.now(UTC),
                progress=lambda rows: progress("rows", rows, sys.stderr),
            )
        if done.before is not None:
            click.echo(
                f"copied before, on {done.before:%Y-%m-%d %H:%M} UTC: {done.rows:,} rows; nothing to do"
            )
            return
        earlier = f", {done.resumed_at:,} of them by an earlier run" if done.resumed_at else ""
        click.echo(f"copied: {done.rows:,} rows{earlier}; every table has the same rows in both")

    return db
