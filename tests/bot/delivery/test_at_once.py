"""Several processes at one chat: nothing is doubled, nothing fails, nothing is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from articles.database import Database
from articles.store import ArticleStore
from bot.chat import MessageId
from bot.storage.chats import SHOWN_KEPT, ChatId, ChatStore, Subscription, ensure_chat
from bot.storage.outbox import Delivery, DeliveryState, Outbox
from bot.storage.schema import chats, shown, subscriptions
from tests.at_once import at_once
from tests.samples import CHAT, NOW, article

MANY = 8
HOUR = timedelta(hours=1)


def count(database: Database, table: object) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def order(store: ChatStore, topic: str = "nato") -> Subscription:
    subscription, _ = store.add_subscription(
        CHAT,
        topic=topic,
        schedule={"rhythm": "hourly"},
        timezone="UTC",
        next_due=NOW,
        created_by="7",
        now=NOW,
    )
    return subscription


def claim(outbox: Outbox) -> list[Delivery]:
    due = outbox.due(NOW, limit=99, platforms=[CHAT.platform])
    claimed = (outbox.claim(each.id, NOW, lease=HOUR) for each in due)
    return [delivery for delivery in claimed if delivery is not None]


def test_a_chat_that_is_new_to_several_is_one_chat(database: Database) -> None:
    def made(_: int) -> ChatId:
        with database.transaction() as connection:
            return ensure_chat(connection, CHAT, NOW)

    assert len(set(at_once(MANY, made))) == 1
    assert count(database, chats) == 1


def test_a_subscription_made_several_times_at_once_is_one(database: Database, chat_store: ChatStore) -> None:
    assert len({each.id for each in at_once(MANY, lambda _: order(chat_store))}) == 1
    assert count(database, subscriptions) == 1


def test_a_chat_that_is_forgotten_while_others_write_leaves_whole_rows(
    database: Database, chat_store: ChatStore
) -> None:
    at_once(MANY, lambda n: chat_store.forget(CHAT) if n % 2 else order(chat_store, str(n)))
    assert len(chat_store.subscriptions(CHAT)) == count(database, subscriptions)


def test_a_chat_that_moves_while_others_write_to_both_is_one_chat_in_the_end(
    database: Database, chat_store: ChatStore
) -> None:
    there = replace(CHAT, chat="-2002")
    order(chat_store)

    def work(n: int) -> None:
        match n % 3:
            case 0:
                chat_store.move(CHAT, there)
            case 1:
                chat_store.set_timezone(there, "Europe/Brussels", now=NOW)
            case 2:
                chat_store.timezone(CHAT)

    at_once(9, work)
    assert [each.topic for each in chat_store.subscriptions(there)] == ["nato"]
    assert chat_store.timezone(there) == "Europe/Brussels"
    assert count(database, chats) == 1


@pytest.mark.slow
def test_what_several_show_one_chat_is_kept_up_to_the_limit(
    database: Database, chat_store: ChatStore, article_store: ArticleStore
) -> None:
    with database.transaction() as connection:
        one, _ = article_store.save(connection, article(), NOW)

    def show(_: int) -> None:
        for _ in range(SHOWN_KEPT // MANY + 5):
            chat_store.remember_shown(CHAT, one, now=NOW)

    at_once(MANY, show)
    assert count(database, shown) == SHOWN_KEPT


@pytest.mark.parametrize("forgotten", [False, True])
def test_deliveries_are_marked_while_their_subscriptions_end(
    database: Database,
    article_store: ArticleStore,
    chat_store: ChatStore,
    outbox: Outbox,
    *,
    forgotten: bool,
) -> None:
    with database.transaction() as connection:
        one, _ = article_store.save(connection, article(), NOW)
    orders = [order(chat_store, str(n)) for n in range(12)]
    outbox.enqueue_due(NOW, limit=99, next_due=lambda s: s.next_due + HOUR)
    claimed = claim(outbox)
    assert len(claimed) == len(orders)

    def work(n: int) -> None:
        for delivery, each in zip(claimed, orders, strict=True):
            match n % 3:
                case 0:
                    outbox.mark_not_allowed(delivery, NOW, after=NOW + HOUR, reason="shut")
                case 1:
                    outbox.mark_sent(delivery, MessageId("7"), told=[one])
                case 2 if forgotten:
                    chat_store.forget(CHAT)
                case 2:
                    chat_store.remove_subscription(CHAT, each.id)

    at_once(6, work)
    assert outbox.states() == {}
    assert count(database, subscriptions) == 0


@pytest.mark.slow
def test_what_died_on_the_way_is_recovered_once(chat_store: ChatStore, outbox: Outbox) -> None:
    for n in range(30):
        order(chat_store, str(n))
    outbox.enqueue_due(NOW, limit=99, next_due=lambda s: s.next_due + HOUR)
    assert len(claim(outbox)) == 30
    recovered = at_once(MANY, lambda _: outbox.recover(NOW + 2 * HOUR, deduplicating=(), within=HOUR))
    assert sum(recovered) == 30
    assert outbox.states() == {DeliveryState.DUE: 30}
