"""One bot a SQLite file: each of two would count the platforms' limits for itself, and send past them."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


class NotAlone(Exception):
    """Another process is at work on that file. Its text is one plain sentence."""


@contextlib.contextmanager
def alone_with(database: Path) -> Iterator[None]:
    """Held from start to end, or to the death of the process. Raises NotAlone.

    What only reads, or stores an article, needs no such promise: SQLite's own locks do for that.
    """
    lock = database.with_name(f"{database.name}.running")
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotAlone(
                f"another `pullquote run` is at work on {database}: on SQLite there is one;"
                " several share a PostgreSQL database (database_url)"
            ) from error
        yield
