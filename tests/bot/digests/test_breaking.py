"""Breaking news: who hears of which story when, and how often."""

from datetime import datetime, timedelta

import pytest

from bot.chat import ChatRef
from bot.delivery.courier import Courier
from bot.house import House
from bot.orders.schedule import NEVER
from bot.reply import Reply
from tests.bot.clocks import HandClock
from tests.bot.couriers import Chat
from tests.bot.talk import ask, words
from tests.samples import CHAT, article

OTHER = ChatRef(platform="telegram", chat="-2002")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FERRY = "Ferry sinks off Crete"
REPORTS = (
    (
        "BBC",
        "A ferry sank off Crete on Thursday and the Greek coast guard in Heraklion searched the sea.",
    ),
    ("AP", "Greek rescuers in Heraklion searched the waters off Crete after a passenger ferry went down."),
    (
        "DW",
        "Off Crete a ferry has sunk; helicopters from Heraklion joined the Greek coast guard.",
    ),
    (
        "VOA",
        "The Greek coast guard says that a ferry sank near Crete. Heraklion sent every boat that it had.",
    ),
)
FACTORY = "Factory burns in Osaka"
FIRE = (
    ("BBC", "A factory fire in Osaka burned through the night and Japanese firemen from Kobe came to help."),
    ("AP", "Firemen from Kobe joined those of Osaka on Thursday to put out a fire at a Japanese factory."),
    ("DW", "In Osaka a Japanese chemical plant burned on Thursday, and Kobe sent firemen over the bay."),
)


def report(house: House, reports: tuple[tuple[str, str], ...], *, at: datetime, headline: str) -> None:
    for number, (publisher, text) in enumerate(reports):
        house.ingest(
            article(
                headline=headline,
                text=text,
                publisher=publisher,
                url=f"https://{publisher.lower()}.example/{headline.replace(' ', '-')}",
                published=at + number * MINUTE,
            )
        )


def said(chat: Chat, to: ChatRef = CHAT) -> list[Reply]:
    return [reply for place, reply, _ in chat.posted if place == to]


async def test_a_story_that_enough_publishers_report_comes_at_once_and_once(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ordered = words(ask(house, "/subscribe ferry breaking"))
    assert "When a story breaks, at most 3 times a day" in ordered
    assert "A story breaks when 3 publishers report it in their own words within 60 minutes." in ordered
    ask(house, "/subscribe orchestra breaking", chat=OTHER)
    clock.now += 10 * MINUTE
    report(house, REPORTS[:2], at=clock.now - 5 * MINUTE, headline=FERRY)
    await courier.round()
    assert chat.posted == []
    report(house, REPORTS[2:], at=clock.now - 3 * MINUTE, headline=FERRY)
    await courier.round()
    (alert,) = said(chat)
    assert words(alert).startswith("Breaking: ferry\nFerry sinks off Crete")
    clock.now += HOUR
    await courier.round()
    assert len(chat.posted) == 1
    assert house.chats.subscriptions(CHAT)[0].next_due == NEVER


async def test_without_a_topic_every_story_that_breaks_comes(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe breaking")
    clock.now += 10 * MINUTE
    report(house, REPORTS, at=clock.now - 9 * MINUTE, headline=FERRY)
    await courier.round()
    (alert,) = said(chat)
    assert words(alert).startswith("Breaking\nFerry sinks off Crete")
    assert "breaking news on any topic: when a story breaks" in words(ask(house, "/subscriptions"))


async def test_copies_and_old_reports_break_nothing(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe breaking")
    clock.now += timedelta(days=1)
    copied = tuple((publisher, REPORTS[0][1] * 3) for publisher, _ in REPORTS)
    report(house, copied, at=clock.now - 9 * MINUTE, headline=FERRY)
    report(house, FIRE, at=clock.now - 3 * HOUR, headline=FACTORY)
    await courier.round()
    assert chat.posted == []


async def test_quiet_hours_postpone_alerts_and_merge_them(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe breaking quiet 18:00-07:00")
    for reports, headline in ((REPORTS, FERRY), (FIRE, FACTORY)):
        clock.now += HOUR
        report(house, reports, at=clock.now - 9 * MINUTE, headline=headline)
        await courier.round()
    assert chat.posted == []
    clock.now = clock.now.replace(hour=7) + timedelta(days=1)
    await courier.round()
    (alert,) = said(chat)
    assert FERRY in words(alert)
    assert FACTORY in words(alert)


async def test_what_broke_in_quiet_hours_and_is_announced_when_they_are_over_is_told_too(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe breaking quiet 18:00-07:00")
    clock.now += HOUR
    report(house, REPORTS, at=clock.now - 9 * MINUTE, headline=FERRY)
    morning = clock.now.replace(hour=7, minute=0) + timedelta(days=1)
    clock.now = morning
    await courier.round()
    clock.now = morning - MINUTE  # when the analysis of the last report began
    report(house, FIRE, at=clock.now - 9 * MINUTE, headline=FACTORY)
    clock.now = morning + MINUTE
    await courier.round()
    first, second = said(chat)
    assert FERRY in words(first)
    assert FACTORY in words(second)
    assert FERRY not in words(second)


async def test_no_more_alerts_come_in_a_day_than_were_wanted(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe breaking max 1")
    ask(house, "/subscribe breaking max 2", chat=OTHER)
    for reports, headline in ((REPORTS, FERRY), (FIRE, FACTORY)):
        clock.now += HOUR
        report(house, reports, at=clock.now - 9 * MINUTE, headline=headline)
        await courier.round()
    assert len(said(chat)) == 1
    assert len(said(chat, OTHER)) == 2


async def test_an_announcement_that_was_stopped_goes_on_with_the_next_report(
    house: House, courier: Courier, chat: Chat, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(house, "/subscribe breaking")
    clock.now += 10 * MINUTE

    def stop(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("bot.digests.alerts.AlertStore.make_due", stop)
        with pytest.raises(RuntimeError):
            report(house, REPORTS, at=clock.now - 9 * MINUTE, headline=FERRY)
    house.ingest(article(headline="Something else", text="Somebody said something about nothing at all."))
    await courier.round()
    assert len(said(chat)) == 1
