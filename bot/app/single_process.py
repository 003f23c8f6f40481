"""One bot a SQLite file: each of two would count the platforms' limits for itself, and send past them."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO


class NotAlone(Exception):
    """Another process is at work on that file, or may be. Its text is one plain sentence."""


@contextlib.contextmanager
def alone_with(database: Path) -> Iterator[None]:
    """Held from start to end, or to the death of the process. Raises NotAlone.

    What only reads, or stores an article, needs no such promise: SQLite's own locks do for that.
    """
    lock = database.with_name(f"{database.name}.running")
    with _opened(lock) as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotAlone(
                f"another `pullquote run` is at work on {database}: on SQLite there is one;"
                " several share a PostgreSQL database (database_url)"
            ) from error
        yield


def _opened(lock: Path) -> IO[str]:
    try:
        return lock.open("w")
    except OSError as error:  # for example one that was made when root ran the bot
        raise NotAlone(
            f"cannot write {lock} ({error.strerror}): make it and its folder writable for the user that runs"
            " Pullquote, or stop Pullquote and remove that file"
        ) from error
