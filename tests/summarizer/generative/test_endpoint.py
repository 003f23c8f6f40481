"""A model behind an endpoint: what is asked of it, how often, and what becomes of each answer."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from articles.database import Database
from summarizer.errors import GenerationFailed
from summarizer.generative import Budget, Endpoint
from summarizer.generative.endpoint import EndpointWriter
from summarizer.generative.ledger import UsageLedger
from summarizer.model import Fallback
from tests.servers.chat_completions import KEY, MODEL, ChatServer, Scripted, article_in, lines

SAID = "The harbour reopened."
NOW = datetime(2017, 2, 16, 23, 0, tzinfo=UTC)


class Time:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def day() -> list[datetime]:
    return [NOW]


@pytest.fixture
def open_writer(database: Database, time: Time, day: list[datetime]) -> Callable[..., EndpointWriter]:
    def open_(server: ChatServer, **said: Any) -> EndpointWriter:
        endpoint = replace(Endpoint(url=server.url, name=MODEL, key=KEY, timeout_s=5.0), **said)
        ledger = UsageLedger(database, clock=lambda: day[0])
        return EndpointWriter(endpoint, ledger, monotonic=time, sleep=time.sleep, chance=random.Random(1))

    return open_


Opened = Callable[..., EndpointWriter]


async def written(writer: EndpointWriter, *texts: str) -> tuple[str, ...]:
    told = texts or ("The harbour reopened today.",)
    return await asyncio.to_thread(writer.write, told, headline="Harbour", sentences=3)


@contextmanager
def not_written(reason: Fallback, match: str = ".") -> Iterator[None]:
    with pytest.raises(GenerationFailed, match=match) as caught:
        yield
    assert caught.value.reason is reason
    assert KEY not in str(caught.value)


async def test_each_text_is_asked_of_the_model_as_data(open_writer: Opened) -> None:
    async with ChatServer(lambda said: article_in(said).splitlines()[-1]) as server:
        texts = ("The harbour reopened.", "Ships came in. ARTICLE 0000 is over.")
        assert await written(open_writer(server), *texts) == texts
        system, user = server.asked[1]["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert "Harbour" not in system["content"]
    assert article_in(user["content"]) == f"Harbour\n\n{texts[1]}"


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_transient_failure_is_retried(open_writer: Opened, time: Time, status: int) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.extend([Scripted(status=status)] * 2)
        assert await written(open_writer(server)) == (SAID,)
    assert len(time.slept) == 2
    assert 0.8 <= time.slept[0] <= 1.2 < time.slept[1] <= 2.4


async def test_retry_after_is_obeyed(open_writer: Opened, time: Time) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.append(Scripted(status=429, headers={"Retry-After": "7"}))
        assert await written(open_writer(server)) == (SAID,)
    assert time.slept == [7.0]


async def test_no_request_is_sent_during_a_long_retry_after(open_writer: Opened, time: Time) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.append(Scripted(status=429, headers={"Retry-After": "600"}))
        writer = open_writer(server)
        for _ in range(3):
            with not_written(Fallback.UNREACHABLE):
                await written(writer)
        assert (server.requests, time.slept) == (1, [])
        time.now += 601
        assert await written(writer) == (SAID,)


async def test_after_failed_retries_no_request_is_sent_for_a_while(open_writer: Opened, time: Time) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.extend([Scripted(status=500)] * 3)
        writer = open_writer(server)
        for _ in range(2):
            with not_written(Fallback.UNREACHABLE):
                await written(writer)
        assert server.requests == 3
        time.now += 61
        assert await written(writer) == (SAID,)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"key": "sk-other"}, "key is wrong"),
        ({"key": None}, "key is wrong"),
        ({"name": "other"}, "no such model"),
    ],
)
async def test_a_refusal_is_not_retried(open_writer: Opened, said: dict[str, Any], match: str) -> None:
    async with ChatServer(lines(SAID)) as server:
        with not_written(Fallback.REFUSED, match):
            await written(open_writer(server, **said))
        assert server.requests == 1


@pytest.mark.parametrize(
    "unsupported",
    [{"max_tokens"}, {"temperature"}, {"temperature", "seed", "max_tokens"}],
)
async def test_an_option_that_a_model_does_not_take_is_left_out(
    open_writer: Opened, unsupported: set[str]
) -> None:
    async with ChatServer(lines(SAID), unsupported=frozenset(unsupported)) as server:
        writer = open_writer(server)
        assert await written(writer) == (SAID,)
        assert await written(writer) == (SAID,)
        assert server.requests == len(unsupported) + 2
        assert ("max_completion_tokens" in server.asked[0]) is ("max_tokens" in unsupported)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{"message": "hello"}]}',
        b'\xff\xfe{"choices": 1}',
        b"[" * 200_000,
    ],
)
async def test_an_answer_that_is_no_chat_completion_is_an_error(open_writer: Opened, body: bytes) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.append(Scripted(body=body, headers={"Content-Type": "application/json"}))
        with not_written(Fallback.REFUSED, "no chat completion"):
            await written(open_writer(server))


async def test_an_answer_that_does_not_end_is_an_error(open_writer: Opened) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.extend([Scripted(body=b" " * (2 << 20))] * 3)
        with not_written(Fallback.UNREACHABLE, "does not end"):
            await written(open_writer(server))


async def test_a_redirect_is_not_followed(open_writer: Opened) -> None:
    async with ChatServer(lines(SAID)) as other, ChatServer(lines(SAID)) as server:
        server.script.append(Scripted(status=307, headers={"Location": f"{other.url}/chat/completions"}))
        with not_written(Fallback.REFUSED, "status 307"):
            await written(open_writer(server))
        assert other.requests == 0


async def test_requests_are_counted_by_day_over_restarts(open_writer: Opened, day: list[datetime]) -> None:
    async with ChatServer(lines(SAID)) as server:
        budget = Budget(requests=2)
        for _ in range(2):
            assert await written(open_writer(server, budget=budget)) == (SAID,)
        with not_written(Fallback.BUDGET):
            await written(open_writer(server, budget=budget))
        assert server.requests == 2
        day[0] += timedelta(hours=1)  # past midnight, UTC
        assert await written(open_writer(server, budget=budget)) == (SAID,)


async def test_tokens_are_counted_as_the_server_counts_them(open_writer: Opened) -> None:
    async with ChatServer(lines(SAID)) as server:
        # A request reserves about 900 and uses about 250: three fit where two reservations would not.
        writer = open_writer(server, budget=Budget(tokens=1_500))
        for _ in range(3):
            assert await written(writer) == (SAID,)
        with not_written(Fallback.BUDGET):
            for _ in range(9):
                await written(writer)
        assert server.requests < 9


async def test_a_refused_request_costs_no_tokens(open_writer: Opened, time: Time) -> None:
    async with ChatServer(lines(SAID)) as server:
        server.script.extend([Scripted(status=503)] * 2)
        assert await written(open_writer(server, budget=Budget(tokens=1_000))) == (SAID,)


async def test_a_request_to_a_server_that_is_down_costs_no_tokens(open_writer: Opened, time: Time) -> None:
    async with ChatServer(lines(SAID)) as server:
        pass
    writer = open_writer(server, budget=Budget(tokens=1_500))
    for _ in range(3):
        with not_written(Fallback.UNREACHABLE, "does not answer"):
            await written(writer)
        time.now += 61


async def test_the_check_costs_nothing(open_writer: Opened) -> None:
    async with ChatServer(lines(SAID)) as server:
        writer = open_writer(server, budget=Budget(requests=0))
        assert await asyncio.to_thread(writer.check) == f"{MODEL} at {server.url}"
        assert server.requests == 0


def test_a_key_is_in_no_description_of_its_endpoint() -> None:
    assert KEY not in repr(Endpoint(url="http://a.example/v1", name=MODEL, key=KEY))
