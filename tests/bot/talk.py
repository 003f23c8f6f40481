"""Talking to the service as a chat does, for tests."""

from itertools import count

from bot.app.application import Application
from bot.chat import ChatRef, MessageId, SendHooks
from bot.commands.table import parse
from bot.console import attribution
from bot.ports import IncomingCommand
from bot.reply import Block, Items, Quotation, Reply
from tests.samples import CHAT

_numbers = count(1)


class Counted(SendHooks):
    """Knows how much of its reply stands in the chat."""

    def message_posted(self) -> None:
        self.already_posted += 1


def ask(
    app: Application,
    text: str,
    *,
    chat: ChatRef = CHAT,
    may_change: bool = True,
    is_owner: bool = False,
    replied_to: MessageId | None = None,
    page_chars: int | None = 3_000,
) -> Reply:
    """The reply, posted."""
    request = IncomingCommand(
        chat=chat,
        user="7",
        parsed=parse(text),
        may_change=may_change,
        is_owner=is_owner,
        replied_to=replied_to,
        page_chars=page_chars,
    )
    reply = app.service.answer(request)
    post(app, reply, chat)
    return reply


def post(app: Application, reply: Reply, chat: ChatRef = CHAT) -> MessageId:
    message = MessageId(f"m{next(_numbers)}")
    app.service.posted(chat, reply, message)
    return message


def words(reply: Reply) -> str:
    """All that the reply says, a line a piece."""
    return "\n".join(line for block in reply.blocks for line in _lines(block))


def commands(reply: Reply) -> list[str]:
    return [button.command for row in reply.buttons for button in row]


def quotations(reply: Reply) -> list[Quotation]:
    return [block for block in reply.blocks if isinstance(block, Quotation)]


def _lines(block: Block) -> list[str]:
    match block:
        case Items():
            return [item.text for item in block.items]
        case Quotation():
            return [f"{block.said()} — {attribution(block)}"]
        case _:
            return [block.text]
