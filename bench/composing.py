"""The digests of many chats, composed: `python -m bench.composing [--articles N] [--chats N] [--topics N]`.

2,000 chats have ordered one of 20 topics of 20,000 made-up articles, and a quarter of them have had the best
story on it. Printed: the CPU time of all digests, with what they share looked up once, and with each for
itself (by a clock on which half a minute passes from one question to the next).
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from articles.database import Database, open_database
from articles.fetching import FetchPolicy
from articles.text.phrases import STOP_WORDS
from bench.synthetic_news import NEWEST, SyntheticNews
from bot.app.application import Application
from bot.chat import ChatRef
from bot.digests import KEPT, Digest
from bot.storage.chats import Subscription, ensure_chat, note_told
from bot.storage.migration import upgrade
from summarizer.analysis import Analyst

NOW = NEWEST + timedelta(hours=1)


def application_over(database: Database, clock: Callable[[], datetime] = lambda: NOW) -> Application:
    """An app whose clock stands a little after the newest article."""
    policy = FetchPolicy(contact="https://bench.example")
    return Application(database, analyst=Analyst(), zone=ZoneInfo("UTC"), policy=policy, clock=clock)


def hurried() -> Callable[[], datetime]:
    """A clock on which nothing is kept from one question to the next."""
    asked = count(1)
    return lambda: NOW + next(asked) * KEPT


def orders_in(app: Application, topics: Sequence[str], chats: int) -> list[Subscription]:
    orders = []
    for number in range(chats):
        chat, topic = ChatRef(platform="telegram", chat=str(number)), topics[number % len(topics)]
        order, _ = app.chats.add_subscription(
            chat,
            topic=topic,
            schedule={},
            timezone="UTC",
            next_due=NOW,
            created_by="1",
            now=NOW,
        )
        if number % 4 == 0:
            best = app.articles.find(topic, limit=1).articles
            with app.database.transaction() as connection:
                note_told(
                    connection, ensure_chat(connection, chat, NOW), [a.id for a in best if a.id is not None]
                )
        orders.append(order)
    return orders


def compose_all(app: Application, orders: Sequence[Subscription]) -> tuple[float, list[Digest | None]]:
    """CPU seconds, and what was composed."""
    began = time.process_time()
    composed = [app.digests.compose(order, now=NOW) for order in orders]
    return time.process_time() - began, composed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--chats", type=int, default=2_000)
    parser.add_argument("--topics", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pullquote-bench-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'composing.db'}")
        upgrade(database)
        news = SyntheticNews(options.articles)
        for _ in news.write(database):
            pass
        app = application_over(database)
        first = len(STOP_WORDS) + 50
        topics = [str(word) for word in news.words[first : first + options.topics]]
        orders = orders_in(app, topics, options.chats)
        each_s, apart = compose_all(application_over(database, hurried()), orders)
        once_s, together = compose_all(app, orders)
        database.close()
    told = [digest for digest in apart if digest is not None]
    different = len({digest.articles for digest in told})
    print(
        f"{len(told):,} digests for {len(orders):,} orders on {len(topics)} topics, {different:,} different"
    )
    print(f"each for itself        {each_s:.2f} s CPU, {each_s / len(orders) * 1e3:.2f} ms a digest")
    print(f"what is shared once    {once_s:.2f} s CPU, {once_s / len(orders) * 1e3:.2f} ms a digest")
    print("the same digests" if apart == together else "OTHER DIGESTS")
    return 0 if apart == together else 1


if __name__ == "__main__":
    sys.exit(main())
