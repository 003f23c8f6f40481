"""Breaking news: who hears of which story when, and how often."""

from datetime import datetime, timedelta

import pytest

from bot.app.application import Application
from bot.chat import ChatRef
from bot.delivery.dispatcher import Dispatcher
from bot.reply import Reply
from bot.schedules.schedule import NEVER
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import Chat, deliver_due
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


def report(app: Application, reports: tuple[tuple[str, str], ...], *, at: datetime, headline: str) -> None:
    for number, (publisher, text) in enumerate(reports):
        app.ingest(
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


@pytest.mark.slow
async def test_a_story_that_enough_publishers_report_comes_at_once_and_once(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ordered = words(ask(app, "/subscribe ferry breaking"))
    assert "When a story breaks, at most 3 times a day" in ordered
    assert "A story breaks when 3 publishers report it in their own words within 60 minutes." in ordered
    ask(app, "/subscribe orchestra breaking", chat=OTHER)
    clock.now += 10 * MINUTE
    report(app, REPORTS[:2], at=clock.now - 5 * MINUTE, headline=FERRY)
    await deliver_due(app, dispatcher)
    assert chat.posted == []
    report(app, REPORTS[2:], at=clock.now - 3 * MINUTE, headline=FERRY)
    await deliver_due(app, dispatcher)
    (alert,) = said(chat)
    assert words(alert).startswith("Breaking: ferry\nFerry sinks off Crete")
    clock.now += HOUR
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1
    assert app.chats.subscriptions(CHAT)[0].next_due == NEVER


@pytest.mark.slow
async def test_without_a_topic_every_story_that_breaks_comes(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe breaking")
    clock.now += 10 * MINUTE
    report(app, REPORTS, at=clock.now - 9 * MINUTE, headline=FERRY)
    await deliver_due(app, dispatcher)
    (alert,) = said(chat)
    assert words(alert).startswith("Breaking\nFerry sinks off Crete")
    assert "breaking news on any topic: when a story breaks" in words(ask(app, "/subscriptions"))


@pytest.mark.slow
async def test_copies_and_old_reports_break_nothing(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe breaking")
    clock.now += timedelta(days=1)
    copied = tuple((publisher, REPORTS[0][1] * 3) for publisher, _ in REPORTS)
    report(app, copied, at=clock.now - 9 * MINUTE, headline=FERRY)
    report(app, FIRE, at=clock.now - 3 * HOUR, headline=FACTORY)
    await deliver_due(app, dispatcher)
    assert chat.posted == []


@pytest.mark.slow
async def test_quiet_hours_postpone_alerts_and_merge_them(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe breaking quiet 18:00-07:00")
    for reports, headline in ((REPORTS, FERRY), (FIRE, FACTORY)):
        clock.now += HOUR
        report(app, reports, at=clock.now - 9 * MINUTE, headline=headline)
        await deliver_due(app, dispatcher)
    assert chat.posted == []
    clock.now = clock.now.replace(hour=7) + timedelta(days=1)
    await deliver_due(app, dispatcher)
    (alert,) = said(chat)
    assert FERRY in words(alert)
    assert FACTORY in words(alert)


@pytest.mark.slow
async def test_what_broke_in_quiet_hours_and_is_announced_when_they_are_over_is_told_too(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe breaking quiet 18:00-07:00")
    clock.now += HOUR
    report(app, REPORTS, at=clock.now - 9 * MINUTE, headline=FERRY)
    morning = clock.now.replace(hour=7, minute=0) + timedelta(days=1)
    clock.now = morning
    await deliver_due(app, dispatcher)
    clock.now = morning - MINUTE  # when the analysis of the last report began
    report(app, FIRE, at=clock.now - 9 * MINUTE, headline=FACTORY)
    clock.now = morning + MINUTE
    await deliver_due(app, dispatcher)
    first, second = said(chat)
    assert FERRY in words(first)
    assert FACTORY in words(second)
    assert FERRY not in words(second)


@pytest.mark.slow
async def test_no_more_alerts_come_in_a_day_than_were_wanted(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe breaking max 1")
    ask(app, "/subscribe breaking max 2", chat=OTHER)
    for reports, headline in ((REPORTS, FERRY), (FIRE, FACTORY)):
        clock.now += HOUR
        report(app, reports, at=clock.now - 9 * MINUTE, headline=headline)
        await deliver_due(app, dispatcher)
    assert len(said(chat)) == 1
    assert len(said(chat, OTHER)) == 2


@pytest.mark.slow
async def test_an_announcement_that_was_stopped_goes_on_with_the_next_report(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(app, "/subscribe breaking")
    clock.now += 10 * MINUTE

    def stop(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("bot.storage.alerts.AlertStore.make_due", stop)
        with pytest.raises(RuntimeError):
            report(app, REPORTS, at=clock.now - 9 * MINUTE, headline=FERRY)
    app.ingest(article(headline="Something else", text="Somebody said something about nothing at all."))
    await deliver_due(app, dispatcher)
    assert len(said(chat)) == 1
