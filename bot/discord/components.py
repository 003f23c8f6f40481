"""Buttons and select menus. What one does is in its `custom_id`, so that it outlives a restart of the bot.

Nothing there is secret or grants a right: it is a command, given by whoever presses.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, Self, cast

import discord
from discord import ui

from bot.reply import Button

MAX_ROWS = 5
MAX_IN_ROW = 5
MAX_OPTIONS = 25
MAX_LABEL = 80
MAX_OPTION_LABEL = 100

_READING = {"/sections", "/section"}


class Presses(Protocol):
    """The client, as buttons know it."""

    async def pressed(
        self, interaction: discord.Interaction[Any], command: str, *, in_place: bool
    ) -> None: ...


class CommandButton(ui.DynamicItem[ui.Button[ui.View]], template=r"(?P<place>[ep])\d+:(?P<command>/[\s\S]+)"):
    """A button that gives a command when pressed."""

    def __init__(self, label: str, custom_id: str) -> None:
        super().__init__(ui.Button(label=label, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 (the base's signature)
        item: ui.Item[Any],
        match: re.Match[str],
    ) -> Self:
        return cls(cast("ui.Button[ui.View]", item).label or "", match.string)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        found = self.template.fullmatch(self.custom_id)
        if found is not None:
            client = cast("Presses", interaction.client)
            await client.pressed(interaction, found["command"], in_place=found["place"] == "e")


class CommandSelect(ui.DynamicItem[ui.Select[ui.View]], template=r"(?P<place>[ep])\d+:choose"):
    """A menu that gives the command of the line that is chosen."""

    def __init__(self, custom_id: str, placeholder: str, options: list[discord.SelectOption]) -> None:
        super().__init__(ui.Select(custom_id=custom_id, placeholder=placeholder, options=options))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 (the base's signature)
        item: ui.Item[Any],
        match: re.Match[str],
    ) -> Self:
        select = cast("ui.Select[ui.View]", item)
        return cls(match.string, select.placeholder or "", select.options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        client = cast("Presses", interaction.client)
        await client.pressed(interaction, self.item.values[0], in_place=self.custom_id.startswith("e"))


def view_of(buttons: Sequence[Sequence[Button]], *, asked: str = "") -> ui.View | None:
    """The buttons under a reply to `asked`, or None without any. Several sections are one select menu.

    Turning a page, and going from section to section, changes the message in place; all else is a new one.
    """
    sections = [
        b for row in buttons for b in row if b.command.startswith("/section ") and not _turns(b.command)
    ]
    as_menu = sections if len(sections) > 1 else []
    rows = [[b for b in row if b not in as_menu] for row in buttons]
    view = ui.View(timeout=None)
    menus = [as_menu[at : at + MAX_OPTIONS] for at in range(0, len(as_menu), MAX_OPTIONS)]
    place = 0
    for row, menu in enumerate(menus[:MAX_ROWS]):
        mode = _mode(menu[0].command, asked)
        select = CommandSelect(f"{mode}{place}:choose", "Read a section", [_option(b) for b in menu])
        select.row = row
        view.add_item(select)
        place += 1
    used = min(len(menus), MAX_ROWS)
    for row, some in enumerate(_fitted(rows, MAX_ROWS - used), used):
        for button in some:
            label = _cut(button.label.strip() or button.command, MAX_LABEL)
            item = CommandButton(label, f"{_mode(button.command, asked)}{place}:{button.command}")
            item.row = row
            view.add_item(item)
            place += 1
    return view if place else None


def _mode(command: str, asked: str) -> str:
    name, before = command.split(" ")[0], asked.split(" ")[0]
    return "e" if _turns(command) or (name in _READING and before in _READING) else "p"


def _turns(command: str) -> bool:
    return any(word.startswith("page:") for word in command.split(" "))


def _option(button: Button) -> discord.SelectOption:
    label = _cut(button.label.strip() or button.command, MAX_OPTION_LABEL)
    return discord.SelectOption(label=label, value=button.command)


def _fitted(rows: Sequence[Sequence[Button]], most: int) -> Iterator[list[Button]]:
    """Rows as they are where they fit, else packed; what is beyond the limit can still be typed."""
    broken = [list(row[at : at + MAX_IN_ROW]) for row in rows for at in range(0, len(row), MAX_IN_ROW)]
    if len(broken) > most:
        flat = [button for row in rows for button in row]
        broken = [flat[at : at + MAX_IN_ROW] for at in range(0, len(flat), MAX_IN_ROW)]
    yield from broken[:most]


def _cut(label: str, longest: int) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"
