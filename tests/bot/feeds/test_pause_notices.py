"""A feed that is given up: the chats that asked for it hear so, each once, whatever happens on the way."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from articles.feeds.model import FeedId, FeedPaused
from articles.feeds.opml import Outline, write_opml
from articles.fetching import FetchPolicy
from articles.fetching.transport import AllowList
from bot.app.application import Application
from bot.chat import (
    NO_HOOKS,
    ChatError,
    ChatGone,
    ChatMoved,
    ChatRef,
    MessageId,
    NotAllowed,
    SendFailed,
    SendHooks,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.feeds.pause_notices import PauseNotices
from bot.ports import Capabilities, Conversation
from bot.reply import Reply
from tests.bot.clocks import HandClock
from tests.bot.jobs.feeds_at_work import feeds_at_work
from tests.bot.talk import ask, words
from tests.samples import CHAT
from tests.servers.news import NewsServer, document, refusal

FEED = "<rss version='2.0'><channel><title>World</title></channel></rss>"
OTHER = ChatRef(platform="discord", chat="99", thread=None)


class Chat:
    """A platform that fails as it is told, one failure a message, and otherwise keeps what it was sent."""

    capabilities = Capabilities(platform="telegram", deduplicates=False, in_flight=1)

    def __init__(self, *failures: ChatError) -> None:
        self.failures = list(failures)
        self.is_ready = asyncio.Event()
        self.is_ready.set()
        self.sent: list[tuple[ChatRef, str]] = []
        self.keys: list[str] = []

    async def serve(self, conversation: Conversation) -> None:
        raise NotImplementedError

    async def stand_by(self) -> None:
        raise NotImplementedError

    async def ready(self) -> None:
        await self.is_ready.wait()

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        await hooks.wait_for_slot()
        await hooks.mark_started()
        self.keys.append(key)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((chat, words(reply)))
        return MessageId(str(len(self.sent)))

    async def ping(self) -> None:
        return

    async def direct(self, user: str) -> ChatRef:
        raise NotImplementedError


@pytest.fixture
async def server() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        server.publish("/feed", document(FEED))
        yield server


@pytest.fixture
def policy(server: NewsServer) -> FetchPolicy:
    allowed = AllowList.parse([f"127.0.0.1:{server.port}"])
    return FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)


def notices_of(app: Application, **adapters: Chat) -> PauseNotices:
    return PauseNotices(
        owners=app.feed_owners,
        adapters=adapters,
        conversation=app.service,
        ready_within_s=0.01,
    )


async def add(app: Application, server: NewsServer, *chats: ChatRef) -> None:
    for chat in chats:
        line = f"/addfeed {server.url('/feed')}"
        assert not (await asyncio.to_thread(ask, app, line, chat=chat, is_owner=True)).error


async def paused(app: Application, server: NewsServer) -> FeedPaused:
    """The feed, gone."""
    server.publish("/feed", refusal(410))
    await app.feeds.refresh([], stream=io.StringIO())
    (pause,) = app.feeds.store.unannounced_pauses()
    return pause


@pytest.mark.slow
async def test_a_feed_that_is_gone_is_told_once_to_every_chat_that_added_it(
    app: Application, server: NewsServer, clock: HandClock
) -> None:
    await add(app, server, CHAT, OTHER)
    server.publish("/feed", refusal(410))
    telegram, discord = Chat(), Chat()
    notices = notices_of(app, telegram=telegram, discord=discord)
    rounds = 0

    async def tell(pause: FeedPaused) -> bool:
        nonlocal rounds
        rounds += 1
        return await notices.tell(pause)

    for _ in range(2):  # a restart in between
        async with feeds_at_work(app.feeds, tell, clock) as working:
            while not rounds or app.feeds.store.unannounced_pauses():
                assert not working.done()
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
    said = (
        "The feed “World” is paused: the publisher says that it is gone for good.\n"
        f"/addfeed {server.url('/feed')} tries it again, and /removefeed 1 removes it."
    )
    assert (telegram.sent, discord.sent, rounds) == ([(CHAT, said)], [(OTHER, said)], 1)
    assert words(ask(app, "/feeds")).splitlines()[1] == "1: World (paused)"
    shown = words(ask(app, "/feeds", is_owner=True))
    assert "(paused: the publisher says that it is gone for good)" in shown


@pytest.mark.slow
async def test_the_next_pause_is_told_too(app: Application, server: NewsServer, clock: HandClock) -> None:
    await add(app, server, CHAT)
    telegram = Chat()
    notices = notices_of(app, telegram=telegram)
    for number in (1, 2):
        pause = await paused(app, server)
        assert await notices.tell(pause)
        assert await notices.tell(pause)
        app.feeds.store.mark_pause_announced(pause.id, now=app.clock())
        assert len(telegram.sent) == number
        clock.now += timedelta(days=1)
        server.publish("/feed", document(FEED))
        await add(app, server, CHAT)
    assert len(set(telegram.keys)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("failure", [Throttled(timedelta(seconds=3)), SendFailed("no connection")])
async def test_where_nothing_was_sent_it_is_told_later_and_to_nobody_twice(
    app: Application, server: NewsServer, failure: ChatError
) -> None:
    await add(app, server, CHAT, OTHER)
    pause = await paused(app, server)
    telegram, discord = Chat(failure), Chat()
    notices = notices_of(app, telegram=telegram, discord=discord)
    assert not await notices.tell(pause)
    assert (len(telegram.sent), len(discord.sent)) == (0, 1)
    assert await notices.tell(pause)
    assert (len(telegram.sent), len(discord.sent)) == (1, 1)
    assert telegram.keys[0] == telegram.keys[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "failure",
    [SendUnknown("no answer"), SendRefused("too long"), NotAllowed("no right"), ChatGone("blocked")],
)
async def test_where_it_may_have_been_sent_or_never_can_be_it_is_not_tried_again(
    app: Application, server: NewsServer, failure: ChatError
) -> None:
    await add(app, server, CHAT)
    pause = await paused(app, server)
    telegram = Chat(failure)
    notices = notices_of(app, telegram=telegram)
    assert await notices.tell(pause)
    assert await notices.tell(pause)
    assert (telegram.sent, len(telegram.keys)) == ([], 1)


@pytest.mark.slow
async def test_a_chat_that_has_moved_is_told_at_its_new_place(app: Application, server: NewsServer) -> None:
    await add(app, server, CHAT)
    pause = await paused(app, server)
    there = ChatRef(platform="telegram", chat="-1009")
    telegram = Chat(ChatMoved(there))
    notices = notices_of(app, telegram=telegram)
    assert not await notices.tell(pause)
    assert await notices.tell(pause)
    assert [chat for chat, _ in telegram.sent] == [there]


@pytest.mark.slow
async def test_a_platform_that_is_not_there_yet_keeps_nobody_else_waiting(
    app: Application, server: NewsServer
) -> None:
    await add(app, server, CHAT, OTHER)
    pause = await paused(app, server)
    telegram, discord = Chat(), Chat()
    telegram.is_ready.clear()
    notices = notices_of(app, telegram=telegram, discord=discord)
    assert not await notices.tell(pause)
    assert (len(telegram.sent), len(discord.sent)) == (0, 1)
    telegram.is_ready.set()
    assert await notices.tell(pause)
    assert (len(telegram.sent), len(discord.sent)) == (1, 1)


async def test_of_two_processes_one_tells(app: Application, server: NewsServer) -> None:
    await add(app, server, CHAT)
    pause = await paused(app, server)
    platforms = [Chat(), Chat()]
    assert await asyncio.gather(*(notices_of(app, telegram=chat).tell(pause) for chat in platforms))
    assert sum(len(chat.sent) for chat in platforms) == 1


async def test_a_feed_that_no_chat_asked_for_is_settled_at_once(app: Application, server: NewsServer) -> None:
    await app.feeds.add(server.url("/feed"))
    assert await notices_of(app, telegram=Chat()).tell(await paused(app, server))


@pytest.mark.slow
async def test_a_chat_that_is_forgotten_or_whose_feed_was_removed_hears_nothing(
    app: Application, server: NewsServer
) -> None:
    await add(app, server, CHAT, OTHER)
    ask(app, "/forget yes", chat=CHAT)
    pause = await paused(app, server)
    assert app.feed_owners.untold(pause) == (OTHER,)
    ask(app, "/removefeed 1", chat=CHAT, is_owner=True)
    assert app.feed_owners.untold(pause) == ()


def test_feeds_move_with_a_chat_and_are_in_its_export(app: Application, clock: HandClock) -> None:
    pause = FeedPaused(id=FeedId(1), url="https://news.example/", title=None, reason="gone", at=clock.now)
    there = ChatRef(platform="telegram", chat="-1009")
    app.feeds.import_opml(write_opml([Outline(url=pause.url)]))
    for chat in (CHAT, there):
        app.feed_owners.add(pause.id, chat, now=clock.now)
    app.chats.move(CHAT, there)
    assert app.feed_owners.untold(pause) == (there,)
    exported = app.chats.export(there)
    assert exported is not None
    assert exported["threads"][0]["feed_owners"] == [{"feed_id": 1, "told_of": None}]
