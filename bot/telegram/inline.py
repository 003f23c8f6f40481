"""Inline mode: "@the_bot nato" in any chat offers briefs to send there."""

import re

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode

from bot.reply import Items, Reply, Title
from bot.telegram.links import link, payload_of
from bot.telegram.render import render

OFFERS = 10
KEEP_S = 30  # Telegram may show the same answer that long; news gets old
MAX_WORDS = 256  # characters of a query that Telegram passes on


def offer_of(reply: Reply, *, bot_name: str) -> InlineQueryResultArticle | None:
    """A brief to be chosen; None if it is none that one message can hold.

    The bot need not be in the chat that it is sent to, so its button opens a chat with the bot instead.
    """
    shown = render(reply)
    title = next((block.text for block in reply.blocks if isinstance(block, Title)), None)
    payload = payload_of(f"/brief #{reply.article}")
    if len(shown) != 1 or title is None or payload is None:
        return None
    lines = [item.text for block in reply.blocks if isinstance(block, Items) for item in block.items]
    content = InputTextMessageContent(
        shown[0], parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    more = InlineKeyboardButton(text="Quotes, sections, full text", url=link(bot_name, payload))
    return InlineQueryResultArticle(
        id=str(reply.article),
        title=title,
        input_message_content=content,
        description=lines[0] if lines else None,
        reply_markup=InlineKeyboardMarkup([[more]]),
    )


def nothing_found(words: str) -> InlineQueryResultsButton:
    """What is shown over an empty list: it opens a chat with the bot, which says what there is."""
    plain = "_".join(re.findall(r"[A-Za-z0-9]+", words))[:50]
    return InlineQueryResultsButton(
        text="No brief on that. See what there is", start_parameter=f"brief_{plain}" if plain else "help"
    )
