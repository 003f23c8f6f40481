"""One interaction's answer, whichever of Discord's ways is open to give it."""

from typing import Any

import discord

from bot.chat import MessageId
from bot.discord.components import view_of
from bot.discord.render import Message, render
from bot.reply import Reply


class Response:
    """Acknowledged within 3 s, by the answer or by "is thinking"; then Discord gives it 15 minutes."""

    def __init__(self, interaction: discord.Interaction[Any], *, asked: str, in_place: bool) -> None:
        """in_place: it changes the message whose button was pressed."""
        self._interaction = interaction
        self._asked = asked
        self._in_place = in_place

    async def defer(self, *, to_asker: bool = False) -> None:
        """Takes more time. to_asker: for an answer that only they see."""
        in_place = self._in_place and not to_asker
        await self._interaction.response.defer(thinking=not in_place, ephemeral=to_asker)

    async def show(self, reply: Reply) -> MessageId | None:
        """Returns the id of the last message that everybody sees; None where only the asker does."""
        shown = arguments_of(reply, asked=self._asked)
        posted = await self._first(shown[0], ephemeral=reply.error, alone=len(shown) == 1)
        for more in shown[1:]:
            posted = await self._follow_up(more, ephemeral=reply.error)
        return None if reply.error else MessageId(str(posted))

    async def add(self, reply: Reply) -> None:
        """Says more, to the asker alone."""
        for shown in arguments_of(reply):
            await self._follow_up(shown, ephemeral=True)

    async def _first(self, shown: dict[str, Any], *, ephemeral: bool, alone: bool) -> int | None:
        interaction, response = self._interaction, self._interaction.response
        change = self._in_place and alone and not ephemeral
        if not response.is_done():
            if change:
                await response.edit_message(**_replacing(shown))
                return interaction.message.id if interaction.message else None
            return (await response.send_message(**shown, ephemeral=ephemeral)).message_id
        if self._in_place and not change:
            return await self._follow_up(shown, ephemeral=ephemeral)
        if ephemeral:
            # A public "is thinking" cannot become private: it goes.
            await interaction.delete_original_response()
            return await self._follow_up(shown, ephemeral=True)
        return (await interaction.edit_original_response(**_replacing(shown))).id

    async def _follow_up(self, shown: dict[str, Any], *, ephemeral: bool) -> int:
        return (await self._interaction.followup.send(**shown, ephemeral=ephemeral, wait=True)).id


def arguments_of(reply: Reply, *, asked: str = "") -> list[dict[str, Any]]:
    """What discord.py is to send for each message of the reply; the buttons go under the last."""
    shown = [_arguments(message) for message in render(reply)]
    if (view := view_of(reply.buttons, asked=asked)) is not None:
        shown[-1]["view"] = view
    return shown


def _arguments(message: Message) -> dict[str, Any]:
    if message.content is not None:
        return {"content": message.content}
    return {"embeds": list(message.embeds)}


def _replacing(shown: dict[str, Any]) -> dict[str, Any]:
    return {"content": None, "embeds": [], "view": None, **shown}
