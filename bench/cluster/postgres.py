"""A PostgreSQL of the bench's own, from installed binaries; it can be restarted and cut off."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cluster.cpu import cpu_s

_ROOTS = ("/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql", "/opt/homebrew/opt")
_NOBODY = "nobody"  # whom it runs as where we are root: it refuses to be root


class PrivatePostgres:
    """A running server, with its disk's promises kept (fsync), at `url`."""

    def __init__(self, folder: Path, binaries: Path, port: int) -> None:
        self._folder, self._binaries, self.port = folder, binaries, port
        self.url = f"postgresql://bench@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        """Returns when it can be asked."""
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self._folder} -c max_connections=200"
        self._pg_ctl("start", "-w", "-l", str(self._folder / "log"), "-o", options)

    def stop(self, mode: str) -> None:
        """mode: "fast" lets nobody end what he is doing; "immediate" is a crash."""
        self._pg_ctl("stop", "-w", "-m", mode)

    def cpu_s(self) -> float:
        """The CPU time of the server's processes, those that have ended too. Linux alone; elsewhere 0."""
        return cpu_s(int((self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]))

    def _pg_ctl(self, *arguments: str) -> None:
        run_as_nobody(self._folder, self._binaries / "pg_ctl", "-D", str(self._folder / "data"), *arguments)


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Raises SystemExit where none is installed."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="pullquote-bench-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _NOBODY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = PrivatePostgres(folder, binaries, port)
    try:
        run_as_nobody(
            folder,
            binaries / "initdb",
            "-D",
            str(folder / "data"),
            "-A",
            "trust",
            "-U",
            "bench",
            "-E",
            "UTF8",
        )
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_as_nobody(folder: Path, command: Path, *arguments: str) -> None:
    """Raises CalledProcessError."""
    user = pwd.getpwnam(_NOBODY) if os.geteuid() == 0 else None
    subprocess.run(
        [str(command), *arguments],
        check=True,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
    )


def _binaries() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    for root in _ROOTS:
        for initdb in sorted(Path(root).glob("**/bin/initdb"), reverse=True):
            return initdb.parent
    raise SystemExit("this bench starts a PostgreSQL of its own, and no initdb is installed")
