"""Discord: one chat adapter, on discord.py. `import discord` is always that library, never this package."""

from bot.discord.adapter import DiscordChat

__all__ = ["DiscordChat"]
