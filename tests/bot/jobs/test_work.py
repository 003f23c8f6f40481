"""What is due by the tables, as jobs."""

from datetime import timedelta

import pytest

from bot.app.application import Application
from bot.chat import ChatRef
from bot.delivery.dispatcher import Dispatcher
from bot.jobs.job_queue import Deliver, InProcessQueue
from bot.jobs.scheduler import Scheduler
from bot.jobs.work import MOST_QUEUED, DueJobs
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import DISCORD


def order_for(app: Application, clock: HandClock, chat: ChatRef, *, minutes_ago: int) -> None:
    app.chats.add_subscription(
        chat,
        topic="nato",
        schedule={"rhythm": "daily", "at": "08:00"},
        timezone="UTC",
        next_due=clock.now - timedelta(minutes=minutes_ago),
        created_by="7",
        now=clock.now - timedelta(days=1),
    )


@pytest.mark.slow
async def test_a_platform_that_is_down_keeps_no_other_from_its_workers(
    app: Application, dispatcher: Dispatcher, clock: HandClock
) -> None:
    for number in range(2 * MOST_QUEUED + 1):
        order_for(app, clock, ChatRef(platform="telegram", chat=str(number)), minutes_ago=30)
    order_for(app, clock, DISCORD, minutes_ago=1)
    queue = InProcessQueue()
    scheduler = Scheduler(queue, ())
    due = DueJobs(
        feeds=app.feeds.store,
        dispatcher=dispatcher,
        platforms=("telegram", "discord"),
        clock=app.clock,
    )
    sources = due.digest_sources(tick_s=1.0)
    for _ in range(2):  # as often as one looks, for the first time takes all places
        for source in sources:
            await scheduler.poll(source)
    held = [job.platform for job in await queue.held(Deliver) if isinstance(job, Deliver)]
    assert (held.count("telegram"), held.count("discord")) == (MOST_QUEUED, 1)
