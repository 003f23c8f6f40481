"""What many digests are made of is looked up once, for a while; what a chat has had is asked for each."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from articles.model import Article
from bot.app.application import Application
from bot.chat import ChatRef
from bot.digests import KEPT, SharedStories
from bot.reply import Block, Prose
from tests.bot.clocks import HandClock
from tests.bot.deliveries import mark_told
from tests.bot.talk import ask, words
from tests.samples import NOW, article

BRUSSELS, UTC_ZONE = ZoneInfo("Europe/Brussels"), ZoneInfo("UTC")


class Counted:
    """A `StorySource` that says how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.broken = False

    def on(
        self,
        topic: str,
        *,
        limit: int,
        since: datetime | None = None,
        offset: int = 0,
    ) -> tuple[Article, ...]:
        self.asked += 1
        if self.broken:
            raise LookupError("the database is locked")
        return (article(headline=f"{topic} {limit} {since} {offset}"),)

    def story_blocks(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        self.asked += 1
        return (Prose(text=f"{article.headline}, {zone.key}"),)


def test_the_same_is_asked_once_and_what_differs_for_itself() -> None:
    source, clock = Counted(), HandClock(NOW)
    shared = SharedStories(source, clock=clock)
    first = shared.on("nato", limit=20, since=NOW)
    assert shared.on("nato", limit=20, since=NOW + timedelta(seconds=20)) == first
    assert source.asked == 1
    others = [
        shared.on("un", limit=20, since=NOW),
        shared.on("nato", limit=1, since=NOW),
        shared.on("nato", limit=20),
        shared.on("nato", limit=20, since=NOW, offset=20),
        shared.on("nato", limit=20, since=NOW + timedelta(minutes=1)),
    ]
    assert first not in others
    assert shared.story_blocks(first[0], BRUSSELS) != shared.story_blocks(first[0], UTC_ZONE)


@pytest.mark.parametrize("later", [KEPT, -timedelta(days=1)])
def test_what_was_found_is_found_anew_after_a_while_or_where_the_clock_is_set_back(later: timedelta) -> None:
    source, clock = Counted(), HandClock(NOW)
    shared = SharedStories(source, clock=clock)
    shared.on("nato", limit=20)
    clock.now += later
    shared.on("nato", limit=20)
    assert source.asked == 2


def test_what_could_not_be_found_is_tried_again() -> None:
    source = Counted()
    shared = SharedStories(source, clock=HandClock(NOW))
    source.broken = True
    with pytest.raises(LookupError):
        shared.on("nato", limit=20)
    source.broken = False
    assert shared.on("nato", limit=20)


def test_threads_that_want_the_same_at_once_wait_for_the_one_that_asks() -> None:
    source = Counted()
    shared = SharedStories(source, clock=HandClock(NOW))
    together = threading.Barrier(8)

    def want() -> None:
        together.wait()
        shared.on("nato", limit=20)

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.asked == 1


def test_chats_that_have_had_different_stories_get_the_right_ones(app: Application) -> None:
    app.ingest(article(headline="NATO Meets in Tallinn", text="NATO met in Tallinn on ships.", published=NOW))
    chats = [ChatRef(platform="telegram", chat=str(number)) for number in range(3)]
    for chat in chats:
        ask(app, "/subscribe nato daily 20:00", chat=chat)
    stories = app.articles.find("nato", limit=9).articles
    assert len(stories) == 2
    for chat, had in zip(chats, (stories[:1], stories[1:], ()), strict=True):
        mark_told(app.database, chat, [story.id for story in had if story.id is not None], now=NOW)
    told = []
    for chat in chats:
        (order,) = app.chats.subscriptions(chat)
        digest = app.digests.compose(order, now=NOW)
        assert digest is not None
        told.append((digest.articles, words(digest.reply)))
    first, second = (story.id for story in stories)
    assert [articles for articles, _ in told] == [(second,), (first,), (first, second)]
    assert ["Tallinn" in text for _, text in told].count(True) == 2
