"""A Bot API server on loopback that refuses what Telegram refuses.

It checks each request against the rules of "Bots API" (core.telegram.org/bots/api) and answers with the error
texts of the Bot API server. Tests act as the people: they write, press buttons, block, and promote.
"""

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.servers.telegram_html import MAX_ENTITIES, MAX_TEXT, BadMarkup, clean, parse, units

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
    edits: int = 0

    def labels(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with the next call of a method."""

    method: str
    error: Refused | None = None
    accepts: bool = False  # the call takes effect all the same
    silent: bool = False  # no answer comes
    raw: tuple[int, str] | None = None  # status and body of an answer that is not the Bot API's


class TelegramServer:
    """`async with TelegramServer() as server`, then point a client at `server.base_url`."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.posted: list[Posted] = []
        self.calls: list[tuple[str, Json]] = []
        self.acknowledged: dict[str, Json] = {}
        self.commands: dict[str, list[Json]] = {}
        self.faults: list[Fault] = []
        self._queries: set[str] = set()
        self._updates: list[Json] = []
        self._polls = 0
        self._ids: defaultdict[str, int] = defaultdict(int)
        self._happened = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/bot"

    # --- what people do

    def person(self, user: int) -> Chat:
        """Somebody who has started the bot."""
        return self.chats.setdefault(user, Chat(id=user, type="private"))

    def group(
        self,
        chat: int,
        *,
        kind: str = "supergroup",
        admins: tuple[int, ...] = (),
        topics: set[int] | None = None,
    ) -> Chat:
        made = Chat(id=chat, type=kind, members=dict.fromkeys(admins, "administrator"), topics=topics)
        self.chats[chat] = made
        return made

    async def say(
        self, chat: Chat, user: int, text: str, *, thread: int | None = None, reply_to: Posted | None = None
    ) -> int:
        """Somebody writes; the id of the message."""
        message = self._message(chat, user, text, thread)
        if chat.type != "private":
            chat.members.setdefault(user, "member")
        if command := re.match(r"/\w+(@\w+)?", text):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(command[0])}]
        if reply_to is not None:
            message["reply_to_message"] = self._as_json(reply_to)
        await self.update("channel_post" if chat.type == "channel" else "message", message)
        return int(message["message_id"])

    async def press(self, posted: Posted, label: str, user: int, *, data: str | None = None) -> str:
        """Somebody presses a button (or sends forged `data`); the id of the query."""
        if data is None:
            data = next(b["callback_data"] for row in posted.keyboard for b in row if b["text"] == label)
        query = f"query-{self._next('query')}"
        self._queries.add(query)
        await self.update(
            "callback_query",
            {
                "id": query,
                "from": _user(user),
                "chat_instance": "1",
                "data": data,
                "message": self._as_json(posted),
            },
        )
        return query

    async def bot_becomes(self, chat: Chat, status: str, *, by: int) -> None:
        """The bot is blocked, removed ("kicked", "left") or let in ("member")."""
        old, chat.bot_status = chat.bot_status, status
        until = {"until_date": 0} if status == "kicked" else {}
        change = {
            "chat": chat.as_json(),
            "from": _user(by),
            "date": int(time.time()),
            "old_chat_member": {
                "status": old,
                "user": _bot(),
                **({"until_date": 0} if old == "kicked" else {}),
            },
            "new_chat_member": {"status": status, "user": _bot(), **until},
        }
        await self.update("my_chat_member", change)

    async def migrate(self, chat: Chat, to: int) -> Chat:
        """A group becomes a supergroup with another id."""
        chat.moved_to = to
        new = self.group(to)
        new.members = dict(chat.members)
        await self.update("message", {**self._message(chat, 1, None, None), "migrate_to_chat_id": to})
        await self.update("message", {**self._message(new, 1, None, None), "migrate_from_chat_id": chat.id})
        return new

    async def update(self, kind: str, content: Json) -> None:
        self._updates.append({"update_id": self._next("update"), kind: content})
        await self._notify()

    async def until(self, holds: Callable[[], bool], *, timeout_s: float = 15.0) -> None:
        """Waits for what a test expects; TimeoutError if it does not come."""
        async with asyncio.timeout(timeout_s), self._happened:
            await self._happened.wait_for(holds)

    async def next_post(self, chat: Chat, *, after: int = 0) -> Posted:
        """The first message of the bot's in `chat` after the first `after` ones."""

        def found() -> list[Posted]:
            return [p for p in self.posted if p.chat == chat.id]

        await self.until(lambda: len(found()) > after)
        return found()[after]

    # --- HTTP

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return _answer(Refused(401, "Unauthorized"))
        params = await _params(request)
        self.calls.append((method, params))
        fault = next((f for f in self.faults if f.method == method), None)
        if fault is not None:
            self.faults.remove(fault)
            if not fault.accepts:
                return await self._fail(fault, request)
        try:
            result = await self._call(method, params)
        except Refused as refused:
            return _answer(refused)
        await self._notify()
        return (
            await self._fail(fault, request) if fault else web.json_response({"ok": True, "result": result})
        )

    async def _fail(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        if fault.error is not None:
            return _answer(fault.error)
        if fault.raw is not None:
            return web.Response(status=fault.raw[0], text=fault.raw[1], content_type="text/html")
        if fault.silent:
            await asyncio.sleep(60)
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def _call(self, method: str, params: Json) -> object:
        found = getattr(self, f"_{method}", None)
        if found is None or not re.fullmatch(r"[a-z]+[A-Z]\w+", method):
            raise Refused(404, "Not Found: method not found")
        result = found(params)
        return await result if asyncio.iscoroutine(result) else result

    async def _notify(self) -> None:
        async with self._happened:
            self._happened.notify_all()

    # --- the methods, by their names in the Bot API

    def _getMe(self, params: Json) -> Json:  # noqa: N802
        return {
            **_bot(),
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": True,
        }

    async def _getUpdates(self, params: Json) -> list[Json]:  # noqa: N802
        self._polls += 1  # ends the one before
        mine = self._polls
        offset = int(params.get("offset", 0))
        self._updates = [u for u in self._updates if u["update_id"] >= offset]
        await self._notify()
        try:
            await self.until(
                lambda: bool(self._updates) or self._polls != mine,
                timeout_s=int(params.get("timeout", 0)) or 0.001,
            )
        except TimeoutError:
            return []
        if self._polls != mine:
            raise Refused(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
        limit = int(params.get("limit", 100))
        allowed = params.get("allowed_updates") or None
        kept = [u for u in self._updates if allowed is None or any(kind in u for kind in allowed)]
        return kept[:limit]

    def _sendMessage(self, params: Json) -> Json:  # noqa: N802
        chat = self._writable(params)
        thread = int(params["message_thread_id"]) if "message_thread_id" in params else None
        if thread is not None and thread not in (chat.topics or ()):
            raise bad("message thread not found")
        text, entities = self._text(params)
        posted = Posted(
            id=self._next("message"),
            chat=chat.id,
            thread=thread,
            text=text,
            entities=entities,
            keyboard=_keyboard(params.get("reply_markup")),
            reply_to=(params.get("reply_parameters") or {}).get("message_id"),
            preview=not (params.get("link_preview_options") or {}).get("is_disabled", False),
        )
        self.posted.append(posted)
        return self._as_json(posted)

    def _editMessageText(self, params: Json) -> Json:  # noqa: N802
        chat = self._writable(params)
        number = int(params.get("message_id", 0))
        posted = next((p for p in self.posted if p.id == number and p.chat == chat.id), None)
        if posted is None:
            raise bad("message to edit not found")
        text, entities = self._text(params)
        keyboard = _keyboard(params.get("reply_markup"))
        if (text, entities, keyboard) == (posted.text, posted.entities, posted.keyboard):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        posted.text, posted.entities, posted.keyboard = text, entities, keyboard
        posted.edits += 1
        return self._as_json(posted)

    def _answerCallbackQuery(self, params: Json) -> bool:  # noqa: N802
        query = params.get("callback_query_id", "")
        if query not in self._queries:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if units(params.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self._queries.remove(query)
        self.acknowledged[query] = params
        return True

    def _setMyCommands(self, params: Json) -> bool:  # noqa: N802
        commands = params["commands"]
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[json.dumps(params.get("scope") or {"type": "default"})] = commands
        return True

    def _getChatMember(self, params: Json) -> Json:  # noqa: N802
        chat = self._writable(params)
        user = int(params["user_id"])
        status = chat.members.get(user)
        if status is None:
            raise bad("PARTICIPANT_ID_INVALID")
        member: Json = {"status": status, "user": _user(user)}
        if status == "administrator":
            member |= dict.fromkeys(_ADMIN_RIGHTS, False)
        elif status == "creator":
            member["is_anonymous"] = False
        return member

    # --- rules

    def _writable(self, params: Json) -> Chat:
        if not params.get("chat_id"):
            raise bad("chat_id is empty")
        chat = self.chats.get(int(params["chat_id"]))
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to is not None:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to,
            )
        if chat.bot_status == "kicked":
            what = "blocked by the user" if chat.type == "private" else f"kicked from the {chat.type} chat"
            raise Refused(403, f"Forbidden: bot was {what}")
        if chat.bot_status == "left":
            raise Refused(403, f"Forbidden: bot is not a member of the {chat.type} chat")
        return chat

    def _text(self, params: Json) -> tuple[str, tuple[Json, ...]]:
        raw = clean(str(params.get("text", "")))
        mode = params.get("parse_mode")
        if mode not in (None, "HTML"):
            raise bad("unsupported parse_mode")
        try:
            text, entities = parse(raw) if mode else (raw, ())
        except BadMarkup as error:
            raise bad(f"can't parse entities: {error}") from error
        if not text.strip():
            raise bad("message text is empty")
        if units(text.strip()) > MAX_TEXT:
            raise bad("message is too long")
        # Telegram drops what is beyond the hundredth; here it is an error, since nobody wants that.
        assert len(entities) <= MAX_ENTITIES, "more formatting than Telegram keeps"
        return text, tuple(entity.as_json() for entity in entities)

    def _message(self, chat: Chat, user: int, text: str | None, thread: int | None) -> Json:
        message: Json = {
            "message_id": self._next("message"),
            "date": int(time.time()),
            "chat": chat.as_json(),
        }
        if chat.type == "channel":
            message["sender_chat"] = chat.as_json()
        else:
            message["from"] = _user(user)
        if text is not None:
            message["text"] = text
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        return message

    def _as_json(self, posted: Posted) -> Json:
        message: Json = {
            "message_id": posted.id,
            "date": int(time.time()),
            "chat": self.chats[posted.chat].as_json(),
            "from": _bot(),
            "text": posted.text,
            "entities": list(posted.entities),
        }
        if posted.thread is not None:
            message |= {"message_thread_id": posted.thread, "is_topic_message": True}
        if posted.keyboard:
            message["reply_markup"] = {"inline_keyboard": posted.keyboard}
        return message

    def _next(self, kind: str) -> int:
        self._ids[kind] += 1
        return self._ids[kind]


_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


def _user(user: int) -> Json:
    return {"id": user, "is_bot": False, "first_name": f"Person {user}"}


def _bot() -> Json:
    return {"id": BOT_ID, "is_bot": True, "first_name": "Pullquote", "username": BOT_NAME}


def _keyboard(markup: Mapping[str, Any] | None) -> list[list[Json]]:
    rows = list(markup["inline_keyboard"]) if markup else []
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100:
        raise bad("reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise bad('can\'t parse inline keyboard button: Field "text" must be non-empty')
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    return rows


def _answer(refused: Refused) -> web.Response:
    return web.json_response(refused.as_json(), status=refused.status)


async def _params(request: web.Request) -> Json:
    """Parameters of any of the ways in: query, form, multipart, JSON. Structured ones come as JSON text."""
    if request.content_type == "application/json":
        return dict(await request.json())
    found: Json = {}
    for name, value in [*request.query.items(), *(await request.post()).items()]:
        try:
            structured = isinstance(value, str) and value[:1] in "[{" and name != "text"
            found[name] = json.loads(str(value)) if structured and value else value
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{name}: {error}") from error
    return found
