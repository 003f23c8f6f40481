"""How far a copy into a database has come, kept in that database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, exists, func, insert, select, update

import summarizer.schema  # noqa: F401 (its tables join the metadata)
from articles.database import Database, DatabaseUnusable
from articles.schema import metadata
from bot.storage.schema import copied

TABLES = tuple(table for table in metadata.sorted_tables if table is not copied)
"""What is copied, each after those that it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """What a copy has of one table."""

    rows: int
    last_key: Sequence[Any] | None  # its primary key; None: no row yet


def states(connection: Connection) -> Mapping[str, TableState]:
    """By table; empty where no copy has begun."""
    return {
        row.table_name: TableState(rows=row.rows, last_key=row.last_key)
        for row in connection.execute(select(copied))
    }


def finished_at(connection: Connection) -> datetime | None:
    """When the copy that this database is from was found to be whole; None: it was not, or there was none."""
    finished = select(func.min(copied.c.finished_at)).having(func.count() == func.count(copied.c.finished_at))
    return connection.execute(finished).scalar()


def begin(connection: Connection) -> None:
    connection.execute(insert(copied), [{"table_name": table.name, "rows": 0} for table in TABLES])


def note(connection: Connection, table: Table, rows: int, last_key: Sequence[Any]) -> None:
    """So many more rows of the table, up to that key, are there."""
    values = {"rows": copied.c.rows + rows, "last_key": list(last_key)}
    connection.execute(update(copied).where(copied.c.table_name == table.name).values(values))


def finish(connection: Connection, now: datetime) -> None:
    connection.execute(update(copied).values(finished_at=now))


def refuse_unfinished(database: Database) -> None:
    """Raises DatabaseUnusable where a copy into the database has not come to its end."""
    with database.reading() as connection:
        if connection.execute(select(exists().where(copied.c.finished_at.is_(None)))).scalar():
            raise DatabaseUnusable(
                "the copy into this database is not finished, run `pullquote db copy` again: " + database.name
            )


def holds_anything(connection: Connection) -> str | None:
    """The name of a table that has rows; None: all are empty."""
    for table in TABLES:
        if connection.execute(select(1).select_from(table).limit(1)).first() is not None:
            return table.name
    return None
