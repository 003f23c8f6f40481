"""The outbox as an operator sees it, by the commands themselves."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from articles.database import Database
from bot.cli.database import outbox as outbox_commands
from bot.storage.chats import ChatStore
from bot.storage.outbox import Delivery, DeliveryState, Outbox
from tests.samples import CHAT, NOW

Run = Callable[..., Result]
HOUR = timedelta(hours=1)


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    @contextmanager
    def open_it() -> Iterator[Database]:
        yield database

    monkeypatch.setattr("bot.cli.database.open_database", open_it)
    return lambda *words: CliRunner().invoke(outbox_commands, words)


@pytest.fixture
def claimed(chat_store: ChatStore, outbox: Outbox) -> tuple[Delivery, ...]:
    """Three deliveries on their way."""
    for topic in ("nato", "ships", "tax"):
        chat_store.add_subscription(
            CHAT,
            topic=topic,
            schedule={"rhythm": "daily"},
            timezone="UTC",
            next_due=NOW,
            created_by="7",
            now=NOW,
        )
    outbox.enqueue_due(NOW, limit=9, next_due=lambda due: due.next_due + HOUR)
    due = outbox.due(NOW, limit=9, platforms=[CHAT.platform])
    taken = (outbox.claim(each.id, NOW, lease=HOUR) for each in due)
    return tuple(delivery for delivery in taken if delivery is not None)


def test_what_failed_and_what_is_unknown_is_listed_with_its_reason(
    run: Run, claimed: tuple[Delivery, ...], outbox: Outbox
) -> None:
    outbox.mark_failed(claimed[0], "refused\n(400)")
    outbox.mark_unknown(claimed[1], "no answer", told=())
    outbox.mark_sent(claimed[2], None)
    listed = run("list").output
    assert listed.splitlines()[0] == "1 failed, 1 sent, 1 unknown"
    assert "nato: refused (400)" in listed
    assert "ships: no answer" in listed
    assert "tax" not in listed
    told = json.loads(run("list", "--json").output)
    assert [(one["topic"], one["state"]) for one in told["undelivered"]] == [
        ("ships", "unknown"),
        ("nato", "failed"),
    ]


def test_what_was_given_up_is_due_again_and_what_may_have_arrived_is_not(
    run: Run, claimed: tuple[Delivery, ...], outbox: Outbox
) -> None:
    outbox.mark_failed(claimed[0], "refused")
    outbox.mark_unknown(claimed[1], "no answer", told=())
    refused = run("retry", str(claimed[1].id))
    assert refused.exit_code != 0
    assert "so they stay" in refused.output
    assert run("retry", "--failed").output == "1 due again\n"
    assert outbox.states() == {DeliveryState.DUE: 1, DeliveryState.UNKNOWN: 1, DeliveryState.SENDING: 1}


def test_what_is_dropped_is_off_the_list_and_what_is_on_its_way_goes_on(
    run: Run, claimed: tuple[Delivery, ...], outbox: Outbox
) -> None:
    outbox.mark_failed(claimed[0], "refused")
    assert run("drop", str(claimed[0].id), str(claimed[1].id)).output == "1 dropped\n"
    assert outbox.states() == {DeliveryState.SENDING: 2}


@pytest.mark.parametrize("words", [["retry"], ["retry", "--failed", "1"], ["drop"]])
def test_nothing_is_done_to_deliveries_that_are_not_named(run: Run, words: list[str]) -> None:
    assert run(*words).exit_code == 2
