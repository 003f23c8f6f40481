"""Pacing, in virtual time, against windows kept as a platform keeps them."""

import asyncio
import contextlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.limits.rate_limiter import Limit, RateLimiter
from tests.virtual_time import run

ONE_A_SECOND = Limit(1, 1.0)
TWENTY_A_MINUTE = Limit(20, 60.0)


def limits_of(place: str) -> tuple[Limit, ...]:
    return (ONE_A_SECOND, TWENTY_A_MINUTE) if place.startswith("-") else (ONE_A_SECOND,)


def telegram() -> RateLimiter:
    return RateLimiter(overall=Limit(30, 1.0), limits_of=limits_of, gap_s=0.025)


class Platform:
    """Notes when each request counted: somewhere between its asking and its answer."""

    def __init__(self, limiter: RateLimiter, *, latency_s: float = 0.02) -> None:
        self._limiter = limiter
        self._latency_s = latency_s
        self.counted: list[tuple[float, str]] = []

    async def send(
        self, place: str, *, urgent: bool = False, latency_s: float | None = None, counts_at: float = 0.5
    ) -> float:
        latency_s = self._latency_s if latency_s is None else latency_s
        async with self._limiter.turn(place, urgent=urgent):
            await asyncio.sleep(latency_s * counts_at)
            self.counted.append((now(), place))
            await asyncio.sleep(latency_s * (1 - counts_at))
        return now()

    def times(self, place: str) -> list[float]:
        return [when for when, where in self.counted if where == place]


def now() -> float:
    return asyncio.get_running_loop().time()


def most_within(times: list[float], seconds: float) -> int:
    """The most of them in any window of that length."""
    times = sorted(times)
    return max((sum(start <= t < start + seconds for t in times) for start in times), default=0)


request = st.tuples(
    st.sampled_from(["1", "2", "3", "-4", "-5"]), st.booleans(), st.floats(0, 3), st.floats(0, 1)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(request, max_size=60))
def test_no_window_is_ever_overfull_however_slow_the_answers_are(
    requests: list[tuple[str, bool, float, float]],
) -> None:
    async def main() -> Platform:
        platform = Platform(RateLimiter(overall=Limit(4, 1.0), limits_of=limits_of))
        async with asyncio.TaskGroup() as group:
            for place, urgent, latency_s, counts_at in requests:
                group.create_task(
                    platform.send(place, urgent=urgent, latency_s=latency_s, counts_at=counts_at)
                )
        return platform

    platform = run(main())
    assert len(platform.counted) == len(requests)
    assert most_within([when for when, _ in platform.counted], 1.0) <= 4
    for place in {place for _, place in platform.counted}:
        assert most_within(platform.times(place), 1.0) <= 1
        if place.startswith("-"):
            assert most_within(platform.times(place), 60.0) <= 20


@pytest.mark.slow
def test_three_thousand_messages_take_little_longer_than_the_limit_itself() -> None:
    async def main() -> float:
        platform = Platform(telegram(), latency_s=0.02)
        async with asyncio.TaskGroup() as group:
            for number in range(3_000):
                group.create_task(platform.send(str(number // 3)))
        assert most_within([when for when, _ in platform.counted], 1.0) <= 30
        return now()

    assert 99 <= run(main()) <= 104


def test_who_waits_for_an_answer_goes_before_the_digests() -> None:
    async def main() -> float:
        platform = Platform(telegram())
        async with asyncio.TaskGroup() as group:
            for number in range(600):
                group.create_task(platform.send(str(number)))
            await asyncio.sleep(5)
            asked = now()
            answered = await group.create_task(platform.send("person", urgent=True))
        return answered - asked

    assert run(main()) < 0.2


def test_a_chat_that_must_wait_holds_up_no_other() -> None:
    async def main() -> list[str]:
        platform = Platform(telegram())
        async with asyncio.TaskGroup() as group:
            for place in ["1", "1", "1", "2", "3"]:
                group.create_task(platform.send(place))
        return [place for _, place in platform.counted]

    assert run(main()) == ["1", "2", "3", "1", "1"]


def test_messages_to_one_chat_keep_their_order() -> None:
    async def main() -> list[int]:
        limiter, order = telegram(), []

        async def send(number: int) -> None:
            async with limiter.turn("1", urgent=False):
                order.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(send(number))
        return order

    assert run(main()) == [0, 1, 2, 3, 4]


def test_a_pause_is_kept_to_the_second_by_its_chat_alone() -> None:
    async def main() -> Platform:
        limiter = telegram()
        platform = Platform(limiter)
        limiter.pause("1", 7)
        async with asyncio.TaskGroup() as group:
            group.create_task(platform.send("1"))
            group.create_task(platform.send("2"))
        return platform

    platform = run(main())
    assert 7.0 <= platform.times("1")[0] < 7.1
    assert platform.times("2")[0] < 0.1


def test_pauses_asked_for_by_two_chats_at_once_are_kept_by_all() -> None:
    async def main() -> Platform:
        limiter = telegram()
        platform = Platform(limiter)
        limiter.pause("1", 5)
        limiter.pause("2", 6)
        await platform.send("3")
        return platform

    assert 6.0 <= run(main()).times("3")[0] < 6.1


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def main() -> list[float]:
        platform = Platform(telegram(), latency_s=0)
        first = asyncio.create_task(platform.send("1"))
        given_up = asyncio.create_task(platform.send("1"))
        last = asyncio.create_task(platform.send("1"))
        await first
        given_up.cancel()
        await asyncio.wait([given_up, last])
        return platform.times("1")

    (first, second) = run(main())
    assert 1.0 <= second - first < 1.1


def test_a_failed_request_still_counts_and_the_next_has_its_turn() -> None:
    async def main() -> list[float]:
        limiter, starts = telegram(), []
        for _ in range(3):
            with contextlib.suppress(ConnectionError):
                async with limiter.turn("1", urgent=True):
                    starts.append(now())
                    raise ConnectionError
        return starts

    assert all(after - before >= 1.0 for before, after in pairwise(run(main())))


@pytest.mark.slow
def test_places_long_quiet_are_forgotten() -> None:
    async def main() -> int:
        limiter = RateLimiter(overall=Limit(100_000, 1.0), limits_of=limits_of)
        for number in range(3_000):
            async with limiter.turn(str(number), urgent=False):
                await asyncio.sleep(0.01)
        return len(limiter._known)

    assert run(main()) <= 1_200
