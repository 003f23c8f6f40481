"""A dispatcher over the real outbox, whose chat adapter fails as it is told; for tests."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from articles.database import DatabaseError
from bot.app.application import Application
from bot.chat import NO_HOOKS, ChatError, ChatRef, MessageId, NotAllowed, SendFailed, SendHooks, SendUnknown
from bot.delivery.dispatcher import LEASE, Dispatcher, Enqueuer
from bot.jobs.job_queue import InProcessQueue
from bot.jobs.scheduler import Scheduler, Source
from bot.jobs.work import DueJobs, Worker
from bot.ports import Capabilities, Conversation
from bot.reply import Reply
from bot.storage.outbox import Delivery, Outbox
from bot.storage.schema import outbox
from tests.bot.clocks import HandClock
from tests.bot.talk import ask

DISCORD = ChatRef(platform="discord", chat="7")
MOVED = ChatRef(platform="telegram", chat="-1002")
DIRECT = ChatRef(platform="telegram", chat="direct-7")  # with whoever gives the tests' commands
DAY = timedelta(days=1)


class Chat:
    """A `ChatAdapter` that posts into a list, or raises what it is told to, in turn."""

    capabilities = Capabilities(platform="telegram", deduplicates=False, in_flight=1)

    def __init__(self) -> None:
        self.posted: list[tuple[ChatRef, Reply, str]] = []
        self.errors: list[ChatError | None] = []  # of the next tries; None: it is posted
        self.messages = 1  # in a reply
        self.turn = asyncio.Event()  # of the next to be sent
        self.turn.set()
        self.asked = asyncio.Event()  # to send something
        self.closed: set[ChatRef] = set()  # where it may not write
        self.poisoned: set[ChatRef] = set()  # where every message fails
        self.tried: Counter[ChatRef] = Counter()
        self.down = False
        self.silent = False  # takes messages and pings, and answers nothing
        self.answers = asyncio.Event()  # until then what went out has none
        self.answers.set()
        self.pings = 0
        self.after_post: Callable[[int], None] = lambda number: None
        self.keys: list[str] = []  # of everything that was tried

    async def serve(self, conversation: Conversation) -> None:
        raise NotImplementedError

    async def stand_by(self) -> None:
        raise NotImplementedError

    async def ready(self) -> None:
        return

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        for number in range(hooks.already_posted, self.messages):
            message = await self._post(chat, reply, key=key, hooks=hooks)
            if number < self.messages - 1:
                hooks.message_posted()
        return message

    async def _post(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks) -> MessageId:
        self.asked.set()
        await self.turn.wait()
        await hooks.wait_for_slot()
        await hooks.mark_started()
        self.keys.append(key)
        self.tried[chat] += 1
        await self.answers.wait()
        if self.silent:
            raise SendUnknown("no answer")
        if self.down or chat in self.poisoned:
            raise SendFailed("no connection")
        if chat in self.closed:
            raise NotAllowed("Missing Permissions", where="#news")
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        self.posted.append((chat, reply, key))
        self.after_post(len(self.posted))
        return MessageId(f"m{len(self.posted)}")

    async def has_tried(self, count: int = 1) -> None:
        """Returns once so many messages have been tried."""
        while len(self.keys) < count:  # noqa: ASYNC110 (it counts what was tried)
            await asyncio.sleep(0.01)

    async def ping(self) -> None:
        self.pings += 1
        if self.down or self.silent:
            raise SendFailed("no connection")

    async def direct(self, user: str) -> ChatRef:
        return ChatRef(platform="telegram", chat=f"direct-{user}")


class OnPlatform:
    """A `ChatAdapter` that is a `Chat`, under the name of another platform."""

    def __init__(self, chat: Chat, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self.serve, self.stand_by, self.ready = chat.serve, chat.stand_by, chat.ready
        self.send, self.ping, self.direct = chat.send, chat.ping, chat.direct


def make_dispatcher(app: Application, chat: Chat, *, outbox: Outbox | None = None) -> Dispatcher:
    """Of two platforms, which both are `chat`."""
    discord = OnPlatform(chat, Capabilities(platform="discord", deduplicates=True, in_flight=16))
    dispatcher = Dispatcher(
        outbox=outbox or app.outbox,
        digests=app.digests,
        conversation=app.service,
        platforms=[chat.capabilities, discord.capabilities],
        clock=app.clock,
        steady=lambda: app.clock().timestamp(),
    )
    dispatcher.connected(chat)
    dispatcher.connected(discord)
    return dispatcher


def engine_of(app: Application, dispatcher: Dispatcher) -> tuple[tuple[Source, ...], Worker]:
    """What `pullquote run` has of it: where deliveries come from, and who does them."""
    due = DueJobs(
        feeds=app.feeds.store, dispatcher=dispatcher, platforms=("telegram", "discord"), clock=app.clock
    )
    nobody: Any = None  # no feed is polled here
    worker = Worker(manager=app.feeds, work=nobody, dispatcher=dispatcher, tell=nobody, shared=False)
    return due.digest_sources(tick_s=0.05), worker


async def deliver_due(app: Application, dispatcher: Dispatcher) -> None:
    """Runs the engine until nothing more of what is due can be sent now. Cancelled, it dies as a process
    does, with all its tasks."""
    before = asyncio.all_tasks()
    sources, worker = engine_of(app, dispatcher)
    queue, stop = InProcessQueue(), asyncio.Event()
    scheduler = Scheduler(queue, sources)
    working = asyncio.create_task(queue.work(worker.run, stop=stop))
    try:
        seen: object = "nothing yet"
        while seen != (seen := _attempts(app)):
            for source in sources:
                with contextlib.suppress(DatabaseError):
                    await scheduler.poll(source)
            await queue.idle()
    except asyncio.CancelledError:
        for task in asyncio.all_tasks() - before:
            task.cancel()
        raise
    finally:
        stop.set()
        await asyncio.wait([working])


def _attempts(app: Application) -> object:
    """What has been tried so far. It differs after each pass in which something was."""
    try:
        with app.database.reading() as connection:
            return connection.execute(select(outbox.c.id, outbox.c.state, outbox.c.attempts)).all()
    except DatabaseError:
        return None


@contextlib.asynccontextmanager
async def engine_running(app: Application, dispatcher: Dispatcher) -> AsyncIterator[None]:
    """The engine with its ticks, as long as the block lasts."""
    sources, worker = engine_of(app, dispatcher)
    queue, stop = InProcessQueue(), asyncio.Event()
    both = [
        asyncio.create_task(Scheduler(queue, sources).run()),
        asyncio.create_task(queue.work(worker.run, stop=stop)),
    ]
    try:
        yield
    finally:
        both[0].cancel()
        stop.set()
        await asyncio.wait(both)


def enqueue(app: Application) -> None:
    Enqueuer(app.outbox, steady=lambda: 0.0).enqueue(app.clock())


def claim(app: Application) -> tuple[Delivery, ...]:
    now = app.clock()
    due = app.outbox.due(now, limit=10, platforms=("telegram", "discord"))
    claimed = (app.outbox.claim(each.id, now, lease=LEASE) for each in due)
    return tuple(delivery for delivery in claimed if delivery is not None)


def order_digest(app: Application, clock: HandClock) -> None:
    """A digest for the chat of the samples, which is due now."""
    ask(app, "/subscribe nato weekly mon 20:00")
    clock.now += 7 * DAY
