"""Deliveries in whose middle the process stops, dies, or loses its database."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

import articles.database.sqlite
from articles.database import open_database
from bot.chat import (
    ChatRef,
)
from bot.delivery.courier import LEASE, Courier
from bot.delivery.model import DeliveryState
from bot.delivery.outbox import Outbox
from bot.house import House
from bot.schema import chats, subscriptions
from tests.bot.clocks import HandClock
from tests.bot.couriers import DAY, DISCORD, Chat, claim, enqueue, make_courier, order_digest
from tests.bot.talk import ask
from tests.databases import on_sqlite
from tests.samples import CHAT


async def test_what_waits_for_its_turn_when_the_process_dies_is_sent_by_the_next_one(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe nato daily 20:00")
    clock.now += DAY
    chat.turn.clear()
    dying = asyncio.create_task(courier.round())
    await chat.asked.wait()
    dying.cancel()
    await asyncio.wait([dying])
    chat.turn.set()
    clock.now += LEASE + timedelta(seconds=1)
    await make_courier(house, chat).round()
    assert len(chat.posted) == 1
    assert house.outbox.states() == {DeliveryState.SENT: 1}


async def test_what_waits_for_its_turn_when_we_are_told_to_stop_is_left_for_the_next_start(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe nato daily 20:00")
    clock.now += DAY
    chat.turn.clear()
    going = asyncio.create_task(courier.round())
    await chat.asked.wait()
    stopping = asyncio.create_task(courier.finish())
    await asyncio.sleep(0)
    chat.turn.set()
    await asyncio.gather(going, stopping)
    assert (chat.posted, house.outbox.states()) == ([], {DeliveryState.DUE: 1})
    await make_courier(house, chat).round()
    assert len(chat.posted) == 1


async def test_when_we_are_told_to_stop_what_is_being_sent_ends_and_what_waits_does_not_hold_it_up(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    for number in range(5):
        ask(house, "/subscribe nato daily 20:00", chat=ChatRef(platform="telegram", chat=str(number)))
    clock.now += DAY
    chat.answers.clear()
    going = asyncio.create_task(courier.round())
    await chat.has_tried()
    stopping = asyncio.create_task(courier.finish())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    chat.answers.set()
    async with asyncio.timeout(5):
        await asyncio.gather(going, stopping)
    assert house.outbox.states() == {DeliveryState.SENT: 1, DeliveryState.DUE: 4}
    await make_courier(house, chat).round()
    assert len(chat.posted) == 5


async def test_a_crash_while_sending_is_unknown_on_telegram_and_sent_again_on_discord(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    for to in (CHAT, DISCORD):
        ask(house, "/subscribe nato weekly mon 20:00", chat=to)
    clock.now += 7 * DAY
    enqueue(house)
    for delivery in claim(house):
        house.outbox.begin(delivery, clock.now, lease=LEASE)  # and here the process dies
    clock.now += LEASE + timedelta(seconds=1)
    await courier.round()
    assert house.outbox.states() == {DeliveryState.UNKNOWN: 1, DeliveryState.SENT: 1}
    assert [to for to, _, _ in chat.posted] == [DISCORD]


async def test_a_crash_before_sending_loses_nothing(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    order_digest(house, clock)
    enqueue(house)
    house.outbox.claim(
        clock.now, limit=10, lease=LEASE, platforms=("telegram", "discord")
    )  # and here the process dies
    clock.now += LEASE + timedelta(seconds=1)
    await courier.round()
    assert [to for to, _, _ in chat.posted] == [CHAT]


async def test_an_error_of_ours_after_the_posting_does_not_post_again(
    house: House, courier: Courier, chat: Chat, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    order_digest(house, clock)
    monkeypatch.setattr(house.outbox, "mark_sent", broken)
    for _ in range(3):
        await courier.round()
        clock.now += LEASE + timedelta(seconds=1)
    assert len(chat.posted) == 1
    assert house.outbox.states() == {DeliveryState.UNKNOWN: 1}


async def test_nothing_is_claimed_once_it_is_told_to_finish(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe nato hourly")
    clock.now += DAY
    await courier.finish()
    await courier.round()
    assert chat.posted == []


@on_sqlite
async def test_a_locked_database_cancels_no_send_that_is_under_way(
    house: House,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(articles.database.sqlite, "BUSY_TIMEOUT_S", 0.05)
    impatient = open_database(str(house.database.engine.url))
    courier = make_courier(house, chat, outbox=Outbox(impatient))
    ask(house, "/subscribe nato hourly")
    clock.now += timedelta(hours=1)
    chat.turn.clear()
    round_ = asyncio.create_task(courier.round())
    await chat.asked.wait()
    with closing(sqlite3.connect(house.database.engine.url.database or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        while "deliveries wait for the database" not in caplog.text:
            await asyncio.sleep(0.05)
            clock.now += timedelta(seconds=1)  # so that it wants to renew its leases
    chat.turn.set()
    await round_
    impatient.close()
    assert house.outbox.states() == {DeliveryState.SENT: 1}


async def test_what_a_crash_left_in_doubt_counts_as_told(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    order_digest(house, clock)
    chat.answers.clear()
    going = asyncio.create_task(courier.round())
    await chat.asked.wait()
    await chat.has_tried()
    going.cancel()  # and here the process dies
    await asyncio.wait({going})
    clock.now += LEASE + timedelta(seconds=1)
    chat.answers.set()
    next_one = make_courier(house, chat)
    await next_one.round()
    assert house.outbox.states() == {DeliveryState.UNKNOWN: 1}
    clock.now += 7 * DAY
    await next_one.round()
    assert chat.posted == []  # it most likely stands there


async def test_a_chat_that_is_forgotten_during_a_send_stays_forgotten(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    order_digest(house, clock)
    chat.answers.clear()
    going = asyncio.create_task(courier.round())
    await chat.has_tried()
    house.chats.forget(CHAT)
    chat.answers.set()
    await going
    assert len(chat.posted) == 1
    with house.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 0


async def test_an_order_that_cannot_be_read_keeps_no_other_waiting(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    ask(house, "/subscribe nato weekly mon 20:00", chat=DISCORD)
    order_digest(house, clock)
    gone = update(subscriptions).where(subscriptions.c.id == 1).values(timezone="Gone/Zone")
    with house.database.transaction() as connection:
        connection.execute(gone)
    await courier.round()
    assert CHAT in {to for to, _, _ in chat.posted}
    assert house.outbox.states() == {DeliveryState.DUE: 1, DeliveryState.SENT: 1}


async def test_an_error_of_ours_in_a_round_cuts_no_send_short(
    house: House, chat: Chat, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_digest(house, clock)
    outbox = Outbox(house.database)
    courier = make_courier(house, chat, outbox=outbox)
    chat.answers.clear()
    going = asyncio.create_task(courier.round())
    await chat.has_tried()

    def broken(*_: object, **__: object) -> None:
        raise LookupError("of ours")

    monkeypatch.setattr(outbox, "claim", broken)
    await asyncio.sleep(1.2)  # the next look
    assert not going.done()
    chat.answers.set()
    await going
    assert house.outbox.states() == {DeliveryState.SENT: 1}
