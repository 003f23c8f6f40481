"""A digest is due once, sent by one process, and never sent again where it may have arrived."""

import threading
from datetime import datetime, timedelta

import pytest

from articles.database import Database
from bot.chat import ChatRef, MessageId
from bot.storage.chats import ChatStore, Subscription
from bot.storage.outbox import FAULTY_KEPT, SENT_KEPT, Delivery, DeliveryState, Due, Outbox
from tests.samples import CHAT, NOW

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DISCORD = ChatRef(platform="discord", chat="5")


def order(chats: ChatStore, chat: ChatRef = CHAT, topic: str = "nato", due: datetime = NOW) -> Subscription:
    subscription, _ = chats.add_subscription(
        chat, topic=topic, schedule={}, timezone="UTC", next_due=due, created_by="1", now=NOW
    )
    return subscription


def hourly(order: Due) -> datetime:
    return order.next_due + HOUR


def claim(outbox: Outbox, now: datetime = NOW, *platforms: str, limit: int = 99) -> tuple[Delivery, ...]:
    due = outbox.due(now, limit=limit, platforms=platforms or ("telegram", "discord"))
    claimed = (outbox.claim(each.id, now, lease=MINUTE) for each in due)
    return tuple(delivery for delivery in claimed if delivery is not None)


def test_what_is_due_becomes_one_delivery_and_gets_its_next_time(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    subscription = order(chat_store)
    order(chat_store, topic="later", due=NOW + HOUR)
    chat_store.pause_subscription(CHAT, order(chat_store, topic="paused").id)
    assert outbox.enqueue_due(NOW, limit=9, next_due=hourly) == 1
    assert outbox.enqueue_due(NOW, limit=9, next_due=hourly) == 0
    (delivery,) = claim(outbox)
    assert delivery.due_at == NOW
    assert delivery.subscription.id == subscription.id
    assert delivery.subscription.chat == CHAT
    assert delivery.attempts == 1
    assert chat_store.subscriptions(CHAT)[0].next_due == NOW + HOUR


def test_batches_take_the_oldest_first(chat_store: ChatStore, outbox: Outbox) -> None:
    for n in range(5):
        order(chat_store, topic=str(n), due=NOW - n * MINUTE)
    taken = [outbox.enqueue_due(NOW, limit=2, next_due=hourly) for _ in range(4)]
    assert taken == [2, 2, 1, 0]
    assert [delivery.subscription.topic for delivery in claim(outbox, limit=2)] == ["4", "3"]


def test_enqueuing_the_same_time_twice_is_one_delivery(
    database: Database, chat_store: ChatStore, outbox: Outbox
) -> None:
    subscription = order(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    chat_store.resume_subscription(CHAT, subscription.id, next_due=NOW)  # the clock went back
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    assert outbox.states() == {DeliveryState.DUE: 1}


def test_a_schedule_that_does_not_go_on_stores_nothing(chat_store: ChatStore, outbox: Outbox) -> None:
    order(chat_store)
    with pytest.raises(ValueError, match="due again"):
        outbox.enqueue_due(NOW, limit=9, next_due=lambda subscription: subscription.next_due)
    assert outbox.states() == {}
    assert chat_store.subscriptions(CHAT)[0].next_due == NOW


@pytest.mark.slow
def test_processes_that_tick_and_claim_at_once_share_the_work_and_double_none(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    for n in range(60):
        order(chat_store, topic=str(n))
    claimed: list[int] = []

    def work() -> None:
        while outbox.enqueue_due(NOW, limit=7, next_due=hourly):
            pass
        while taken := claim(outbox, limit=5):
            claimed.extend(delivery.id for delivery in taken)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed.extend(delivery.id for delivery in claim(outbox))
    assert len(claimed) == len(set(claimed)) == 60


def test_each_platforms_process_takes_its_own(chat_store: ChatStore, outbox: Outbox) -> None:
    order(chat_store)
    order(chat_store, DISCORD)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    assert [delivery.subscription.chat for delivery in claim(outbox, NOW, "discord")] == [DISCORD]
    assert [delivery.subscription.chat for delivery in claim(outbox)] == [CHAT]


def test_what_was_not_sent_is_due_again_after_a_pause(chat_store: ChatStore, outbox: Outbox) -> None:
    order(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    (delivery,) = claim(outbox)
    outbox.retry(delivery, after=NOW + MINUTE, reason="flood limit")
    assert claim(outbox) == ()
    (again,) = claim(outbox, NOW + MINUTE)
    assert (again.id, again.attempts) == (delivery.id, 2)


def test_the_end_of_a_delivery_is_the_end(chat_store: ChatStore, outbox: Outbox) -> None:
    for topic in ("sent", "failed", "unknown"):
        order(chat_store, topic=topic)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    by_topic = {delivery.subscription.topic: delivery for delivery in claim(outbox)}
    outbox.mark_sent(by_topic["sent"], MessageId("m1"))
    outbox.mark_failed(by_topic["failed"], "refused")
    outbox.mark_unknown(by_topic["unknown"], "timeout", told=())
    outbox.mark_failed(by_topic["sent"], "too late to say so")
    assert claim(outbox, NOW + HOUR) == ()
    assert outbox.states() == dict.fromkeys(
        (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN), 1
    )


def test_a_sender_that_died_is_repeated_only_where_a_copy_is_refused(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    order(chat_store)
    order(chat_store, DISCORD)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    claimed = claim(outbox)
    assert all(outbox.mark_started(delivery, NOW, lease=MINUTE) for delivery in claimed)
    telegram = next(d for d in claimed if d.subscription.chat == CHAT)
    assert outbox.recover(NOW, deduplicating=["discord"], within=2 * MINUTE) == 0  # they may still be at it
    assert outbox.recover(NOW + MINUTE, deduplicating=["discord"], within=2 * MINUTE) == 2
    (again,) = claim(outbox, NOW + MINUTE)
    assert (again.subscription.chat, again.unsure_since) == (DISCORD, NOW)
    outbox.mark_sent(telegram, MessageId("m1"))  # it was not dead after all
    assert outbox.states() == {DeliveryState.SENDING: 1, DeliveryState.SENT: 1}


def test_a_copy_is_not_risked_when_its_refusal_is_no_longer_sure(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    order(chat_store, DISCORD)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    (delivery,) = claim(outbox)
    assert outbox.mark_started(delivery, NOW, lease=MINUTE)
    assert outbox.recover(NOW + 2 * MINUTE, deduplicating=["discord"], within=2 * MINUTE) == 1
    assert outbox.states() == {DeliveryState.UNKNOWN: 1}


def test_what_a_dead_sender_had_not_begun_is_due_again_everywhere(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    for chat in (CHAT, DISCORD):
        order(chat_store, chat)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    claimed = claim(outbox)
    assert outbox.recover(NOW + HOUR, deduplicating=["discord"], within=MINUTE) == 2
    assert not any(outbox.mark_started(delivery, NOW + HOUR, lease=MINUTE) for delivery in claimed)
    again = claim(outbox, NOW + HOUR)
    assert len(again) == 2
    assert not any(outbox.mark_started(delivery, NOW + HOUR, lease=MINUTE) for delivery in claimed)
    assert all(outbox.mark_started(delivery, NOW + HOUR, lease=MINUTE) for delivery in again)


def test_where_we_may_not_write_is_known_until_something_is_posted_there(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    order(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    (delivery,) = claim(outbox)
    assert outbox.mark_not_allowed(delivery, NOW, after=NOW + HOUR, reason="muted") == NOW
    (delivery,) = claim(outbox, NOW + HOUR)
    assert outbox.mark_not_allowed(delivery, NOW + HOUR, after=NOW + 2 * HOUR, reason="muted") == NOW
    assert chat_store.subscriptions(CHAT)[0].blocked_since == NOW
    (delivery,) = claim(outbox, NOW + 2 * HOUR)
    outbox.mark_sent(delivery, MessageId("m1"))
    assert chat_store.subscriptions(CHAT)[0].blocked_since is None


def test_a_barred_delivery_can_be_given_up(chat_store: ChatStore, outbox: Outbox) -> None:
    order(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    (delivery,) = claim(outbox)
    outbox.mark_not_allowed(delivery, NOW, after=None, reason="muted")
    assert outbox.states() == {DeliveryState.FAILED: 1}
    assert len(chat_store.subscriptions(CHAT)) == 1


def test_what_ended_long_ago_is_forgotten_and_does_not_come_again(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    for topic in ("sent", "failed", "waiting"):
        order(chat_store, topic=topic)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    by_topic = {delivery.subscription.topic: delivery for delivery in claim(outbox)}
    outbox.mark_sent(by_topic["sent"], MessageId("m1"))
    outbox.mark_failed(by_topic["failed"], "refused")
    assert outbox.prune(NOW + SENT_KEPT) == 0
    assert outbox.prune(NOW + SENT_KEPT + HOUR) == 1
    assert outbox.prune(NOW + FAULTY_KEPT + HOUR) == 1
    assert outbox.prune(NOW + 2 * FAULTY_KEPT) == 0
    assert outbox.states() == {DeliveryState.SENDING: 1}
    assert outbox.enqueue_due(NOW, limit=9, next_due=hourly) == 0


def test_what_a_wrong_clock_put_off_is_due_when_it_is_set_back(chat_store: ChatStore, outbox: Outbox) -> None:
    for topic in ("claimed", "put off"):
        order(chat_store, topic=topic)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    ahead = NOW + timedelta(days=1)
    by_topic = {delivery.subscription.topic: delivery for delivery in claim(outbox, ahead)}
    outbox.retry(by_topic["put off"], after=ahead + MINUTE, reason="no connection")
    assert outbox.recover(NOW, deduplicating=(), within=MINUTE) == 1
    assert {delivery.subscription.topic for delivery in claim(outbox)} == {"claimed", "put off"}


def test_a_clock_that_was_set_back_makes_no_copy_safe(chat_store: ChatStore, outbox: Outbox) -> None:
    order(chat_store, DISCORD)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    ahead = NOW + timedelta(days=1)
    (delivery,) = claim(outbox, ahead)
    assert outbox.mark_started(delivery, ahead, lease=MINUTE)
    assert outbox.recover(NOW, deduplicating=["discord"], within=2 * MINUTE) == 1
    assert outbox.states() == {DeliveryState.UNKNOWN: 1}


def test_what_may_stand_in_its_chat_goes_first_as_long_as_a_copy_is_refused(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    order(chat_store, DISCORD)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    (delivery,) = claim(outbox)
    for number in range(20):
        order(chat_store, topic=f"older {number}", due=NOW - HOUR)
    outbox.enqueue_due(NOW, limit=99, next_due=lambda due: NOW + HOUR)
    outbox.retry(delivery, after=NOW + MINUTE, reason="no answer", unsure_since=NOW)
    assert delivery.id in {each.id for each in claim(outbox, NOW + MINUTE, limit=3)}


def test_a_lease_that_is_renewed_holds_and_what_has_not_begun_can_be_given_back(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    for topic in ("begun", "waiting"):
        order(chat_store, topic=topic)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    claimed = claim(outbox)
    begun = next(d for d in claimed if d.subscription.topic == "begun")
    outbox.mark_started(begun, NOW, lease=MINUTE)
    outbox.renew(claimed, NOW + MINUTE, lease=MINUTE)
    assert outbox.recover(NOW + MINUTE, deduplicating=(), within=MINUTE) == 0
    outbox.release(claimed, NOW + MINUTE)
    assert outbox.states() == {DeliveryState.SENDING: 1, DeliveryState.DUE: 1}


def test_a_process_that_is_alone_recovers_at_its_start_what_the_one_before_had_claimed(
    chat_store: ChatStore, outbox: Outbox
) -> None:
    order(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    claim(outbox)
    assert outbox.recover(NOW, deduplicating=(), within=MINUTE) == 0
    assert outbox.recover(NOW, deduplicating=(), within=MINUTE, alone=True) == 1
    assert len(claim(outbox)) == 1


def test_a_removed_order_takes_its_deliveries_along(chat_store: ChatStore, outbox: Outbox) -> None:
    subscription = order(chat_store)
    outbox.enqueue_due(NOW, limit=9, next_due=hourly)
    chat_store.remove_subscription(CHAT, subscription.id)
    assert claim(outbox) == ()
