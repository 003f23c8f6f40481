"""The zone that a chat's times are in: asked, set, and chosen where its name is ambiguous."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat import ChatRef
from bot.replies.compose import button
from bot.reply import Item, Items, Note, Prose, Reply, refusal
from bot.schedules.zones import AmbiguousZone, UnknownZone, read_zone, zone_in_words
from bot.storage.chats import ChatStore


class ChatZones:
    """The zones that chats have set. default: of those that have set none."""

    def __init__(self, *, chats: ChatStore, default: ZoneInfo) -> None:
        self._chats, self._default = chats, default

    def of(self, chat: ChatRef) -> ZoneInfo:
        """The zone that the chat's times are in."""
        name = self._chats.timezone(chat)
        return ZoneInfo(name) if name else self._default

    def answer(self, chat: ChatRef, words: str, *, now: datetime) -> Reply:
        """Sets the chat's zone; without words, says which it is."""
        if not words:
            current = self.of(chat)
            there = now.astimezone(current)
            text = f"Times here are in {zone_in_words(current.key)}; it is {there:%H:%M} now."
            return Reply(blocks=(Prose(text=text), Note(text="/timezone Europe/Brussels sets another.")))
        try:
            name = read_zone(words)
        except AmbiguousZone as error:
            commands = [f"/timezone {choice}" for choice in error.choices]
            return choice_of_zones(f"Which time zone is “{error.said}”?", error.choices, commands)
        except UnknownZone as error:
            return refusal(str(error))
        self._chats.set_timezone(chat, name, now=now)
        there = now.astimezone(ZoneInfo(name))
        text = f"Times here are in {zone_in_words(name)} from now on; it is {there:%H:%M} there."
        return Reply(blocks=(Prose(text=text), Note(text="Standing orders given before keep their zone.")))


def choice_of_zones(question: str, zones: Sequence[str], commands: Sequence[str]) -> Reply:
    """A button for each zone, or the command to send where it is too long for one."""
    rows = [button(zone_in_words(zone), command) for zone, command in zip(zones, commands, strict=True)]
    if all(rows):
        return Reply(blocks=(Prose(text=question),), buttons=tuple(rows))
    items = Items(items=tuple(Item(text=command) for command in commands))
    return Reply(blocks=(Prose(text=question), Note(text="Send one of these:"), items))
