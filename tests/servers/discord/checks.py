"""What Discord would refuse in a message or a command, after its API reference.

Each check returns the faults it found, as `path: reason`; none means that it would be accepted. Lengths are
counted in UTF-16 units.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
_LOCALES = {
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl"),
    *("pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja"),
    *("zh-TW", "ko"),
}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def length_faults(path: str, value: Any, most: int, *, least: int = 0) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: must be a string"
    elif not least <= units(value) <= most:
        yield f"{path}: must be {least} to {most} in length, is {units(value)}"


def message_faults(body: Json) -> list[str]:
    faults = [*length_faults("content", body.get("content") or "", 2000)]
    embeds = body.get("embeds") or []
    if len(embeds) > 10:
        faults.append("embeds: at most 10")
    for number, embed in enumerate(embeds):
        faults += _embed_faults(f"embeds[{number}]", embed)
    if sum(_embed_size(embed) for embed in embeds) > 6000:
        faults.append("embeds: 6000 in all at most")
    faults += _component_faults(body.get("components") or [])
    faults += length_faults("nonce", str(body.get("nonce", "")), 25)
    return faults


def is_empty(body: Json) -> bool:
    embeds = body.get("embeds") or []
    return not (body.get("content") or "").strip() and not any(_embed_size(embed) for embed in embeds)


def _embed_size(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
    texts += [embed.get("author", {}).get("name")]
    texts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    return sum(units(text.strip()) for text in texts if text)


def _embed_faults(path: str, embed: Json) -> Iterator[str]:
    yield from length_faults(f"{path}.title", embed.get("title", ""), 256)
    yield from length_faults(f"{path}.description", embed.get("description", ""), 4096)
    yield from length_faults(f"{path}.footer.text", embed.get("footer", {}).get("text", ""), 2048)
    fields = embed.get("fields", [])
    if len(fields) > 25:
        yield f"{path}.fields: at most 25"
    for number, field in enumerate(fields):
        yield from length_faults(f"{path}.fields[{number}].name", field.get("name"), 256, least=1)
        yield from length_faults(f"{path}.fields[{number}].value", field.get("value"), 1024, least=1)
    if not _embed_size(embed):
        yield f"{path}: is empty"
    if (url := embed.get("url")) is not None:
        yield from length_faults(f"{path}.url", url, 2048)
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname or " " in url:
            yield f"{path}.url: not a well formed URL"


def _component_faults(rows: list[Json]) -> Iterator[str]:
    if len(rows) > 5:
        yield "components: at most 5 rows"
    seen: set[str] = set()
    for number, row in enumerate(rows):
        path = f"components[{number}]"
        if row.get("type") != 1:
            yield f"{path}: must be a row"
            continue
        parts = row.get("components", [])
        if not 1 <= len(parts) <= 5 or (len(parts) > 1 and any(part["type"] != 2 for part in parts)):
            yield f"{path}: one to five buttons, or one menu"
        for part in parts:
            custom_id = part.get("custom_id", "")
            yield from length_faults(f"{path}.custom_id", custom_id, 100, least=1)
            if custom_id in seen:
                yield f"{path}.custom_id: is there twice"
            seen.add(custom_id)
            yield from _button_faults(path, part) if part["type"] == 2 else _menu_faults(path, part)


def _button_faults(path: str, button: Json) -> Iterator[str]:
    yield from length_faults(f"{path}.label", button.get("label"), 80, least=1)
    if button.get("style") not in {1, 2, 3, 4}:
        yield f"{path}.style: unknown"


def _menu_faults(path: str, menu: Json) -> Iterator[str]:
    options = menu.get("options", [])
    if not 1 <= len(options) <= 25:
        yield f"{path}.options: 1 to 25"
    if len({option["value"] for option in options}) < len(options):
        yield f"{path}.options: a value is there twice"
    for option in options:
        yield from length_faults(f"{path}.options.label", option.get("label"), 100, least=1)
        yield from length_faults(f"{path}.options.value", option.get("value"), 100, least=1)
    yield from length_faults(f"{path}.placeholder", menu.get("placeholder") or "", 150)


def command_faults(commands: list[Json]) -> list[str]:
    faults = ["commands: at most 100"] if len(commands) > 100 else []
    if len({command["name"] for command in commands}) < len(commands):
        faults.append("commands: a name is there twice")
    faults += _clashes(commands)
    for command in commands:
        faults += _named_faults(command["name"], command)
        if not set(command.get("contexts") or [0]) <= {0, 1, 2}:
            faults.append(f"{command['name']}.contexts: unknown")
        if not set(command.get("integration_types") or [0]) <= {0, 1}:
            faults.append(f"{command['name']}.integration_types: unknown")
        options = command.get("options") or []
        if len(options) > 25:
            faults.append(f"{command['name']}: at most 25 options")
        required = [option.get("required", False) for option in options]
        if required != sorted(required, reverse=True):
            faults.append(f"{command['name']}: required options come first")
        if len({option["name"] for option in options}) < len(options):
            faults.append(f"{command['name']}: an option is there twice")
        faults += _clashes(options)
        for option in options:
            faults += _named_faults(f"{command['name']}.{option['name']}", option)
            if option.get("autocomplete") and option.get("choices"):
                faults.append(f"{command['name']}.{option['name']}: both choices and autocomplete")
    return faults


def _clashes(named: list[Json]) -> Iterator[str]:
    """Names that two have in one language."""
    for locale in _LOCALES:
        names = [(one.get("name_localizations") or {}).get(locale, one["name"]) for one in named]
        yield from (f"{locale}: {name!r} is there twice" for name in set(names) if names.count(name) > 1)


def _named_faults(path: str, named: Json) -> Iterator[str]:
    if unknown := set(named.get("name_localizations") or {}) - _LOCALES:
        yield f"{path}.name_localizations: {unknown} are no locales"
    names = [named["name"], *(named.get("name_localizations") or {}).values()]
    for name in names:
        if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
            yield f"{path}.name: {name!r} is no name"
    for text in [named.get("description"), *(named.get("description_localizations") or {}).values()]:
        yield from length_faults(f"{path}.description", text, 100, least=1)


def choice_faults(choices: list[Json]) -> list[str]:
    faults = ["choices: at most 25"] if len(choices) > 25 else []
    for choice in choices:
        faults += length_faults("choices.name", choice.get("name"), 100, least=1)
        faults += length_faults("choices.value", choice.get("value"), 100, least=1)
    return faults
