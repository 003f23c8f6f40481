"""A dispatcher over the real outbox, whose chat adapter fails as it is told; for tests."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from bot.app.application import Application
from bot.chat import NO_HOOKS, ChatError, ChatRef, MessageId, NotAllowed, SendFailed, SendHooks, SendUnknown
from bot.delivery.dispatcher import LEASE, Dispatcher
from bot.delivery.enqueuing import Enqueuer
from bot.ports import Capabilities, Conversation
from bot.reply import Reply
from bot.storage.deliveries import Delivery
from bot.storage.outbox import Outbox
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


def make_dispatcher(app: Application, chat: Chat, *, outbox: Outbox | None = None) -> Dispatcher:
    dispatcher = Dispatcher(
        outbox=outbox or app.outbox,
        digests=app.digests,
        conversation=app.service,
        resend={"discord"},
        clock=app.clock,
        steady=lambda: app.clock().timestamp(),
        in_flight={"telegram": 1},
    )
    dispatcher.carry("telegram", chat)
    dispatcher.carry("discord", chat)
    return dispatcher


def enqueue(app: Application) -> None:
    Enqueuer(app.outbox, steady=lambda: 0.0).enqueue(app.clock())


def claim(app: Application) -> tuple[Delivery, ...]:
    return app.outbox.claim(app.clock(), limit=10, lease=LEASE, platforms=("telegram", "discord"))


def order_digest(app: Application, clock: HandClock) -> None:
    """A digest for the chat of the samples, which is due now."""
    ask(app, "/subscribe nato weekly mon 20:00")
    clock.now += 7 * DAY
