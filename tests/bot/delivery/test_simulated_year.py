"""A year of subscriptions in forty zones, checked by another way of reckoning.

Orders go the real way from their words to the outbox. What they must give is worked out here from
zoneinfo's offsets alone, minute by minute, without `bot.schedules.schedule`. The year is the one from
December 2011: in it Samoa leaves out a day, Lord Howe moves its clocks by half an hour and Troll by two
hours, Morocco interrupts its summer time for Ramadan, clocks change at midnight in Havana, Amman and São
Paulo, and there is a 29 February.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from articles.database import Database
from bot.chat import ChatRef
from bot.commands.subscription_words import read_draft
from bot.delivery.dispatcher import BATCH
from bot.schedules.schedule import following, next_due, to_json
from bot.storage.chats import ChatStore
from bot.storage.outbox import Outbox

ORDERS = 2_000
START, END = datetime(2011, 12, 1, tzinfo=UTC), datetime(2012, 12, 1, tzinfo=UTC)
STEP = timedelta(hours=4)  # of the clock; orders due in it are enqueued as they were at their minutes
ZONES = (
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Windhoek",
    "America/Anchorage",
    "America/Caracas",
    "America/Chicago",
    "America/Havana",
    "America/Los_Angeles",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Macquarie",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Fakaofo",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
)
QUIET = ("", "", "", "quiet 22:00-07:00", "quiet 23:30-02:30", "quiet 12:00-14:30", "quiet 00:30-06:15")
DAY = 24 * 60
Minutes = NDArray[np.int64]  # since 1970, of UTC or of a wall's clock
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An order's words, and when its clock shows one of its times."""

    words: str
    quiet: str
    on: Callable[[Minutes], NDArray[np.bool_]]  # of days since 1970: those on which it is due
    at: tuple[int, ...]  # minutes of the day
    every_time: bool = False  # also when the clock shows a time again


@dataclass(frozen=True, slots=True)
class Wall:
    """What the clocks of a zone show in that year."""

    utc: Minutes  # every minute
    shown: Minutes  # at each of those
    first: Minutes  # when each minute from shown[0] on is shown first, or would have been had no clock leapt

    def times(self, wanted: Wanted) -> Minutes:
        days = np.arange(self.shown[0] // DAY + 1, self.shown[-1] // DAY)
        days = days[wanted.on(days)]
        walls = (days[:, None] * DAY + np.array(wanted.at, dtype=np.int64)[None, :]).ravel()
        if wanted.every_time:
            shown: Minutes = self.utc[np.isin(self.shown, walls)]
            return shown
        once: Minutes = self.first[walls - self.shown[0]]
        return once


@cache
def wall(zone: str) -> Wall:
    there = ZoneInfo(zone)
    begin = int((START - timedelta(days=4)).timestamp()) // 60
    end = int((END + timedelta(days=4)).timestamp()) // 60
    utc = np.arange(begin, end)

    def offset(minute: int) -> int:
        shown = datetime.fromtimestamp(minute * 60, there).utcoffset()
        assert shown is not None
        return int(shown.total_seconds()) // 60

    hourly = [offset(minute) for minute in range(begin, end, 60)]
    offsets = np.repeat(hourly, 60)[: len(utc)]
    for hour in np.flatnonzero(np.diff(hourly)):  # in that hour the clocks changed
        span = range(hour * 60, (hour + 1) * 60)
        offsets[span.start : span.stop] = [offset(begin + minute) for minute in span]
    shown = utc + offsets
    first = np.full(shown.max() - shown[0] + 1, -1)
    first[shown[::-1] - shown[0]] = utc[::-1]
    for at in np.flatnonzero(np.diff(shown) > 1):  # a leap: the old clock goes on over the gap
        gap = np.arange(1, shown[at + 1] - shown[at])
        first[shown[at] + gap - shown[0]] = utc[at] + gap
    return Wall(utc, shown, first)


@cache
def next_loud(zone: str, quiet: str) -> Minutes:
    """For each minute of UTC, the first from it on at which the clock shows none of the quiet hours."""
    there = wall(zone)
    start, end = (int(at[:2]) * 60 + int(at[3:]) for at in quiet.removeprefix("quiet ").split("-"))
    of_day = there.shown % DAY
    inside = (of_day >= start) & (of_day < end) if start < end else (of_day >= start) | (of_day < end)
    loud = np.where(inside, np.iinfo(np.int64).max, there.utc)
    from_behind: Minutes = np.minimum.accumulate(loud[::-1])
    return from_behind[::-1]


def expected(zone: str, wanted: Wanted) -> Minutes:
    due = wall(zone).times(wanted)
    if wanted.quiet:
        due = next_loud(zone, wanted.quiet)[due - wall(zone).utc[0]]
    due = np.unique(due)
    return due[(due > START.timestamp() // 60) & (due <= END.timestamp() // 60)]


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def on_weekdays(*days: int) -> Callable[[Minutes], NDArray[np.bool_]]:
    return lambda since_1970: np.isin((since_1970 + EPOCH_WEEKDAY) % 7, days)


def on_dates(*, day: int | None = None, month: int | None = None) -> Callable[[Minutes], NDArray[np.bool_]]:
    def matches(since_1970: Minutes) -> NDArray[np.bool_]:
        dates = since_1970.astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        is_day = ((dates - months).astype(int) + 1 == day) | (day is None)
        both: NDArray[np.bool_] = is_day & ((months.astype(int) % 12 + 1 == month) | (month is None))
        return both

    return matches


def awkward_orders() -> list[tuple[str, Wanted]]:
    """Those that the changes of the clocks are hardest on."""
    every_day, hours = on_weekdays(*range(7)), tuple(range(0, DAY, 60))
    hourly = [
        (zone, Wanted(words="hourly", quiet=quiet, on=every_day, at=hours, every_time=True))
        for zone, quiet in (
            ("Europe/Berlin", "quiet 22:00-02:30"),
            ("Australia/Lord_Howe", ""),
            ("Africa/Casablanca", "quiet 22:00-02:30"),
            ("Antarctica/Troll", ""),
        )
    ]
    close = [
        (zone, Wanted(words=f"daily {clock(one)} {clock(other)}", quiet=quiet, on=every_day, at=(one, other)))
        for zone, one, other in (
            ("Europe/Berlin", 165, 195),  # 02:45 comes after 03:15 when 02:00 to 03:00 is left out
            ("America/Sao_Paulo", 30, 70),
            ("Australia/Lord_Howe", 130, 155),
            ("Pacific/Apia", 0, DAY - 1),
        )
        for quiet in ("", "quiet 23:30-02:45")
    ]
    return [*hourly, *close]


def make_order(number: int, chance: random.Random) -> Wanted:
    """One of every kind of schedule, the frequent ones rarely."""
    quiet = chance.choice(QUIET)
    at = chance.randrange(0, DAY, 5)
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    kind = number % 100
    if kind < 2 and number < 400:
        step = chance.choice((4, 6, 8, 12))
        times = tuple(range(at % (step * 60), DAY, step * 60))
        return Wanted(words=f"every {step}h {clock(at)}", quiet=quiet, on=on_weekdays(*range(7)), at=times)
    if kind < 10:
        return make_cron(chance, quiet)
    if kind < 13:
        times = (at, (at + chance.randrange(30, 700, 5)) % DAY)[: chance.randint(1, 2)]
        words = f"daily {' '.join(map(clock, times))}"
        return Wanted(words=words, quiet=quiet, on=on_weekdays(*range(7)), at=times)
    if kind < 16:
        return Wanted(words=f"weekdays {clock(at)}", quiet=quiet, on=on_weekdays(*range(5)), at=(at,))
    if kind == 16:
        return Wanted(words="breaking", quiet=quiet, on=lambda days: np.zeros(len(days), dtype=bool), at=())
    if kind > 50:
        day = chance.randint(1, 31)
        words = f'cron "{at % 60} {at // 60} {day} * *"'
        return Wanted(words=words, quiet=quiet, on=on_dates(day=day), at=(at,))
    days = chance.sample(range(7), 2 if number % 5 == 0 else 1)
    said = ",".join(names[day] for day in days)
    return Wanted(words=f"weekly {said} {clock(at)}", quiet=quiet, on=on_weekdays(*days), at=(at,))


def make_cron(chance: random.Random, quiet: str) -> Wanted:
    hour, minute = chance.randrange(24), chance.choice((0, 15, 30, 45))
    at = (hour * 60 + minute,)
    half_hours = tuple(range(8 * 60, 11 * 60, 30))
    quarters = tuple(range(minute, DAY, 60))
    match chance.randrange(6):
        case 0:
            return Wanted(words=f'cron "{minute} {hour} * * 0"', quiet=quiet, on=on_weekdays(6), at=at)
        case 1:
            words = 'cron "*/30 8-10 * * mon-tue"'
            return Wanted(words=words, quiet=quiet, on=on_weekdays(0, 1), at=half_hours)
        case 2:
            return Wanted(
                words=f'cron "{minute} {hour} 29 2 *"', quiet=quiet, on=on_dates(day=29, month=2), at=at
            )
        case 3:
            either = on_dates(day=13), on_weekdays(4)
            words = f'cron "{minute} {hour} 13 * 5"'
            return Wanted(words=words, quiet=quiet, on=lambda days: either[0](days) | either[1](days), at=at)
        case 4:
            words = f'cron "{minute} * * 3 *"'
            return Wanted(words=words, quiet=quiet, on=on_dates(month=3), at=quarters, every_time=True)
        case _:
            return Wanted(words=f'cron "{minute} {hour} 1-31/30 * *"', quiet=quiet, on=first_and_31st, at=at)


def first_and_31st(days: Minutes) -> NDArray[np.bool_]:
    return on_dates(day=1)(days) | on_dates(day=31)(days)


def place_orders(chats: ChatStore) -> dict[int, tuple[str, Wanted]]:
    """The orders given at the start, by their number."""
    chance = random.Random(2012)
    awkward = awkward_orders()
    others = [(chance.choice(ZONES), make_order(number, chance)) for number in range(ORDERS - len(awkward))]
    given = {}
    for number, (zone, wanted) in enumerate([*awkward, *others]):
        order = read_draft(f"topic {wanted.words} {wanted.quiet} {zone}")
        assert not order.guesses
        subscription, _ = chats.add_subscription(
            ChatRef(platform="telegram", chat=str(number)),
            topic=order.topic,
            schedule=to_json(order.schedule),
            timezone=order.zone or "",
            next_due=next_due(order.schedule, ZoneInfo(order.zone or ""), START),
            created_by="1",
            now=START,
        )
        given[int(subscription.id)] = (zone, wanted)
    return given


def live(outbox: Outbox) -> None:
    """Time passes: what has come is enqueued in the dispatcher's batches until there is no more."""
    now = START
    while now < END:
        now += STEP
        while outbox.enqueue_due(now, limit=BATCH, next_due=lambda order: following(order, order.next_due)):
            pass


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite"])  # once: the reckoning is the same whatever stores it
@pytest.mark.timeout(600)  # 25 s of one core's time
def test_a_years_deliveries_come_at_their_local_times_none_missing_and_none_twice(
    database: Database, chat_store: ChatStore, outbox: Outbox
) -> None:
    orders = place_orders(chat_store)
    live(outbox)
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT subscription_id, CAST(strftime('%s', due_at) AS INTEGER) / 60 FROM outbox ORDER BY 1, 2"
        ).all()
    found = np.array([tuple(row) for row in rows])
    numbers, starts = np.unique(found[:, 0], return_index=True)
    delivered = dict(zip(numbers.tolist(), np.split(found[:, 1], starts[1:]), strict=True))
    wrong = [
        (zone, wanted.words, wanted.quiet)
        for number, (zone, wanted) in orders.items()
        if not np.array_equal(delivered.get(number, np.array([])), expected(zone, wanted))
    ]
    assert wrong == []
    assert len({zone for zone, _ in orders.values()}) == 40
    assert len(found) > 90 * ORDERS
