"""The server: requests in over HTTP, and the people at the other side, whom tests act for.

It checks each request against the rules of "Bots API" (core.telegram.org/bots/api) and answers with the error
texts of the Bot API server. People write, press buttons, ask inline, block, promote, and delete topics.
"""

import asyncio
import contextlib
import json
import re
import time
from typing import Self

import httpx
from aiohttp import web

from tests.servers.telegram.flood import Flood
from tests.servers.telegram.methods import Methods
from tests.servers.telegram.model import TOKEN, Chat, Fault, Json, Posted, Refused, bot_json, user_json


class TelegramServer(Methods):
    """`async with TelegramServer() as server`, then point a client at `server.base_url`."""

    def __init__(self, *, flood: Flood | None = None, latency_s: float = 0.0) -> None:
        """latency_s: of the way there and back."""
        super().__init__(flood=flood)
        self.latency_s = latency_s
        self.calls: list[tuple[str, Json]] = []
        self.faults: list[Fault] = []
        self.deliveries: list[int] = []  # what the webhook answered
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._pusher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._pusher = asyncio.create_task(self._push())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        assert self._pusher is not None
        self._pusher.cancel()
        await asyncio.wait([self._pusher])
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
        query = f"query-{self._next('query')}"
        self._queries.add(query)
        press = {
            "id": query,
            "from": user_json(user),
            "chat_instance": "1",
            "data": posted.data(label) if data is None else data,
            "message": self._as_json(posted),
        }
        await self.update("callback_query", press)
        return query

    async def ask_inline(self, user: int, words: str) -> str:
        """Somebody types "@the_bot words" in some chat; the id of the query."""
        query = f"query-{self._next('query')}"
        self._queries.add(query)
        await self.update(
            "inline_query", {"id": query, "from": user_json(user), "query": words, "offset": ""}
        )
        return query

    async def bot_becomes(self, chat: Chat, status: str, *, by: int) -> None:
        """The bot is blocked, removed ("kicked", "left") or let in ("member")."""
        old, chat.bot_status = chat.bot_status, status
        change = self._membership(chat, by, bot_json(), old, status)
        await self.update("my_chat_member", change)

    async def promote(self, chat: Chat, user: int, status: str, *, by: int) -> None:
        """Somebody becomes an "administrator" or a "member" again, and the bot, an administrator, sees it."""
        old, chat.members[user] = chat.members.get(user, "left"), status
        change = self._membership(chat, by, user_json(user), "member", "member")
        assert old != status
        await self.update("chat_member", change)

    async def migrate(self, chat: Chat, to: int, *, told: bool = True) -> Chat:
        """A group becomes a supergroup with another id. told: the bot hears of it."""
        chat.moved_to = to
        new = self.group(to)
        new.members = dict(chat.members)
        if told:
            await self.update("message", {**self._message(chat, 1, None, None), "migrate_to_chat_id": to})
            from_chat = {"migrate_from_chat_id": chat.id}
            await self.update("message", {**self._message(new, 1, None, None), **from_chat})
        return new

    async def update(self, kind: str, content: Json) -> None:
        self._updates.append({"update_id": self._next("update"), kind: content})
        await self._notify()

    async def next_post(self, chat: Chat, *, after: int = 0) -> Posted:
        """The first message of the bot's in `chat` after the first `after` ones."""

        def found() -> list[Posted]:
            return [p for p in self.posted if p.chat == chat.id]

        await self.until(lambda: len(found()) > after)
        return found()[after]

    def called(self, method: str) -> int:
        """How often the method was called."""
        return sum(name == method for name, _ in self.calls)

    # --- HTTP

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return _answer(Refused(401, "Unauthorized"))
        params = await _params(request)
        await asyncio.sleep(self.latency_s / 2)
        self.calls.append((method, params))
        fault = next((f for f in self.faults if f.method == method), None)
        if fault is not None:
            self.faults.remove(fault)
            if not fault.accepts:
                return await self._fail(fault, request)
        try:
            result = await self.call(method, params)
        except Refused as refused:
            return _answer(refused)
        await self._notify()
        await asyncio.sleep(self.latency_s / 2)
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

    async def _push(self) -> None:
        """Posts updates to the webhook that is set, in order, each until it is taken."""
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                await self.until(lambda: self.webhook is not None and bool(self._updates), timeout_s=3600)
                webhook, update = self.webhook, self._updates[0]
                assert webhook is not None
                headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.get("secret_token", "")}
                status = 0
                with contextlib.suppress(httpx.HTTPError):
                    status = (await client.post(webhook["url"], json=update, headers=headers)).status_code
                self.deliveries.append(status)
                if status == 200 and update in self._updates:
                    self._updates.remove(update)
                await asyncio.sleep(0 if status == 200 else 0.05)

    # --- JSON

    def _message(self, chat: Chat, user: int, text: str | None, thread: int | None) -> Json:
        message: Json = {
            "message_id": self._next("message"),
            "date": int(time.time()),
            "chat": chat.as_json(),
        }
        if chat.type == "channel":
            message["sender_chat"] = chat.as_json()
        else:
            message["from"] = user_json(user)
        if text is not None:
            message["text"] = text
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        return message

    @staticmethod
    def _membership(chat: Chat, by: int, who: Json, old: str, new: str) -> Json:
        def member(status: str) -> Json:
            return {"status": status, "user": who, **({"until_date": 0} if status == "kicked" else {})}

        return {
            "chat": chat.as_json(),
            "from": user_json(by),
            "date": int(time.time()),
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        }


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
