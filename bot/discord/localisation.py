"""The names of commands and their options as people of other languages find them in Discord's menu.

A name that no file of `names/` has stays English. English names always work, whatever the language.
"""

from functools import cache
from pathlib import Path

from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation

_NAMES = Path(__file__).parent / "names"
_SAME_LANGUAGE = {Locale.latin_american_spanish: Locale.spain_spanish}


@cache
def names_in(locale: Locale) -> dict[str, str]:
    """By English name, with a slash before a command's: the names in that language. Empty if it has no file."""
    file = _NAMES / f"{_SAME_LANGUAGE.get(locale, locale).value}.txt"
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" = ") for line in lines if line and not line.startswith("#"))
    return dict((english, name) for english, name in pairs)


class Names(app_commands.Translator):
    """discord.py's port for translations."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The name in that language; None for all that is no name, or has none there."""
        match context.location:
            case TranslationContextLocation.command_name:
                return names_in(locale).get(f"/{string.message}")
            case TranslationContextLocation.parameter_name:
                return names_in(locale).get(string.message)
            case _:
                return None
