import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.feeds.model import FIRST_INTERVAL, Feed, FeedId, FeedState, ParsedFeed, PollHints
from articles.feeds.poller import (
    LONG_FAILURE,
    MAX_BACKOFF,
    MAX_HINTED,
    MAX_INTERVAL,
    MIN_FAILURES,
    MIN_INTERVAL,
    Answered,
    Failed,
    Outcome,
    Stopped,
    after,
)

NOW = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)  # a Thursday
HOUR = timedelta(hours=1)
FEED = Feed(
    id=FeedId(1),
    url="https://news.example/feed",
    title=None,
    site_url=None,
    language=None,
    folder=(),
    rules=(),
    state=FeedState.ACTIVE,
    pause_reason=None,
    next_poll=NOW,
    interval=FIRST_INTERVAL,
    hints=PollHints(),
    etag=None,
    last_modified=None,
    body_hash=None,
    failures=0,
    failing_since=None,
)
PARSED = ParsedFeed(
    title="News", site_url="https://news.example/", language="en", hints=PollHints(), entries=()
)
UNCHANGED = Answered(
    url=FEED.url,
    etag='"1"',
    last_modified=None,
    body_hash=None,
    fresh_for=None,
    parsed=None,
    has_changes=False,
)
NEWS = replace(UNCHANGED, parsed=PARSED, has_changes=True)


def poll(feed: Feed, outcome: Outcome, now: datetime = NOW) -> Feed:
    return after(feed, outcome, now=now, rng=random.Random(17))


def days_of(feed: Feed, outcome: Outcome, polls: int) -> Feed:
    for _ in range(polls):
        feed = poll(feed, outcome, now=feed.next_poll)
    return feed


def test_a_busy_feed_is_asked_more_often_and_a_quiet_one_less_within_bounds() -> None:
    assert poll(FEED, NEWS).interval < FEED.interval < poll(FEED, UNCHANGED).interval
    assert days_of(FEED, NEWS, 50).interval == MIN_INTERVAL
    assert days_of(FEED, UNCHANGED, 50).interval == MAX_INTERVAL


def test_a_feed_tells_its_name_and_a_feed_that_forgets_it_keeps_it() -> None:
    named = poll(FEED, NEWS)
    assert (named.title, named.site_url, named.language) == ("News", "https://news.example/", "en")
    forgetful = replace(NEWS, parsed=replace(PARSED, title=None, site_url=None, language=None))
    assert poll(named, forgetful).title == "News"


@pytest.mark.parametrize(
    ("fresh_for", "ttl", "at_least"),
    [
        (3 * HOUR, None, 3 * HOUR),
        (None, 4 * HOUR, 4 * HOUR),
        (3 * HOUR, 4 * HOUR, 4 * HOUR),
        (timedelta(days=6), None, MAX_HINTED),
        (timedelta(minutes=1), timedelta(minutes=1), MIN_INTERVAL),
    ],
)
def test_a_publishers_wish_to_be_asked_later_is_kept_within_reason(
    fresh_for: timedelta | None, ttl: timedelta | None, at_least: timedelta
) -> None:
    answered = replace(NEWS, fresh_for=fresh_for, parsed=replace(PARSED, hints=PollHints(ttl=ttl)))
    wait = poll(FEED, answered).next_poll - NOW
    assert at_least <= wait <= max(at_least, FIRST_INTERVAL) * 1.1


def test_the_wish_is_remembered_when_the_feed_has_not_changed() -> None:
    asked = poll(FEED, replace(NEWS, parsed=replace(PARSED, hints=PollHints(ttl=10 * HOUR))))
    assert poll(asked, UNCHANGED).next_poll - NOW >= 10 * HOUR


def test_hours_and_days_that_a_feed_skips_are_skipped() -> None:
    busy = replace(FEED, interval=MIN_INTERVAL)
    hints = PollHints(skip_hours=frozenset({12, 13, 14}), skip_days=frozenset({4}))  # and Friday
    assert poll(replace(busy, hints=hints), UNCHANGED).next_poll == NOW.replace(hour=15)
    evening = NOW.replace(hour=23, minute=55)
    assert poll(replace(busy, hints=hints), UNCHANGED, evening).next_poll == datetime(2017, 2, 18, tzinfo=UTC)


def test_a_feed_that_skips_everything_is_asked_all_the_same() -> None:
    hints = PollHints(skip_hours=frozenset(range(24)))
    assert poll(replace(FEED, hints=hints), UNCHANGED).next_poll > NOW


def test_failures_back_off_and_success_forgives_them() -> None:
    failed = FEED
    waits = []
    for _ in range(12):
        failed = poll(failed, Failed(reason="503"))
        waits.append(failed.next_poll - NOW)
    assert waits[0] <= timedelta(minutes=5)
    assert waits[5] > 10 * waits[0]
    assert MAX_BACKOFF / 2 <= waits[-1] <= MAX_BACKOFF
    forgiven = poll(failed, UNCHANGED)
    assert (forgiven.failures, forgiven.failing_since) == (0, None)


def test_two_feeds_that_fail_together_do_not_come_back_together() -> None:
    rng = random.Random(17)
    moments = {after(FEED, Failed(reason="503"), now=NOW, rng=rng).next_poll for _ in range(20)}
    assert len(moments) == 20


def test_retry_after_is_kept() -> None:
    assert poll(FEED, Failed(reason="429", retry_after=5 * HOUR)).next_poll == NOW + 5 * HOUR


def test_a_feed_that_has_failed_for_long_is_paused_with_its_reason() -> None:
    failed = FEED
    while failed.state is FeedState.ACTIVE:
        failed = poll(failed, Failed(reason="the publisher answered 500"), now=failed.next_poll)
    assert "the publisher answered 500" in (failed.pause_reason or "")
    assert "7 days" in (failed.pause_reason or "")


def test_a_week_off_line_pauses_no_feed() -> None:
    once = poll(FEED, Failed(reason="no such host"))
    later = poll(once, Failed(reason="no such host"), NOW + 2 * LONG_FAILURE)
    assert later.state is FeedState.ACTIVE
    assert later.failures < MIN_FAILURES


def test_a_feed_that_is_gone_or_has_ended_is_paused_at_once_and_can_be_resumed() -> None:
    ended = replace(NEWS, parsed=replace(PARSED, ended=True))
    for outcome in (Stopped(reason="gone"), ended):
        paused = poll(FEED, outcome)
        assert paused.state is FeedState.PAUSED
        assert paused.pause_reason
        again = paused.resumed(now=NOW)
        assert (again.state, again.pause_reason, again.failures, again.next_poll) == (
            FeedState.ACTIVE,
            None,
            0,
            NOW,
        )


spans = st.none() | st.timedeltas(timedelta(), timedelta(days=7))
hints = st.builds(
    PollHints,
    ttl=spans,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
)
outcomes = st.one_of(
    st.builds(Failed, reason=st.just("x"), retry_after=spans),
    st.builds(
        Answered,
        url=st.just(FEED.url),
        etag=st.none(),
        last_modified=st.none(),
        body_hash=st.none(),
        fresh_for=spans,
        parsed=st.none() | hints.map(lambda some: replace(PARSED, hints=some)),
        has_changes=st.booleans(),
    ),
)


@pytest.mark.slow
@given(st.lists(outcomes, max_size=30), st.randoms(use_true_random=False))
def test_whatever_happens_the_next_poll_is_later_and_not_too_late(
    history: list[Outcome], rng: random.Random
) -> None:
    feed = FEED
    for outcome in history:
        now = feed.next_poll
        feed = after(feed, outcome, now=now, rng=rng)
        assert timedelta() < feed.next_poll - now <= timedelta(days=9)
        assert MIN_INTERVAL <= feed.interval <= MAX_INTERVAL
