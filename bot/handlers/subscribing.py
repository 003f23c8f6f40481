"""Taking standing orders: a digest on a topic, breaking news, somebody's new quotes.

What was read as it was written takes hold at once: its first digest is still to come, and a button undoes it.
What would have to be guessed is said back first, with its next three times, and takes hold when that is
confirmed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from articles.stories.breaking import Threshold
from bot.commands.subscription_words import Order, filters_in_words, order_in_words
from bot.handlers.subscriptions import order_buttons
from bot.handlers.timezones import ChatZones, choice_of_zones
from bot.ports import IncomingCommand
from bot.replies.compose import button, counted, sentence
from bot.reply import Block, Item, Items, Note, Prose, Reply, Title, refusal
from bot.schedules.schedule import Rhythm, in_words, next_due, to_json, upcoming
from bot.schedules.zones import zone_in_words
from bot.storage.chats import ChatStore, OrderKind
from summarizer.model import SpeakerId
from summarizer.speakers.index import StoredSpeaker
from summarizer.storage.store import QuoteStore

MAX_ORDERS = 50  # a chat
NEAR = 5  # names where nobody matches


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """An order that is understood as far as its words go."""

    kind: OrderKind
    name: str  # what it is called, and told of
    command: str  # that gives it, up to the topic
    order: Order
    speaker: SpeakerId | None = None

    def line(self, **changes: str) -> str:
        """The order as somebody would send it, without a guess."""
        return f"{self.command} {order_in_words(replace(self.order, **changes))}"  # type: ignore[arg-type]  # its zone


class Ordering:
    """Answers to the commands that give standing orders."""

    def __init__(
        self,
        *,
        chats: ChatStore,
        zones: ChatZones,
        stories_on: Callable[[str], bool],
        quotes: QuoteStore,
        breaking: Threshold,
    ) -> None:
        """stories_on: whether there is anything on a topic now."""
        self._chats, self._zones, self._stories_on = chats, zones, stories_on
        self._quotes, self._breaking = quotes, breaking

    def subscribe(self, incoming: IncomingCommand, order: Order, *, now: datetime) -> Reply:
        """Takes an order on a topic, and says what was understood."""
        breaking = order.schedule.rhythm is Rhythm.BREAKING
        kind = OrderKind.BREAKING if breaking else OrderKind.TOPIC
        name = f"Breaking news on {order.topic or 'any topic'}" if breaking else order.topic
        return self._take(incoming, _Wanted(kind=kind, name=name, command="/subscribe", order=order), now)

    def follow(self, incoming: IncomingCommand, order: Order, *, now: datetime) -> Reply:
        """Takes an order for a speaker's quotes; a choice where several people are meant."""
        if order.schedule.rhythm is Rhythm.BREAKING:
            return refusal("Quotes come on a schedule, not when a story breaks: write for example hourly.")
        named = self._named(order.topic)
        if not named:
            return self._nobody(order.topic)
        if len(named) > 1:
            return _who(order, named)
        speaker = named[0]
        order = replace(order, topic=f"@{speaker.id}")
        wanted = _Wanted(
            kind=OrderKind.SPEAKER, name=speaker.name, command="/follow", order=order, speaker=speaker.id
        )
        return self._take(incoming, wanted, now)

    def _named(self, name: str) -> Sequence[StoredSpeaker]:
        if name.startswith("@") and name[1:].isascii() and name[1:].isdigit():
            known = self._quotes.speaker(SpeakerId(int(name[1:])))
            return (known,) if known else ()
        return self._quotes.find_speakers(name)

    def _nobody(self, name: str) -> Reply:
        quoted = ", ".join(speaker.name for speaker in self._quotes.speakers_like("", limit=NEAR))
        there_are = f" Quoted are: {quoted}." if quoted else ""
        return refusal(f"Nobody called “{name}” is quoted here yet.{there_are}")

    def _take(self, incoming: IncomingCommand, wanted: _Wanted, now: datetime) -> Reply:
        order = wanted.order
        if order.zones:
            commands = [wanted.line(zone=zone) for zone in order.zones]
            return choice_of_zones("Which time zone do you mean?", order.zones, commands)
        zone = ZoneInfo(order.zone) if order.zone else self._zones.of(incoming.chat)
        if order.guesses:
            return self._is_it_meant(wanted, zone, now)
        orders = self._chats.subscriptions(incoming.chat)
        topic = wanted.name if wanted.kind is OrderKind.SPEAKER else order.topic
        same = [o.topic for o in orders if o.kind is wanted.kind and o.topic.casefold() == topic.casefold()]
        if len(orders) >= MAX_ORDERS and not same:
            return refusal(f"This chat has {MAX_ORDERS} standing orders, as many as it may: end one first.")
        subscription, is_new = self._chats.add_subscription(
            incoming.chat,
            topic=same[0] if same else topic,
            schedule=to_json(order.schedule),
            timezone=zone.key,
            next_due=next_due(order.schedule, zone, now),
            created_by=incoming.user,
            now=now,
            filters=order.filters,
            kind=wanted.kind,
            speaker=wanted.speaker,
            always=order.always,
        )
        title = f"{wanted.name}: {'a standing order' if is_new else 'the standing order has changed'}"
        notes = self._said_back(wanted, zone, now)
        if order.topic and wanted.kind is not OrderKind.SPEAKER and not self._stories_on(order.topic):
            notes += (Note(text=f"There is nothing on “{order.topic}” yet; what comes will be delivered."),)
        return Reply(blocks=(Title(text=title), *notes), buttons=(order_buttons(subscription),))

    def _is_it_meant(self, wanted: _Wanted, zone: ZoneInfo, now: datetime) -> Reply:
        """Asks before it takes hold."""
        command = wanted.line()
        yes = button("Yes, do that", command)
        hint = "Nothing is ordered yet." if yes else f"Nothing is ordered yet. To order it, send {command}"
        guesses = Note(text=f"I read {', '.join(wanted.order.guesses)}.")
        title = Title(text=f"{wanted.name}: is this what you mean?")
        blocks = (title, *self._said_back(wanted, zone, now), guesses, Note(text=hint))
        return Reply(blocks=blocks, buttons=(yes,) if yes else ())

    def _said_back(self, wanted: _Wanted, zone: ZoneInfo, now: datetime) -> tuple[Block, ...]:
        """What was understood, with the next three times."""
        order = wanted.order
        what = "New quotes, word for word, " if wanted.kind is OrderKind.SPEAKER else ""
        said = sentence(f"{what}{in_words(order.schedule)}")
        notes: list[Block] = [Prose(text=f"{said}, {zone_in_words(zone.key)} time.")]
        if times := upcoming(order.schedule, zone, now, count=3):
            notes.append(Note(text=f"Next: {', '.join(f'{due:%a %-d %b %H:%M}' for due in times)}"))
        if wanted.kind is OrderKind.BREAKING:
            notes.append(Note(text=_threshold_in_words(self._breaking)))
        if order.always:
            notes.append(Note(text="Comes also when there is nothing new."))
        if order.filters:
            notes.append(Note(text=f"Only what passes {filters_in_words(order.filters)}"))
        return tuple(notes)


def _threshold_in_words(breaking: Threshold) -> str:
    minutes = counted(int(breaking.within.total_seconds() // 60), "minute")
    return (
        f"A story breaks when {breaking.publishers} publishers report it in their own words within {minutes}."
    )


def _who(order: Order, named: Sequence[StoredSpeaker]) -> Reply:
    """A button for each, or the command to send where it is too long for one."""
    commands = [f"/follow {order_in_words(replace(order, topic=f'@{speaker.id}'))}" for speaker in named]
    rows = [button(speaker.name, command) for speaker, command in zip(named, commands, strict=True)]
    items = tuple(Item(text=f"{s.name} ({counted(s.quote_count, 'quote')})") for s in named)
    blocks: tuple[Block, ...] = (
        Prose(text=f"Who is meant by “{order.topic}”?"),
        Items(items=items, numbered=True),
    )
    if not all(rows):
        sendable = Items(items=tuple(Item(text=command) for command in commands))
        return Reply(blocks=(*blocks, Note(text="Send one of these:"), sendable))
    return Reply(blocks=blocks, buttons=tuple(rows))
