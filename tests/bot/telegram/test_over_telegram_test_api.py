"""The unmodified client and the shipped adapter against a Bot API server of others: npm's telegram-test-api.

It speaks nine methods and enforces no limit: the rest is tried against `tests/servers/telegram.py`.
"""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from telegram.request import HTTPXRequest, RequestData

from bot.app.application import Application
from bot.telegram import TelegramChat, WebhookSettings
from tests.bot.telegram.conftest import free_port, served
from tests.bot.telegram.main_job import COMMANDS, check_answers, text_of
from tests.servers.proxy import reverse_proxy

HOME = Path(__file__).parents[2] / "servers" / "telegram_test_api"
TOKEN = "666:telegram-test-api"
ANN = 11


class Patched(HTTPXRequest):
    """The server's answers, made what the Bot API says they are; the requests are the client's own."""

    called: ClassVar[list[str]] = []

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kw: Any
    ) -> tuple[int, bytes]:
        status, body = await super().do_request(url, method, request_data, *args, **kw)
        answer = json.loads(body)
        result = answer.get("result")
        called = url.rsplit("/", 1)[1]
        self.called.append(called)
        if called == "getMe":
            result["is_bot"] = True
        elif called == "sendMessage":
            # It gives milliseconds, and the request's other parameters as they came.
            kept = {name: result[name] for name in ("message_id", "chat", "text")}
            answer["result"] = {**kept, "date": result["date"] // 1000}
        elif called == "editMessageText" and request_data is not None:
            edited = request_data.parameters
            chat = {"id": edited["chat_id"], "type": "private"}
            answer["result"] = {
                "message_id": edited["message_id"],
                "date": 0,
                "chat": chat,
                "text": edited["text"],
            }
        elif called == "answerCallbackQuery":
            answer["result"] = True
        elif called == "getUpdates":
            for update in result:
                update.get("callback_query", {})["chat_instance"] = "1"
        return status, json.dumps(answer).encode()


class Person:
    """Somebody at the other side of the server."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def say(self, text: str) -> None:
        command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        await self._post("/sendCommand", {**self._message(), "text": text, "entities": [command]})

    async def press(self, posted: dict[str, Any], label: str) -> None:
        rows = posted["message"]["reply_markup"]["inline_keyboard"]
        data = next(button["callback_data"] for row in rows for button in row if button["text"] == label)
        message = {**self._message(), "message_id": posted["messageId"], "text": posted["message"]["text"]}
        await self._post(
            "/sendCallback", {"botToken": TOKEN, "from": message["from"], "message": message, "data": data}
        )

    async def posted(self, count: int, *, containing: str = "") -> list[dict[str, Any]]:
        """The bot's messages as they are now, once there are as many and the last one says so."""
        for _ in range(200):
            history = (await self._post("/getUpdatesHistory", {"token": TOKEN}))["result"]
            messages = [one for one in history if "chat_id" in one.get("message", {})]
            if len(messages) >= count and (not count or containing in messages[-1]["message"]["text"]):
                return messages
            await asyncio.sleep(0.05)
        raise TimeoutError(f"not {count} messages of which the last says {containing!r}")

    async def posted_as(self, posted: dict[str, Any], *, containing: str) -> dict[str, Any]:
        """That message as it is now, once it says so."""
        for _ in range(200):
            history = (await self._post("/getUpdatesHistory", {"token": TOKEN}))["result"]
            found: list[dict[str, Any]] = [
                one for one in history if one.get("messageId") == posted["messageId"]
            ]
            if found and containing in found[-1]["message"]["text"]:
                return found[-1]
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the message does not say {containing!r}")

    def _message(self) -> dict[str, Any]:
        chat = {"id": ANN, "type": "private", "first_name": "Ann"}
        sender = {"id": ANN, "is_bot": False, "first_name": "Ann"}
        return {"botToken": TOKEN, "from": sender, "chat": chat, "date": 1_700_000_000}

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._client.post(path, json=body)
        found: dict[str, Any] = response.raise_for_status().json()
        return found


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs Node.js and npm, to run the npm package telegram-test-api")
    if not (HOME / "node_modules" / "telegram-test-api").is_dir():
        installed = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=HOME,
            capture_output=True,
            text=True,
            timeout=90,
        )
        if installed.returncode:
            pytest.skip(f"npm could not install telegram-test-api: {installed.stderr.strip()[-200:]}")
    port = free_port()
    with subprocess.Popen(
        [node, "serve.js", str(port)], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
async def person(url: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=url) as client:
        yield Person(client)


def make_chat(url: str) -> TelegramChat:
    return TelegramChat(
        token=TOKEN,
        base_url=f"{url}/bot",
        poll_interval=timedelta(seconds=0.1),
        chat_limits=lambda _: (),
        request_class=Patched,
    )


@pytest.mark.slow
async def test_the_main_job_and_a_button_over_a_server_of_others(
    url: str, person: Person, app: Application
) -> None:
    async with served(make_chat(url), app.service):
        before = len(await person.posted(0))  # another test's: the server keeps them for a minute
        for number, command in enumerate(COMMANDS, start=1):
            await person.say(command)
            posted = (await person.posted(before + number))[before:]
        check_answers(*(text_of(one["message"]["text"]) for one in posted))
        await person.press(posted[0], "Sections")
        edited = await person.posted_as(posted[0], containing="4. Defense budgets")
    assert "4 Defense budgets" in json.dumps(edited["message"]["reply_markup"])


async def test_updates_come_by_webhook_through_a_reverse_proxy(
    url: str, person: Person, app: Application
) -> None:
    secret = "only-the-proxy-and-we-know-it"
    port = free_port()
    async with reverse_proxy(secret, upstream=f"http://127.0.0.1:{port}") as proxy:
        webhook = WebhookSettings(url=f"{proxy}/hooks/telegram", port=port, secret=secret)
        chat = TelegramChat(token=TOKEN, base_url=f"{url}/bot", webhook=webhook, request_class=Patched)
        before = len(await person.posted(0))
        Patched.called.clear()
        async with served(chat, app.service):
            for _ in range(200):
                if "setWebhook" not in Patched.called:
                    await asyncio.sleep(0.05)
            await person.say("/brief nato")
            posted = await person.posted(before + 1)
    assert text_of(posted[-1]["message"]["text"]).startswith("Mattis Rules Out")
