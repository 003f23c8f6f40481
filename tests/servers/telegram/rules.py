"""What Telegram refuses in a request's parts, after "Bots API" (core.telegram.org/bots/api)."""

import re
from collections.abc import Mapping
from typing import Any

from tests.servers.telegram.html import MAX_ENTITIES, MAX_TEXT, BadMarkup, clean, parse, units
from tests.servers.telegram.model import BOT_NAME, Json, bad


def formatted(params: Mapping[str, Any], *, field: str = "text") -> tuple[str, tuple[Json, ...]]:
    """A message's text and entities."""
    raw = clean(str(params.get(field, "")))
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


def keyboard(markup: Mapping[str, Any] | None) -> list[list[Json]]:
    rows = list(markup["inline_keyboard"]) if markup else []
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in rows):
        raise bad("reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise bad('can\'t parse inline keyboard button: Field "text" must be non-empty')
        if "url" in button:
            if not re.match(r"https?://|tg://", button["url"]):
                raise bad("BUTTON_URL_INVALID")
        elif not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    return rows


def check_commands(commands: list[Json]) -> None:
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")


def check_offers(params: Mapping[str, Any]) -> None:
    """The results of `answerInlineQuery`."""
    results = params.get("results") or []
    if len(results) > 50:
        raise bad("RESULTS_TOO_MUCH")
    if len({result["id"] for result in results}) < len(results):
        raise bad("RESULT_ID_DUPLICATE")
    for result in results:
        if not 1 <= len(result["id"].encode()) <= 64:
            raise bad("RESULT_ID_INVALID")
        if result["type"] != "article" or not result.get("title"):
            raise bad("ARTICLE_TITLE_EMPTY")
        formatted(result["input_message_content"], field="message_text")
        keyboard(result.get("reply_markup"))
    if len(params.get("next_offset", "").encode()) > 64:
        raise bad("NEXT_OFFSET_INVALID")
    button = params.get("button")
    if button and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", button.get("start_parameter", "")):
        raise bad("START_PARAM_INVALID")


def check_press_answer(params: Mapping[str, Any]) -> None:
    if units(params.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    url = params.get("url")
    if url and not re.fullmatch(rf"https://t\.me/{BOT_NAME}\?start=[A-Za-z0-9_-]{{1,64}}", url):
        raise bad("URL_INVALID")
