"""An app with a large digest due, for the benchmarks of the chat platforms."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from articles.fetching import FetchPolicy
from bot.app.application import Application, open_application, utc_now
from bot.app.process import run_application
from bot.chat import ChatRef
from bot.ports import ChatAdapter
from bot.storage.outbox import DeliveryState
from summarizer.analysis import Analyst
from tests.samples import article

# Topics that share no story, so that a chat gets a digest on each.
STORIES = {
    "volcano": "A volcano on the island woke on Monday. Villages were cleared.\n\nAsh closed the airport.",
    "budget": "Parliament passed the budget at night. Taxes stay.\n\n“It was close,” said Minister Ann Lee.",
    "orchestra": "The orchestra plays again after a strike. Pay rises by a tenth.\n\nThe hall was full.",
}


TICK_S = 0.5


async def deliver_all(app: Application, adapter: ChatAdapter) -> asyncio.Task[None]:
    """Runs the app, as `pullquote run` does, until all its digests are delivered. It still serves then."""
    platform = adapter.capabilities.platform
    running = asyncio.create_task(run_application(app, {platform: adapter}, tick_s=TICK_S, alone=True))
    await adapter.ready()
    while app.outbox.states().keys() - {DeliveryState.SENT} or not app.outbox.states():
        await asyncio.wait({running}, timeout=0.2)
        if running.done():
            running.result()
    return running


@contextlib.contextmanager
def application_with(chats: Iterable[ChatRef]) -> Iterator[Application]:
    """An app where every chat has an order on every topic, due now."""
    now, zone = utc_now(), ZoneInfo("UTC")
    policy = FetchPolicy(contact="https://bench.example")
    with (
        tempfile.TemporaryDirectory() as folder,
        open_application(
            f"sqlite:///{Path(folder) / 'bench.db'}", analyst=Analyst(), zone=zone, policy=policy
        ) as app,
    ):
        for topic, text in STORIES.items():
            headline = f"The {topic}, and what it means"
            app.ingest(article(headline=headline, text=text, published=now - timedelta(hours=1)))
        for chat in chats:
            for topic in STORIES:
                app.chats.add_subscription(
                    chat,
                    topic=topic,
                    schedule={"rhythm": "daily", "times": [f"{now:%H:%M}"]},
                    timezone=zone.key,
                    next_due=now,
                    created_by="1",
                    now=now,
                )
        yield app
