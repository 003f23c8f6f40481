"""`make journeys`: the files that an article, a command and a digest each pass through, in order.

A tracer notes every function of ours that is entered. Each journey runs on its own application, over HTTP on
loopback: a feed entry from the publisher to the stored article; `/brief nato` from a Telegram message to the
posted answer; a digest from its due time to the posted message. What starts the application is not counted.
The folders in WHOLE count as one file each: they are read as one. The exit code is 1 if a journey is longer
than MOST files.
"""

import asyncio
import contextlib
import logging
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

from articles.feeds.opml import Outline
from articles.fetching import AllowList, FetchPolicy
from articles.files import read_article_file
from bot.app.application import Application, open_application, utc_now
from bot.app.process import run_application
from bot.chat import ChatRef
from bot.telegram import TelegramChat
from config.defaults import sample_article
from summarizer.analysis import Analyst
from tests.servers.news import NewsServer, document
from tests.servers.telegram import TOKEN, TelegramServer

ROOT = Path(__file__).parents[1]
PACKAGES = ("articles", "summarizer", "bot", "config")
WHOLE = ("articles/page/", "summarizer/quotes/", "summarizer/extractive/")
MOST = 15
ANN = 11


class Tracer:
    """Notes the files of ours that are entered while it records, in any thread, in order of first entry."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.recording = False
        self._names: dict[str, str | None] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or not self.recording or frame.f_code.co_name == "<module>":
            return
        path = frame.f_code.co_filename
        if path not in self._names:
            self._names[path] = _ours(path)
        if (name := self._names[path]) is not None:
            self.files.setdefault(name)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What the bench does itself is no journey."""
        recording, self.recording = self.recording, False
        yield
        self.recording = recording


def _ours(path: str) -> str | None:
    try:
        name = Path(path).relative_to(ROOT).as_posix()
    except ValueError:
        return None
    if name.split("/")[0] not in PACKAGES:
        return None
    return next((whole for whole in WHOLE if name.startswith(whole)), name)


@contextmanager
def application(policy: FetchPolicy) -> Iterator[Application]:
    """One that holds the sample article."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_application(
            f"sqlite:///{Path(folder) / 'bench.db'}", analyst=Analyst(), zone=ZoneInfo("UTC"), policy=policy
        ) as app,
    ):
        sample = sample_article()
        app.ingest(replace(read_article_file(sample.path), publisher=sample.publisher, url=sample.url))
        yield app


async def until(done: Callable[[], bool], tracer: Tracer) -> None:
    """Looks again and again, which the tracer does not note."""
    async with asyncio.timeout(60):
        while True:
            with tracer.paused():
                if done():
                    return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def at_work(work: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def article(tracer: Tracer) -> None:
    """A feed entry, from its feed to the stored article."""
    async with NewsServer() as news:
        allowed = AllowList.parse([f"127.0.0.1:{news.port}"])
        policy = FetchPolicy(contact="https://bench.example", allowed=allowed, host_delay_s=0)
        text = "The ministers met in Brussels on Monday. “We agree on the budget,” said Minister Ann Lee."
        more = "".join(f"<p>{text} It was their meeting number {n}.</p>" for n in range(9))
        news.publish(
            "/story", document(f"<html><body><article><h1>Ministers Agree</h1>{more}</article></body></html>")
        )
        item = f"<item><title>Ministers Agree</title><guid>1</guid><link>{news.url('/story')}</link></item>"
        feed = f"<rss version='2.0'><channel><title>World</title>{item}</channel></rss>"
        news.publish("/feed", document(feed))
        with application(policy) as app:
            running = run_application(app, {}, tick_s=0.1, feeds_every_s=0.1)
            async with at_work(asyncio.create_task(running)):
                await asyncio.sleep(0.5)
                app.feeds.store.add_all([Outline(url=news.url("/feed"))], now=utc_now())
                tracer.recording = True
                await until(lambda: app.articles.count() == 2, tracer)


async def command(tracer: Tracer) -> None:
    """`/brief nato`, from a message on Telegram to the posted answer."""
    async with TelegramServer() as server:
        ann = server.person(ANN)
        with application(FetchPolicy(contact="https://bench.example")) as app:
            chat = TelegramChat(token=TOKEN, base_url=server.base_url)
            async with at_work(asyncio.create_task(chat.serve(app.service))):
                await chat.ready()
                await asyncio.sleep(0.5)  # till the menus are set up and the first poll is under way
                tracer.recording = True
                await server.say(ann, ANN, "/brief nato")
                posted = await server.next_post(ann)
                tracer.recording = False
                assert "Mattis" in posted.text


async def digest(tracer: Tracer) -> None:
    """A digest, from its due time to the posted message."""
    async with TelegramServer() as server:
        ann = server.person(ANN)
        with application(FetchPolicy(contact="https://bench.example")) as app:
            chat = TelegramChat(token=TOKEN, base_url=server.base_url)
            running = run_application(app, {"telegram": chat}, tick_s=0.1)
            async with at_work(asyncio.create_task(running)):
                await chat.ready()
                await asyncio.sleep(0.5)
                app.chats.add_subscription(
                    ChatRef(platform="telegram", chat=str(ANN)),
                    topic="nato",
                    schedule={"rhythm": "daily", "times": ["08:00"]},
                    timezone="UTC",
                    next_due=utc_now() - timedelta(minutes=1),
                    created_by=str(ANN),
                    now=utc_now(),
                )
                tracer.recording = True
                await server.next_post(ann)
                await until(lambda: app.outbox.oldest_due() is None, tracer)
                tracer.recording = False


def main() -> int:
    logging.disable()  # what is cancelled at the end of a journey
    longest = 0
    for journey in (article, command, digest):
        tracer = Tracer()
        threading.setprofile(tracer)
        sys.setprofile(tracer)
        try:
            asyncio.run(journey(tracer))
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        longest = max(longest, len(tracer.files))
        rooms = {name.rpartition("/")[0] for name in tracer.files}
        print(f"{journey.__doc__} {len(tracer.files)} files (at most {MOST}) in {len(rooms)} rooms")
        for name in tracer.files:
            print(f"    {name}")
    return 0 if longest <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
