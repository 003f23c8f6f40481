"""What is sent unasked: how it departs, and what its failures mean."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.chat import (
    ChatError,
    ChatGone,
    ChatMoved,
    NotAllowed,
    SendFailed,
    SendHooks,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.reply import Prose, Reply, Title
from bot.telegram.outbound import limits_of
from tests.bot.talk import Counted
from tests.bot.telegram.conftest import Serving, make_chat, served
from tests.bot.telegram.conversations import Scripted, prose, ref
from tests.servers.telegram import BOT_ID, Fault, Refused, TelegramServer

ANN = 11


def fault(**what: object) -> Fault:
    return Fault(method="sendMessage", **what)  # type: ignore[arg-type]  # one test parametrises over all of them


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (fault(error=Refused(429, "Too Many Requests: retry after 7", retry_after=7)), Throttled),
        (fault(error=Refused(403, "Forbidden: bot was blocked by the user")), ChatGone),
        (fault(error=Refused(400, "Bad Request: chat not found")), ChatGone),
        (fault(error=Refused(400, "Bad Request: message thread not found")), ChatGone),
        (fault(error=Refused(400, "Bad Request: TOPIC_CLOSED")), NotAllowed),
        (fault(error=Refused(400, "Bad Request: BUTTON_DATA_INVALID")), SendRefused),
        (fault(error=Refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-9)), ChatMoved),
        (
            fault(error=Refused(400, "Bad Request: not enough rights to send text messages to the chat")),
            NotAllowed,
        ),
        (fault(error=Refused(500, "Internal Server Error")), SendFailed),
        (fault(error=Refused(401, "Unauthorized")), SendFailed),
        (fault(raw=(502, "<html>Bad Gateway</html>")), SendUnknown),
        (fault(raw=(504, "<html>Gateway Timeout</html>")), SendUnknown),
        (fault(raw=(200, "not JSON")), SendUnknown),
        (fault(accepts=True), SendUnknown),  # accepted, and the connection breaks before the answer
        (fault(accepts=True, silent=True), SendUnknown),
    ],
)
async def test_what_a_failed_delivery_means(
    server: TelegramServer, what: Fault, expected: type[ChatError]
) -> None:
    server.person(ANN)
    server.faults.append(what)
    patience = timedelta(seconds=1 if what.silent else 10)
    async with served(make_chat(server.base_url, timeout=patience), Scripted()) as chat:
        with pytest.raises(ChatError) as failed:
            await chat.send(ref(ANN), prose("digest"), key="1")
    assert type(failed.value) is expected
    assert len(server.posted) == what.accepts  # "nothing was sent" is true, and "unknown" is not said of it


async def test_a_pause_is_asked_for_to_the_second(server: TelegramServer, serving: Serving) -> None:
    server.person(ANN)
    server.faults.append(fault(error=Refused(429, "Too Many Requests: retry after 7", retry_after=7)))
    async with serving(Scripted()) as chat:
        with pytest.raises(Throttled) as throttled:
            await chat.send(ref(ANN), prose("digest"), key="1")
    assert throttled.value.retry_after == timedelta(seconds=7)


async def test_without_a_connection_nothing_was_sent(server: TelegramServer) -> None:
    chat = make_chat(server.base_url)
    with pytest.raises(SendFailed):
        await chat.send(ref(ANN), prose("digest"), key="1")
    async with served(chat, Scripted()):
        await server.__aexit__()
        with pytest.raises(SendFailed, match="no connection"):
            await chat.send(ref(ANN), prose("digest"), key="1")
        await server.__aenter__()


async def test_a_delivery_of_several_messages_goes_on_where_it_stopped(
    server: TelegramServer, serving: Serving
) -> None:
    server.person(ANN)
    long = Reply(blocks=(Title(text="Digest"), Prose(text="A sentence of words. " * 400)))
    throttle = fault(error=Refused(429, "Too Many Requests: retry after 1", retry_after=1))

    async with serving(Scripted()) as chat:
        original: Callable[..., object] = server._sendMessage

        def throttled_once(params: dict[str, object]) -> object:
            if len(server.posted) == 1:
                server._sendMessage = original  # type: ignore[method-assign,assignment]  # put back
                raise throttle.error  # type: ignore[misc]  # it is one
            return original(params)

        server._sendMessage = throttled_once  # type: ignore[method-assign,assignment]  # a fault at the second
        hooks = Counted()
        with pytest.raises(Throttled):
            await chat.send(ref(ANN), long, key="1", hooks=hooks)
        last = await chat.send(ref(ANN), long, key="1", hooks=hooks)
    assert [p.text[:6] for p in server.posted].count("Digest") == 1
    assert last == str(server.posted[-1].id)
    assert "".join(p.text for p in server.posted).count("A sentence of words.") == 400


async def test_somebody_who_waits_is_answered_after_the_pause_that_telegram_asks_for(
    server: TelegramServer, serving: Serving
) -> None:
    server.faults.append(fault(error=Refused(429, "Too Many Requests: retry after 1", retry_after=1)))
    async with serving(Scripted()):
        await server.say(server.person(ANN), ANN, "/brief")
        assert (await server.next_post(server.person(ANN))).text == "re: /brief"


@pytest.mark.slow
async def test_a_delivery_begins_when_its_turn_has_come_and_may_be_withdrawn_until_then(
    server: TelegramServer,
) -> None:
    ann = server.person(ANN)
    begun: list[int] = []

    class Noted(SendHooks):
        async def mark_started(self) -> None:
            begun.append(len(server.posted))

    class Withdrawn(SendHooks):
        async def mark_started(self) -> None:
            raise LookupError("another process has it")

    async with served(make_chat(server.base_url, chat_limits=limits_of), Scripted()) as chat:
        await asyncio.gather(
            *(chat.send(ref(ANN), prose(f"digest {n}"), key=str(n), hooks=Noted()) for n in range(2))
        )
        with pytest.raises(LookupError):
            await chat.send(ref(ANN), prose("digest 3"), key="3", hooks=Withdrawn())
    assert begun == [0, 1]  # the second waited for the first, and had not begun
    assert [p.text for p in server.posted if p.chat == ann.id] == ["digest 0", "digest 1"]


async def test_who_lines_up_before_a_message_waits_for_no_chat_and_holds_no_answer_up(
    server: TelegramServer,
) -> None:
    lane, order = asyncio.Semaphore(1), list[str]()

    class InLane(SendHooks):
        async def wait_for_slot(self) -> None:
            await lane.acquire()

        def message_posted(self) -> None:
            lane.release()

    two_parts = prose("a" * 3_000 + " " + "b" * 3_000)
    async with served(make_chat(server.base_url, chat_limits=limits_of), Scripted()) as chat:

        async def send(number: int, reply: Reply) -> None:
            server.person(number)
            await chat.send(ref(number), reply, key=str(number), hooks=InLane())
            order.append(str(number))
            lane.release()

        async with asyncio.TaskGroup() as group:
            for number in range(100, 104):
                group.create_task(send(number, two_parts if number == 100 else prose("digest")))
            await lane.acquire()  # whatever waits there, a question is answered
            await server.say(server.person(ANN), ANN, "/brief")
            await server.next_post(server.person(ANN))
            lane.release()
    assert order == ["101", "102", "103", "100"]  # its second part waited a second for its chat alone


async def test_a_ping_says_whether_telegram_answers(server: TelegramServer, serving: Serving) -> None:
    async with serving(Scripted()) as chat:
        await chat.ping()
        server.faults.append(Fault(method="getMe", error=Refused(500, "Internal Server Error")))
        with pytest.raises(SendFailed):
            await chat.ping()
    with pytest.raises(SendFailed, match="not connected"):
        await chat.ping()


async def test_a_reply_with_nothing_to_show_is_refused(server: TelegramServer, serving: Serving) -> None:
    async with serving(Scripted()) as chat:
        with pytest.raises(SendRefused):
            await chat.send(ref(BOT_ID), prose(" "), key="1")
