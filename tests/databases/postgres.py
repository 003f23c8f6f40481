"""A PostgreSQL database of one test process, put back before each test to a state that was kept."""

import os
from collections.abc import Callable
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

import bot.storage.schema  # noqa: F401 (its tables join the metadata)
import summarizer.schema  # noqa: F401
from articles.database import Database, open_database
from articles.schema import metadata
from bot.storage.migration import upgrade

PREFIX = "pullquote_test_"
KEPT = "kept_"  # and a state's name: the schema with copies of its rows
EMPTY = "empty"
# What processes share, and no state has anything in.
SHARED = (
    *("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers"),
    "rate_windows",
)


class TestPostgres:
    """The database and its states. A state is made once, and found again as often as it is asked for.

    To put the rows back takes some milliseconds; to make a database and drop it, close to a second.
    """

    __test__ = False

    def __init__(self, server_url: str, worker: str) -> None:
        self._server_url = server_url
        self._name = f"{PREFIX}{os.getpid()}_{worker}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(self._name)
                )
            )
            # The machine may fail, and then the tests fail; no test is about that.
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(self._name))
            )
        self.url = make_url(server_url).set(database=self._name).render_as_string(hide_password=False)
        self._tables: list[str] = []
        self._states: set[str] = set()

    def state(self, name: str = EMPTY, make: Callable[[Database], None] = upgrade) -> str:
        """The URL of the database, which is in that state now. Whoever else was connected is cut off.

        make: brings it from empty into the state; called the first time only.
        """
        if name not in self._states:
            if name != EMPTY:
                self.state()
            database = open_database(self.url)
            make(database)
            database.close()
            self._keep(name)
        else:
            self._put_back(name)
        return self.url

    def drop(self) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self._name))
            )

    def bare(self) -> str:
        """The URL of a database with no table in it."""
        with self._connected() as connection:
            self._cut_others_off(connection)
            connection.execute("DROP SCHEMA IF EXISTS bare CASCADE")
            connection.execute("CREATE SCHEMA bare")
        return f"{self.url}?options=-csearch_path%3Dbare"

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.url, options="-c statement_timeout=60s")

    def _keep(self, name: str) -> None:
        with self._connected() as connection:
            if not self._tables:
                ordered = [table.name for table in metadata.sorted_tables]
                self._tables = [*ordered, "article_words", "alembic_version"]
            schema = sql.Identifier(KEPT + name)
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            for table in self._tables:
                copy = sql.SQL("CREATE TABLE {}.{} AS TABLE public.{}")
                connection.execute(copy.format(schema, sql.Identifier(table), sql.Identifier(table)))
        self._states.add(name)

    def _put_back(self, name: str) -> None:
        with self._connected() as connection:
            self._cut_others_off(connection)
            connection.execute(self._script(connection, name))

    @staticmethod
    def _cut_others_off(connection: psycopg.Connection) -> None:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def _script(self, connection: psycopg.Connection, name: str) -> sql.Composed:
        public = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        strange = {table for (table,) in public} - {*self._tables, *SHARED}
        kept, watched = KEPT + name, ("quotes", "articles")
        steps = [_of("DROP TABLE {} CASCADE", table) for table in strange]
        steps += [_of("ALTER TABLE {} DISABLE TRIGGER USER", table) for table in watched]
        steps += [_of("DELETE FROM {}", table) for table in (*SHARED, *reversed(self._tables))]
        steps += [
            _of("INSERT INTO public.{} SELECT * FROM {}.{}", table, kept, table) for table in self._tables
        ]
        steps += [
            sql.SQL("SELECT setval({}, coalesce(max(id), 0) + 1, false) FROM {}").format(
                f"{each.name}_id_seq", sql.Identifier(each.name)
            )
            for each in metadata.sorted_tables
            if "id" in each.columns
        ]
        steps += [_of("ALTER TABLE {} ENABLE TRIGGER USER", table) for table in watched]
        return sql.SQL("; ").join(steps)


def _of(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))
