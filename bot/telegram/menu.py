"""What Telegram shows of the bot before anybody has written to it: menus of commands, and descriptions."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.commands.table import COMMANDS, Who

log = logging.getLogger(__name__)

DESCRIPTION = (
    "I read the news and answer with short briefs: every quote is the article's own words, and every line "
    "shows what it rests on.\n\nTry /brief nato, /quotes mattis, or /subscribe nato daily 08:00."
)
SHORT_DESCRIPTION = "Short news briefs with key quotes, word for word, on demand or on a schedule."


async def set_up_profile(bot: Bot) -> None:
    """Sets what is not yet as it should be. What a Bot API server lacks is left: people can still type."""
    # Telegram has a button for /start. A menu is for everybody in a chat, and owners' commands for few.
    shown = [c for c in COMMANDS if c.name != "start" and c.who is not Who.OWNERS]
    everything = [BotCommand(command.name, command.summary) for command in shown]
    for_anyone = [BotCommand(c.name, c.summary) for c in shown if c.who is Who.ANYONE]
    for scope, commands in (
        (BotCommandScopeDefault(), for_anyone),
        (BotCommandScopeAllPrivateChats(), everything),
        (BotCommandScopeAllGroupChats(), for_anyone),
        (BotCommandScopeAllChatAdministrators(), everything),
    ):
        await _attempt(f"menu for {scope.type}", partial(_set_commands, bot, scope, commands))
    await _attempt("description", partial(_describe, bot))


async def _attempt(what: str, do: Callable[[], Awaitable[None]]) -> None:
    try:
        await do()
    except TelegramError as error:
        log.warning("telegram profile not set", extra={"what": what, "error": error.message})


async def _set_commands(bot: Bot, scope: BotCommandScope, commands: Sequence[BotCommand]) -> None:
    # Asked first, because Telegram limits how often a profile may be written, and a bot may restart often.
    if await bot.get_my_commands(scope=scope) != tuple(commands):
        await bot.set_my_commands(commands, scope=scope)


async def _describe(bot: Bot) -> None:
    if (await bot.get_my_description()).description != DESCRIPTION:
        await bot.set_my_description(DESCRIPTION)
    if (await bot.get_my_short_description()).short_description != SHORT_DESCRIPTION:
        await bot.set_my_short_description(SHORT_DESCRIPTION)
