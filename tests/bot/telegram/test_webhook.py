"""Updates by webhook: taken from Telegram alone, each once, and none lost."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from bot.chat import ChatError
from bot.ports import IncomingCommand
from bot.reply import Prose, Reply
from bot.telegram import WebhookSettings
from tests.bot.telegram.conftest import free_port, make_chat, served
from tests.bot.telegram.conversations import Scripted
from tests.servers.proxy import reverse_proxy
from tests.servers.telegram import TOKEN, Json, TelegramServer

ANN = 11
SECRET = "the_webhook-secret"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@dataclass
class Hooked:
    """The bot behind a proxy, and how to reach it past that."""

    talk: Scripted
    client: httpx.AsyncClient


@pytest.fixture
async def webhook() -> AsyncIterator[WebhookSettings]:
    """Reached through a proxy."""
    port = free_port()
    async with reverse_proxy(SECRET, upstream=f"http://127.0.0.1:{port}") as proxy:
        yield WebhookSettings(url=f"{proxy}/hooks/telegram", port=port, secret=SECRET)


@pytest.fixture
async def hooked(server: TelegramServer, webhook: WebhookSettings) -> AsyncIterator[Hooked]:
    talk = Scripted()
    async with served(make_chat(server.base_url, webhook=webhook), talk):
        await server.until(lambda: server.webhook is not None)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{webhook.port}", trust_env=False) as client:
            yield Hooked(talk, client)


def message(update: int, text: str = "/brief") -> Json:
    sender = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    chat = {"id": ANN, "type": "private"}
    content = {"message_id": update, "date": 0, "chat": chat, "from": sender, "text": text}
    return {"update_id": update, "message": content}


async def test_a_command_comes_through_a_proxy_and_is_answered(
    server: TelegramServer, hooked: Hooked
) -> None:
    await server.say(server.person(ANN), ANN, "/brief nato")
    assert (await server.next_post(server.person(ANN))).text == "re: /brief nato"
    assert server.webhook is not None
    assert server.webhook["secret_token"] == SECRET
    assert server.called("getUpdates") == 0


@pytest.mark.parametrize("headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": "guessed"}])
async def test_who_lacks_the_secret_is_turned_away(hooked: Hooked, headers: dict[str, str]) -> None:
    answer = await hooked.client.post("/", json=message(1), headers=headers)
    assert (answer.status_code, answer.text) == (403, "")
    assert hooked.talk.requests == []


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b'{"message": {}}', b'"text"', b"\xff"])
async def test_what_is_no_update_is_refused(hooked: Hooked, body: bytes) -> None:
    assert (await hooked.client.post("/", content=body, headers=HEADERS)).status_code == 400


async def test_only_posts_of_a_sane_size_are_read(hooked: Hooked) -> None:
    assert (await hooked.client.get("/", headers=HEADERS)).status_code == 405
    assert (await hooked.client.post("/", content=b"x" * (2 << 20), headers=HEADERS)).status_code == 413


async def test_an_update_sent_twice_is_answered_once(server: TelegramServer, hooked: Hooked) -> None:
    server.person(ANN)
    for update in (message(1), message(1), message(2, "/help")):
        assert (await hooked.client.post("/", json=update, headers=HEADERS)).status_code == 200
    await server.next_post(server.person(ANN), after=1)
    assert [request.parsed.text for request in hooked.talk.requests] == ["/brief", "/help"]


async def test_a_secret_is_made_from_the_token_where_none_is_set(server: TelegramServer) -> None:
    secrets = set()
    for _ in range(2):
        webhook = WebhookSettings(url="https://example.org/hook", port=0)
        async with served(make_chat(server.base_url, webhook=webhook), Scripted()):
            await server.until(lambda: server.webhook is not None)
            assert server.webhook is not None
            secrets.add(server.webhook["secret_token"])
        server.webhook = None
    (secret,) = secrets  # the same in every process
    assert len(secret) >= 32


async def test_the_secret_and_the_token_are_in_no_log(
    server: TelegramServer, webhook: WebhookSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(make_chat(server.base_url, webhook=webhook), Scripted()), asyncio.timeout(60):
        await server.until(lambda: server.webhook is not None)
        while "`setWebhook` finished" not in caplog.text:  # noqa: ASYNC110 (the client's last word on it)
            await asyncio.sleep(0.01)
    assert "setWebhook" in caplog.text  # the client does log what it sends
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.slow
async def test_what_arrives_while_the_bot_is_stopped_waits_for_its_next_start(
    server: TelegramServer, webhook: WebhookSettings
) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(request: IncomingCommand) -> Reply:
        asked.set()
        release.wait(60)
        return Reply(blocks=(Prose(text=f"re: {request.parsed.text}"),))

    async with served(make_chat(server.base_url, webhook=webhook), Scripted(slow)):
        await server.say(server.person(ANN), ANN, "/brief")
        await asyncio.to_thread(asked.wait, 60)
        asyncio.get_running_loop().call_later(0.1, release.set)
    await server.say(server.person(ANN), ANN, "/help")
    async with served(make_chat(server.base_url, webhook=webhook), Scripted()):
        await server.next_post(server.person(ANN), after=1)
    assert [posted.text for posted in server.posted] == ["re: /brief", "re: /help"]


async def test_polling_leaves_the_webhook_of_an_earlier_start(server: TelegramServer) -> None:
    server.webhook = {"url": "https://example.org/hook"}
    async with served(make_chat(server.base_url), Scripted()):
        await server.say(server.person(ANN), ANN, "/brief")
        await server.next_post(server.person(ANN))
    assert server.webhook is None


async def test_a_port_that_is_taken_is_one_clear_line(server: TelegramServer) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        chat = make_chat(server.base_url, webhook=WebhookSettings(url="https://example.org", port=port))
        expected = rf"cannot listen on 127\.0\.0\.1:{port} for Telegram's webhook"
        with pytest.raises(ChatError, match=expected):
            await chat.serve(Scripted())
