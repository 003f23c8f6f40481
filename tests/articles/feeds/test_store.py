from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from articles.database import Database
from articles.feeds.filters import Match, Rule
from articles.feeds.model import Entry, EntryChanges, EntryState, Feed, FeedState, entry_key
from articles.feeds.opml import Outline
from articles.feeds.store import MAX_NEW_ENTRIES, FeedStore, outline_of
from tests.databases import on_sqlite

NOW = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
VOA = Outline(
    url="https://voa.example/rss",
    title="VOA",
    site_url="https://voa.example/",
    language="en",
    folder=("World", "News"),
    rules=(Rule(match=Match.NONE, words=("sports",)),),
)
OTHER = Outline(url="https://other.example/rss")


@pytest.fixture
def store(database: Database) -> FeedStore:
    return FeedStore(database)


def entry(name: str, *, published: datetime | None = NOW, updated: datetime | None = None) -> Entry:
    url = f"https://voa.example/{name}"
    return Entry(
        key=entry_key(guid=name, url=url, title=name, paragraphs=()),
        url=url,
        title=name,
        byline="C. Babb",
        published=published,
        updated=updated,
        paragraphs=("One.", "Two."),
    )


def followed(store: FeedStore, outline: Outline = VOA) -> Feed:
    store.add(outline, now=NOW)
    feed = store.by_url(outline.url)
    assert feed is not None
    return feed


def test_what_opml_says_of_a_feed_is_kept(store: FeedStore) -> None:
    store.add_all([VOA, OTHER], now=NOW)
    assert [outline_of(feed) for feed in store.followed()] == [VOA, OTHER]


def test_a_feed_that_is_added_twice_is_followed_once(store: FeedStore) -> None:
    first, again = store.add_all([VOA, VOA], now=NOW)
    assert (first, again) == (True, False)
    assert len(store.followed()) == 1


def test_a_feed_comes_back_as_it_was_recorded(store: FeedStore) -> None:
    polled = replace(
        followed(store),
        etag='"x"',
        last_modified="Thu, 16 Feb 2017 12:00:00 GMT",
        body_hash="0" * 64,
        failures=3,
        failing_since=NOW - HOUR,
        next_poll=NOW + HOUR,
        interval=2 * HOUR,
        url="https://voa.example/moved",
    )
    store.record(polled, EntryChanges(), now=NOW)
    assert store.by_url("https://voa.example/moved") == polled


@on_sqlite
def test_only_active_feeds_whose_time_has_come_are_due_and_by_the_index(
    store: FeedStore, database: Database
) -> None:
    feed = followed(store)
    later = followed(store, OTHER)
    store.record(replace(later, next_poll=NOW + HOUR), EntryChanges(), now=NOW)
    assert [each.id for each in store.due(now=NOW, limit=9)] == [feed.id]
    store.record(replace(feed, state=FeedState.PAUSED, pause_reason="gone"), EntryChanges(), now=NOW)
    assert [each.id for each in store.due(now=NOW + 2 * HOUR, limit=9)] == [later.id]
    with database.reading() as connection:
        query = "SELECT * FROM feeds WHERE state = 'active' AND next_poll <= '2017' ORDER BY next_poll"
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert "ix_feeds_state_next_poll" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_entries_are_news_once_and_again_when_the_feed_says_they_changed(store: FeedStore) -> None:
    feed = followed(store)
    a, b = entry("a", updated=NOW), entry("b")
    assert store.changes_in(feed.id, [a, b]) == EntryChanges(new=(a, b))
    store.record(feed, EntryChanges(new=(a, b)), now=NOW)
    changed = replace(entry("a", updated=NOW + HOUR), paragraphs=("Corrected.",))
    assert store.changes_in(feed.id, [a, b, changed, entry("b", updated=NOW)]) == EntryChanges(
        changed=(changed,)
    )
    (first, second) = store.pending(now=NOW, limit=9)
    store.finish(first.id, EntryState.STORED)
    store.finish(second.id, EntryState.STORED)
    assert store.pending(now=NOW, limit=9) == ()
    store.record(feed, EntryChanges(changed=(changed,)), now=NOW)
    (pending,) = store.pending(now=NOW, limit=9)
    assert pending.entry == changed


def test_recording_the_same_news_twice_is_recording_it_once(store: FeedStore) -> None:
    feed = followed(store)
    for _ in range(2):
        store.record(feed, EntryChanges(new=(entry("a"),)), now=NOW)
    assert store.count_entries(EntryState.PENDING) == 1


def test_pending_entries_bring_what_they_need_from_their_feed_oldest_first(store: FeedStore) -> None:
    feed = followed(store)
    store.record(feed, EntryChanges(new=(entry("newest"), entry("older"))), now=NOW)
    older, newest = store.pending(now=NOW, limit=9)
    assert (older.entry, newest.entry) == (entry("older"), entry("newest"))
    assert (older.feed_title, older.feed_language, older.rules) == ("VOA", "en", VOA.rules)
    assert not older.is_update


def test_of_very_many_new_entries_the_newest_are_taken_and_none_is_news_again(store: FeedStore) -> None:
    feed = followed(store)
    entries = tuple(entry(str(n), published=NOW - n * HOUR) for n in reversed(range(5000)))
    store.record(feed, store.changes_in(feed.id, entries), now=NOW)
    taken = {pending.entry.title for pending in store.pending(now=NOW, limit=9999)}
    assert taken == {str(n) for n in range(MAX_NEW_ENTRIES)}
    assert store.count_entries(EntryState.PASSED_OVER) == 5000 - MAX_NEW_ENTRIES
    assert not store.changes_in(feed.id, entries)


def test_an_entry_that_is_postponed_waits(store: FeedStore) -> None:
    store.record(followed(store), EntryChanges(new=(entry("a"),)), now=NOW)
    (pending,) = store.pending(now=NOW, limit=9)
    store.postpone(pending.id, until=NOW + HOUR)
    assert store.pending(now=NOW, limit=9) == ()
    (again,) = store.pending(now=NOW + HOUR, limit=9)
    assert again.attempts == 1


def test_owners_are_told_of_a_pause_once_and_of_the_next_one_too(store: FeedStore) -> None:
    feed = followed(store)
    paused = replace(feed, state=FeedState.PAUSED, pause_reason="gone")
    for _ in range(2):
        store.record(paused, EntryChanges(), now=NOW)
        (event,) = store.unannounced_pauses()
        assert (event.id, event.url, event.reason) == (feed.id, VOA.url, "gone")
        store.mark_pause_announced(event.id, now=NOW)
        assert store.unannounced_pauses() == ()
        store.poll_now([feed.id], now=NOW)
        assert [each.id for each in store.due(now=NOW, limit=9)] == [feed.id]


def test_a_feed_that_is_removed_takes_its_entries_along(store: FeedStore) -> None:
    feed = followed(store)
    store.record(feed, EntryChanges(new=(entry("a"),)), now=NOW)
    store.remove(feed.id)
    assert store.followed() == ()
    assert store.count_entries(EntryState.PENDING) == 0


def test_a_default_feed_that_was_removed_stays_away_until_somebody_adds_it(store: FeedStore) -> None:
    store.offer_defaults([VOA, OTHER], now=NOW)
    feed = store.by_url(VOA.url)
    assert feed is not None
    store.remove(feed.id)
    store.offer_defaults([VOA, OTHER], now=NOW)
    assert [each.url for each in store.followed()] == [OTHER.url]
    assert store.due(now=NOW, limit=9)[0].url == OTHER.url
    assert store.add(VOA, now=NOW)
    assert {each.url for each in store.followed()} == {VOA.url, OTHER.url}


def test_a_default_feed_that_has_moved_is_not_offered_again(store: FeedStore) -> None:
    store.offer_defaults([VOA], now=NOW)
    (feed,) = store.followed()
    store.record(replace(feed, url="https://voa.example/moved"), EntryChanges(), now=NOW)
    store.offer_defaults([VOA], now=NOW)
    assert [each.url for each in store.followed()] == ["https://voa.example/moved"]


def test_default_feeds_are_switched_off_together_and_no_others(store: FeedStore) -> None:
    store.add(OTHER, now=NOW)
    store.offer_defaults([VOA, OTHER], now=NOW)
    store.withdraw_defaults()
    assert [each.url for each in store.followed()] == [OTHER.url]
