"""Deliveries in whose middle the process stops, dies, or loses its database."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

import articles.database.sqlite
from articles.database import open_database
from bot.app.application import Application
from bot.chat import ChatRef
from bot.delivery.dispatcher import LEASE, Dispatcher
from bot.storage.outbox import DeliveryState, Outbox
from bot.storage.schema import chats, subscriptions
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import (
    DAY,
    DISCORD,
    Chat,
    claim,
    deliver_due,
    engine_running,
    enqueue,
    make_dispatcher,
    order_digest,
)
from tests.bot.talk import ask
from tests.databases import on_sqlite
from tests.samples import CHAT


async def test_what_waits_for_its_turn_when_the_process_dies_is_sent_by_the_next_one(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    clock.now += DAY
    chat.turn.clear()
    dying = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    chat.turn.set()
    clock.now += LEASE + timedelta(seconds=1)
    await deliver_due(app, make_dispatcher(app, chat))
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 1}


async def test_what_waits_for_its_turn_when_we_are_told_to_stop_is_left_for_the_next_start(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    clock.now += DAY
    chat.turn.clear()
    going = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.asked.wait()
    stopping = asyncio.create_task(dispatcher.finish())
    await asyncio.sleep(0)
    chat.turn.set()
    await asyncio.gather(going, stopping)
    assert (chat.posted, app.outbox.states()) == ([], {DeliveryState.DUE: 1})
    await deliver_due(app, make_dispatcher(app, chat))
    assert len(chat.posted) == 1


@pytest.mark.slow
async def test_when_we_are_told_to_stop_what_is_being_sent_ends_and_what_waits_does_not_hold_it_up(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    for number in range(5):
        ask(app, "/subscribe nato daily 20:00", chat=ChatRef(platform="telegram", chat=str(number)))
    clock.now += DAY
    chat.answers.clear()
    going = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.has_tried()
    stopping = asyncio.create_task(dispatcher.finish())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    chat.answers.set()
    async with asyncio.timeout(60):
        await asyncio.gather(going, stopping)
    assert app.outbox.states() == {DeliveryState.SENT: 1, DeliveryState.DUE: 4}
    await deliver_due(app, make_dispatcher(app, chat))
    assert len(chat.posted) == 5


async def test_a_crash_while_sending_is_unknown_on_telegram_and_sent_again_on_discord(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    for to in (CHAT, DISCORD):
        ask(app, "/subscribe nato weekly mon 20:00", chat=to)
    clock.now += 7 * DAY
    enqueue(app)
    for delivery in claim(app):
        app.outbox.mark_started(delivery, clock.now, lease=LEASE)  # and here the process dies
    clock.now += LEASE + timedelta(seconds=1)
    await deliver_due(app, dispatcher)
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1, DeliveryState.SENT: 1}
    assert [to for to, _, _ in chat.posted] == [DISCORD]


async def test_a_crash_before_sending_loses_nothing(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    enqueue(app)
    claim(app)  # and here the process dies
    clock.now += LEASE + timedelta(seconds=1)
    await deliver_due(app, dispatcher)
    assert [to for to, _, _ in chat.posted] == [CHAT]


@pytest.mark.slow
async def test_an_error_of_ours_after_the_posting_does_not_post_again(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    order_digest(app, clock)
    monkeypatch.setattr(app.outbox, "mark_sent", broken)
    for _ in range(3):
        await deliver_due(app, dispatcher)
        clock.now += LEASE + timedelta(seconds=1)
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}


async def test_nothing_is_claimed_once_it_is_told_to_finish(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato hourly")
    clock.now += DAY
    await dispatcher.finish()
    await deliver_due(app, dispatcher)
    assert chat.posted == []


@pytest.mark.slow
@on_sqlite
async def test_a_locked_database_cancels_no_send_that_is_under_way(
    app: Application,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(articles.database.sqlite, "BUSY_TIMEOUT_S", 0.05)
    impatient = open_database(str(app.database.engine.url))
    dispatcher = make_dispatcher(app, chat, outbox=Outbox(impatient))
    ask(app, "/subscribe nato hourly")
    clock.now += timedelta(hours=1)
    chat.turn.clear()
    round_ = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.asked.wait()
    with closing(sqlite3.connect(app.database.engine.url.database or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        while "deliveries wait for the database" not in caplog.text:
            await asyncio.sleep(0.05)
            clock.now += timedelta(seconds=1)  # so that it wants to renew its leases
    chat.turn.set()
    await round_
    impatient.close()
    assert app.outbox.states() == {DeliveryState.SENT: 1}


@pytest.mark.slow
async def test_what_a_crash_left_in_doubt_counts_as_told(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.answers.clear()
    going = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.asked.wait()
    await chat.has_tried()
    going.cancel()  # and here the process dies
    await asyncio.wait({going})
    clock.now += LEASE + timedelta(seconds=1)
    chat.answers.set()
    next_one = make_dispatcher(app, chat)
    await deliver_due(app, next_one)
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}
    clock.now += 7 * DAY
    await deliver_due(app, next_one)
    assert chat.posted == []  # it most likely stands there


@pytest.mark.slow
async def test_a_chat_that_is_forgotten_during_a_send_stays_forgotten(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.answers.clear()
    going = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.has_tried()
    app.chats.forget(CHAT)
    chat.answers.set()
    await going
    assert len(chat.posted) == 1
    with app.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 0


@pytest.mark.slow
async def test_an_order_that_cannot_be_read_keeps_no_other_waiting(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00", chat=DISCORD)
    order_digest(app, clock)
    gone = update(subscriptions).where(subscriptions.c.id == 1).values(timezone="Gone/Zone")
    with app.database.transaction() as connection:
        connection.execute(gone)
    await deliver_due(app, dispatcher)
    assert CHAT in {to for to, _, _ in chat.posted}
    assert app.outbox.states() == {DeliveryState.DUE: 1, DeliveryState.SENT: 1}


@pytest.mark.parametrize("of_ours", ["due", "claim"])
async def test_an_error_of_ours_in_another_job_or_a_poll_cuts_no_send_short(
    app: Application,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    of_ours: str,
) -> None:
    order_digest(app, clock)
    outbox = Outbox(app.database)
    dispatcher = make_dispatcher(app, chat, outbox=outbox)
    chat.answers.clear()
    async with engine_running(app, dispatcher), asyncio.timeout(20):
        await chat.has_tried()
        ask(app, "/subscribe nato hourly", chat=DISCORD)
        app.chats.resume_subscription(DISCORD, app.chats.subscriptions(DISCORD)[0].id, next_due=clock.now)

        def broken(*_: object, **__: object) -> None:
            raise LookupError("of ours")

        monkeypatch.setattr(outbox, of_ours, broken)
        while "LookupError: of ours" not in caplog.text:  # noqa: ASYNC110 (a log has no event)
            await asyncio.sleep(0.02)
        chat.answers.set()
        while DeliveryState.SENT not in app.outbox.states():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
