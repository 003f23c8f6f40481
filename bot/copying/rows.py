"""Reads rows from both databases in one form, writes them, and computes checksums of tables.

Rows are raw: JSON as text, instants as SQLite stores them. A PostgreSQL row is converted to what SQLite would
give, so that equal rows have equal values. A table's checksum does not depend on the order of rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from psycopg import Connection as PsycopgConnection
from psycopg import sql
from psycopg.types.string import TextBinaryLoader
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.types import NullType

from articles.schema import UtcDateTime
from articles.text.encoding import replace_invalid_characters

Raw = tuple[Any, ...]
WIDE_BATCH, NARROW_BATCH = 500, 10_000  # rows in one transaction, of tables in `WIDE` and of others
WIDE = frozenset({"articles", "article_marks", "briefs", "quotes", "feed_entries"})
READ_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Digest:
    """The number of rows and the sum of their hashes."""

    rows: int
    checksum: int  # 64 bits


def batches(source: Connection, table: Table, last_key: Sequence[Any] | None) -> Iterator[list[Raw]]:
    """The table's rows after that primary key, in its order, converted for PostgreSQL."""
    keys = list(table.primary_key.columns)
    size = WIDE_BATCH if table.name in WIDE else NARROW_BATCH
    as_written = converter(table)
    while True:
        read = _raw(table).order_by(*keys).limit(size)
        if last_key is not None:
            read = read.where(tuple_(*keys) > tuple_(*last_key))
        batch = [as_written(row) for row in source.execute(read)]
        if not batch:
            return
        yield batch
        last_key = key_of(table, batch[-1])


def key_of(table: Table, row: Raw) -> list[Any]:
    """The row's primary key."""
    return [row[at] for at, column in enumerate(table.columns) if column.primary_key]


def write(target: PsycopgConnection[Any], table: str, columns: Sequence[str], rows: Iterable[Raw]) -> None:
    """Writes rows with PostgreSQL's COPY, in its connection's transaction."""
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with target.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)


def digest_of_source(source: Connection, table: Table) -> Digest:
    """The digest of all rows of the source."""
    as_written = converter(table)
    return digest(as_written(row) for row in source.execute(_raw(table)))


def digest_of_target(target: PsycopgConnection[Any], table: Table) -> Digest:
    """The digest of all rows of the target."""
    read = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        sql.Identifier(table.name),
    )
    with target.cursor(name="digest", binary=True) as cursor:
        cursor.itersize = READ_AT_ONCE
        cursor.adapters.register_loader("json", TextBinaryLoader)
        cursor.execute(read)
        days_and_instants = [
            at for at, column in enumerate(table.columns) if isinstance(column.type, Date | UtcDateTime)
        ]
        return digest(_as_sqlite(row, days_and_instants) for row in cursor)


def digest(rows: Iterable[Raw]) -> Digest:
    """The digest of rows in any order."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(blake2b(repr(row).encode(), digest_size=8).digest())
    return Digest(count, total % (1 << 64))


def converter(table: Table) -> Callable[[Sequence[Any]], Raw]:
    """Converts SQLite's raw rows for PostgreSQL: real booleans, and text without invalid characters."""
    kinds = [_kind(column.type) for column in table.columns]
    if not any(kinds):
        return tuple

    def convert(row: Sequence[Any]) -> Raw:
        return tuple(
            value if kind is None or value is None else kind(value)
            for kind, value in zip(kinds, row, strict=True)
        )

    return convert


def _raw(table: Table) -> Select[*tuple[Any, ...]]:
    raw = [type_coerce(column, NullType()).label(column.name) for column in table.columns]
    return select(*raw)


def _kind(column_type: object) -> Callable[[Any], Any] | None:
    if isinstance(column_type, Boolean):
        return bool
    if isinstance(column_type, String):
        return replace_invalid_characters
    if isinstance(column_type, _AS_THEY_ARE):
        return None
    raise TypeError(f"cannot copy columns of type {column_type!r}")


def _as_sqlite(row: Raw, days_and_instants: Sequence[int]) -> Raw:
    if not days_and_instants:
        return row
    values = list(row)
    for at in days_and_instants:
        value = values[at]
        if isinstance(value, datetime):
            values[at] = value.isoformat(" ", "microseconds")[:_INSTANT]
        elif isinstance(value, date):
            values[at] = value.isoformat()
    return tuple(values)


_AS_THEY_ARE = (Integer, Float, LargeBinary, JSON, UtcDateTime, Date)
_INSTANT = len("2017-02-16 12:00:00.000000")
