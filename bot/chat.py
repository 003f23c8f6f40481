"""Where a request comes from and where a reply goes: chats, people, and the port that every platform fits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NewType, Protocol

from bot.reply import Reply

MessageId = NewType("MessageId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRef:
    """One place to write to: a chat, or one thread or forum topic of it."""

    platform: str  # "telegram", "discord", "console"
    chat: str
    thread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCommand:
    """One command as it came in: typed, or the command of a pressed button."""

    chat: ChatRef
    user: str  # the platform's user id
    text: str
    may_change: bool  # this user may change the chat's standing orders
    is_owner: bool = False  # this user runs the bot, and may change what is the same for all chats
    replied_to: MessageId | None = None  # the message that this one answers or whose button was pressed
    page_chars: int | None = 3_000  # how much text a page may hold there; None: no pages


class ChatError(Exception):
    """Base of what can go wrong between a reply and a chat."""


class Throttled(ChatError):
    """The platform asks for a pause; nothing was sent."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"the platform asks for a pause of {retry_after.total_seconds():g} s")
        self.retry_after = retry_after


class ChatGone(ChatError):
    """The chat is closed to us (removed, blocked, deleted); stop writing to it."""


class ChatMoved(ChatError):
    """The chat has another id now; nothing was sent to the old one."""

    def __init__(self, to: ChatRef) -> None:
        super().__init__(f"the chat is now {to.chat}")
        self.to = to


class NotAllowed(ChatError):
    """We may not write there now, and may again once somebody grants it; nothing was sent."""

    def __init__(self, reason: str, *, where: str | None = None) -> None:
        """where: the place as its people know it, if that is known."""
        super().__init__(reason)
        self.where = where


class SendRefused(ChatError):
    """The platform refused this message and would refuse it again; nothing was sent."""


class SendFailed(ChatError):
    """Nothing was sent (no connection, a server error before acceptance); worth another try."""


class SendUnknown(ChatError):
    """The bytes went out and no answer came: it may have been posted. Never retried blindly."""


class SendHooks:
    """Hooks that an adapter calls around each message of a reply. The default does nothing.

    The adapter awaits `wait_for_slot` and then `mark_started` before each message. What they raise stops that
    message.
    """

    already_posted = 0  # how many of the reply's messages an earlier attempt posted

    async def wait_for_slot(self) -> None:
        """Called once the chat's own limits allow the message. Returns when a concurrent send is free."""

    async def mark_started(self) -> None:
        """Called once all limits allow the message, right before its bytes go out."""

    def message_posted(self) -> None:
        """Called after a message was posted and another one of the same reply follows."""


NO_HOOKS = SendHooks()


class Conversation(Protocol):
    """What an adapter asks of the application. Every method may block on the database or a model."""

    def answer(self, request: IncomingCommand) -> Reply:
        """The reply to a command, a button or plain words. Never raises for what a person typed."""

    def posted(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        """`reply` now stands in the chat as `message`: a follow-up to that message is about its article."""

    def complete(self, chat: ChatRef, argument: str, typed: str) -> tuple[str, ...]:
        """Up to 25 endings of what somebody is typing for an argument of that name (see `commands.py`)."""

    def offer(self, chat: ChatRef, words: str, *, limit: int) -> tuple[Reply, ...]:
        """Briefs for somebody to choose from and show elsewhere, best first; without words, the newest."""

    def moved(self, chat: ChatRef, to: ChatRef) -> None:
        """The platform gave the chat another id: what it ordered goes with it."""

    def gone(self, chat: ChatRef) -> None:
        """The chat, or that thread of it, is closed to us: its standing orders end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the application must know of a platform, as its adapter tells it."""

    platform: str  # as in `ChatRef.platform`
    deduplicates: bool  # the platform refuses a second copy of a message with the same key, for some minutes
    in_flight: int  # maximum concurrent sends. A crash leaves at most this many with an unknown outcome
    noisy_loggers: tuple[str, ...] = ()  # of the platform's libraries: only their warnings are logged


class ChatAdapter(Protocol):
    """One platform: listens for commands and answers them, and sends deliveries.

    Of several processes one serves, as a platform lets one alone poll, or own a shard of its gateway; any
    number of others stand by and deliver.
    """

    @property
    def capabilities(self) -> Capabilities:
        """The same for the adapter's whole life."""

    async def serve(self, conversation: Conversation) -> None:
        """Connects, listens and answers until cancelled; then lets in-flight answers finish and closes."""

    async def stand_by(self) -> None:
        """Connects for `send` and `direct` alone, until cancelled: it listens to nothing, and takes nothing
        away from who serves."""

    async def ready(self) -> None:
        """Returns once `send` can work."""

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """Posts an unasked reply; `key` is the same when the same delivery is tried again.

        Leaves out the first `hooks.already_posted` messages of a reply that has several.
        Returns the id of the last message. Raises Throttled, ChatGone, ChatMoved, NotAllowed, SendRefused,
        SendFailed, SendUnknown.
        """

    async def ping(self) -> None:
        """Asks the platform for nothing. Raises ChatError where it does not answer."""

    async def direct(self, user: str) -> ChatRef:
        """The chat with that person alone. Raises ChatError where there is none."""
