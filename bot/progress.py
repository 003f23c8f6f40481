"""How far long work has come: a bar in a terminal, log lines elsewhere."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

_LINES = 10


@contextmanager
def progress(label: str, total: int, stream: TextIO) -> Iterator[Callable[[], None]]:
    """A function to call after each of `total` steps; more of them do no harm."""
    if not stream.isatty():
        yield _logged(label, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)


def _logged(label: str, total: int) -> Callable[[], None]:
    done = 0
    every = max(1, total // _LINES)

    def step() -> None:
        nonlocal done
        done += 1
        if done % every == 0 or done == total:
            log.info("progress", extra={"work": label, "done": done, "total": total})

    return step
