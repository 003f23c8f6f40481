"""The tables of this package (SQLAlchemy Core). `bot/migrations` creates them; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only if the key is INTEGER, which has 64 bits there. PostgreSQL's INTEGER has
# 32 bits: the quotes of a large installation would use them up within a year.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# Text that is looked up by prefix: sorted by code point in every locale, as on SQLite.
OrderedText = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. SQLite stores no zone, so we store UTC and add UTC when reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone is not a point in time")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (the base's signature)
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Search keys number the articles so that an index returns the newest first: the second of publication (see
# `store.publication_time`), shifted left, plus a sequence number within that second.
SEQUENCE_BITS = 20  # a million articles may have the same second, as where only the day is known


def first_key(at: datetime) -> int:
    """The lowest search key of an article published at that second."""
    return int(at.timestamp()) << SEQUENCE_BITS


def time_of_key(search_key: int) -> datetime:
    """The publication time of an article with that key, to the second."""
    return datetime.fromtimestamp(search_key >> SEQUENCE_BITS, UTC)


def _partial_index(name: str | None, column: str, *, where: str, unique: bool = False) -> Index:
    return Index(name, column, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# A story: articles about one event, by any publisher. A chat gets each story once.
stories = Table(
    "stories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("opened_at", UtcDateTime, nullable=False),  # publication time of its first article
)

# `search_key` is the full-text index's rowid. Newest first is then an index scan that stops early (0.04 ms at
# a million rows, 71 ms if sorted by a column). The small columns come before the text: SQLite reads through a
# long text to reach the columns after it.
articles = Table(
    "articles",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("search_key", BigInteger, nullable=False, unique=True),
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    # The newest version of this article; null: this is it. Deleting that deletes the old versions too.
    Column("superseded_by", ForeignKey("articles.id", ondelete="CASCADE")),
    # The first stored near-duplicate, at another address or publisher; null: none.
    Column("copy_of", ForeignKey("articles.id", ondelete="SET NULL")),
    Column("url", Text),
    Column("canonical_url", Text),  # one form for all spellings of the address; null: it came from a file
    Column("publisher", Text),
    Column("headline", Text, nullable=False),
    Column("byline", Text),
    Column("dateline", Text),
    Column("published", UtcDateTime),
    Column("language", String(8), nullable=False),
    Column("completeness", String(16), nullable=False, server_default="whole"),
    Column("content_hash", String(64), nullable=False, unique=True),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("headings", Text, nullable=False),  # for full-text search, one a line
    Column("sections", JSON, nullable=False),  # [{"heading": str|null, "paragraphs": [[start, end, kind]]}]
    Column("text", Text, nullable=False),
    Index(None, "story_id"),
    # Partial, so that SQLite does not use it to find the many rows with NULL.
    _partial_index(None, "superseded_by", where="superseded_by IS NOT NULL"),
    _partial_index(None, "copy_of", where="copy_of IS NOT NULL"),
    # Of newest versions; finds the article of which another version arrives.
    _partial_index("uq_articles_canonical_url", "canonical_url", where="superseded_by IS NULL", unique=True),
)

# The fingerprints of newest versions (see `stories/placement.py`): near-duplicates are found by the bands of
# their MinHash signature, reports of one event by names and vector.
article_marks = Table(
    "article_marks",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("signature", LargeBinary),  # MinHash; null: the text is too short
    Column("encoder", Text),  # its `kind`; vectors of two kinds are never compared
    Column("vector", LargeBinary),  # little-endian float32, of unit length; null: not known
)

article_bands = Table(
    "article_bands",
    metadata,
    Column("band", BigInteger, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)

article_names = Table(
    "article_names",
    metadata,
    Column("name", Text, primary_key=True),
    # The article's: the newest articles with a name are adjacent.
    Column("search_key", BigInteger, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)

# What newest versions say their acronyms stand for (see `text/acronyms.py`): one row per article and acronym.
article_acronyms = Table(
    "article_acronyms",
    metadata,
    Column("short_key", Text, primary_key=True),  # "nato"
    Column("long_key", Text, primary_key=True),  # "north atlantic treaty organization"
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("short", Text, nullable=False),  # as the article writes them
    Column("long", Text, nullable=False),
    Index(None, "long_key"),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text),
    Column("site_url", Text),
    Column("language", Text),
    Column("folder", JSON, nullable=False),  # [name, ...], outermost first
    Column("rules", JSON, nullable=False),  # see feeds/filters.py
    Column("default_url", Text),  # its URL when it came with Pullquote; null: it did not come with it
    Column("state", String(16), nullable=False),  # FeedState
    Column("pause_reason", Text),
    Column("paused_at", UtcDateTime),  # null while active
    # When its owners were told that it is paused; null: not told, or not paused.
    Column("told_at", UtcDateTime),
    Column("next_poll", UtcDateTime, nullable=False),
    Column("interval_s", Integer, nullable=False),
    Column("hints", JSON, nullable=False),  # {"ttl_s": int|null, "skip_hours": [int], "skip_days": [int]}
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String(64)),
    Column("failures", Integer, nullable=False),
    Column("failing_since", UtcDateTime),
    Column("added_at", UtcDateTime, nullable=False),
    Index(None, "state", "next_poll"),
)

# Every entry that a feed has listed, once: the work list of `feeds/entry_processor.py`, and what was seen.
feed_entries = Table(
    "feed_entries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(64), nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("byline", Text),
    Column("published", UtcDateTime),
    Column("updated", UtcDateTime),
    Column("paragraphs", JSON, nullable=False),  # the feed's own text; empty once it is processed
    Column("state", String(16), nullable=False),  # EntryState
    Column("attempts", Integer, nullable=False),
    Column("try_after", UtcDateTime, nullable=False),
    Column("article_id", ForeignKey("articles.id", ondelete="SET NULL")),
    Index("uq_feed_entries_feed_id_key", "feed_id", "key", unique=True),
    Index(None, "state", "try_after"),
    Index(None, "url"),
    Index(None, "article_id"),
)
