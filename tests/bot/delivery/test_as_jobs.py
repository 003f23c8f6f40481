"""Deliveries that come as jobs, from a queue that several processes share: it may give any of them up."""

import asyncio
from datetime import timedelta

import pytest

import bot.delivery.courier
from bot.delivery.courier import Courier
from bot.delivery.model import DeliveryState
from bot.house import House
from tests.bot.clocks import HandClock
from tests.bot.couriers import Chat, order_digest


def start(house: House, courier: Courier, clock: HandClock) -> asyncio.Task[None]:
    """The one delivery that is due, as a job under way."""
    order_digest(house, clock)
    ((delivery, to),) = courier.due(["telegram"], limit=9)
    return asyncio.create_task(courier.deliver(delivery, to.platform))


async def test_a_job_that_is_done_is_recorded(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    await start(house, courier, clock)
    assert len(chat.posted) == 1
    assert house.outbox.states() == {DeliveryState.SENT: 1}


async def test_a_job_that_the_queue_gives_up_comes_to_its_end_if_it_has_begun(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    chat.answers.clear()
    job = start(house, courier, clock)
    await chat.has_tried()
    job.cancel()
    await asyncio.wait({job})
    chat.answers.set()
    await courier.finish()
    assert len(chat.posted) == 1
    assert house.outbox.states() == {DeliveryState.SENT: 1}


async def test_a_job_that_is_given_up_before_it_began_is_due_again(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    chat.turn.clear()
    job = start(house, courier, clock)
    await chat.asked.wait()
    job.cancel()
    await asyncio.wait({job})
    await courier.finish()
    assert chat.posted == []
    assert house.outbox.states() == {DeliveryState.DUE: 1}


async def test_a_delivery_that_lasts_holds_up_no_job_and_keeps_its_lease(
    house: House, courier: Courier, chat: Chat, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.delivery.courier, "JOB_WITHIN_S", 0.05)
    chat.answers.clear()
    job = start(house, courier, clock)
    await chat.has_tried()
    await job
    for _ in range(3):  # its lease would have run out
        clock.now += timedelta(seconds=10)
        await asyncio.sleep(1.1)
        courier.due(["telegram"], limit=9)
    chat.answers.set()
    await courier.finish()
    assert house.outbox.states() == {DeliveryState.SENT: 1}


async def test_a_silent_platform_is_asked_once_for_all_that_wait(
    house: House, courier: Courier, chat: Chat, clock: HandClock
) -> None:
    order_digest(house, clock)
    chat.silent = True
    ((delivery, _),) = courier.due(["telegram"], limit=9)
    await courier.deliver(delivery, "telegram")
    pings = chat.pings
    clock.now += timedelta(seconds=10)
    await asyncio.gather(*(courier.deliver(delivery, "telegram") for _ in range(50)))
    assert chat.pings <= pings + 1
