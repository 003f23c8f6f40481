"""What a digest tells: what is new, important updates, nothing, and what was missed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from articles.model import Article
from bot.app.application import Application
from bot.digests import DeliveryPolicy, Digest, Digests, Missed, NotYet
from bot.storage.outbox import DeliveryState
from tests.bot.clocks import HandClock
from tests.bot.deliveries import mark_told
from tests.bot.dispatchers import Chat, deliver_due, make_dispatcher
from tests.bot.installation import UTC_ZONE
from tests.bot.talk import ask, words
from tests.samples import CHAT, article

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = article(
    headline="Ferry sinks off Crete",
    text="A ferry sank off Crete on Monday, killing at least 12 people, the coast guard in Heraklion said."
    "\n\nIt had left Heraklion at 10:30 with 240 people on board.",
    publisher="BBC",
    url="https://bbc.example/ferry",
)


def tell(
    app: Application, digests: Digests | None = None, *, due_at: datetime | None = None
) -> Digest | None:
    """What the chat's one order delivers now, marked as delivered."""
    (order,) = app.chats.subscriptions(CHAT)
    digest = (digests or app.digests).compose(order, now=app.clock(), due_at=due_at)
    if digest is not None:
        mark_told(app.database, CHAT, digest.articles, quotes=digest.quotes, now=app.clock())
    return digest


def version(text: str, *, headline: str = FIRST.headline, of: Article = FIRST) -> Article:
    return replace(
        article(headline=headline, text=text, publisher=of.publisher, url=of.url), published=of.published
    )


@pytest.fixture
def told(app: Application) -> Application:
    """The chat has had the story."""
    app.ingest(FIRST)
    ask(app, "/subscribe ferry daily 20:00")
    assert tell(app) is not None
    return app


def test_new_figures_in_a_new_version_are_an_update_and_told_once(told: Application) -> None:
    told.ingest(version(FIRST.text.replace("at least 12", "at least 31")))
    digest = tell(told)
    assert digest is not None
    assert words(digest.reply).splitlines()[:3] == [
        "ferry: 1 update",
        "Update: Ferry sinks off Crete",
        "You have had this story. What is new: new figures: 31.",
    ]
    assert tell(told) is None


def test_a_headline_that_says_something_else_is_an_update(told: Application) -> None:
    told.ingest(version(f"{FIRST.text} More soon.", headline="Captain arrested after deadly sinking"))
    digest = tell(told)
    assert digest is not None
    assert "What is new: a new headline." in words(digest.reply)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (
            f"{FIRST.text}\n\nThe search went on at 14:45 on 17 Feb 2017, with 6 boats.",
            "Ferry sinks off Crete",
        ),
        (FIRST.text.replace("Monday", "Feb. 16 at 11:20"), "Ferry sinks off Crete: what we know"),
        (FIRST.text.replace("at least 12", "at least 240"), "Ferry sinks off Crete"),
    ],
)
def test_a_version_that_tells_little_more_is_no_update(told: Application, text: str, headline: str) -> None:
    told.ingest(version(text, headline=headline))
    assert tell(told) is None


OTHERS = (
    "Greek rescuers in Heraklion searched the sea off Crete after a ferry went down, 14 bodies were found.",
    "Off Crete a ferry has sunk and 15 are dead; helicopters flew from Heraklion through the night.",
    "Heraklion sent every boat that it had when a ferry sank near Crete. At least 16 people drowned.",
    "In Heraklion families wait for news of the ferry that was lost off Crete with 17 of their own.",
    "Greece mourns: 18 died off Crete when a ferry sank, and Heraklion has closed its schools for a day.",
    "The harbour of Heraklion was silent a day after the ferry to Crete was lost, and 19 lives with it.",
)


@pytest.mark.slow
def test_another_publishers_figures_are_no_update_and_much_more_publishers_are(told: Application) -> None:
    for number, text in enumerate(OTHERS):
        told.ingest(
            article(headline=f"Ferry sinks off Crete {number}", text=text, publisher=f"Paper {number}")
        )
        if number < 4:
            assert tell(told) is None
    digest = tell(told)
    assert digest is not None
    assert "publishers report it now" in words(digest.reply)
    assert tell(told) is None


def test_nothing_new_is_said_only_where_that_is_wanted(told: Application) -> None:
    assert tell(told) is None
    assert "Comes also when there is nothing new." in words(ask(told, "/subscribe ferry daily 20:00 always"))
    digest = tell(told)
    assert digest is not None
    assert words(digest.reply) == "ferry: nothing new"
    assert "also when there is nothing new" in words(ask(told, "/subscriptions"))


def test_what_was_missed_comes_as_one_that_says_so(app: Application, clock: HandClock) -> None:
    ask(app, "/subscribe nato daily 20:00")
    due = clock.now + 2 * HOUR
    clock.now += 3 * DAY
    digest = tell(app, due_at=due)
    assert digest is not None
    assert words(digest.reply).splitlines()[:2] == [
        "nato: 1 new story",
        "Catching up since Thursday 16 Feb 20:00",
    ]


def test_a_few_minutes_are_not_late(app: Application, clock: HandClock) -> None:
    ask(app, "/subscribe nato daily 20:00")
    digest = tell(app, due_at=clock.now - timedelta(minutes=20))
    assert digest is not None
    assert "Catching up" not in words(digest.reply)


def test_what_was_missed_is_dropped_where_that_is_set(app: Application, clock: HandClock) -> None:
    policy = DeliveryPolicy(missed=Missed(drop=True))
    dropping = Application(
        app.database,
        analyst=app.analyst,
        zone=UTC_ZONE,
        policy=app.feeds._policy,
        clock=clock,
        delivery=policy,
    )
    ask(app, "/subscribe nato daily 20:00")
    assert tell(app, dropping.digests, due_at=clock.now - HOUR) is None
    assert tell(app, dropping.digests, due_at=clock.now) is not None


@pytest.mark.slow
async def test_a_week_down_is_one_digest_and_a_clock_set_back_brings_none_again(
    app: Application, clock: HandClock
) -> None:
    chat = Chat()
    dispatcher = make_dispatcher(app, chat)
    ask(app, "/subscribe nato hourly")
    clock.now += 7 * DAY
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1
    app.ingest(article(headline="NATO meets again", text="NATO met again in Brussels.", published=clock.now))
    clock.now -= 2 * DAY
    await deliver_due(app, dispatcher)
    clock.now += HOUR
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1


async def test_what_was_missed_waits_for_the_end_of_quiet_hours(app: Application, clock: HandClock) -> None:
    chat = Chat()
    dispatcher = make_dispatcher(app, chat)
    ask(app, "/subscribe nato daily 20:00 quiet 22:00-07:00")
    clock.now = clock.now.replace(hour=23)
    await deliver_due(app, dispatcher)
    assert chat.posted == []
    clock.now = clock.now.replace(hour=7) + DAY
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1
    (order,) = app.chats.subscriptions(CHAT)
    with pytest.raises(NotYet):
        app.digests.compose(order, now=clock.now.replace(hour=23), due_at=clock.now)


@pytest.mark.slow
async def test_digests_that_waited_together_come_as_one(app: Application, clock: HandClock) -> None:
    chat = Chat()
    for number in range(8):
        told = f"The committee of case {number} heard witness {number * 7} on ships, item {number * 13}."
        app.ingest(article(headline=f"Hearing {number} on ships", text=told, published=clock.now))
    ask(app, "/subscribe ships hourly")
    for _ in range(5):  # nothing could be delivered
        clock.now += HOUR
        app.outbox.enqueue_due(clock.now, limit=9, next_due=lambda order: order.next_due + HOUR)
    await deliver_due(app, make_dispatcher(app, chat))
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 5}
