"""Standing orders: the digests that a chat has asked for, and the zone that its times are in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.asks import ChangeSubscription
from bot.chat import ChatRef, Request
from bot.compose import button, counted, sentence
from bot.due import first_due
from bot.order import Order, filters_in_words, order_in_words
from bot.reply import Block, Button, Item, Items, Note, Prose, Reply, Title, refusal
from bot.schedule import from_json, in_words, next_due, to_json, upcoming
from bot.store import ChatStore, Subscription
from bot.zones import AmbiguousZone, UnknownZone, read_zone, zone_in_words

MAX_ORDERS = 50  # a chat


class StandingOrders:
    """Answers to the commands that give, show, hold and end standing orders."""

    def __init__(
        self, *, chats: ChatStore, default_zone: ZoneInfo, stories_on: Callable[[str], bool]
    ) -> None:
        """stories_on: whether there is anything on a topic now."""
        self._chats = chats
        self._default_zone = default_zone
        self._stories_on = stories_on

    def zone(self, chat: ChatRef) -> ZoneInfo:
        """The zone that the chat's times are in."""
        name = self._chats.timezone(chat)
        return ZoneInfo(name) if name else self._default_zone

    def subscribe(self, request: Request, order: Order, *, now: datetime) -> Reply:
        """Takes the order, and says what was understood with the next three times.

        What would have to be guessed is said back and asked first: an order that was read as it was written
        takes hold at once, since its first digest is still to come and a button undoes it.
        """
        if order.zones:
            return _which_zone(order)
        zone = ZoneInfo(order.zone) if order.zone else self.zone(request.chat)
        if order.guesses:
            return _is_it_meant(order, zone, now)
        orders = self._chats.subscriptions(request.chat)
        same = [o.topic for o in orders if o.topic.casefold() == order.topic.casefold()]
        if len(orders) >= MAX_ORDERS and not same:
            return refusal(f"This chat has {MAX_ORDERS} standing orders, as many as it may: end one first.")
        subscription, is_new = self._chats.add_subscription(
            request.chat,
            topic=same[0] if same else order.topic,
            schedule=to_json(order.schedule),
            timezone=zone.key,
            next_due=next_due(order.schedule, zone, now),
            created_by=request.user,
            now=now,
            filters=order.filters,
        )
        title = f"{order.topic}: {'a standing order' if is_new else 'the standing order has changed'}"
        notes = _said_back(order, zone, now)
        if not self._stories_on(order.topic):
            notes += (Note(text=f"There is nothing on “{order.topic}” yet; what comes will be delivered."),)
        return Reply(blocks=(Title(text=title), *notes), buttons=(_buttons(subscription),))

    def subscriptions(self, chat: ChatRef, *, now: datetime) -> Reply:
        """The chat's orders, numbered."""
        orders = self._chats.subscriptions(chat)
        if not orders:
            example = Note(text="/subscribe nato daily 08:00 Europe/Brussels gives the first.")
            return Reply(blocks=(Prose(text="This chat has no standing orders."), example))
        items = tuple(Item(text=_line(order, now)) for order in orders)
        buttons = tuple(_buttons(order, with_topic=True) for order in orders)
        title = Title(text=f"{counted(len(orders), 'standing order')} here")
        return Reply(blocks=(title, Items(items=items, numbered=True)), buttons=buttons)

    def change(self, chat: ChatRef, asked: ChangeSubscription, *, now: datetime) -> Reply:
        """Ends, holds or goes on with the orders meant."""
        orders = self._chats.subscriptions(chat)
        if not orders:
            return refusal("This chat has no standing orders. /subscribe gives one.")
        meant = _meant(asked, orders)
        if asked.change == "resume" and not asked.which:
            meant = tuple(order for order in meant if order.paused)
            if not meant:
                return refusal("No standing order here is on hold.")
        if not meant:
            known = ", ".join(f"{n} {order.topic}" for n, order in enumerate(orders, 1))
            which = f"There is no standing order “{asked.which}”" if asked.which else "Say which"
            return refusal(f"{which}. There are: {known}.")
        for order in meant:
            self._apply(chat, asked.change, order, now)
        done = {"unsubscribe": "Ended", "pause": "On hold", "resume": "Going on"}[asked.change]
        undo: tuple[Button, ...] = ()
        if asked.change == "pause":
            undo = tuple(
                b for order in meant for b in button(f"Resume {order.topic}", f"/resume #{order.id}")
            )
        text = f"{done}: {', '.join(order.topic for order in meant)}."
        return Reply(blocks=(Prose(text=text),), buttons=tuple((b,) for b in undo))

    def _apply(self, chat: ChatRef, change: str, order: Subscription, now: datetime) -> None:
        match change:
            case "unsubscribe":
                self._chats.remove_subscription(chat, order.id)
            case "pause":
                self._chats.pause_subscription(chat, order.id)
            case "resume":
                self._chats.resume_subscription(chat, order.id, next_due=first_due(order, now))
            case _:
                raise ValueError(f"not a change: {change}")

    def timezone(self, chat: ChatRef, zone: str, *, now: datetime) -> Reply:
        """Sets the chat's zone, or says which it is."""
        if not zone:
            current = self.zone(chat)
            there = now.astimezone(current)
            text = f"Times here are in {zone_in_words(current.key)}; it is {there:%H:%M} now."
            return Reply(blocks=(Prose(text=text), Note(text="/timezone Europe/Brussels sets another.")))
        try:
            name = read_zone(zone)
        except AmbiguousZone as error:
            commands = [f"/timezone {choice}" for choice in error.choices]
            return choice_of_zones(f"Which time zone is “{error.said}”?", error.choices, commands)
        except UnknownZone as error:
            return refusal(str(error))
        self._chats.set_timezone(chat, name, now=now)
        there = now.astimezone(ZoneInfo(name))
        text = f"Times here are in {zone_in_words(name)} from now on; it is {there:%H:%M} there."
        return Reply(blocks=(Prose(text=text), Note(text="Standing orders given before keep their zone.")))


def _said_back(order: Order, zone: ZoneInfo, now: datetime) -> tuple[Block, ...]:
    """What was understood, with the next three times."""
    said = f"{sentence(in_words(order.schedule))}, {zone_in_words(zone.key)} time."
    notes: list[Block] = [Prose(text=said)]
    if times := upcoming(order.schedule, zone, now, count=3):
        notes.append(Note(text=f"Next: {', '.join(f'{due:%a %-d %b %H:%M}' for due in times)}"))
    if order.filters:
        notes.append(Note(text=f"Only stories that pass {filters_in_words(order.filters)}"))
    return tuple(notes)


def _is_it_meant(order: Order, zone: ZoneInfo, now: datetime) -> Reply:
    """Asks before it takes hold."""
    command = f"/subscribe {order_in_words(order)}"
    yes = button("Yes, do that", command)
    hint = "Nothing is ordered yet." if yes else f"Nothing is ordered yet. To order it, send {command}"
    guesses = Note(text=f"I read {', '.join(order.guesses)}.")
    title = Title(text=f"{order.topic}: is this what you mean?")
    blocks = (title, *_said_back(order, zone, now), guesses, Note(text=hint))
    return Reply(blocks=blocks, buttons=(yes,) if yes else ())


def _which_zone(order: Order) -> Reply:
    commands = [f"/subscribe {order_in_words(replace(order, zone=zone))}" for zone in order.zones]
    return choice_of_zones("Which time zone do you mean?", order.zones, commands)


def choice_of_zones(question: str, zones: Sequence[str], commands: Sequence[str]) -> Reply:
    """A button for each zone, or the command to send where it is too long for one."""
    rows = [button(zone_in_words(zone), command) for zone, command in zip(zones, commands, strict=True)]
    if all(rows):
        return Reply(blocks=(Prose(text=question),), buttons=tuple(rows))
    items = Items(items=tuple(Item(text=command) for command in commands))
    return Reply(blocks=(Prose(text=question), Note(text="Send one of these:"), items))


def _meant(asked: ChangeSubscription, orders: tuple[Subscription, ...]) -> tuple[Subscription, ...]:
    """By `#id` (buttons), number or topic; nothing said: the only one, or all to hold or resume."""
    which = asked.which.strip()
    if not which:
        return orders if asked.change != "unsubscribe" or len(orders) == 1 else ()
    if which.startswith("#"):
        return tuple(order for order in orders if str(order.id) == which[1:])
    by_topic = tuple(order for order in orders if order.topic.casefold() == which.casefold())
    if by_topic or not (which.isascii() and which.isdigit()):
        return by_topic
    return orders[int(which) - 1 : int(which)] if int(which) else ()


def _line(order: Subscription, now: datetime) -> str:
    zone = ZoneInfo(order.timezone)
    when = "on hold" if order.paused else f"next {max(order.next_due, now).astimezone(zone):%a %-d %b %H:%M}"
    if order.barred_since is not None:
        since = order.barred_since.astimezone(zone)
        when += f"; undelivered, as I may not write here since {since:%a %-d %b %H:%M}"
    filters = f" ({filters_in_words(order.filters)})" if order.filters else ""
    return f"{order.topic}{filters}: {in_words(from_json(order.schedule))}, {zone_in_words(zone.key)}; {when}"


def _buttons(order: Subscription, *, with_topic: bool = False) -> tuple[Button, ...]:
    topic = f" {order.topic}" if with_topic else ""
    hold = ("Resume", "resume") if order.paused else ("Pause", "pause")
    return (
        *button(f"{hold[0]}{topic}", f"/{hold[1]} #{order.id}"),
        *button(f"Unsubscribe{topic}", f"/unsubscribe #{order.id}"),
    )
