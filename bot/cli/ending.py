"""The end of a process that serves: it comes, whatever its threads are still at.

A thread cannot be stopped from outside, and both asyncio and the interpreter wait for each: for a slow
statement, for the analysis of a long article. By then the grace is over, and what could be recorded has been.
The databases take the rest as they take a kill.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bot.app.process import GRACE_S

log = logging.getLogger(__name__)

TASKS_S = 0.5  # for what was cancelled when the grace was over
THREADS_S = 1.0  # for threads that are nearly done
_AT_LEAST_S = 0.5  # for them, where closing took longer than it should


class _NotWaitedFor(ThreadPoolExecutor):
    """asyncio's threads, for which it does not wait when the loop is closed."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 (asyncio's)
        super().shutdown(wait=False, cancel_futures=cancel_futures)


@dataclass
class _Process:
    serves: bool = False
    leaves_at: float | None = None  # `time.monotonic`


_process = _Process()


def stopping() -> None:
    """From here on the grace runs."""
    _process.leaves_at = time.monotonic() + GRACE_S + THREADS_S


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run`, without its wait for threads. The process then ends with `leave`."""
    runner = asyncio.Runner()
    loop, threads = runner.get_loop(), _NotWaitedFor(thread_name_prefix="work")
    loop.set_default_executor(threads)
    _process.serves = True
    try:
        runner.run(main)
    finally:
        # A loop whose tasks do not end cannot be closed: that would wait for them.
        if loop.run_until_complete(_all_ended(TASKS_S)):
            runner.close()


async def _all_ended(within_s: float) -> bool:
    """Whether every task did, once cancelled."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if not others:
        return True
    _, unfinished = await asyncio.wait(others, timeout=within_s)
    return not unfinished


def leave(code: int) -> None:
    """Ends the process here if it serves and a thread goes on past the grace; else the interpreter may."""
    if not _process.serves:
        return
    deadline = max(_process.leaves_at or 0.0, time.monotonic() + _AT_LEAST_S)
    for thread in _others():
        thread.join(max(0.0, deadline - time.monotonic()))
    left = sorted(thread.name for thread in _others())
    if not left:
        return
    log.warning("ended without waiting for threads", extra={"threads": left})
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed at its other end, or at ours
            stream.flush()
    os._exit(code)


def _others() -> list[threading.Thread]:
    """The threads that the interpreter would wait for."""
    return [
        each for each in threading.enumerate() if not each.daemon and each is not threading.current_thread()
    ]
