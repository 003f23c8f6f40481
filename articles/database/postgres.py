"""PostgreSQL, over psycopg: many processes read and write at the same time.

Writers see what others have committed, statement by statement (READ COMMITTED), and lock the rows that they
read in order to write; readers see one state throughout (REPEATABLE READ).
"""

from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine

from articles.errors import DatabaseError, DatabaseUnavailable, DatabaseUnusable

CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_S = 10
STATEMENT_TIMEOUT_S = 60
POOL, OVERFLOW = 5, 5  # connections of one process; PostgreSQL allows 100 in all by default
POOL_TIMEOUT_S = 10


class Postgres:
    """A `Backend`."""

    writing: dict[str, Any] = {"isolation_level": "READ COMMITTED"}  # noqa: RUF012 (a constant)
    reading: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # noqa: RUF012

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self.name = f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"

    def engine(self) -> Engine:
        """Does not connect yet."""
        if not self._url.database:
            raise DatabaseUnusable(
                "the database URL names no database: give for example postgresql://user@host/pullquote"
            )
        return create_engine(
            self._url,
            connect_args=_connect_args(self._url),
            pool_size=POOL,
            max_overflow=OVERFLOW,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,  # replaces a connection that the server or the network has dropped
            hide_parameters=True,  # otherwise an error in the log contains whole articles
        )

    def prepare(self, engine: Engine) -> None:
        """Connects once. Raises DatabaseUnusable if the database cannot store all characters."""
        with engine.connect() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise DatabaseUnusable(
                f"the database's encoding is {encoding}, make one with ENCODING 'UTF8': {self.name}"
            )

    def check(self, connection: Connection) -> None:
        """Does nothing: PostgreSQL's own tools (pg_amcheck) do that, and need more rights than we have."""

    def version(self, connection: Connection) -> str:
        """Also says that pgvector is not used: every process keeps the newest vectors in memory."""
        number = connection.exec_driver_sql("SHOW server_version").scalar_one().split()[0]
        vector = "SELECT count(*) FROM pg_extension WHERE extname = 'vector'"
        has_vector = connection.exec_driver_sql(vector).scalar_one()
        without = "pgvector is not used" if has_vector else "without pgvector"
        return f"PostgreSQL {number}, {without}: each process searches the newest vectors in its memory"

    def back_up(self, path: Path) -> int:  # noqa: ARG002 (the port's signature)
        raise DatabaseUnusable("this database has a tool of its own for backups: use pg_dump -Fc")

    def translate(self, error: BaseException | None) -> DatabaseError | None:
        """By SQLSTATE; an error without one is a failed connection."""
        state = getattr(error, "sqlstate", None)
        if state is None:
            return self._unreachable(error)
        for states, kind, words in _ERRORS:
            if state.startswith(states):
                return kind(f"the database {words}: {self.name}")
        return None

    def _unreachable(self, error: BaseException | None) -> DatabaseError | None:
        if isinstance(error, psycopg.ProgrammingError) and str(error).startswith(_NOT_OPTIONS):
            return DatabaseUnusable(f"the database URL has an invalid option: {error}".strip())
        if not isinstance(error, psycopg.OperationalError):
            return None
        # A failed connection has no SQLSTATE, only the server's words.
        _, refused, reason = str(error).partition("FATAL:")
        why = (reason or str(error).rpartition(" failed: ")[2]).split("\n")[0].strip()
        if not refused or any(words in reason for words in _PASSING):
            return DatabaseUnavailable(f"the database does not answer: {self.name} ({why})")
        return DatabaseUnusable(f"the database refuses the connection: {self.name} ({why})")


# postgresql.org, "PostgreSQL Error Codes": a class, or a whole code.
_ERRORS: tuple[tuple[str | tuple[str, ...], type[DatabaseError], str], ...] = (
    ("08", DatabaseUnavailable, "has closed the connection"),
    ("57P", DatabaseUnavailable, "is shutting down or starting"),
    ("53100", DatabaseUnavailable, "cannot grow, the disk is full"),
    ("53", DatabaseUnavailable, "has no room for another connection"),
    (("55P03", "40P01", "40001"), DatabaseUnavailable, "is busy, others hold the locks"),
    ("57014", DatabaseUnavailable, "took too long to answer"),
    ("42501", DatabaseUnusable, "does not allow this: make Pullquote's user the owner of its tables"),
    ("25006", DatabaseUnusable, "is read-only (is it a standby?)"),
    ("28", DatabaseUnusable, "refuses the login: check user and password"),
    ("3D000", DatabaseUnusable, "does not exist"),
    ("XX00", DatabaseUnusable, "is corrupted, restore a backup"),
    ("58", DatabaseUnusable, "cannot be read or written, the server's disk reports an error"),
)
_NOT_OPTIONS = ("invalid connection option", "bad value for")  # what psycopg says of a URL's query
_PASSING = ("starting up", "shutting down", "recovery", "too many clients", "remaining connection slots")


def _connect_args(url: URL) -> dict[str, Any]:
    """Options for what the URL does not set itself."""
    options = {
        "timezone": "UTC",
        "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "lock_timeout": f"{LOCK_TIMEOUT_S}s",
        # A client that is cut off in the middle of a transaction holds its locks no longer than this.
        "idle_in_transaction_session_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "jit": "off",  # it costs more than such queries take
    }
    asked = url.query.get("options", ())
    ours = " ".join(f"-c {name}={value}" for name, value in options.items())
    settings: dict[str, Any] = {
        "application_name": "pullquote",
        "connect_timeout": CONNECT_TIMEOUT_S,
        # A peer that has disappeared is noticed in a minute or two, not in hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 120_000,  # not less: a server at its limits answers slowly, too
    }
    settings = {name: value for name, value in settings.items() if name not in url.query}
    return settings | {"options": " ".join([ours, *([asked] if isinstance(asked, str) else asked)])}
