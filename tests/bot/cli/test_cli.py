"""The command line as people and programs use it."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import main
from bot.logs import NOISY_LOGGERS
from config.defaults import sample_article

SEED = str(sample_article().path)
HEADLINE = "Mattis Rules Out Military Collaboration with Russia"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PULLQUOTE_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def installation(folder: Path, bare_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that the commands find in the settings."""
    monkeypatch.setenv("PULLQUOTE_DATABASE_URL", bare_database)


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The command line sets up the whole process's log; tests that come later have theirs as it was."""
    root = logging.getLogger()
    handlers, named = (
        root.handlers[:],
        [root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)],
    )
    levels = [(logger, logger.level) for logger in named]
    yield
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)
    for name in set(NOISY_LOGGERS) - {logger.name for logger, _ in levels}:
        logging.getLogger(name).setLevel(logging.NOTSET)


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("pullquote: ")
    return line.removeprefix("pullquote: ")


def test_quotes_as_json_are_spans_of_the_text_with_speakers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quotes", SEED, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    text = told["article"]["text"]
    for quote in told["quotes"] + told["paraphrases"]:
        for span in (quote, quote["cue"], quote["source"], *quote["parts"]):
            assert span["text"] == text[span["start"] : span["end"]]
    speakers = {quote["text"][:25]: (quote["speaker"], quote["role"]) for quote in told["quotes"]}
    assert speakers["Today, we will take furth"] == ("Jens Stoltenberg", "NATO Secretary-General")
    assert speakers["ready to restore cooperat"] == ("Sergei Shoigu", "Russian Defense Minister")
    marked = [quote for quote in told["quotes"] if quote["kind"] != "paraphrased"]
    assert sum(quote["speaker"] == "Jim Mattis" for quote in marked) == 7
    assert {quote["kind"] for quote in told["quotes"]} == {"verbatim", "partial"}
    assert {quote["kind"] for quote in told["paraphrases"]} == {"paraphrased"}


def test_quotes_of_one_speaker(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quotes", SEED, "--speaker", "shoigu", "--json"]) == 0
    (quote,) = json.loads(capsys.readouterr().out)["quotes"]
    assert quote["text"] == "ready to restore cooperation with the Pentagon."


def test_a_brief_as_json_carries_its_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brief", SEED, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    text = told["article"]["text"]
    assert told["brief"]["headline"] == HEADLINE
    assert 2 <= len(told["brief"]["bullets"]) <= 3
    for bullet in told["brief"]["bullets"]:
        assert bullet["evidence"]
        for evidence in bullet["evidence"]:
            assert evidence["text"] == text[evidence["start"] : evidence["end"]]
    assert {quote["speaker"] for quote in told["brief"]["key_quotes"]} == {"Jim Mattis"}


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_ingest_stores_an_article_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", SEED]) == 0
    assert main(["ingest", SEED]) == 0
    assert capsys.readouterr().out == f"stored: {HEADLINE}\nstored before: {HEADLINE}\n"


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_what_cannot_be_read_does_not_keep_the_rest_from_being_stored(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty.txt").touch()
    assert main(["ingest", "empty.txt", SEED, "missing.txt"]) == 2
    printed = capsys.readouterr()
    assert printed.out == f"stored: {HEADLINE}\n"
    assert len(printed.err.splitlines()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("command", ["ingest", "brief", "quotes"])
@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("empty.txt", b"", "empty"),
        ("binary.bin", bytes(range(256)) * 40, "not text"),
        ("large.txt", b"Large. " * 7_500_000, "10 MB"),
        ("missing.txt", None, "does not exist"),
        (".", None, "is a directory"),
        ("words.txt", b"hello", "no story"),
    ],
)
def test_what_is_no_article_is_one_line_and_exit_code_2(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    name: str,
    content: bytes | None,
    complaint: str,
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    assert main([command, name]) == 2
    assert complaint in error_line(capsys)
    if command == "ingest":
        main(["doctor"])
        assert "0 articles" in capsys.readouterr().out
    else:
        assert not (folder / "pullquote.db").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["frobnicate"], "No such command 'frobnicate'. (see pullquote --help)"),
        (["quotes"], "Missing argument 'PATH-OR-URL'."),
        (["quotes", SEED, "--speaker", "nobody"], "nobody called “nobody” is quoted there; quoted are: "),
        (["brief", "http://127.0.0.1/article"], "will not fetch http://127.0.0.1/article"),
        (["brief", "http://user:secret@example.org/"], "will not fetch"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(arguments) == 2
    assert error_line(capsys).startswith(complaint)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PULLQUOTE_TIMEZONE", "Mars/Olympus", "setting timezone: "),
        ("PULLQUOTE_DATABASE_URL", "sqlite:////proc/nowhere/x.db", "/proc/nowhere"),
        ("PULLQUOTE_DATABASE_URL", "postgresql://h:abc/db", "the database URL is not valid"),
        ("PULLQUOTE_MODEL_FOLDER", "/nowhere", "/nowhere"),
        ("PULLQUOTE_LOG_LEVEL", "LOUD", "setting log_level"),
        ("PULLQUOTE_TELEGRAM__WEBHOOK__URL", "bot.example.org", "https://bot.example.org/telegram"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    complaint: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["ingest", SEED]) == 2
    assert complaint in error_line(capsys)


def test_a_settings_file_with_a_mistake_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pullquote.toml").write_text("databse_url = 1", "utf-8")
    assert main(["doctor"]) == 2
    assert "databse_url" in error_line(capsys)


def test_doctor_never_shows_a_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULLQUOTE_TELEGRAM__TOKEN", "123456:very-secret-token")
    assert main(["doctor"]) == 0
    printed = capsys.readouterr()
    assert "ok  telegram: on" in printed.out
    assert "very-secret" not in printed.out + printed.err


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_password_of_the_database_that_is_copied_to_is_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["db", "copy", "--to", "postgresql://u:hunter2@127.0.0.1:1/db"]) == 2
    logging.getLogger("psycopg").warning("to u:hunter2@127.0.0.1")
    printed = capsys.readouterr().err
    assert "to u:[secret]@127.0.0.1" in printed
    assert "hunter2" not in printed


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_the_terminal_chat_answers_piped_commands_about_the_sample_article(folder: Path) -> None:
    lines = "/brief nato\n/quotes mattis\n/sections\n/section defense budgets\n"
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "run"],
        input=lines,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Jim Mattis, United States Secretary of Defense") == 2 + 7
    assert "Shoigu" not in done.stdout.partition("Jim Mattis, word for word")[2]
    assert done.stdout.rstrip().endswith("The United States pays more than 3.6 percent.")


@pytest.mark.slow
def test_a_reader_who_leaves_early_ends_nothing_in_the_middle(folder: Path) -> None:
    main(["ingest", SEED])
    pullquote = f"{sys.executable} -m bot.cli console"
    done = subprocess.run(
        ["sh", "-c", f"{pullquote} | head -c 10 >/dev/null"],
        input="/full\n/brief nato\n" * 200,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
        timeout=100,
    )
    assert done.stderr == ""


@pytest.mark.slow
def test_a_piped_command_that_cannot_be_done_makes_exit_code_2(folder: Path) -> None:
    main(["ingest", SEED])
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "console"],
        input="/brief xyzzy\n",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
        timeout=100,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("No article on “xyzzy”. There is something on: ")
