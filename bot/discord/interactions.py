"""Discord's interactions and messages: reads requests, answers them, and makes buttons and menus."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Self, cast

import discord
from discord import ui

from bot.chat import ChatRef, MessageId
from bot.commands.requests import SubscribeRequest
from bot.commands.table import ParsedCommand, Who
from bot.discord.render import render
from bot.ports import IncomingCommand
from bot.reply import Button, Reply, refusal

PLATFORM = "discord"

Interaction = discord.Interaction[Any]

_NOT_HERE = refusal(
    "I am no member here, so I can deliver nothing here. Ask an admin to add me to the server, or write to me"
    " directly."
)


def chat_of(interaction: Interaction) -> ChatRef:
    """The channel of an interaction. A Discord thread or forum post is its own channel."""
    return ChatRef(platform=PLATFORM, chat=str(interaction.channel_id))


def request_of(interaction: Interaction, parsed: ParsedCommand, *, paged: bool = True) -> IncomingCommand:
    """The request of a slash command, a button or a menu."""
    request = IncomingCommand(
        chat=chat_of(interaction),
        user=str(interaction.user.id),
        parsed=parsed,
        may_change=_may_change(interaction),
        replied_to=MessageId(str(interaction.message.id)) if interaction.message else None,
    )
    return request if paged else replace(request, page_chars=None)


def _may_change(interaction: Interaction) -> bool:
    """Whether the user manages the server, or writes in a direct message."""
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    return interaction.is_guild_integration() and interaction.permissions.manage_guild


def refusal_for_non_member(interaction: Interaction, parsed: ParsedCommand) -> Reply | None:
    """Why we cannot deliver there: a user may have installed us on a server that we are not a member of."""
    if parsed.command is None or parsed.command.who is Who.ANYONE:
        return None
    ours = interaction.context.dm_channel or interaction.is_guild_integration()
    return None if ours else _NOT_HERE


def missing_rights_notice(interaction: Interaction, parsed: ParsedCommand) -> Reply | None:
    """A notice to the subscriber about the rights that we need to deliver there; None if we have them."""
    if interaction.guild_id is None or not isinstance(parsed.request, SubscribeRequest):
        return None
    needed = ["view_channel", "embed_links"]
    needed.append(
        "send_messages_in_threads" if isinstance(interaction.channel, discord.Thread) else "send_messages"
    )
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if not missing:
        return None
    rights = ", ".join(f"“{name.replace('_', ' ').title()}”" for name in missing)
    return refusal(
        f"The subscription is saved, but I may not write here yet. Please give me the right to: {rights}."
    )


def text_to_us(message: discord.Message, me: discord.abc.User) -> str | None:
    """The text of a message to us; None if it is not for us.

    Without a privileged intent Discord sends only the text of direct messages and mentions.
    """
    if message.author.bot or message.type not in {discord.MessageType.default, discord.MessageType.reply}:
        return None
    text = message.content
    if message.guild is not None:
        if not any(user.id == me.id for user in message.mentions):
            return None
        text = re.sub(rf"<@!?{me.id}>", " ", text)
    return text.strip() or "/help"


def request_of_message(message: discord.Message, parsed: ParsedCommand) -> IncomingCommand:
    """The request of a message."""
    author, reference = message.author, message.reference
    manages = isinstance(author, discord.Member) and author.guild_permissions.manage_guild
    replied_to = reference.message_id if reference is not None else None
    return IncomingCommand(
        chat=ChatRef(platform=PLATFORM, chat=str(message.channel.id)),
        user=str(author.id),
        parsed=parsed,
        may_change=message.guild is None or manages,
        replied_to=None if replied_to is None else MessageId(str(replied_to)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Answers an interaction: Discord needs the answer or "is thinking" in 3 s, the answer in 15 min."""

    interaction: Interaction
    asked: str
    in_place: bool  # edits the message whose button was pressed

    async def defer(self, *, to_asker: bool = False) -> None:
        """Shows "is thinking", once. to_asker: only the user will see the answer."""
        if not self.interaction.response.is_done():
            in_place = self.in_place and not to_asker
            await self.interaction.response.defer(thinking=not in_place, ephemeral=to_asker)

    async def show(self, reply: Reply) -> MessageId | None:
        """Shows the reply. Returns the id of its last message; None if only the user sees it."""
        shown = arguments_of(reply, asked=self.asked)
        posted = await self._first(shown[0], ephemeral=reply.error, alone=len(shown) == 1)
        for more in shown[1:]:
            posted = await self._follow_up(more, ephemeral=reply.error)
        return None if reply.error else MessageId(str(posted))

    async def add(self, reply: Reply) -> None:
        """Sends another reply that only the user sees."""
        for shown in arguments_of(reply):
            await self._follow_up(shown, ephemeral=True)

    async def _first(self, shown: dict[str, Any], *, ephemeral: bool, alone: bool) -> int | None:
        interaction, response = self.interaction, self.interaction.response
        change = self.in_place and alone and not ephemeral
        if not response.is_done():
            if change:
                await response.edit_message(**_replacing(shown))
                return interaction.message.id if interaction.message else None
            return (await response.send_message(**shown, ephemeral=ephemeral)).message_id
        if self.in_place and not change:
            return await self._follow_up(shown, ephemeral=ephemeral)
        if ephemeral:
            # A public "is thinking" cannot become private, so we delete it.
            await interaction.delete_original_response()
            return await self._follow_up(shown, ephemeral=True)
        return (await interaction.edit_original_response(**_replacing(shown))).id

    async def _follow_up(self, shown: dict[str, Any], *, ephemeral: bool) -> int:
        return (await self.interaction.followup.send(**shown, ephemeral=ephemeral, wait=True)).id


def arguments_of(reply: Reply, *, asked: str = "") -> list[dict[str, Any]]:
    """discord.py's arguments for each message of the reply; buttons go under the last one."""
    shown: list[dict[str, Any]] = [
        {"embeds": list(message.embeds)} if message.content is None else {"content": message.content}
        for message in render(reply)
    ]
    if (view := view_of(reply.buttons, asked=asked)) is not None:
        shown[-1]["view"] = view
    return shown


def _replacing(shown: dict[str, Any]) -> dict[str, Any]:
    return {"content": None, "embeds": [], "view": None, **shown}


# Buttons and select menus. Their command is in their `custom_id`, so they work after a restart of the bot. It
# is neither secret nor a right: the command is given in the name of the user who presses (`Client.answer`).

MAX_ROWS = 5
MAX_IN_ROW = 5
MAX_OPTIONS = 25
MAX_LABEL = 80
MAX_OPTION_LABEL = 100

_READING = {"/sections", "/section"}


class CommandButton(ui.DynamicItem[ui.Button[ui.View]], template=r"(?P<place>[ep])\d+:(?P<command>/[\s\S]+)"):
    """A button that gives a command."""

    def __init__(self, label: str, custom_id: str) -> None:
        super().__init__(ui.Button(label=label, custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 (the base's signature)
        item: ui.Item[Any],
        match: re.Match[str],
    ) -> Self:
        return cls(cast("ui.Button[ui.View]", item).label or "", match.string)

    async def callback(self, interaction: Interaction) -> None:
        found = self.template.fullmatch(self.custom_id)
        if found is not None:
            await interaction.client.answer(interaction, found["command"], in_place=found["place"] == "e")


class CommandSelect(ui.DynamicItem[ui.Select[ui.View]], template=r"(?P<place>[ep])\d+:choose"):
    """A menu that gives the command of the chosen option."""

    def __init__(self, custom_id: str, placeholder: str, options: list[discord.SelectOption]) -> None:
        super().__init__(ui.Select(custom_id=custom_id, placeholder=placeholder, options=options))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 (the base's signature)
        item: ui.Item[Any],
        match: re.Match[str],
    ) -> Self:
        select = cast("ui.Select[ui.View]", item)
        return cls(match.string, select.placeholder or "", select.options)

    async def callback(self, interaction: Interaction) -> None:
        in_place = self.custom_id.startswith("e")
        await interaction.client.answer(interaction, self.item.values[0], in_place=in_place)


def view_of(buttons: Sequence[Sequence[Button]], *, asked: str = "") -> ui.View | None:
    """The buttons under a reply to `asked`; None without buttons. Several sections make one select menu.

    Turning a page and going from section to section edit the message; other commands give a new one.
    """
    sections = [
        b for row in buttons for b in row if b.command.startswith("/section ") and not _turns(b.command)
    ]
    as_menu = sections if len(sections) > 1 else []
    rows = [[b for b in row if b not in as_menu] for row in buttons]
    menus = [as_menu[at : at + MAX_OPTIONS] for at in range(0, len(as_menu), MAX_OPTIONS)][:MAX_ROWS]
    numbers = count()  # a `custom_id` is unique in its message
    lines: list[list[CommandSelect] | list[CommandButton]] = []
    for menu in menus:
        options = [discord.SelectOption(label=_label(b, MAX_OPTION_LABEL), value=b.command) for b in menu]
        custom_id = f"{_mode(menu[0].command, asked)}{next(numbers)}:choose"
        lines.append([CommandSelect(custom_id, "Read a section", options)])
    for row in _fitted(rows, MAX_ROWS - len(menus)):
        ids = [f"{_mode(b.command, asked)}{next(numbers)}:{b.command}" for b in row]
        lines.append([CommandButton(_label(b, MAX_LABEL), id_) for b, id_ in zip(row, ids, strict=True)])
    view = ui.View(timeout=None)
    for number, line in enumerate(lines):
        for item in line:
            item.row = number
            view.add_item(item)
    return view if lines else None


def _mode(command: str, asked: str) -> str:
    name, before = command.split(" ")[0], asked.split(" ")[0]
    return "e" if _turns(command) or (name in _READING and before in _READING) else "p"


def _turns(command: str) -> bool:
    return any(word.startswith("page:") for word in command.split(" "))


def _fitted(rows: Sequence[Sequence[Button]], most: int) -> Iterator[list[Button]]:
    """The rows, packed if there are too many. Buttons beyond the limit are dropped: people can type."""
    broken = [list(row[at : at + MAX_IN_ROW]) for row in rows for at in range(0, len(row), MAX_IN_ROW)]
    if len(broken) > most:
        flat = [button for row in rows for button in row]
        broken = [flat[at : at + MAX_IN_ROW] for at in range(0, len(flat), MAX_IN_ROW)]
    yield from broken[:most]


def _label(button: Button, longest: int) -> str:
    label = button.label.strip() or button.command
    return label if len(label) <= longest else label[: longest - 1] + "…"
