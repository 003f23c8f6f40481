"""The database that all rooms share: opening it, reading it, and writing it in transactions.

SQLite or PostgreSQL, by the URL; the two differ in `sqlite.py` and `postgres.py` alone.
"""

from articles.database.database import (
    AdvisoryLock,
    Database,
    acquire_lock,
    disable_timeouts,
    insert_or_ignore,
    insert_or_ignore_statement,
    new_id,
    open_database,
    password_in,
)
from articles.errors import (
    DatabaseCorrupted,
    DatabaseError,
    DatabaseUnavailable,
    DatabaseUnusable,
)

__all__ = [
    "AdvisoryLock",
    "Database",
    "DatabaseCorrupted",
    "DatabaseError",
    "DatabaseUnavailable",
    "DatabaseUnusable",
    "acquire_lock",
    "disable_timeouts",
    "insert_or_ignore",
    "insert_or_ignore_statement",
    "new_id",
    "open_database",
    "password_in",
]
