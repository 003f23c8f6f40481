"""Processes of `pullquote run`, each with its roles, that are killed and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.cluster.cpu import cpu_s


@dataclass(kw_only=True)
class Node:
    """One process. log: what it writes, of all its lives."""

    name: str
    roles: str
    environment: Mapping[str, str]
    log: Path
    kills: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "run", "--roles", self.roles],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.kills += 1

    def cpu_s(self) -> float:
        """Its CPU time so far. Linux alone; elsewhere 0."""
        return 0.0 if self.process is None else cpu_s(self.process.pid)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running():
            self.process.terminate()

    def wait(self) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        return 0 if self.process is None else self.process.wait(timeout=40)


@contextmanager
def running(nodes: Iterable[Node]) -> Iterator[None]:
    """Started; and killed at the end, whatever happens."""
    nodes = list(nodes)
    try:
        for node in nodes:
            node.start()
        yield
    finally:
        for node in nodes:
            node.kill()
