"""A Bot API server on loopback that refuses what Telegram refuses."""

from tests.servers.telegram.flood import Flood
from tests.servers.telegram.model import BOT_ID, BOT_NAME, TOKEN, Chat, Fault, Json, Posted, Refused
from tests.servers.telegram.server import TelegramServer

__all__ = [
    "BOT_ID",
    "BOT_NAME",
    "TOKEN",
    "Chat",
    "Fault",
    "Flood",
    "Json",
    "Posted",
    "Refused",
    "TelegramServer",
]
