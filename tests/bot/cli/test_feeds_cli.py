"""`pullquote feeds` as people use it, against a publisher in a process of its own."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from articles.feeds.opml import Outline, read_opml, write_opml
from bot.cli import main

FEED = (
    "<rss version='2.0'><channel><title>World</title><item><title>Mattis</title><guid>1</guid>"
    "<description>The secretary said no. He said it twice.</description></item></channel></rss>"
)


class Publisher(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/feed"
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(FEED.encode())

    def log_message(self, *_: object) -> None:
        """The test's output is the command's alone."""


@pytest.fixture
def url() -> Iterator[str]:
    """A feed on loopback; the commands run event loops of their own, so it has a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/feed"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, bare_database: str) -> Path:
    """An empty working folder, where that publisher is the operator's own and no default feed is followed."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PULLQUOTE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PULLQUOTE_DATABASE_URL", bare_database)
    monkeypatch.setenv("PULLQUOTE_FEEDS__DEFAULTS", "false")
    monkeypatch.setenv("PULLQUOTE_WEB__ALLOWED", json.dumps([url.split("/")[2]]))
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["feeds", *arguments]) == code
    streams = capsys.readouterr()
    return streams.out if code == 0 else streams.err


@pytest.mark.slow
def test_a_feed_is_added_listed_refreshed_and_removed(capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert printed(capsys, "add", url) == f"added: World <{url}>\n"
    assert printed(capsys, "add", url) == f"followed before: World <{url}>\n"
    assert printed(capsys, "list") == f"World <{url}>\n"
    assert printed(capsys, "refresh").startswith("1 feeds polled, 0 unchanged, 0 failed; 1 articles stored")
    assert printed(capsys, "remove", url) == f"removed: World <{url}>\n"
    assert printed(capsys, "list") == ""


@pytest.mark.slow
def test_filters_are_given_changed_and_shown(capsys: pytest.CaptureFixture[str], url: str) -> None:
    wanted = ("--any", "nato", "--any", "defense budget", "--none", "sports", "--in", "title")
    printed(capsys, "add", url, *wanted)
    (feed,) = json.loads(printed(capsys, "list", "--json"))
    assert feed["filters"] == [
        {"match": "any", "where": "title", "words": ["nato", "defense budget"], "patterns": []},
        {"match": "none", "where": "title", "words": ["sports"], "patterns": []},
    ]
    assert printed(capsys, "filter", url) == f"unfiltered: World <{url}>\n"
    assert printed(capsys, "filter", url, "--pattern", "^live:") == f"filtered: World <{url}>\n"
    assert "RE2" in printed(capsys, "filter", url, "--pattern", "(", code=2)


@pytest.mark.slow
def test_opml_goes_in_and_out_without_loss(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    outlines = (
        Outline(url="https://a.example/rss", title="A", folder=("World",)),
        Outline(url="https://b.example/"),
    )
    (folder / "in.opml").write_bytes(write_opml(outlines))
    assert printed(capsys, "import", "in.opml") == "2 added, 0 followed before\n"
    printed(capsys, "export", "out.opml")
    assert read_opml((folder / "out.opml").read_bytes()) == outlines
    assert read_opml(printed(capsys, "export").encode()) == outlines


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["remove", "https://nowhere.example/"], "no feed is followed"),
        (["refresh", "https://nowhere.example/"], "no feed is followed"),
        (["import", "missing.opml"], "missing.opml cannot be read"),
        (["export", "no/such/folder.opml"], "cannot be written"),
        (["add", "http://169.254.169.254/feed"], "not public"),
        (["add", "file:///etc/passwd"], "http"),
        (["add", "127.0.0.1"], "will not fetch https://127.0.0.1"),
        (["add"], "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    (line,) = printed(capsys, *arguments, code=2).splitlines()
    assert line.startswith("pullquote: ")
    assert complaint in line


def test_default_feeds_are_on_and_switched_off_in_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULLQUOTE_FEEDS__DEFAULTS")
    assert "VOA News" in printed(capsys, "list")
    (folder / "pullquote.toml").write_text("[feeds]\ndefaults = false\n")
    assert printed(capsys, "list") == ""
