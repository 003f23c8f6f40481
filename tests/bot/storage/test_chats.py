"""What is kept for a chat, and that it is that chat's alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from articles.database import Database
from articles.model import ArticleId
from articles.store import ArticleStore
from bot.chat import ChatRef, MessageId
from bot.storage.chats import SHOWN_KEPT, ChatStore, DeliveredStore, Subscription, SubscriptionId, ensure_chat
from bot.storage.outbox import Outbox
from tests.bot.deliveries import mark_told
from tests.samples import CHAT, NOW, article

TOPIC = ChatRef(platform="telegram", chat="-1001", thread="7")
OTHER = ChatRef(platform="telegram", chat="-2002")


def subscribe(chats: ChatStore, chat: ChatRef = CHAT, topic: str = "nato") -> Subscription:
    subscription, _ = chats.add_subscription(
        chat,
        topic=topic,
        schedule={"every": "day", "at": "08:00"},
        timezone="Europe/Brussels",
        next_due=NOW,
        created_by="42",
        now=NOW,
    )
    return subscription


def had(database: Database, chat: ChatRef, among: Sequence[ArticleId]) -> set[ArticleId]:
    return set(DeliveredStore(database).stories(chat, among))


@pytest.fixture
def two_articles(database: Database, article_store: ArticleStore) -> tuple[ArticleId, ArticleId]:
    with database.transaction() as connection:
        first, _ = article_store.save(connection, article("One"), NOW)
        second, _ = article_store.save(connection, article("Two"), NOW)
    return first, second


def test_a_chat_is_one_row_however_often_it_writes(database: Database) -> None:
    with database.transaction() as connection:
        assert ensure_chat(connection, CHAT, NOW) == ensure_chat(connection, CHAT, NOW)
        assert ensure_chat(connection, CHAT, NOW) != ensure_chat(connection, TOPIC, NOW)


def test_a_zone_is_the_chats_own(chat_store: ChatStore) -> None:
    assert chat_store.timezone(CHAT) is None
    chat_store.set_timezone(CHAT, "Europe/Berlin", now=NOW)
    assert (chat_store.timezone(CHAT), chat_store.timezone(TOPIC)) == ("Europe/Berlin", None)
    chat_store.set_timezone(CHAT, None, now=NOW)
    assert chat_store.timezone(CHAT) is None


def test_a_follow_up_is_about_the_message_replied_to_or_else_the_last(
    chat_store: ChatStore, two_articles: tuple[ArticleId, ArticleId]
) -> None:
    first, second = two_articles
    assert chat_store.last_shown(CHAT) is None
    chat_store.remember_shown(CHAT, first, query="nato", offset=1, message=MessageId("m1"), now=NOW)
    chat_store.remember_shown(CHAT, second, now=NOW)
    shown = chat_store.last_shown(CHAT, replied_to=MessageId("m1"))
    assert shown is not None
    assert (shown.article, shown.query, shown.offset, shown.message) == (first, "nato", 1, "m1")
    for last in (
        chat_store.last_shown(CHAT),
        chat_store.last_shown(CHAT, replied_to=MessageId("unheard of")),
    ):
        assert last is not None
        assert (last.article, last.message) == (second, None)
    assert chat_store.last_shown(TOPIC) is None


@pytest.mark.slow
def test_only_the_last_of_what_was_shown_is_kept(
    database: Database, chat_store: ChatStore, two_articles: tuple[ArticleId, ArticleId]
) -> None:
    for n in range(SHOWN_KEPT + 5):
        chat_store.remember_shown(CHAT, two_articles[0], message=MessageId(str(n)), now=NOW)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM shown").scalar_one() == SHOWN_KEPT
    shown = chat_store.last_shown(CHAT)
    assert shown is not None
    assert shown.message == str(SHOWN_KEPT + 4)


def test_a_second_subscription_for_a_topic_changes_the_first(chat_store: ChatStore) -> None:
    first = subscribe(chat_store)
    changed, is_new = chat_store.add_subscription(
        CHAT,
        topic="nato",
        schedule={"every": "hour"},
        timezone="Asia/Tokyo",
        next_due=NOW + timedelta(hours=1),
        created_by="43",
        now=NOW,
    )
    assert not is_new
    assert changed == replace(
        first, schedule={"every": "hour"}, timezone="Asia/Tokyo", next_due=NOW + timedelta(hours=1)
    )
    assert chat_store.subscriptions(CHAT) == (changed,)


def test_subscriptions_are_listed_paused_resumed_and_removed(chat_store: ChatStore) -> None:
    nato, defense = subscribe(chat_store), subscribe(chat_store, topic="defense")
    assert chat_store.subscriptions(CHAT) == (nato, defense)
    assert chat_store.pause_subscription(CHAT, nato.id)
    assert chat_store.subscriptions(CHAT)[0].paused
    later = NOW + timedelta(days=1)
    assert chat_store.resume_subscription(CHAT, nato.id, next_due=later)
    assert chat_store.subscriptions(CHAT)[0] == replace(nato, next_due=later)
    assert chat_store.remove_subscription(CHAT, nato.id)
    assert not chat_store.remove_subscription(CHAT, nato.id)
    assert chat_store.subscriptions(CHAT) == (defense,)


def test_no_chat_can_touch_anothers_subscriptions(chat_store: ChatStore) -> None:
    mine = subscribe(chat_store)
    for other in (OTHER, TOPIC):
        assert not chat_store.pause_subscription(other, mine.id)
        assert not chat_store.resume_subscription(other, mine.id, next_due=NOW)
        assert not chat_store.remove_subscription(other, mine.id)
        assert chat_store.subscriptions(other) == ()
    assert not chat_store.remove_subscription(CHAT, SubscriptionId(mine.id + 1))
    assert chat_store.subscriptions(CHAT) == (mine,)


def test_what_was_delivered_is_known_by_chat(
    database: Database, two_articles: tuple[ArticleId, ArticleId]
) -> None:
    first, second = two_articles
    mark_told(database, CHAT, [first], now=NOW)
    mark_told(database, CHAT, [first], now=NOW)
    assert had(database, CHAT, [first, second]) == {first}
    assert had(database, OTHER, [first, second]) == set()
    assert had(database, CHAT, []) == set()


def test_forgetting_a_chat_deletes_all_of_it_and_nothing_else(
    database: Database, chat_store: ChatStore, two_articles: tuple[ArticleId, ArticleId]
) -> None:
    for chat in (CHAT, OTHER):
        subscribe(chat_store, chat)
        chat_store.remember_shown(chat, two_articles[0], now=NOW)
        mark_told(database, chat, two_articles, now=NOW)
    assert chat_store.forget(CHAT)
    assert not chat_store.forget(CHAT)
    assert chat_store.export(CHAT) is None
    with database.reading() as connection:
        for table, rows in (("chats", 1), ("subscriptions", 1), ("shown", 1), ("delivered", 2)):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == rows


def test_a_chat_that_closes_ends_its_threads_subscriptions_too(chat_store: ChatStore) -> None:
    for chat in (CHAT, TOPIC, OTHER):
        subscribe(chat_store, chat)
    assert chat_store.end_subscriptions(CHAT) == 2
    assert len(chat_store.subscriptions(OTHER)) == 1


def test_a_closed_thread_ends_its_own_subscriptions_alone(chat_store: ChatStore) -> None:
    for chat in (CHAT, TOPIC):
        subscribe(chat_store, chat)
    assert chat_store.end_subscriptions(TOPIC) == 1
    assert len(chat_store.subscriptions(CHAT)) == 1


def test_a_chat_that_moves_keeps_its_subscriptions_in_every_thread(chat_store: ChatStore) -> None:
    there = ChatRef(platform="telegram", chat="-1009")
    subscribe(chat_store, CHAT)
    subscribe(chat_store, TOPIC)
    chat_store.set_timezone(CHAT, "Europe/Berlin", now=NOW)
    chat_store.move(CHAT, there)
    assert [each.chat for each in chat_store.subscriptions(there)] == [there]
    assert len(chat_store.subscriptions(replace(there, thread="7"))) == 1
    assert chat_store.timezone(there) == "Europe/Berlin"
    assert chat_store.export(CHAT) is None


def test_a_move_to_a_chat_that_has_subscriptions_already_keeps_both_and_doubles_none(
    database: Database, chat_store: ChatStore, two_articles: tuple[ArticleId, ArticleId]
) -> None:
    there = ChatRef(platform="telegram", chat="-1009")
    kept = subscribe(chat_store, there, "nato")
    subscribe(chat_store, CHAT, "nato")
    subscribe(chat_store, CHAT, "defense")
    mark_told(database, there, two_articles[:1], now=NOW)
    mark_told(database, CHAT, two_articles, now=NOW)
    chat_store.move(CHAT, there)
    assert {each.topic for each in chat_store.subscriptions(there)} == {"nato", "defense"}
    assert kept in chat_store.subscriptions(there)
    assert had(database, there, two_articles) == set(two_articles)
    chat_store.move(there, there)
    assert len(chat_store.subscriptions(there)) == 2


def test_an_export_holds_all_that_is_kept_as_json(
    database: Database, chat_store: ChatStore, outbox: Outbox, two_articles: tuple[ArticleId, ArticleId]
) -> None:
    subscribe(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=lambda due: due.next_due + timedelta(days=1))
    chat_store.resume_subscription(CHAT, chat_store.subscriptions(CHAT)[0].id, next_due=NOW)
    chat_store.remember_shown(CHAT, two_articles[0], query="nato", now=NOW)
    mark_told(database, CHAT, two_articles[:1], now=NOW)
    exported = chat_store.export(CHAT)
    assert exported is not None
    (kept,) = exported["threads"]
    assert kept["chat"]["chat"] == CHAT.chat
    assert kept["subscriptions"][0]["topic"] == "nato"
    assert kept["subscriptions"][0]["next_due"] == NOW.isoformat()
    assert kept["shown"][0]["query"] == "nato"
    assert kept["delivered"] == [{"article_id": two_articles[0], "publishers": 1}]
    assert [row["state"] for row in kept["outbox"]] == ["due"]


def test_a_chat_is_forgotten_and_exported_with_all_its_threads(chat_store: ChatStore) -> None:
    for chat in (CHAT, TOPIC, OTHER):
        subscribe(chat_store, chat)
    exported = chat_store.export(TOPIC)
    assert exported is not None
    assert [kept["chat"]["thread"] for kept in exported["threads"]] == ["", "7"]
    assert chat_store.forget(TOPIC)
    assert chat_store.export(CHAT) is None
    assert chat_store.export(OTHER) is not None
