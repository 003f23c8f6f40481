"""Progress of long work: a bar in a terminal, log lines elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

_LINES = 10


class Step(Protocol):
    """Called after one or several steps of the work."""

    def __call__(self, steps: int = 1) -> None: ...


@contextmanager
def progress(label: str, total: int, stream: TextIO) -> Iterator[Step]:
    """Yields a function to call after steps of the work; it may be called more than `total` times."""
    if not stream.isatty():
        yield _logged(label, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda steps=1: bar.advance(task, steps)


def _logged(label: str, total: int) -> Step:
    done = 0
    every = max(1, total // _LINES)

    def step(steps: int = 1) -> None:
        nonlocal done
        before, done = done, done + steps
        if done // every > before // every or done == total:
            log.info("progress", extra={"work": label, "done": done, "total": total})

    return step
