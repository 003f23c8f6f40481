"""Standing orders that a chat has given: shown, held, and ended."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat import ChatRef
from bot.commands.requests import ChangeSubscriptionRequest
from bot.commands.subscription_words import filters_in_words
from bot.replies.compose import button, counted
from bot.reply import Button, Item, Items, Note, Prose, Reply, Title, refusal
from bot.schedules.due import first_due
from bot.schedules.schedule import NEVER, from_json, in_words
from bot.schedules.zones import zone_in_words
from bot.storage.chats import ChatStore, OrderKind, Subscription

_DONE = {"unsubscribe": "Ended", "unfollow": "Ended", "pause": "On hold", "resume": "Going on"}


class StandingOrders:
    """Answers to the commands that show, hold and end standing orders."""

    def __init__(self, *, chats: ChatStore) -> None:
        self._chats = chats

    def subscriptions(self, chat: ChatRef, *, now: datetime) -> Reply:
        """The chat's orders, numbered."""
        orders = self._chats.subscriptions(chat)
        if not orders:
            example = Note(text="/subscribe nato daily 08:00 Europe/Brussels gives the first.")
            return Reply(blocks=(Prose(text="This chat has no standing orders."), example))
        items = tuple(Item(text=_line(order, now)) for order in orders)
        buttons = tuple(order_buttons(order, with_topic=True) for order in orders)
        title = Title(text=f"{counted(len(orders), 'standing order')} here")
        return Reply(blocks=(title, Items(items=items, numbered=True)), buttons=buttons)

    def change(self, chat: ChatRef, asked: ChangeSubscriptionRequest, *, now: datetime) -> Reply:
        """Ends, holds or goes on with the orders meant."""
        orders = self._chats.subscriptions(chat)
        if asked.change == "unfollow":
            orders = tuple(order for order in orders if order.kind is OrderKind.SPEAKER)
            if not orders:
                return refusal("Nobody is followed here. /follow does so.")
        if not orders:
            return refusal("This chat has no standing orders. /subscribe or /follow gives one.")
        meant = _meant(asked, orders)
        if asked.change == "resume" and not asked.which:
            meant = tuple(order for order in meant if order.paused)
            if not meant:
                return refusal("No standing order here is on hold.")
        if not meant:
            known = ", ".join(f"{n} {name_of(order)}" for n, order in enumerate(orders, 1))
            which = f"There is no standing order “{asked.which}”" if asked.which else "Say which"
            return refusal(f"{which}. There are: {known}.")
        for order in meant:
            self._apply(chat, asked.change, order, now)
        undo: tuple[Button, ...] = ()
        if asked.change == "pause":
            undo = tuple(
                b for order in meant for b in button(f"Resume {name_of(order)}", f"/resume #{order.id}")
            )
        text = f"{_DONE[asked.change]}: {', '.join(name_of(order) for order in meant)}."
        return Reply(blocks=(Prose(text=text),), buttons=tuple((b,) for b in undo))

    def _apply(self, chat: ChatRef, change: str, order: Subscription, now: datetime) -> None:
        match change:
            case "unsubscribe" | "unfollow":
                self._chats.remove_subscription(chat, order.id)
            case "pause":
                self._chats.pause_subscription(chat, order.id)
            case "resume":
                self._chats.resume_subscription(chat, order.id, next_due=first_due(order, now))
            case _:
                raise ValueError(f"not a change: {change}")


def _meant(asked: ChangeSubscriptionRequest, orders: tuple[Subscription, ...]) -> tuple[Subscription, ...]:
    """By `#id` (buttons), number or topic; nothing said: the only one, or all to hold or resume."""
    which = asked.which.strip()
    if not which:
        return orders if asked.change in {"pause", "resume"} or len(orders) == 1 else ()
    if which.startswith("#"):
        return tuple(order for order in orders if str(order.id) == which[1:])
    wanted = which.casefold()
    # A topic, what breaks on it and quotes by somebody of that name are three orders.
    by_topic = (
        tuple(order for order in orders if name_of(order).casefold() == wanted)
        or tuple(order for order in orders if order.topic.casefold() == wanted)
        or tuple(o for o in orders if o.kind is OrderKind.SPEAKER and wanted in o.topic.casefold().split())
    )
    if len(by_topic) > 1 and asked.change in {"unsubscribe", "unfollow"}:
        return ()
    if by_topic or not (which.isascii() and which.isdigit()):
        return by_topic
    return orders[int(which) - 1 : int(which)] if int(which) else ()


def _line(order: Subscription, now: datetime) -> str:
    zone = ZoneInfo(order.timezone)
    when = "on hold" if order.paused else _next(order, zone, now)
    if order.barred_since is not None:
        since = order.barred_since.astimezone(zone)
        when += f"; undelivered, as I may not write here since {since:%a %-d %b %H:%M}"
    filters = f" ({filters_in_words(order.filters)})" if order.filters else ""
    when += "; also when there is nothing new" if order.always else ""
    return (
        f"{name_of(order)}{filters}: {in_words(from_json(order.schedule))}, {zone_in_words(zone.key)}; {when}"
    )


def _next(order: Subscription, zone: ZoneInfo, now: datetime) -> str:
    if order.next_due == NEVER:
        return "waiting for one"
    return f"next {max(order.next_due, now).astimezone(zone):%a %-d %b %H:%M}"


def name_of(order: Subscription) -> str:
    """What it is called where there are others."""
    match order.kind:
        case OrderKind.SPEAKER:
            return f"quotes by {order.topic}"
        case OrderKind.BREAKING:
            return f"breaking news on {order.topic or 'any topic'}"
        case OrderKind.TOPIC:
            return order.topic


def order_buttons(order: Subscription, *, with_topic: bool = False) -> tuple[Button, ...]:
    """To hold it, or go on with it, and to end it."""
    topic = f" {name_of(order)}" if with_topic else ""
    hold = ("Resume", "resume") if order.paused else ("Pause", "pause")
    return (
        *button(f"{hold[0]}{topic}", f"/{hold[1]} #{order.id}"),
        *button(f"Unsubscribe{topic}", f"/unsubscribe #{order.id}"),
    )
