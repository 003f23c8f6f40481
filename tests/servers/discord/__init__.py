"""A Discord of the tests' own: REST and gateway on loopback, refusing what the real one refuses."""

from tests.servers.discord.server import DiscordServer, Interaction
from tests.servers.discord.world import Channel, Guild, Message, User

__all__ = ["Channel", "DiscordServer", "Guild", "Interaction", "Message", "User"]
