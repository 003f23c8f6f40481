"""How far long work has come: a bar in a terminal, log lines elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

_LINES = 10


class Step(Protocol):
    """Hears how far the work has come."""

    def __call__(self, steps: int = 1) -> None: ...


@contextmanager
def progress(label: str, total: int, stream: TextIO) -> Iterator[Step]:
    """A function to call after each of `total` steps, or after several; more of them do no harm."""
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
