"""Chats, messages and errors as the Bot API has them."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

BOT_ID = 4242
BOT_NAME = "pullquote_bot"
TOKEN = f"{BOT_ID}:loopback-TOKEN-of-35-characters-0000"


class Refused(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    def as_json(self) -> Json:
        answer: Json = {"ok": False, "error_code": self.status, "description": self.description}
        return {**answer, "parameters": self.parameters} if self.parameters else answer


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


@dataclass(kw_only=True)
class Chat:
    """A private chat (its id is the person's), group, supergroup or channel."""

    id: int
    type: str
    members: dict[int, str] = field(default_factory=dict)  # user id -> status
    topics: set[int] | None = None  # None: no forum
    bot_status: str = "member"
    moved_to: int | None = None

    def as_json(self) -> Json:
        names = {"first_name": "P"} if self.type == "private" else {"title": f"Chat {self.id}"}
        return {"id": self.id, "type": self.type, **names, **({"is_forum": True} if self.topics else {})}


@dataclass(kw_only=True)
class Posted:
    """A message of the bot's, as people see it."""

    id: int
    chat: int
    thread: int | None
    text: str
    entities: tuple[Json, ...]
    keyboard: list[list[Json]]
    reply_to: int | None
    preview: bool
    at: float  # monotonic
    edits: int = 0

    def labels(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]

    def data(self, label: str) -> str:
        """What the button of that label sends."""
        return next(str(b["callback_data"]) for row in self.keyboard for b in row if b["text"] == label)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with the next call of a method."""

    method: str
    error: Refused | None = None
    accepts: bool = False  # the call takes effect all the same
    silent: bool = False  # no answer comes
    raw: tuple[int, str] | None = None  # status and body of an answer that is not the Bot API's


def user_json(user: int) -> Json:
    return {"id": user, "is_bot": False, "first_name": f"Person {user}"}


def bot_json() -> Json:
    return {"id": BOT_ID, "is_bot": True, "first_name": "Pullquote", "username": BOT_NAME}
