"""Health and metrics as an operator's collector reads them, over HTTP from the app at work."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from articles.model import Article
from bot.app.application import Application
from bot.chat import NO_HOOKS, ChatGone, ChatRef, MessageId, SendHooks, SendUnknown
from bot.cli.serving import monitor_of
from bot.commands.table import parse
from bot.monitor import MeteredChat, Meters, MonitorServer, MonitorUnusable
from bot.ports import Capabilities, ChatAdapter, Conversation, IncomingCommand
from bot.reply import Prose, Reply
from config.settings import Monitor, Settings
from tests.bot.clocks import HandClock

CHAT = ChatRef(platform="telegram", chat="7")
HELLO = Reply(blocks=(Prose(text="Hello"),))


class Platform:
    """An adapter whose sends end as they are told to."""

    capabilities = Capabilities(platform="telegram", deduplicates=False, in_flight=1)

    def __init__(self, *endings: Exception | None) -> None:
        self.endings = list(endings)
        self.opened = asyncio.Event()

    async def serve(self, conversation: Conversation) -> None:
        conversation.answer(
            IncomingCommand(chat=CHAT, user="1", parsed=parse("/brief secret topic"), may_change=True)
        )
        conversation.answer(
            IncomingCommand(chat=CHAT, user="1", parsed=parse("/nosuchthing"), may_change=True)
        )

    async def stand_by(self) -> None:
        raise NotImplementedError

    async def ready(self) -> None:
        await self.opened.wait()

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        if ending := self.endings.pop(0):
            raise ending
        return MessageId("1")

    async def ping(self) -> None:
        return

    async def direct(self, user: str) -> ChatRef:
        return CHAT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.asynccontextmanager
async def monitored(app: Application, adapter: ChatAdapter) -> AsyncIterator[httpx.AsyncClient]:
    """The work that `pullquote run` starts beside the platforms."""
    port = free_port()
    settings = Settings(monitor=Monitor(port=port))
    (serve,) = monitor_of(app, {"telegram": adapter}, settings)
    task = asyncio.create_task(serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.ConnectError):
                await client.get("/healthz")
                break
            await asyncio.sleep(0.01)
        yield client
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def samples(client: httpx.AsyncClient) -> dict[str, float]:
    """Every sample as `name{label=value}`."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_what_is_sent_and_asked_is_counted_by_outcome_and_command(app: Application) -> None:
    platform = Platform(None, None, SendUnknown("no answer"), ChatGone("blocked"))
    chat = MeteredChat(platform, app.meters)
    for number in range(4):
        with contextlib.suppress(SendUnknown, ChatGone):
            await chat.send(CHAT, HELLO, key=str(number))
    await chat.serve(app.service)
    app.meters.throttled("telegram")
    async with monitored(app, chat) as client:
        found = await samples(client)
    assert found["pullquote_sends_total{outcome=sent,platform=telegram}"] == 2
    assert found["pullquote_sends_total{outcome=send_unknown,platform=telegram}"] == 1
    assert found["pullquote_sends_total{outcome=chat_gone,platform=telegram}"] == 1
    assert found["pullquote_send_seconds_count{platform=telegram}"] == 4
    assert found["pullquote_throttled_total{platform=telegram}"] == 1
    assert found["pullquote_answer_seconds_count{command=brief,platform=telegram}"] == 1
    # What people type is no label: they would make a time series each.
    assert found["pullquote_answer_seconds_count{command=words,platform=telegram}"] == 1
    assert not [name for name in found if "secret" in name or "nosuchthing" in name]


async def test_the_depth_and_age_of_the_outbox_are_read_from_the_database(
    app: Application, clock: HandClock
) -> None:
    app.chats.add_subscription(
        CHAT,
        topic="nato",
        schedule={"rhythm": "daily"},
        timezone="UTC",
        next_due=clock.now,
        created_by="1",
        now=clock.now,
    )
    app.outbox.enqueue_due(clock.now, limit=10, next_due=lambda o: o.next_due + timedelta(days=1))
    clock.now += timedelta(minutes=5)
    async with monitored(app, Platform()) as client:
        found = await samples(client)
    assert found["pullquote_database_up"] == 1
    assert found["pullquote_outbox{state=due}"] == 1
    assert found["pullquote_outbox{state=failed}"] == 0
    assert found["pullquote_outbox_oldest_due_seconds"] == 300
    assert found["pullquote_feeds{state=active}"] == 0


@pytest.mark.slow
async def test_an_article_stored_is_counted_with_its_quotes(app: Application, seed: Article) -> None:
    read = replace(seed, text=f"{seed.text} It is told again.", headline="Another")
    async with monitored(app, Platform()) as client:
        before = await samples(client)
        app.ingest(read)
        after = await samples(client)
    assert before["pullquote_quotes_total"] == 0
    assert after["pullquote_quotes_total"] > 5
    assert after["pullquote_analysis_seconds_count"] == 1


@pytest.mark.slow
async def test_ready_means_that_the_database_answers_and_the_platform_is_connected(
    app: Application,
) -> None:
    platform = Platform()
    async with monitored(app, platform) as client:
        healthy, waiting = await client.get("/healthz"), await client.get("/readyz")
        platform.opened.set()
        ready = await client.get("/readyz")
    assert (healthy.status_code, healthy.json()) == (200, {"status": "ok"})
    assert (waiting.status_code, waiting.json()["parts"]) == (503, {"database": True, "telegram": False})
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


async def test_the_dashboard_asks_for_metrics_that_there_are(app: Application) -> None:
    chat = MeteredChat(Platform(None), app.meters)
    await chat.send(CHAT, HELLO, key="1")
    await chat.serve(app.service)
    app.meters.throttled("telegram")
    async with monitored(app, chat) as client:
        there = {name.partition("{")[0] for name in await samples(client)}
    dashboard = (Path(__file__).parents[3] / "deploy" / "grafana.json").read_text(encoding="utf-8")
    asked = set(re.findall(r"\b(?:pullquote|process)_\w+", dashboard))
    assert len(asked) > 8
    assert asked <= there


async def test_a_port_that_is_taken_is_one_plain_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = MonitorServer(CollectorRegistry(), parts={}, host="127.0.0.1", port=port)
        with pytest.raises(MonitorUnusable, match=f"cannot listen on 127.0.0.1:{port} for metrics"):
            await server.serve()


def test_each_process_has_its_own_meters() -> None:
    one, other = Meters(CollectorRegistry()), Meters(CollectorRegistry())
    one.throttled("discord")
    value = other.registry.get_sample_value("pullquote_throttled_total", {"platform": "discord"})
    assert value is None
