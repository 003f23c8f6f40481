"""A chat adapter and its conversation, with what passes between them measured."""

import time
from datetime import timedelta

from bot.chat import NO_HOOKS, ChatError, ChatRef, MessageId, SendHooks
from bot.monitor.meters import Meters
from bot.ports import ChatAdapter, Conversation, IncomingCommand
from bot.reply import Reply


class MeteredChat:
    """A `ChatAdapter` that is another one, measured."""

    def __init__(self, adapter: ChatAdapter, meters: Meters) -> None:
        self.capabilities = adapter.capabilities
        self._adapter, self._platform, self._meters = adapter, adapter.capabilities.platform, meters

    async def serve(self, conversation: Conversation) -> None:
        """See `ChatAdapter`."""
        await self._adapter.serve(_MeteredConversation(conversation, self._meters))

    async def stand_by(self) -> None:
        """See `ChatAdapter`."""
        await self._adapter.stand_by()

    async def ready(self) -> None:
        """See `ChatAdapter`."""
        await self._adapter.ready()

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """See `ChatAdapter`. What the hooks raises is no outcome of a send: there was none."""
        began = time.monotonic()
        try:
            message = await self._adapter.send(chat, reply, key=key, hooks=hooks)
        except ChatError as error:
            self._meters.sent(self._platform, _outcome(error), took=_since(began))
            raise
        self._meters.sent(self._platform, "sent", took=_since(began))
        return message

    async def ping(self) -> None:
        """See `ChatAdapter`."""
        await self._adapter.ping()

    async def direct(self, user: str) -> ChatRef:
        """See `ChatAdapter`."""
        return await self._adapter.direct(user)


class _MeteredConversation:
    """A `Conversation` that is another one, with its answers timed."""

    def __init__(self, inner: Conversation, meters: Meters) -> None:
        self._inner, self._meters = inner, meters
        self.posted = inner.posted
        self.complete = inner.complete
        self.offer = inner.offer
        self.moved = inner.moved
        self.gone = inner.gone

    def answer(self, incoming: IncomingCommand) -> Reply:
        began = time.monotonic()
        reply = self._inner.answer(incoming)
        command = incoming.parsed.command
        self._meters.answered(
            incoming.chat.platform, command.name if command else "words", took=_since(began)
        )
        return reply


def _outcome(error: ChatError) -> str:
    """`SendUnknown` is "send_unknown"."""
    name = type(error).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)
