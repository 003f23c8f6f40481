"""The database that all rooms share: opening it, reading it, and writing it in whole transactions.

SQLite or PostgreSQL, by the URL; the two differ in `sqlite.py` and `postgres.py` alone.
"""

from articles.database.database import Database, open_database, password_in
from articles.database.errors import (
    DatabaseCorrupted,
    DatabaseError,
    DatabaseUnavailable,
    DatabaseUnusable,
)
from articles.database.writing import Turn, insert_absent, inserting_absent, new_id, take_turn, unhurried

__all__ = [
    "Database",
    "DatabaseCorrupted",
    "DatabaseError",
    "DatabaseUnavailable",
    "DatabaseUnusable",
    "Turn",
    "insert_absent",
    "inserting_absent",
    "new_id",
    "open_database",
    "password_in",
    "take_turn",
    "unhurried",
]
