"""The same work in several threads, begun at the same instant."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(times: int, work: Callable[[int], T]) -> list[T]:
    """What each call returned; raises what any raised. work: given its number."""
    ready = threading.Barrier(times)

    def run(number: int) -> T:
        ready.wait(timeout=60)
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
