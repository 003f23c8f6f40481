"""Bounded concurrency."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def for_each(items: Iterable[T], work: Callable[[T], Awaitable[None]], *, at_once: int) -> None:
    """Awaits `work` for every item, at most `at_once` of them concurrently.

    The first error cancels the others and is raised as it is, not in a group: callers act on its type.
    """
    slots = asyncio.Semaphore(at_once)

    async def limited(item: T) -> None:
        async with slots:
            await work(item)

    try:
        async with asyncio.TaskGroup() as tasks:
            for item in items:
                tasks.create_task(limited(item))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
