"""The REST side of the tests' Discord, and the people in it: `slash`, `press`, `complete`."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.servers.discord.checks import (
    choice_faults,
    command_faults,
    is_empty,
    length_faults,
    message_faults,
)
from tests.servers.discord.gateway import DIRECT_MESSAGES, GUILD_MESSAGES, Gateway
from tests.servers.discord.limits import Limits
from tests.servers.discord.world import (
    ALL,
    CREATE_PUBLIC_THREADS,
    DM,
    EMBED_LINKS,
    FORUM,
    GROUP_DM,
    GUILD_TEXT,
    MANAGE_GUILD,
    PUBLIC_THREAD,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    Channel,
    Guild,
    Message,
    User,
    snowflake,
)

Json = dict[str, Any]

COMMAND, COMPONENT, AUTOCOMPLETE = 2, 3, 4
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES = 4, 5, 6, 7, 8
_TOKEN_LIVES_S = 15 * 60.0


class Refusal(Exception):
    """An error answer of the API."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.body = status, {"code": code, "message": message, **more}
        self.headers: dict[str, str] = {}


@dataclass(eq=False)
class Interaction:
    """Something that a person did, and all that came of it."""

    server: "DiscordServer"
    kind: int
    channel: Channel
    user: User
    pressed: Message | None = None
    callback: Json | None = None
    acknowledged_after_s: float | None = None
    original: Message | None = None  # the response, once there is one
    loading: bool = False
    followups: list[Message] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    id: int = field(default_factory=snowflake)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @property
    def age_s(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    @property
    def answers(self) -> list[Message]:
        first = [self.original] if self.original is not None and not self.loading else []
        return [message for message in [*first, *self.followups] if not message.deleted]

    async def answer(self) -> Message:
        """The last message of the answer, once there is one."""
        await self._until(lambda: bool(self.answers))
        await asyncio.sleep(0.02)  # further messages follow at once
        return self.answers[-1]

    async def choices(self) -> list[str]:
        await self._until(lambda: self.callback is not None)
        assert self.callback is not None
        return [choice["value"] for choice in self.callback["data"]["choices"]]

    async def _until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not happened():
                self.changed.clear()
                await self.changed.wait()


class DiscordServer:
    """`async with DiscordServer() as server`: then `server.api_url` and `server.gateway_url` are Discord."""

    def __init__(self, *, token: str = "a-token", limits: Limits | None = None, shards: int = 1) -> None:
        self.token, self.limits, self.shards = token, limits or Limits(), shards
        self.bot = User("pullquote", bot=True)
        self.guilds: list[Guild] = []
        self.channels: dict[int, Channel] = {}
        self.users: list[User] = []  # to whom the bot can write first
        self.commands: list[Json] = []
        self.syncs = 0
        self.refusals: list[Refusal] = []  # every error answer
        self.requests: list[str] = []  # "POST /channels/{id}/messages", as they came
        self.lose_answers = 0  # so many messages are posted and not answered
        self.fail_with: list[
            int
        ] = []  # what the next messages are answered with; nothing is posted from 300 on
        self.deadline_s = 3.0
        self._interactions: dict[str, Interaction] = {}
        self._nonces: dict[tuple[int, str], Message] = {}
        self._port = 0
        self.gateway = Gateway(
            token=token, bot=self.bot, guilds=lambda: self.guilds, url=lambda: self.gateway_url
        )

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/gateway"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens on loopback; on the same port as before where it was stopped."""
        self._runner = web.AppRunner(self._application(), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._middleware], client_max_size=1 << 20)
        route = app.router.add_route
        app.router.add_get("/gateway", self.gateway.handle)
        route("GET", "/api/v10/users/@me", self._me)
        route("GET", "/api/v10/oauth2/applications/@me", self._app_info)
        route("GET", "/api/v10/gateway/bot", self._gateway_bot)
        route("PUT", "/api/v10/applications/{application}/commands", self._put_commands)
        route("POST", "/api/v10/users/@me/channels", self._open_direct)
        route("GET", "/api/v10/channels/{channel}", self._get_channel)
        route("POST", "/api/v10/channels/{channel}/messages", self._post_message)
        route("POST", "/api/v10/channels/{channel}/messages/{message}/threads", self._open_thread)
        route("POST", "/api/v10/channels/{channel}/typing", self._typing)
        route("POST", "/api/v10/interactions/{interaction}/{token}/callback", self._callback)
        route("POST", "/api/v10/webhooks/{application}/{token}", self._follow_up)
        route("PATCH", "/api/v10/webhooks/{application}/{token}/messages/{message}", self._edit)
        route("DELETE", "/api/v10/webhooks/{application}/{token}/messages/{message}", self._delete)
        return app

    # What people do

    def add_guild(self, name: str = "A server", **more: Any) -> Guild:
        """has_bot=False: a server that the bot is no member of."""
        guild = Guild(name, **more)
        if guild.has_bot:
            self.guilds.append(guild)
        return guild

    def add_channel(self, guild: Guild | None, name: str = "news", **more: Any) -> Channel:
        """A text channel of a server; without one, a direct message."""
        channel = Channel(name, guild, **({"type": DM} if guild is None else {}) | more)
        if guild is not None and not guild.has_bot:
            channel.bot_permissions = 0
        self.channels[channel.id] = channel
        if guild is not None:
            guild.channels.append(channel)
        return channel

    async def delete_channel(self, channel: Channel) -> None:
        del self.channels[channel.id]
        assert channel.guild is not None
        channel.guild.channels.remove(channel)
        for thread in [t for t in channel.guild.channels if t.parent is channel]:
            channel.guild.channels.remove(thread)  # without an event of its own
            del self.channels[thread.id]
        event = "THREAD_DELETE" if channel.type == PUBLIC_THREAD else "CHANNEL_DELETE"
        await self.gateway.dispatch(event, channel.json(), guild_id=channel.guild.id)

    async def remove_bot(self, guild: Guild) -> None:
        self.guilds.remove(guild)
        for channel in guild.channels:
            channel.bot_permissions = 0
        await self.gateway.dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild_id=guild.id)

    async def slash(
        self,
        channel: Channel,
        user: User,
        command: str,
        options: dict[str, str] | None = None,
        *,
        manages: bool = False,
    ) -> Interaction:
        """Gives a command, as Discord's own client lets people."""
        known = self._known(command, channel, manages)
        if channel.type == FORUM:
            raise LookupError("in a forum, one writes in its posts")
        options = options or {}
        if missing := [o["name"] for o in known["options"] if o.get("required") and o["name"] not in options]:
            raise LookupError(f"Discord's client wants {missing} first")
        for name, value in options.items():
            rule = next(o for o in known["options"] if o["name"] == name)
            if not rule.get("min_length", 0) <= len(value) <= rule.get("max_length", 6000):
                raise LookupError(f"Discord's client refuses {value} for {name}")
        given = [{"name": name, "type": 3, "value": value} for name, value in options.items()]
        data = {"id": known["id"], "name": command, "type": 1, "options": given}
        return await self._interact(COMMAND, channel, user, data, manages)

    async def complete(
        self, channel: Channel, user: User, command: str, option: str, typed: str
    ) -> list[str]:
        """What is offered for an option while it is being typed."""
        known = self._known(command, channel, manages=True)
        if not next(o for o in known["options"] if o["name"] == option).get("autocomplete"):
            raise LookupError(f"{option} has no autocomplete")
        given = [{"name": option, "type": 3, "value": typed, "focused": True}]
        data = {"id": known["id"], "name": command, "type": 1, "options": given}
        return await (await self._interact(AUTOCOMPLETE, channel, user, data, manages=False)).choices()

    async def press(
        self, message: Message, user: User, custom_id: str, *values: str, manages: bool = False
    ) -> Interaction:
        """Presses a button or chooses from a menu that stands under the message."""
        part = next((p for p in message.parts if p["custom_id"] == custom_id), None)
        if part is None or not set(values) <= {o["value"] for o in part.get("options", [])}:
            raise LookupError("the message has nothing of that kind to press")
        data: Json = {"custom_id": custom_id, "component_type": part["type"], "id": 1}
        if values:
            data["values"] = list(values)
        return await self._interact(COMPONENT, message.channel, user, data, manages, pressed=message)

    async def say(
        self,
        channel: Channel,
        user: User,
        text: str,
        *,
        manages: bool = False,
        replied_to: Message | None = None,
    ) -> Message:
        """Writes a message, as people do."""
        said = self._add(channel, {"content": text})
        said.author = user
        sent = said.json(user)
        own = replied_to is not None and replied_to.author is None
        if f"<@{self.bot.id}>" in text or own:
            sent["mentions"] = [self.bot.json()]
        elif channel.guild is not None:
            sent["content"] = ""  # the privileged intent is for that
        if replied_to is not None:
            sent |= {"type": 19, "message_reference": {"message_id": str(replied_to.id), "type": 0}}
            sent["message_reference"]["channel_id"] = str(channel.id)
        guild_id = channel.guild.id if channel.guild else None
        if channel.guild is not None:
            member = channel.guild.member(user, manages=manages)
            del member["user"]
            sent |= {"guild_id": str(guild_id), "member": member}
        intent = DIRECT_MESSAGES if channel.guild is None else GUILD_MESSAGES
        await self.gateway.dispatch("MESSAGE_CREATE", sent, guild_id=guild_id, intent=intent)
        return said

    def _known(self, command: str, channel: Channel, manages: bool) -> Json:
        known = next((c for c in self.commands if c["name"] == command), None)
        if known is None:
            raise LookupError(f"there is no command {command}")
        if (
            _context(channel) not in known["contexts"]
            or _integration(channel) not in known["integration_types"]
        ):
            raise LookupError(f"{command} is not offered there")
        needed = int(known.get("default_member_permissions") or 0)
        if channel.guild is not None and needed & MANAGE_GUILD and not manages:
            raise PermissionError(f"{command} is not offered without the right to manage the server")
        return known

    async def _interact(
        self,
        kind: int,
        channel: Channel,
        user: User,
        data: Json,
        manages: bool,
        pressed: Message | None = None,
    ) -> Interaction:
        interaction = Interaction(self, kind, channel, user, pressed)
        self._interactions[interaction.token] = interaction
        sent: Json = {
            "id": str(interaction.id),
            "application_id": str(self.bot.id),
            "type": kind,
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": channel.json(),
            "locale": "en-US",
            "entitlements": [],
            "app_permissions": str(channel.bot_permissions),
            "attachment_size_limit": 10_485_760,
            "context": _context(channel),
            "authorizing_integration_owners": {"1": str(user.id)},
        }
        if _integration(channel) == 0:
            sent["authorizing_integration_owners"] = {"0": str(channel.guild.id) if channel.guild else "0"}
        if pressed is not None:
            sent["message"] = pressed.json(self.bot)
        if channel.guild is not None:
            permissions = ALL if manages else ALL & ~MANAGE_GUILD
            member = channel.guild.member(user, manages=manages) | {"permissions": str(permissions)}
            sent |= {"guild_id": str(channel.guild.id), "member": member}
            sent |= {"guild": {"id": str(channel.guild.id), "features": []}, "guild_locale": "en-US"}
        else:
            sent["user"] = user.json()
        guild_id = channel.guild.id if channel.guild and channel.guild.has_bot else None
        await self.gateway.dispatch("INTERACTION_CREATE", sent, guild_id=guild_id)
        return interaction

    # What the API does

    @web.middleware
    async def _middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path == "/gateway":
            return await handler(request)
        resource = request.match_info.route.resource
        self.requests.append(
            f"{request.method} {resource.canonical.removeprefix('/api/v10') if resource else ''}"
        )
        headers: dict[str, str] = {}
        try:
            self._authorised(request)
            headers = self._limited(request)
            response = await handler(request)
        except Refusal as refusal:
            self.refusals.append(refusal)
            response = _json(refusal.body, status=refusal.status)
            response.headers.update(refusal.headers)
        response.headers.update(headers)
        return response

    def _authorised(self, request: web.Request) -> None:
        by_token = "/interactions/" in request.path or "/webhooks/" in request.path
        if not by_token and request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refusal(401, 0, "401: Unauthorized")

    def _limited(self, request: web.Request) -> dict[str, str]:
        now = asyncio.get_running_loop().time()
        parts = request.match_info
        if "/interactions/" in request.path:
            return {}
        if "/webhooks/" in request.path:
            kind, key = "webhook", parts["token"]
        else:
            self._take("global", "", now, is_global=True)
            kind = "messages" if request.path.endswith("/messages") else request.path
            key = parts.get("channel", "")
        self._take(kind, key, now, is_global=False)
        return self.limits.bucket(kind, key).headers(kind, now)

    def _take(self, kind: str, key: str, now: float, *, is_global: bool) -> None:
        wait = self.limits.bucket(kind, key).take(now)
        if wait > 0:
            refusal = Refusal(429, 0, "You are being rate limited.", retry_after=round(wait, 3))
            refusal.body["global"] = is_global
            scope = "global" if is_global else "user"
            refusal.headers = {"Retry-After": f"{wait:.3f}", "Via": "1.1 google", "X-RateLimit-Scope": scope}
            if not is_global:
                refusal.headers |= self.limits.bucket(kind, key).headers(kind, now)
            raise refusal

    async def _me(self, _: web.Request) -> web.Response:
        return _json(self.bot.json())

    async def _app_info(self, _: web.Request) -> web.Response:
        made = {"id": str(self.bot.id), "name": "pullquote", "description": "", "icon": None, "flags": 0}
        made |= {"bot_public": True, "bot_require_code_grant": False, "verify_key": "00", "team": None}
        return _json(made | {"owner": User("owner").json()})

    async def _gateway_bot(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return _json({"url": self.gateway_url, "shards": self.shards, "session_start_limit": limit})

    async def _put_commands(self, request: web.Request) -> web.Response:
        commands = await request.json()
        _refuse(command_faults(commands))
        self.syncs += 1
        self.commands = [
            {**command, "id": str(snowflake()), "application_id": str(self.bot.id), "version": "1"}
            for command in commands
        ]
        return _json(self.commands)

    async def _post_message(self, request: web.Request) -> web.Response:
        body = await request.json()
        channel = self._writable(request.match_info["channel"], embeds=bool(body.get("embeds")))
        if self.fail_with and (status := self.fail_with.pop(0)) >= 300:
            raise Refusal(status, 0, "Discord is unwell")
        _check_message(body)
        nonce = body.get("nonce")
        message = self._nonces.get((channel.id, nonce)) if body.get("enforce_nonce") else None
        if message is None:
            message = self._add(channel, body)
            message.nonce = nonce
            if nonce:
                self._nonces[channel.id, nonce] = message
        if self.lose_answers:
            self.lose_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        return _json(message.json(self.bot))

    def _seen(self, channel_id: str) -> Channel:
        channel = self.channels.get(int(channel_id))
        if channel is None:
            raise Refusal(404, 10003, "Unknown Channel")
        if not channel.bot_permissions & VIEW_CHANNEL:
            raise Refusal(403, 50001, "Missing Access")
        return channel

    def _writable(self, channel_id: str, *, embeds: bool) -> Channel:
        channel = self._seen(channel_id)
        if any(not user.takes_direct for user in channel.recipients):
            raise Refusal(403, 50007, "Cannot send messages to this user")
        if channel.type == FORUM:
            raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
        writing = SEND_MESSAGES_IN_THREADS if channel.type == PUBLIC_THREAD else SEND_MESSAGES
        needed = writing | (EMBED_LINKS if embeds else 0)
        if channel.bot_permissions & needed != needed:
            raise Refusal(403, 50013, "Missing Permissions")
        return channel

    async def _open_direct(self, request: web.Request) -> web.Response:
        user_id = int((await request.json())["recipient_id"])
        user = next((user for user in self.users if user.id == user_id), None)
        if user is None:
            raise Refusal(400, 50033, "Invalid Recipient(s)")
        found = [c for c in self.channels.values() if c.type == DM and user in c.recipients]
        channel = found[0] if found else self.add_channel(None, recipients=[user])
        return _json(channel.json())

    async def _open_thread(self, request: web.Request) -> web.Response:
        channel = self._seen(request.match_info["channel"])
        message = next((m for m in channel.shown if str(m.id) == request.match_info["message"]), None)
        if message is None:
            raise Refusal(404, 10008, "Unknown Message")
        if channel.guild is None or channel.type != GUILD_TEXT:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        if not channel.bot_permissions & CREATE_PUBLIC_THREADS:
            raise Refusal(403, 50013, "Missing Permissions")
        if message.id in self.channels:
            raise Refusal(400, 160004, "A thread has already been created for this message")
        name = (await request.json())["name"]
        _refuse(list(length_faults("name", name, 100, least=1)))
        rights = channel.bot_permissions
        thread = self.add_channel(
            channel.guild, name, type=PUBLIC_THREAD, parent=channel, bot_permissions=rights, id=message.id
        )
        await self.gateway.dispatch("THREAD_CREATE", thread.json(), guild_id=channel.guild.id)
        return _json(thread.json(), status=201)

    async def _get_channel(self, request: web.Request) -> web.Response:
        return _json(self._seen(request.match_info["channel"]).json())

    async def _typing(self, request: web.Request) -> web.Response:
        self._writable(request.match_info["channel"], embeds=False)
        return web.Response(status=204)

    def _add(self, channel: Channel, body: Json, *, ephemeral: bool = False) -> Message:
        message = Message(channel, body, ephemeral)
        channel.messages.append(message)
        return message

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._interactions.get(request.match_info["token"])
        if interaction is None or str(interaction.id) != request.match_info["interaction"]:
            raise Refusal(404, 10062, "Unknown interaction")
        if interaction.callback is not None:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        if interaction.age_s > self.deadline_s:
            raise Refusal(404, 10062, "Unknown interaction")
        said = await request.json()
        data = said.get("data") or {}
        self._check_callback(interaction, said["type"], data)
        interaction.callback = said
        interaction.acknowledged_after_s = interaction.age_s
        ephemeral = bool(data.get("flags", 0) & 64)
        if said["type"] in {MESSAGE, DEFERRED}:
            interaction.loading = said["type"] == DEFERRED
            interaction.original = self._add(interaction.channel, data, ephemeral=ephemeral)
        elif said["type"] in {UPDATE, DEFERRED_UPDATE}:
            interaction.original = interaction.pressed
            interaction.loading = said["type"] == DEFERRED_UPDATE
            if said["type"] == UPDATE:
                self._change(interaction, data)
        interaction.changed.set()
        about = {"id": str(interaction.id), "type": interaction.kind}
        if interaction.original is None:
            return _json({"interaction": about})
        about |= {"response_message_id": str(interaction.original.id)}
        about |= {"response_message_loading": interaction.loading, "response_message_ephemeral": ephemeral}
        resource = {"type": said["type"], "message": interaction.original.json(self.bot)}
        return _json({"interaction": about, "resource": resource})

    def _check_callback(self, interaction: Interaction, kind: int, data: Json) -> None:
        allowed = {
            COMMAND: {MESSAGE, DEFERRED},
            COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
            AUTOCOMPLETE: {CHOICES},
        }
        if kind not in allowed[interaction.kind]:
            _refuse([f"type: {kind} does not answer this interaction"])
        if kind == CHOICES:
            _refuse(choice_faults(data["choices"]))
        if kind in {MESSAGE, UPDATE}:
            _check_message(data, may_be_empty=kind == UPDATE)

    def _webhook(self, request: web.Request) -> Interaction:
        interaction = self._interactions.get(request.match_info["token"])
        if interaction is None or interaction.callback is None:
            raise Refusal(404, 10015, "Unknown Webhook")
        if interaction.age_s > _TOKEN_LIVES_S:
            raise Refusal(401, 50027, "Invalid Webhook Token")
        return interaction

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._webhook(request)
        body = await request.json()
        _check_message(body)
        if interaction.loading and interaction.callback and interaction.callback["type"] == DEFERRED:
            # "Create Followup Message": directly after a deferred response it edits that one.
            self._change(interaction, body)
            assert interaction.original is not None
            return _json(interaction.original.json(self.bot))
        message = self._add(interaction.channel, body, ephemeral=bool(body.get("flags", 0) & 64))
        interaction.followups.append(message)
        interaction.changed.set()
        return _json(message.json(self.bot))

    async def _edit(self, request: web.Request) -> web.Response:
        interaction = self._webhook(request)
        body = await request.json()
        _check_message(body)
        if request.match_info["message"] != "@original" or interaction.original is None:
            raise Refusal(404, 10008, "Unknown Message")
        self._change(interaction, body)
        return _json(interaction.original.json(self.bot))

    def _change(self, interaction: Interaction, body: Json) -> None:
        assert interaction.original is not None
        interaction.original.body = {**interaction.original.body, **body}
        interaction.original.edits += 1
        interaction.loading = False
        interaction.changed.set()

    async def _delete(self, request: web.Request) -> web.Response:
        interaction = self._webhook(request)
        if interaction.original is None:
            raise Refusal(404, 10008, "Unknown Message")
        interaction.original.deleted = True
        interaction.loading = False
        return web.Response(status=204)


def _context(channel: Channel) -> int:
    """Of a command: a server, a direct message with the bot, or one among people."""
    if channel.guild is not None:
        return 0
    return 2 if channel.type == GROUP_DM else 1


def _integration(channel: Channel) -> int:
    """0: installed to where it is used; 1: brought along by whoever uses it."""
    return 1 if channel.type == GROUP_DM or (channel.guild is not None and not channel.guild.has_bot) else 0


def _check_message(body: Json, *, may_be_empty: bool = False) -> None:
    _refuse(message_faults(body))
    if is_empty(body) and not may_be_empty:
        raise Refusal(400, 50006, "Cannot send an empty message")


def _refuse(faults: list[str]) -> None:
    if faults:
        errors = {"_errors": [{"code": "INVALID", "message": fault} for fault in faults]}
        raise Refusal(400, 50035, "Invalid Form Body: " + "; ".join(faults), errors=errors)


def _json(value: Any, *, status: int = 200) -> web.Response:
    # discord.py wants exactly "application/json", without a charset.
    return web.Response(body=json.dumps(value).encode(), status=status, content_type="application/json")
