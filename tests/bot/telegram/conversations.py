"""A conversation that answers what a test tells it to, and remembers what it was told."""

import threading
from collections.abc import Callable

from bot.chat import ChatRef, MessageId
from bot.ports import IncomingCommand
from bot.reply import Button, Prose, Reply


class Scripted:
    """A `Conversation` in which `answers` has the last word."""

    def __init__(
        self, answers: Callable[[IncomingCommand], Reply] | None = None, *, offers: tuple[Reply, ...] = ()
    ) -> None:
        self._answers = answers
        self._offers = offers
        self._lock = threading.Lock()
        self.requests: list[IncomingCommand] = []
        self.posts: list[tuple[ChatRef, Reply, MessageId]] = []
        self.moves: list[tuple[ChatRef, ChatRef]] = []
        self.ended: list[ChatRef] = []
        self.asked_inline: list[tuple[ChatRef, str]] = []

    def answer(self, request: IncomingCommand) -> Reply:
        with self._lock:
            self.requests.append(request)
        return (
            self._answers(request)
            if self._answers
            else Reply(blocks=(Prose(text=f"re: {request.parsed.text}"),))
        )

    def posted(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        self.posts.append((chat, reply, message))

    def complete(self, chat: ChatRef, argument: str, typed: str) -> tuple[str, ...]:
        return ()

    def offer(self, chat: ChatRef, words: str, *, limit: int) -> tuple[Reply, ...]:
        self.asked_inline.append((chat, words))
        return self._offers

    def moved(self, chat: ChatRef, to: ChatRef) -> None:
        self.moves.append((chat, to))

    def gone(self, chat: ChatRef) -> None:
        self.ended.append(chat)


def prose(text: str, *rows: tuple[Button, ...]) -> Reply:
    return Reply(blocks=(Prose(text=text),), buttons=rows)


def ref(chat: int, thread: str | None = None) -> ChatRef:
    return ChatRef(platform="telegram", chat=str(chat), thread=thread)
