"""The terminal chat: the same commands in a terminal, typed or piped in."""

import asyncio
import logging
import os
import re
import threading
from collections.abc import Iterator
from itertools import count
from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.chat import NO_HOOKS, ChatRef, MessageId, SendHooks
from bot.commands.table import parse
from bot.ports import Capabilities, Conversation, IncomingCommand
from bot.reply import Block, Button, Items, Note, Prose, Quotation, Reply, Title, refusal

log = logging.getLogger(__name__)

CHAT = ChatRef(platform="console", chat="terminal")
PROMPT = "> "
GREETING = "Pullquote. /brief shows the top stories, /help what else can be asked; Ctrl-D ends."
# A terminal executes control characters (ECMA-48), so they are removed from articles.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ARTICLE = re.compile(r" #\d+")


class ConsoleChat:
    """A `ChatAdapter` over two text streams. `serve` returns when the input ends."""

    capabilities = Capabilities(platform=CHAT.platform, deduplicates=False, in_flight=16)

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self._source = source
        self._interactive = source.isatty()
        self._console = _console(sink)
        self._ready = asyncio.Event()
        self._messages = count(1)
        self.refused = 0  # number of commands that failed

    async def serve(self, conversation: Conversation) -> None:
        """Answers each line in turn; returns at the end of the input."""
        lines = _lines(self._source)
        if self._interactive:
            self._console.print(GREETING, style="dim")
        self._ready.set()
        while True:
            if self._interactive:
                self._console.print(PROMPT, end="")
            line = await lines.get()
            if line is None:
                return
            if line.strip():
                await asyncio.to_thread(self._answer, conversation, line)

    def _answer(self, conversation: Conversation, line: str) -> None:
        incoming = IncomingCommand(
            chat=CHAT, user="terminal", parsed=parse(line), may_change=True, is_owner=True, page_chars=None
        )
        try:
            reply = conversation.answer(incoming)
        except Exception:
            log.exception("command failed")
            reply = refusal("Something went wrong; see the log. You can go on with the next command.")
        self.refused += reply.error
        conversation.posted(CHAT, reply, self._print(reply))

    async def stand_by(self) -> None:
        """Prints deliveries and reads no input."""
        self._ready.set()
        await asyncio.Event().wait()

    async def ready(self) -> None:
        await self._ready.wait()

    async def send(
        self,
        chat: ChatRef,  # noqa: ARG002 (the port's)
        reply: Reply,
        *,
        key: str,  # noqa: ARG002 (the port's)
        hooks: SendHooks = NO_HOOKS,
    ) -> MessageId:
        await hooks.wait_for_slot()
        await hooks.mark_started()
        return self._print(reply)

    async def ping(self) -> None:
        """A terminal always answers."""

    async def direct(self, user: str) -> ChatRef:  # noqa: ARG002 (the port's)
        return CHAT

    def _print(self, reply: Reply) -> MessageId:
        _print(reply, self._console)
        return MessageId(str(next(self._messages)))


def print_reply(reply: Reply, sink: TextIO) -> None:
    """Writes a reply as the terminal chat shows it."""
    _print(reply, _console(sink))


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Drops further output when the reader has closed the pipe, so that the chat still ends normally.

        Rich would raise SystemExit in the middle of the event loop's work.
        """
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def _console(sink: TextIO) -> Console:
    return _Terminal(file=sink, highlight=False, soft_wrap=not sink.isatty(), emoji=False)


def _print(reply: Reply, console: Console) -> None:
    for block in reply.blocks:
        _print_block(block, console)
    if hint := " · ".join(_hints(reply)):
        console.print(Text(hint, style="dim"))
    console.print()


def _print_block(block: Block, console: Console) -> None:
    match block:
        case Title():
            console.print(_text(block.text, "bold", block.url))
        case Note():
            console.print(_text(block.text, "dim", block.url))
        case Prose():
            console.print(_text(block.text))
            console.print()
        case Items():
            for number, item in enumerate(block.items, 1):
                mark = f"{number}. " if block.numbered else "• "
                console.print(Text(f"  {mark}").append_text(_text(item.text, url=item.url)))
        case Quotation():
            console.print(_indented(_text(block.said()), 4, console))
            console.print(_indented(_text(f"— {attribution(block)}", "italic"), 6, console))


def _indented(text: Text, columns: int, console: Console) -> RenderableType:
    """Indented: on a terminal with all the lines that it wraps into, in a pipe as one line."""
    if console.is_terminal:
        return Padding(text, (0, 0, 0, columns))
    return Text(" " * columns).append_text(text)


def attribution(block: Quotation) -> str:
    """`Jim Mattis, U.S. Secretary of Defense (said; partial)`."""
    who = ", ".join(filter(None, (block.speaker, block.role))) or "speaker not named"
    how = "; ".join(filter(None, (block.cue, block.label)))
    return f"{who} ({how})" if how else who


def _text(words: str, style: str = "", url: str | None = None) -> Text:
    text = Text(_CONTROL.sub("", words), style=style)
    if url:
        text.append(f" <{_CONTROL.sub('', url)}>", style="dim")
    return text


def _hints(reply: Reply) -> Iterator[str]:
    """The command to type for each button."""
    if any(
        button.command.startswith("/section #") and "page:" not in button.command
        for button in _buttons(reply)
    ):
        yield "a number shows that section"
        return
    for button in _buttons(reply):
        command = button.command
        if command.count(" ") == 1 and command.endswith(f" #{reply.article}"):
            command = _ARTICLE.sub("", command)  # the article shown last is the one meant
        speaks_for_itself = button.label.lower().startswith(command.removeprefix("/"))
        yield command if speaks_for_itself else f"{button.label}: {command}"


def _buttons(reply: Reply) -> Iterator[Button]:
    return (button for row in reply.buttons for button in row)


def _lines(source: TextIO) -> "asyncio.Queue[str | None]":
    """The lines of a stream, then None, read in a daemon thread, which does not keep the process alive."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            try:
                for line in source:
                    loop.call_soon_threadsafe(queue.put_nowait, line)
            finally:
                loop.call_soon_threadsafe(queue.put_nowait, None)
        except RuntimeError:
            return  # the loop is closed: the process is ending

    threading.Thread(target=read, name="console-input", daemon=True).start()
    return queue
