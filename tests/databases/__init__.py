"""Databases for tests: SQLite files and a real PostgreSQL, empty or as some test left them to be found."""

import pytest

on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
"""Marks a test of what SQLite alone has: its file, its one writer, its FTS5."""

on_postgresql = pytest.mark.parametrize("kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)])
"""Marks a test of what PostgreSQL alone has."""
