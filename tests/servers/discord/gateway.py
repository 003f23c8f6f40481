"""The gateway: hello, identify, ready, heartbeats, resume, and the ways in which it ends."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.servers.discord.world import Guild, User

Json = dict[str, Any]

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = (
    0,
    1,
    2,
    6,
    7,
    9,
    10,
    11,
)
PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15)
GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 9, 1 << 12


@dataclass(eq=False)
class Session:
    """What a shard has been sent, kept for a resume."""

    shard: int
    shards: int
    socket: web.WebSocketResponse | None
    intents: int
    events: list[Json] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def dispatch(self, event: str, data: Json) -> None:
        message = {"op": DISPATCH, "t": event, "s": len(self.events) + 1, "d": data}
        self.events.append(message)
        await self.send(message)

    async def send(self, message: Json) -> None:
        if self.socket is not None and not self.socket.closed:
            await self.socket.send_str(json.dumps(message))

    def has(self, guild_id: int | None) -> bool:
        """Direct messages go to shard 0."""
        return self.shard == (0 if guild_id is None else (guild_id >> 22) % self.shards)


class Gateway:
    def __init__(
        self, *, token: str, bot: User, guilds: Callable[[], list[Guild]], url: Callable[[], str]
    ) -> None:
        self._token, self._bot, self._guilds, self._url = token, bot, guilds, url
        self.sessions: list[Session] = []
        self.identified = 0
        self.resumed = 0
        self.intents = 0

    async def dispatch(self, event: str, data: Json, *, guild_id: int | None, intent: int = 0) -> None:
        """To the shard that the server belongs to, if it wants such; kept for it while it is away."""
        for session in self.sessions:
            if session.has(guild_id) and session.intents & intent == intent:
                await session.dispatch(event, data)

    async def cut(self) -> None:
        """The connections break, as networks do."""
        for session in self.sessions:
            if session.socket is not None and (
                transport := session.socket._req and session.socket._req.transport
            ):
                transport.abort()
            session.socket = None

    async def ask_to_reconnect(self) -> None:
        for session in self.sessions:
            await session.send({"op": RECONNECT, "d": None})

    async def invalidate(self) -> None:
        """The sessions end and can't be resumed."""
        ended, self.sessions = self.sessions, []
        for session in ended:
            await session.send({"op": INVALID_SESSION, "d": False})

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"op": HELLO, "d": {"heartbeat_interval": 41250}}))
        session: Session | None = None
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            payload = json.loads(message.data)
            match payload["op"]:
                case 1:
                    await socket.send_str(json.dumps({"op": HEARTBEAT_ACK, "d": None}))
                case 2:
                    session = await self._identify(socket, payload["d"])
                case 6:
                    session = await self._resume(socket, payload["d"])
                case _:
                    await socket.close(code=4001)
        if session is not None and session.socket is socket:
            session.socket = None
            if socket.close_code in {1000, 1001} and session in self.sessions:
                self.sessions.remove(session)  # "Initiating a Disconnect": these two end the session
        return socket

    async def _identify(self, socket: web.WebSocketResponse, said: Json) -> Session | None:
        shard, shards = said.get("shard", [0, 1])
        if said["token"] != self._token:
            await socket.close(code=4004)
        elif said["intents"] & PRIVILEGED_INTENTS:
            await socket.close(code=4014)
        elif not 0 <= shard < shards:
            await socket.close(code=4010)
        else:
            self.identified += 1
            self.intents = said["intents"]
            self.sessions = [s for s in self.sessions if s.shard != shard or s.shards != shards]
            session = Session(shard=shard, shards=shards, socket=socket, intents=said["intents"])
            self.sessions.append(session)
            await self._ready(session)
            return session
        return None

    async def _ready(self, session: Session) -> None:
        guilds = [guild for guild in self._guilds() if session.has(guild.id)]
        await session.dispatch(
            "READY",
            {
                "v": 10,
                "user": self._bot.json(),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self._url(),
                "shard": [session.shard, session.shards],
                "application": {"id": str(self._bot.id), "flags": 0},
            },
        )
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild.json(self._bot))

    async def _resume(self, socket: web.WebSocketResponse, said: Json) -> Session | None:
        session = next((s for s in self.sessions if s.id == said["session_id"]), None)
        if said["token"] != self._token:
            await socket.close(code=4004)
        if session is None:
            await socket.send_str(json.dumps({"op": INVALID_SESSION, "d": False}))
            return None
        missed = session.events[said["seq"] :]
        session.socket = socket
        self.resumed += 1
        for event in missed:
            await session.send(event)
        await session.dispatch("RESUMED", {})
        return session
