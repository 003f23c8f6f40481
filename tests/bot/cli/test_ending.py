"""The end of a process that was told to stop, while one of its threads goes on: a real process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

# `pullquote console`, with a thread that is at a long piece of work, and with what a platform's refusal does.
PULLQUOTE = """
import asyncio, sys, time
import bot.cli.serving
from bot.chat import ChatError
from bot.cli import main

how = sys.argv.pop()
real = bot.cli.serving.run_application

async def run_application(*given, **more):
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    if how == "refused":
        raise ChatError("the token is refused")
    await real(*given, **more)

bot.cli.serving.run_application = run_application
sys.exit(main())
"""


def started(folder: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PULLQUOTE, "console", how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "PULLQUOTE_DATABASE_URL": f"sqlite:///{folder / 'pullquote.db'}",
        },
    )


@pytest.mark.slow
def test_told_to_stop_a_process_ends_though_a_thread_goes_on(tmp_path: Path) -> None:
    process = started(tmp_path, "told")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("/help\n")
    process.stdin.flush()
    assert process.stdout.readline()  # it answers
    began = time.monotonic()
    process.terminate()
    _, log = process.communicate(timeout=100)
    assert 10 < time.monotonic() - began < 55  # after its grace of 10 s, not when the thread ends
    assert process.returncode == 0
    assert "threads still running at exit" in log
    assert "Traceback" not in log


@pytest.mark.slow
def test_a_process_that_fails_says_why_and_ends_though_a_thread_goes_on(tmp_path: Path) -> None:
    process = started(tmp_path, "refused")
    _, log = process.communicate(timeout=100)
    assert process.returncode == 2
    assert "pullquote: the token is refused" in log
    assert "Traceback" not in log
