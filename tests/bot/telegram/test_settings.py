"""The adapter as the command line makes it from settings."""

import pytest
from prometheus_client import CollectorRegistry

from bot.cli.wiring import platforms
from bot.monitor import Meters
from config.settings import Settings
from tests.bot.telegram.conftest import free_port, served
from tests.bot.telegram.conversations import Scripted
from tests.servers.proxy import reverse_proxy
from tests.servers.telegram import TOKEN, TelegramServer

ANN = 11


@pytest.mark.parametrize("by_webhook", [False, True])
async def test_a_bot_set_up_by_settings_alone_answers(
    server: TelegramServer, monkeypatch: pytest.MonkeyPatch, by_webhook: bool
) -> None:
    port, secret = free_port(), "a-secret"
    async with reverse_proxy(secret, upstream=f"http://127.0.0.1:{port}") as proxy:
        settings = {"TOKEN": TOKEN, "BASE_URL": server.base_url, "OWNERS": f"[{ANN}]"}
        if by_webhook:
            hook = {"URL": f"{proxy}/x", "PORT": str(port), "SECRET": secret}
            settings |= {f"WEBHOOK__{name}": value for name, value in hook.items()}
        for name, value in settings.items():
            monkeypatch.setenv(f"PULLQUOTE_TELEGRAM__{name}", value)
        chat = platforms(Settings(), Meters(CollectorRegistry()))["telegram"]
        talk = Scripted()
        group = server.group(-100)
        async with served(chat, talk):
            await server.say(group, ANN, "/pause")
            await server.next_post(group)
    assert [request.may_change for request in talk.requests] == [True]
    assert (server.webhook is not None) == by_webhook
