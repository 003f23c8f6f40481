"""What there is in a Discord: users, servers, channels and messages, and how its API writes them."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

Json = dict[str, Any]

_snowflakes = count(1)

VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_GUILD = 1 << 5
EMBED_LINKS = 1 << 14
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38
ALL = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | MANAGE_GUILD
    | EMBED_LINKS
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
)

_MENTIONS = {
    "everyone": re.compile(r"@(?:everyone|here)"),
    "users": re.compile(r"<@!?\d+>"),
    "roles": re.compile(r"<@&\d+>"),
}

GUILD_TEXT, DM, GROUP_DM, PUBLIC_THREAD, FORUM = 0, 1, 3, 11, 15


def snowflake() -> int:
    """An id of Discord's form: milliseconds since 2015, then a running number."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000) - 1_420_070_400_000
    return (milliseconds << 22) | (next(_snowflakes) & 0x3FFFFF)


@dataclass(eq=False)
class User:
    name: str
    bot: bool = False
    takes_direct: bool = True  # messages from people and bots of the same server
    id: int = field(default_factory=snowflake)

    def json(self) -> Json:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "global_name": None,
            "avatar": None,
            "bot": self.bot,
            "flags": 0,
        }


@dataclass(eq=False)
class Message:
    channel: "Channel"
    body: Json
    ephemeral: bool = False
    author: User | None = None  # None: the bot
    nonce: str | None = None
    interaction_id: int | None = None
    deleted: bool = False
    edits: int = 0
    at: float = field(default_factory=time.monotonic)
    id: int = field(default_factory=snowflake)

    @property
    def content(self) -> str:
        return self.body.get("content") or ""

    @property
    def embeds(self) -> list[Json]:
        return self.body.get("embeds") or []

    @property
    def parts(self) -> list[Json]:
        """Its buttons and menus."""
        return [part for row in self.body.get("components") or [] for part in row["components"]]

    @property
    def text(self) -> str:
        """All that a reader sees of it, markdown as it was sent."""
        lines: list[str | None] = [self.content]
        for embed in self.embeds:
            lines += [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
        return "\n".join(line for line in lines if line)

    @property
    def pings(self) -> list[str]:
        """Who gets a notification: mentions in the content (never in embeds) that the sender allowed."""
        allowed = self.body.get("allowed_mentions")
        kinds = {"everyone", "users", "roles"} if allowed is None else set(allowed.get("parse", []))
        return [mention for kind in kinds for mention in _MENTIONS[kind].findall(self.content)]

    def button(self, label: str) -> str:
        """The `custom_id` of the button with that label."""
        return str(next(part["custom_id"] for part in self.parts if part.get("label") == label))

    def json(self, author: User) -> Json:
        return {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "type": 0,
            "author": author.json(),
            "content": self.content,
            "embeds": self.embeds,
            "components": self.body.get("components") or [],
            "attachments": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "timestamp": datetime.now(UTC).isoformat(),
            "edited_timestamp": None,
            "flags": 64 if self.ephemeral else 0,
            "nonce": self.nonce,
        }


@dataclass(eq=False)
class Channel:
    name: str
    guild: "Guild | None" = None  # None: a direct message
    type: int = GUILD_TEXT
    parent: "Channel | None" = None
    bot_permissions: int = ALL
    recipients: list[User] = field(default_factory=list)  # of a direct message
    messages: list[Message] = field(default_factory=list)
    id: int = field(default_factory=snowflake)

    @property
    def shown(self) -> list[Message]:
        """What everybody in it sees."""
        return [message for message in self.messages if not message.ephemeral and not message.deleted]

    def json(self) -> Json:
        made: Json = {"id": str(self.id), "type": self.type, "name": self.name, "position": 0}
        if self.guild is None:
            recipients = [user.json() for user in self.recipients]
            return {"id": str(self.id), "type": self.type, "recipients": recipients, "last_message_id": None}
        made |= {"guild_id": str(self.guild.id), "permission_overwrites": [], "topic": None, "nsfw": False}
        if self.type == PUBLIC_THREAD:
            made |= {
                "parent_id": str(self.parent.id) if self.parent else None,
                "owner_id": "1",
                "message_count": 0,
                "member_count": 1,
                "thread_metadata": {
                    "archived": False,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": datetime.now(UTC).isoformat(),
                    "locked": False,
                },
            }
        return made


@dataclass(eq=False)
class Guild:
    name: str
    channels: list[Channel] = field(default_factory=list)
    has_bot: bool = True  # False: only people who installed the bot for themselves bring it along
    managers_role: int = field(default_factory=snowflake)
    id: int = field(default_factory=snowflake)

    def roles(self) -> list[Json]:
        """Everybody's, and that of who may manage the server."""
        rules = ((self.id, "@everyone", ALL & ~MANAGE_GUILD), (self.managers_role, "managers", ALL))
        return [
            {
                "id": str(number),
                "name": name,
                "permissions": str(permissions),
                "position": position,
                "color": 0,
                "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
                "hoist": False,
                "managed": False,
                "mentionable": False,
                "flags": 0,
            }
            for position, (number, name, permissions) in enumerate(rules)
        ]

    def member(self, user: User, *, manages: bool) -> Json:
        """What comes with something that a member did."""
        roles = [str(self.managers_role)] if manages else []
        return {
            "user": user.json(),
            "roles": roles,
            "flags": 0,
            "joined_at": None,
            "deaf": False,
            "mute": False,
        }

    def json(self, bot: User) -> Json:
        me = {"user": bot.json(), "roles": [], "joined_at": datetime.now(UTC).isoformat(), "flags": 0}
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": "1",
            "roles": self.roles(),
            "emojis": [],
            "features": [],
            "member_count": 2,
            "members": [me],
            "channels": [c.json() for c in self.channels if c.type != PUBLIC_THREAD],
            "threads": [c.json() for c in self.channels if c.type == PUBLIC_THREAD],
            "unavailable": False,
        }
