"""What writers need of every database: rows that may be there already, new ids, and turns."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

_OURS = 0x50554C4C  # the first half of our advisory locks' keys; other programs may have theirs in there


class Turn(IntEnum):
    """What only one transaction at a time may do, as it reads all that is there before it writes."""

    MIGRATION = 1
    ARTICLES = (
        2  # storing and deleting them: versions, copies, stories and speakers are found by all there is
    )
    FEEDS = 3  # changing the list of feeds
    COPY = 4


def take_turn(connection: Connection, turn: Turn) -> None:
    """Waits until no other transaction has the turn, and keeps it to the end of this one.

    What is read from now on is still true when it is written. On SQLite every transaction has all turns.
    """
    if _is_postgres(connection):
        connection.execute(select(func.pg_advisory_xact_lock(_OURS, int(turn))))


def unhurried(connection: Connection) -> None:
    """No statement of this transaction, and no wait in it, is cut short for the time that it takes."""
    if _is_postgres(connection):
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts those rows that break no unique key; how many that were."""
    if not rows:
        return 0
    # Written out as one insert of many values, it would be compiled anew for every number of rows.
    statement = inserting_absent(connection, table)
    return connection.execute(statement, list(rows), execution_options={"preserve_rowcount": True}).rowcount


def inserting_absent(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The statement that inserts those rows that break no unique key, for any number of rows."""
    if _is_postgres(connection):
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def new_id(inserted: CursorResult[Any]) -> int:
    """The id that the database gave to the one row inserted."""
    key = inserted.inserted_primary_key
    if key is None:
        raise ValueError("not an insert of one row")
    return int(key[0])


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
