"""Digests of several messages, of which the first were posted and the rest were not."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.app.application import Application
from bot.chat import (
    ChatError,
    ChatMoved,
    ChatRef,
    NotAllowed,
    SendFailed,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.delivery.dispatcher import LEASE, Dispatcher
from bot.delivery.outcomes import MAX_FAILURES
from bot.storage.dead_letters import DeadLetterStore
from bot.storage.outbox import DeliveryState
from bot.storage.schema import chats, delivered
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import DAY, DISCORD, MOVED, Chat, deliver_due, make_dispatcher, order_digest
from tests.bot.talk import ask
from tests.samples import CHAT


@pytest.mark.slow
@pytest.mark.parametrize("error", [Throttled(timedelta(seconds=0.01)), SendFailed("no connection")])
async def test_the_rest_of_a_digest_follows_its_beginning_and_nothing_is_posted_again(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    error: ChatError,
    soon_again: None,
) -> None:
    order_digest(app, clock)
    chat.messages, chat.errors = 2, [None, error, error]
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 2
    assert len(chat.keys) == 4
    assert app.outbox.states() == {DeliveryState.SENT: 1}


@pytest.mark.slow
@pytest.mark.parametrize("where", [CHAT, DISCORD], ids=lambda each: each.platform)
@pytest.mark.parametrize(
    "error",
    [NotAllowed("muted"), SendRefused("too long"), SendUnknown("no answer"), ChatMoved(MOVED)],
    ids=lambda error: type(error).__name__,
)
async def test_a_digest_that_was_posted_in_part_is_never_begun_anew(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    error: ChatError,
    where: ChatRef,
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00", chat=where)
    clock.now += 7 * DAY
    chat.messages, chat.errors = 2, [None, error]
    await deliver_due(app, dispatcher)
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}
    clock.now += timedelta(minutes=1)
    await deliver_due(app, dispatcher)
    clock.now += DAY
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1


@pytest.mark.slow
async def test_a_digest_whose_rest_fails_by_its_own_fault_ends(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock, soon_again: None
) -> None:
    order_digest(app, clock)
    failed, answered = SendFailed("the platform's own error"), Throttled(timedelta(0))
    chat.messages, chat.errors = 2, [None, *[failed, answered] * MAX_FAILURES]
    await deliver_due(app, dispatcher)
    assert len(chat.keys) == 2 * MAX_FAILURES
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}


async def test_told_to_stop_between_two_messages_it_says_so_and_does_not_begin_anew(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.messages, chat.errors = 2, [None, Throttled(timedelta(hours=1))]
    going = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.has_tried(2)
    async with asyncio.timeout(60):
        await dispatcher.finish()
        await going
    (undelivered,) = DeadLetterStore(app.database).listed(limit=9)
    assert undelivered.state is DeliveryState.UNKNOWN
    assert "only its beginning was posted" in (undelivered.reason or "")
    clock.now += DAY
    await deliver_due(app, make_dispatcher(app, chat))
    assert len(chat.posted) == 1


@pytest.mark.slow
async def test_a_crash_between_two_messages_is_unknown_on_telegram(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.messages, chat.errors = 2, [None, Throttled(timedelta(hours=1))]
    going = asyncio.create_task(deliver_due(app, dispatcher))
    await chat.has_tried(2)
    going.cancel()
    await asyncio.wait({going})
    clock.now += LEASE + timedelta(seconds=1)
    await deliver_due(app, make_dispatcher(app, chat))
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}


async def test_what_was_posted_in_part_counts_as_told_where_the_chat_has_moved(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.messages, chat.errors = 2, [None, ChatMoved(MOVED)]
    await deliver_due(app, dispatcher)
    with app.database.reading() as connection:
        assert connection.execute(select(chats.c.chat)).scalars().all() == [MOVED.chat]
        assert connection.execute(select(func.count()).select_from(delivered)).scalar_one() == 1
