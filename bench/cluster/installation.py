"""What the processes of a bench's installation find: settings, feeds to follow, chats with a digest due."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from articles.feeds.opml import Outline
from articles.fetching import FetchPolicy
from bot.app.application import Application, open_application, utc_now
from bot.chat import ChatRef
from summarizer.analysis import Analyst
from tests.samples import article

TOPIC = "volcano"
STORY = "A volcano on the island woke on Monday. Villages were cleared.\n\nAsh closed the airport."
_MODEL_THREADS = "1"  # two threads for one sentence model wait for each other


def environment(database_url: str, *, publishers_port: int, **more: str) -> dict[str, str]:
    """The settings of every process. more: PULLQUOTE_ variables without their beginning."""
    given = {
        "DATABASE_URL": database_url,
        "MODEL_THREADS": _MODEL_THREADS,
        "TICK_S": "1",
        "FEEDS__DEFAULTS": "false",
        "FEEDS__EVERY_S": "1",
        "WEB__ALLOWED": f'["127.0.0.0/8:{publishers_port}"]',
        **more,
    }
    return {f"PULLQUOTE_{name}": value for name, value in given.items()}


@contextmanager
def application_at(database_url: str) -> Iterator[Application]:
    policy = FetchPolicy(contact="https://bench.example")
    with open_application(database_url, analyst=Analyst(), zone=ZoneInfo("UTC"), policy=policy) as app:
        yield app


def follow(app: Application, *, hosts: int, port: int) -> None:
    """Feeds on so many hosts: each address of loopback is one, and needs no name."""
    urls = (f"http://127.1.{n // 250}.{1 + n % 250}:{port}/feed" for n in range(hosts))
    app.feeds.store.add_all([Outline(url=url) for url in urls], now=utc_now())


def order_digests(app: Application, chats: Iterable[ChatRef], *, due: datetime) -> None:
    """A digest for each chat, that there is something to tell in."""
    now = utc_now()
    app.ingest(article(headline="The volcano wakes", text=STORY, published=now - timedelta(hours=1)))
    for chat in chats:
        app.chats.add_subscription(
            chat,
            topic=TOPIC,
            schedule={"rhythm": "daily", "at": f"{due:%H:%M}"},
            timezone="UTC",
            next_due=due,
            created_by="1",
            now=now,
        )
