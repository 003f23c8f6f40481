"""The ports between a chat platform and the application: commands come in, replies go out."""

from dataclasses import dataclass
from typing import Protocol

from bot.chat import NO_HOOKS, ChatRef, MessageId, SendHooks
from bot.commands.table import ParsedCommand
from bot.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCommand:
    """One command as it came in: typed, or from a pressed button."""

    chat: ChatRef
    user: str  # the platform's user id
    parsed: ParsedCommand
    may_change: bool  # this user may change the chat's subscriptions
    is_owner: bool = False  # this user runs the bot, and may change what all chats share
    replied_to: MessageId | None = None  # the message that this one answers or whose button was pressed
    page_chars: int | None = 3_000  # how much text a page may hold there; None: no pages


class Conversation(Protocol):
    """What an adapter asks of the application. Every method may block on the database or a model."""

    def answer(self, incoming: IncomingCommand) -> Reply:
        """The reply to a command, a button or plain words. Never raises for what a person typed."""

    def posted(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        """Notes that `reply` was posted as `message`: a follow-up to that message is about its article."""

    def complete(self, chat: ChatRef, argument: str, typed: str) -> tuple[str, ...]:
        """Up to 25 endings of what somebody is typing for the argument of that name."""

    def offer(self, chat: ChatRef, words: str, *, limit: int) -> tuple[Reply, ...]:
        """Briefs to choose from and show elsewhere, best first; without words, the newest."""

    def moved(self, chat: ChatRef, to: ChatRef) -> None:
        """The platform gave the chat another id: its subscriptions go with it."""

    def gone(self, chat: ChatRef) -> None:
        """Ends the subscriptions of a chat, or of that thread of it, that is closed to us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the application must know of a platform, as its adapter tells it."""

    platform: str  # as in `ChatRef.platform`
    deduplicates: bool  # the platform refuses a second copy of a message with the same key, for some minutes
    in_flight: int  # maximum concurrent sends. A crash leaves at most this many with an unknown outcome
    noisy_loggers: tuple[str, ...] = ()  # of the platform's libraries: only their warnings are logged


class ChatAdapter(Protocol):
    """One platform: receives commands and answers them, and sends deliveries.

    Of several processes one serves, because a platform lets only one process poll, or own a shard of its
    gateway. Any number of other processes stand by and send.
    """

    @property
    def capabilities(self) -> Capabilities:
        """The same for the adapter's whole life."""

    async def serve(self, conversation: Conversation) -> None:
        """Connects, receives and answers until cancelled; then lets started answers finish, and closes."""

    async def stand_by(self) -> None:
        """Connects only for `send` and `direct`, until cancelled. It receives nothing, so it takes no updates
        from the process that serves."""

    async def ready(self) -> None:
        """Returns once `send` can work."""

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """Posts an unasked reply; `key` is the same when the same delivery is tried again.

        Leaves out the first `hooks.already_posted` messages of a reply that has several.
        Returns the id of the last message. Raises Throttled, ChatGone, ChatMoved, NotAllowed, SendRefused,
        SendFailed, SendUnknown.
        """

    async def ping(self) -> None:
        """Checks that the platform answers. Raises ChatError if it does not."""

    async def direct(self, user: str) -> ChatRef:
        """The private chat with that person. Raises ChatError if there is none."""
