"""Following a speaker: their own words, each once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app.application import Application
from bot.reply import Quotation
from bot.storage.chats import SubscriptionKind
from tests.bot.clocks import HandClock
from tests.bot.deliveries import mark_told
from tests.bot.talk import ask, commands, quotations, words
from tests.samples import CHAT, article

PRINTS = "Prime Minister Ann Lee said “{}” in Oslo on Friday. Ann Lee added that taxes would fall."


def told(app: Application, clock: HandClock) -> list[Quotation]:
    """What the chat's one order delivers now, marked as delivered."""
    (order,) = app.chats.subscriptions(CHAT)
    digest = app.digests.compose(order, now=clock.now)
    if digest is None:
        return []
    mark_told(app.database, CHAT, digest.articles, quotes=digest.quotes, now=clock.now)
    return quotations(digest.reply)


def test_a_speakers_new_quotes_come_word_for_word_with_cue_headline_and_link(
    app: Application, clock: HandClock
) -> None:
    reply = ask(app, "/follow mattis daily 20:00")
    assert words(reply).splitlines()[:2] == [
        "Jim Mattis: new subscription",
        "New quotes, word for word, daily at 20:00, UTC time.",
    ]
    (order,) = app.chats.subscriptions(CHAT)
    assert (order.kind, order.topic) == (SubscriptionKind.SPEAKER, "Jim Mattis")
    digest = app.digests.compose(order, now=clock.now)
    assert digest is not None
    text = words(digest.reply)
    assert text.startswith("Jim Mattis: 7 new quotes, word for word\nMattis Rules Out Military Collaboration")
    assert {quote.speaker for quote in quotations(digest.reply)} == {"Jim Mattis"}
    assert all(quote.verbatim and quote.cue for quote in quotations(digest.reply) if quote.label is None)


@pytest.mark.slow
def test_no_quote_comes_twice_in_whichever_story_it_is_said_again(app: Application, clock: HandClock) -> None:
    first = "We will build a bridge to every island of the north before the winter comes"
    app.ingest(article(headline="A bridge for all", text=PRINTS.format(first), published=clock.now))
    ask(app, "/follow ann lee")
    assert [quote.parts for quote in told(app, clock)] == [(first,)]
    assert told(app, clock) == []
    clock.now += timedelta(days=2)
    again = f"Storms held the ferry in Bergen. {PRINTS.format(first.upper())}"
    app.ingest(article(headline="Storm over Bergen", text=again, published=clock.now))
    assert told(app, clock) == []
    second = "Nobody in this country should have to swim to work in December"
    app.ingest(article(headline="Swimming to work", text=PRINTS.format(second), published=clock.now))
    assert [quote.parts for quote in told(app, clock)] == [(second,)]


def test_who_is_meant_is_asked_where_two_people_have_the_name(app: Application) -> None:
    for name, said in (("Ann Lee", "We are ready for the winter"), ("Robert Lee", "I am against all of it")):
        text = f"“{said},” {name} said in Oslo. “It will be hard,” {name} said."
        app.ingest(article(headline=f"{name} speaks", text=text))
    reply = ask(app, "/follow lee every morning")
    assert words(reply).startswith("Who is meant by “lee”?")
    confirmed = ask(app, commands(reply)[0])
    assert "Daily" in words(confirmed) or "daily" in words(confirmed)
    assert len(app.chats.subscriptions(CHAT)) == 1


def test_whoever_is_not_quoted_cannot_be_followed(app: Application) -> None:
    assert words(ask(app, "/follow nobody")).startswith("Nobody called “nobody” is quoted here.")
    assert ask(app, "/follow mattis breaking").error
    assert ask(app, "/follow").error


def test_somebody_is_followed_no_more_by_a_part_of_the_name(app: Application) -> None:
    ask(app, "/subscribe mattis")
    ask(app, "/follow mattis")
    assert "quotes by Jim Mattis: daily at 08:00" in words(ask(app, "/subscriptions"))
    assert words(ask(app, "/unfollow mattis")) == "Ended: quotes by Jim Mattis."
    assert [order.kind for order in app.chats.subscriptions(CHAT)] == [SubscriptionKind.TOPIC]
    assert words(ask(app, "/unfollow mattis")).startswith("Nobody is followed here.")


def test_a_topic_and_a_speaker_of_one_name_are_two_subscriptions(app: Application) -> None:
    ask(app, '/subscribe "Jim Mattis"')
    ask(app, "/follow Jim Mattis")
    ask(app, '/subscribe "Jim Mattis" breaking')
    orders = app.chats.subscriptions(CHAT)
    assert [order.kind for order in orders] == [
        SubscriptionKind.TOPIC,
        SubscriptionKind.SPEAKER,
        SubscriptionKind.BREAKING,
    ]
    assert app.service.complete(CHAT, "number", "quotes") == ("quotes by Jim Mattis",)
    moved = replace(CHAT, chat="-9")
    ask(app, '/subscribe "Jim Mattis" hourly', chat=moved)
    app.chats.move(CHAT, moved)
    assert len(app.chats.subscriptions(moved)) == 3


def test_ending_a_subscription_by_its_topic_ends_no_other_of_that_name(app: Application) -> None:
    ask(app, "/subscribe mattis")
    ask(app, "/subscribe mattis breaking")
    ask(app, "/follow mattis")
    assert words(ask(app, "/unsubscribe mattis")) == "Ended: mattis."
    ask(app, '/subscribe "Jim Mattis" breaking')
    assert ask(app, "/unsubscribe nobody").error
    kept = [order.kind for order in app.chats.subscriptions(CHAT)]
    assert kept == [SubscriptionKind.BREAKING, SubscriptionKind.SPEAKER, SubscriptionKind.BREAKING]
