"""Deliveries that come as jobs, from a queue that several processes share: it may give any of them up."""

import asyncio
from datetime import timedelta

import pytest

import bot.delivery.dispatcher
from bot.app.application import Application
from bot.delivery.dispatcher import Dispatcher
from bot.storage.outbox import DeliveryState
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import Chat, order_digest


async def start(app: Application, dispatcher: Dispatcher, clock: HandClock) -> asyncio.Task[None]:
    """The one delivery that is due, as a job under way."""
    order_digest(app, clock)
    (due,) = await dispatcher.due("telegram", limit=9)
    return asyncio.create_task(dispatcher.deliver(due.id, due.chat.platform))


async def test_a_job_that_is_done_is_recorded(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    await (await start(app, dispatcher, clock))
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 1}


async def test_a_job_that_the_queue_gives_up_comes_to_its_end_if_it_has_begun(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    chat.answers.clear()
    job = await start(app, dispatcher, clock)
    await chat.has_tried()
    job.cancel()
    await asyncio.wait({job})
    chat.answers.set()
    await dispatcher.finish()
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 1}


async def test_a_job_that_is_given_up_before_it_began_is_due_again(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    chat.turn.clear()
    job = await start(app, dispatcher, clock)
    await chat.asked.wait()
    job.cancel()
    await asyncio.wait({job})
    await dispatcher.finish()
    assert chat.posted == []
    assert app.outbox.states() == {DeliveryState.DUE: 1}


@pytest.mark.slow
async def test_a_delivery_that_lasts_holds_up_no_job_and_keeps_its_lease(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bot.delivery.dispatcher, "JOB_WITHIN_S", 0.05)
    chat.answers.clear()
    job = await start(app, dispatcher, clock)
    await chat.has_tried()
    await job
    for _ in range(3):  # its lease would have run out
        clock.now += timedelta(seconds=10)
        await asyncio.sleep(1.1)
        await dispatcher.due("telegram", limit=9)
    chat.answers.set()
    await dispatcher.finish()
    assert app.outbox.states() == {DeliveryState.SENT: 1}


@pytest.mark.slow
async def test_a_silent_platform_is_asked_once_for_all_that_wait(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.silent = True
    (due,) = await dispatcher.due("telegram", limit=9)
    await dispatcher.deliver(due.id, "telegram")
    pings = chat.pings
    clock.now += timedelta(seconds=10)
    await asyncio.gather(*(dispatcher.deliver(due.id, "telegram") for _ in range(50)))
    assert chat.pings <= pings + 1
