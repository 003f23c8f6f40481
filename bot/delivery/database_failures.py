"""Database failures while the dispatcher works: logged once, and what must be written is kept."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from articles.database import DatabaseCorrupted, DatabaseError

log = logging.getLogger(__name__)

T = TypeVar("T")

RECORD_AGAIN_S = 1.0


class DatabaseFailures:
    """Whether the database ails, as those who write to it find."""

    def __init__(self) -> None:
        self._ailing = False  # and that was logged
        self._broken: DatabaseCorrupted | None = None
        self._is_broken = asyncio.Event()

    def found(self, error: DatabaseError) -> None:
        """It could not be used. Logged once, until it is `over`."""
        if isinstance(error, DatabaseCorrupted) and self._broken is None:
            self._broken = error
            self._is_broken.set()
        if not self._ailing:
            log.error("deliveries wait for the database", extra={"reason": str(error)})
        self._ailing = True

    def over(self) -> None:
        """It can be used again."""
        if self._ailing:
            log.info("deliveries go on")
        self._ailing = False

    async def record(self, write: Callable[[], T]) -> T:
        """Writes down what is known now and nobody could find out again, however long the database ails.

        Raises DatabaseCorrupted: that is not over by itself.
        """
        while True:
            try:
                return await asyncio.to_thread(write)
            except DatabaseCorrupted:
                raise
            except DatabaseError as error:
                self.found(error)
                await asyncio.sleep(RECORD_AGAIN_S)

    async def broken(self) -> None:
        """Raises DatabaseCorrupted once the database is found to be, and waits until then."""
        await self._is_broken.wait()
        if self._broken is not None:
            raise self._broken
