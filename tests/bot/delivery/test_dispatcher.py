"""The dispatcher: what is due comes once, and what becomes of what cannot be sent."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.app.application import Application
from bot.chat import (
    ChatError,
    ChatGone,
    ChatMoved,
    ChatRef,
    MessageId,
    NotAllowed,
    SendFailed,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.outcomes import GIVE_UP_AFTER, MAX_FAILURES, RESEND_WITHIN
from bot.storage.dead_letters import DeadLetterStore
from bot.storage.outbox import DeliveryState
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import (
    DAY,
    DIRECT,
    DISCORD,
    MOVED,
    Chat,
    deliver_due,
    make_dispatcher,
    order_digest,
)
from tests.bot.talk import ask, words
from tests.samples import CHAT, article


def test_the_chat_of_the_samples_is_on_telegram() -> None:
    assert CHAT.platform == "telegram"


async def test_a_digest_comes_when_it_is_due_and_not_before(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    await deliver_due(app, dispatcher)
    assert chat.posted == []
    clock.now += timedelta(hours=2)
    await deliver_due(app, dispatcher)
    ((to, reply, _),) = chat.posted
    assert to == CHAT
    assert words(reply).startswith("nato: 1 new story\nMattis Rules Out")


async def test_a_story_comes_once_and_a_digest_without_news_is_not_sent(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    for _ in range(3):
        clock.now += DAY
        await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 3}


async def test_a_digest_for_a_chat_that_has_moved_follows_it_and_the_order_stays_there(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    chat.errors.append(ChatMoved(MOVED))
    for _ in range(2):
        clock.now += DAY
        await deliver_due(app, dispatcher)
    assert [to for to, _, _ in chat.posted] == [MOVED]  # and the story does not come again on the second day
    assert [order.topic for order in app.chats.subscriptions(MOVED)] == ["nato"]
    assert app.chats.subscriptions(CHAT) == ()


@pytest.mark.slow
async def test_the_next_digest_brings_what_is_new(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    clock.now += timedelta(hours=2)
    await deliver_due(app, dispatcher)
    app.ingest(article(headline="NATO Meets Again", text="NATO met again.", published=clock.now))
    clock.now += DAY
    await deliver_due(app, dispatcher)
    assert [words(reply).splitlines()[1] for _, reply, _ in chat.posted][1] == "NATO Meets Again"


@pytest.mark.slow
async def test_two_digests_of_a_chat_due_at_once_tell_a_story_once(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    for topic in ("nato", "mattis", "russia"):
        ask(app, f"/subscribe {topic} daily 20:00")
    clock.now += DAY
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 3}


async def test_a_digest_brings_only_what_its_filters_let_through(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato none:mattis daily 20:00")
    ask(app, "/subscribe nato title-any:mattis daily 20:00", chat=DISCORD)
    assert "nato (none:mattis): daily at 20:00" in words(ask(app, "/subscriptions"))
    clock.now += DAY
    await deliver_due(app, dispatcher)
    assert [to for to, _, _ in chat.posted] == [DISCORD]


@pytest.mark.slow
async def test_two_dispatchers_send_each_digest_once(
    app: Application, chat: Chat, clock: HandClock, dispatcher: Dispatcher
) -> None:
    for number in range(20):
        ask(app, "/subscribe nato hourly", chat=ChatRef(platform="telegram", chat=str(number)))
    clock.now += timedelta(hours=1)
    other = make_dispatcher(app, chat)
    await deliver_due(app, dispatcher)
    await deliver_due(app, other)
    assert len(chat.posted) == len({to for to, _, _ in chat.posted}) == 20


async def test_days_that_were_missed_are_one_digest(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato hourly")
    clock.now += timedelta(days=3)
    await deliver_due(app, dispatcher)
    assert sum(app.outbox.states().values()) == 1
    assert len(chat.posted) == 1


async def test_a_digest_that_was_posted_can_be_followed_up(
    app: Application, dispatcher: Dispatcher, clock: HandClock
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    clock.now += DAY
    await deliver_due(app, dispatcher)
    assert "Defense budgets" in words(ask(app, "/sections", replied_to=MessageId("m1")))


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (lambda: Throttled(timedelta(seconds=40)), timedelta(seconds=40)),
        (lambda: SendFailed("no connection"), timedelta(seconds=15)),
    ],
)
async def test_what_was_not_sent_is_tried_again_after_a_pause(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    error: Callable[[], ChatError],
    pause: timedelta,
) -> None:
    ask(app, "/subscribe nato daily 20:00")
    clock.now += DAY
    chat.errors = [error()]
    await deliver_due(app, dispatcher)
    clock.now += pause - timedelta(seconds=1)
    await deliver_due(app, dispatcher)
    assert chat.posted == []
    clock.now += timedelta(seconds=1)
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1


@pytest.mark.slow
async def test_a_message_that_fails_while_others_are_sent_is_given_up_in_the_end(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.poisoned.add(CHAT)
    for number in range(3 * MAX_FAILURES):
        ask(app, "/subscribe nato hourly", chat=ChatRef(platform="telegram", chat=str(number)))
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=30)
    assert app.outbox.states()[DeliveryState.FAILED] == 1
    # What failed right after another failure may have been the platform's fault.
    assert MAX_FAILURES <= chat.tried[CHAT] < 3 * MAX_FAILURES


async def test_a_message_that_cannot_be_sent_for_a_day_is_given_up(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.down = True
    for _ in range(24):
        await deliver_due(app, dispatcher)
        assert app.outbox.states() == {DeliveryState.DUE: 1}
        clock.now += GIVE_UP_AFTER / 23
    chat.down = False
    chat.poisoned.add(CHAT)
    for _ in range(3):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=5)
    assert app.outbox.states() == {DeliveryState.FAILED: 1}


@pytest.mark.slow
@pytest.mark.parametrize("chats", [1, 300])
async def test_a_platform_that_is_down_for_an_hour_gets_everything_late_and_once(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    chats: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for number in range(chats):
        ask(app, "/subscribe nato hourly", chat=ChatRef(platform="telegram", chat=str(number)))
    clock.now += timedelta(hours=1)
    chat.down = True
    for _ in range(60):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=1)
    assert len(chat.keys) <= 20  # it is asked for nothing, and not with everybody's digest
    assert 30 <= chat.pings <= 75
    assert [r.message for r in caplog.records].count("platform down") == 1
    chat.down = False
    for _ in range(3):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=1)
    assert Counter(to.chat for to, _, _ in chat.posted) == {str(number): 1 for number in range(chats)}
    assert set(app.outbox.states()) == {DeliveryState.SENT}


@pytest.mark.slow
async def test_an_answer_that_is_lost_puts_no_other_digest_at_risk_until_the_platform_answers(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    for number in range(30):
        ask(
            app,
            "/subscribe nato weekly mon 20:00",
            chat=ChatRef(platform="telegram", chat=str(number)),
        )
    clock.now += 7 * DAY
    chat.silent = True
    for _ in range(60):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=1)
    chat.silent = False
    for _ in range(3):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=1)
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1, DeliveryState.SENT: 29}


async def test_a_digest_that_was_given_up_is_sent_when_an_operator_asks_for_it(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.errors = [SendRefused("message is too long")]
    await deliver_due(app, dispatcher)
    assert DeadLetterStore(app.database).retry(None, now=clock.now) == 1
    await deliver_due(app, dispatcher)
    assert [to for to, _, _ in chat.posted] == [CHAT]
    assert app.outbox.states() == {DeliveryState.SENT: 1}


async def test_a_refused_message_is_not_repeated(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.errors = [SendRefused("message is too long")]
    await deliver_due(app, dispatcher)
    clock.now += timedelta(hours=1)
    await deliver_due(app, dispatcher)
    assert app.outbox.states() == {DeliveryState.FAILED: 1}


async def test_a_closed_chat_loses_its_orders(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato hourly")
    clock.now += DAY
    chat.errors = [ChatGone("bot was blocked by the user")]
    await deliver_due(app, dispatcher)
    assert app.chats.subscriptions(CHAT) == ()


async def test_an_unknown_outcome_is_not_repeated_where_it_would_be_posted_twice(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.errors = [SendUnknown("no answer")]
    for _ in range(3):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(minutes=30)
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}
    assert chat.posted == []


@pytest.mark.slow
async def test_an_unknown_outcome_is_tried_again_under_the_same_key_while_that_is_safe(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00", chat=DISCORD)
    clock.now += 7 * DAY
    chat.errors = [SendUnknown("no answer"), SendFailed("no connection")]
    for _ in range(3):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(seconds=35)
    assert [to for to, _, _ in chat.posted] == [DISCORD]
    assert len(set(chat.keys)) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 1}


async def test_an_unknown_outcome_stays_unknown_when_a_copy_might_no_longer_be_refused(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00", chat=DISCORD)
    clock.now += 7 * DAY
    chat.errors = [SendUnknown("no answer")]
    await deliver_due(app, dispatcher)
    clock.now += RESEND_WITHIN + timedelta(seconds=1)
    await deliver_due(app, dispatcher)
    assert len(chat.keys) == 1
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}


@pytest.mark.slow
async def test_no_further_try_is_made_where_it_would_come_too_late(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00", chat=DISCORD)
    clock.now += 7 * DAY
    chat.errors = [SendUnknown("no answer") for _ in range(9)]
    for _ in range(9):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(seconds=20)
    assert len(chat.keys) == 4  # at once, and 15, 30 and 60 s after each other
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}


@pytest.mark.slow
async def test_where_we_may_not_write_whoever_ordered_hears_of_it_once_and_the_digest_waits(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato hourly")
    clock.now += timedelta(hours=1)
    chat.closed.add(CHAT)
    for _ in range(5):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(hours=1)
    assert len(chat.keys) == 5 + 1  # however many digests wait, one asks
    ((to, told, _),) = chat.posted
    assert to == DIRECT
    assert "“nato” is ready, but I may not write in #news" in words(told)
    assert "I may not write here since" in words(ask(app, "/subscriptions"))
    chat.closed.clear()
    await deliver_due(app, dispatcher)
    assert [to for to, _, _ in chat.posted] == [DIRECT, CHAT]
    assert "I may not write here" not in words(ask(app, "/subscriptions"))


async def test_two_orders_that_are_due_at_once_do_not_bring_the_same_story_twice(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    for topic in ("nato", "mattis"):
        ask(app, f"/subscribe {topic} weekly mon 20:00")
    clock.now += 7 * DAY
    await deliver_due(app, dispatcher)
    assert len(chat.posted) == 1
    assert app.outbox.states() == {DeliveryState.SENT: 2}


@pytest.mark.slow
async def test_a_digest_that_may_not_be_written_for_a_day_is_given_up_and_its_order_stays(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    order_digest(app, clock)
    chat.closed |= {CHAT, DIRECT}  # nor may we write to whoever ordered it
    for _ in range(30):
        await deliver_due(app, dispatcher)
        clock.now += timedelta(hours=1)
    assert chat.posted == []
    assert app.outbox.states() == {DeliveryState.FAILED: 1}
    assert len(app.chats.subscriptions(CHAT)) == 1


@pytest.mark.slow
async def test_an_order_ends_where_we_may_not_write_for_a_month(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00")
    chat.closed.add(CHAT)
    for _ in range(6):
        clock.now += 7 * DAY
        await deliver_due(app, dispatcher)
    assert app.chats.subscriptions(CHAT) == ()


async def test_a_digest_that_cannot_be_made_does_not_hold_up_the_others(
    app: Application,
    dispatcher: Dispatcher,
    chat: Chat,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(app, "/subscribe nato hourly")
    ask(app, "/subscribe nato hourly", chat=DISCORD)
    clock.now += timedelta(hours=1)
    compose = app.digests.compose

    def fail_for_one(order: object, **how: object) -> object:
        if getattr(order, "chat", None) == CHAT:
            raise RuntimeError("broken")
        return compose(order, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(app.digests, "compose", fail_for_one)
    await deliver_due(app, dispatcher)
    assert [to for to, _, _ in chat.posted] == [DISCORD]
    assert app.outbox.states() == {DeliveryState.DUE: 1, DeliveryState.SENT: 1}


@pytest.mark.slow
async def test_what_is_new_is_found_behind_many_stories_that_are_not(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock
) -> None:
    for number in range(45):
        told = f"The committee of case {number} heard witness {number * 7} on ships, item {number * 13}."
        app.ingest(article(headline=f"Hearing {number} on ships", text=told, published=clock.now))
    ask(app, "/subscribe ships match:witness.*294 daily 20:00")
    ask(app, "/subscribe ships daily 20:00", chat=DISCORD)
    for _ in range(16):
        clock.now += timedelta(hours=1)
        for order in app.chats.subscriptions(DISCORD):
            app.chats.resume_subscription(DISCORD, order.id, next_due=clock.now)
        await deliver_due(app, dispatcher)
    told_of = [words(reply) for to, reply, _ in chat.posted if to == DISCORD]
    assert sum(told.count("Hearing ") for told in told_of) == 45
    (filtered,) = (words(reply) for to, reply, _ in chat.posted if to == CHAT)
    assert "Hearing 42 on ships" in filtered


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [NotAllowed("Missing Permissions"), SendRefused("too long")],
    ids=lambda each: type(each).__name__,
)
async def test_a_refusal_does_not_say_what_became_of_an_earlier_try(
    app: Application, dispatcher: Dispatcher, chat: Chat, clock: HandClock, answer: ChatError
) -> None:
    ask(app, "/subscribe nato weekly mon 20:00", chat=DISCORD)
    clock.now += 7 * DAY
    chat.errors = [SendUnknown("no answer"), answer]
    await deliver_due(app, dispatcher)
    clock.now += timedelta(minutes=1)
    await deliver_due(app, dispatcher)
    assert len(chat.keys) == 2
    assert app.outbox.states() == {DeliveryState.UNKNOWN: 1}
    clock.now += DAY
    await deliver_due(app, dispatcher)
    assert chat.posted == []
