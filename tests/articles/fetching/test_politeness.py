import asyncio
from datetime import timedelta

import pytest

from articles.fetching.politeness import HostPaused, RequestLimiter


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def polite(time: Time, *, in_flight: int = 3, host_delay_s: float = 1.0) -> RequestLimiter:
    return RequestLimiter(in_flight=in_flight, host_delay_s=host_delay_s, clock=time.clock, sleep=time.sleep)


async def test_no_host_has_two_requests_at_once_and_no_more_than_so_many_run_in_all() -> None:
    politeness = polite(Time(), in_flight=3, host_delay_s=0)
    running: list[str] = []
    most = 0

    async def request(host: str) -> None:
        nonlocal most
        async with politeness.slot(host):
            assert host not in running
            running.append(host)
            most = max(most, len(running))
            await asyncio.sleep(0)
            running.remove(host)

    await asyncio.gather(*(request(f"host{n % 5}") for n in range(40)))
    assert most == 3


async def test_between_two_requests_to_a_host_there_is_a_pause() -> None:
    time = Time()
    politeness = polite(time)
    starts = []
    for delay_s in (0.0, 5.0, 0.0):  # the second time, its robots.txt asks for five seconds
        async with politeness.slot("a.example", delay_s=delay_s):
            starts.append(time.now)
    assert starts == [1000.0, 1001.0, 1006.0]


async def test_another_host_need_not_wait() -> None:
    time = Time()
    politeness = polite(time)
    for host in ("a.example", "b.example"):
        async with politeness.slot(host):
            assert time.now == 1000.0


async def test_a_host_that_asked_for_a_pause_gets_it() -> None:
    time = Time()
    politeness = polite(time)
    politeness.pause("a.example", timedelta(seconds=30))
    with pytest.raises(HostPaused) as paused:
        async with politeness.slot("a.example"):
            pass
    assert paused.value.remaining == timedelta(seconds=30)
    time.now += 31
    async with politeness.slot("a.example"):
        pass


async def test_a_failed_or_cancelled_request_gives_its_turn_back() -> None:
    politeness = polite(Time(), in_flight=1)

    async def hang() -> None:
        async with politeness.slot("a.example"):
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(RuntimeError, match="broken"):
        async with politeness.slot("a.example"):
            raise RuntimeError("broken")
    async with politeness.slot("a.example"):
        pass


async def test_idle_hosts_are_forgotten_and_paused_ones_are_not() -> None:
    time = Time()
    politeness = polite(time)
    politeness.pause("paused.example", timedelta(days=1))
    for n in range(3000):
        async with politeness.slot(f"host{n}.example"):
            time.now += 2
    assert len(politeness._hosts) < 1100
    with pytest.raises(HostPaused):
        async with politeness.slot("paused.example"):
            pass
