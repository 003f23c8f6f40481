"""A PostgreSQL for the tests: the one on this machine, or one of our own from installed binaries."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

HERE = "postgresql://127.0.0.1:5432/test"
BINARIES = ("/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql", "/opt/homebrew/opt")
NOBODY = "nobody"  # whom the server runs as where the tests run as root: it refuses to be root


class NoServer(Exception):
    """Why there is none. Its text is one line."""


class Server:
    """A running server. url: of a database there from which others can be made."""

    def __init__(self, url: str, folder: Path | None = None, binaries: Path | None = None) -> None:
        self.url, self._folder, self._binaries = url, folder, binaries

    def stop(self) -> None:
        """Ends it if it is our own."""
        if self._folder is not None and self._binaries is not None:
            _run(
                self._folder,
                self._binaries / "pg_ctl",
                "stop",
                "-m",
                "immediate",
                "-D",
                self._folder / "data",
            )
            shutil.rmtree(self._folder, ignore_errors=True)


def find_server(url: str = HERE) -> Server:
    """The server with that database, if it lets us in, else a private one. Raises NoServer."""
    import psycopg  # here: most single tests need none

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        binaries = _binaries()
        if binaries is None:
            raise NoServer(f"no server for us at {url} ({reason}), and no initdb is installed") from error
        return _start(binaries)
    return Server(url)


def _binaries() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = (folder for root in BINARIES for folder in sorted(Path(root).glob("**/bin"), reverse=True))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _start(binaries: Path) -> Server:
    folder = Path(tempfile.mkdtemp(prefix="pullquote-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY)
    try:
        data, port = folder / "data", _free_port()
        _run(folder, binaries / "initdb", "-D", data, "-A", "trust", "-U", "test", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c full_page_writes=off"
        log = folder / "log"
        _run(folder, binaries / "pg_ctl", "start", "-w", "-t", "60", "-D", data, "-l", log, "-o", options)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServer(f"no server for us elsewhere, and {error.cmd[0]} failed") from error
    return Server(f"postgresql://test@127.0.0.1:{port}/postgres", folder, binaries)


def _run(folder: Path, *command: Path | str) -> None:
    as_nobody = os.geteuid() == 0
    subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a pipe would stay open as long as the server
        timeout=120,
        user=NOBODY if as_nobody else None,
        group=pwd.getpwnam(NOBODY).pw_gid if as_nobody else None,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def drop_left_over(server_url: str, prefix: str) -> None:
    """Drops the databases of test runs on this machine that were killed."""
    import psycopg

    with psycopg.connect(server_url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,)
        )
        for (name,) in names.fetchall():
            process = name.removeprefix(prefix).split("_")[0]
            if process.isdigit() and not Path(f"/proc/{process}").exists():
                with suppress(psycopg.Error):
                    connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
