"""The tables of this room (SQLAlchemy Core). `bot/migrations` makes them; a test compares the two."""

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

# SQLite numbers rows by itself where the key is INTEGER, of 64 bits there; PostgreSQL's INTEGER has 32, which
# the quotes of a large installation fill within a year.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# Text that is looked up by its beginning: in the order of code points, as SQLite has it, in every locale.
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
    """An instant. SQLite keeps no zone, so we hand it UTC and put UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone is not an instant")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (the base's signature)
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Articles about one event. What is told of it is told once, whoever published it.
stories = Table(
    "stories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("opened_at", UtcDateTime, nullable=False),  # when its first article counts as published
)

# `search_key` is the full-text index's rowid: the second of publication (see `store.py`) shifted left 20
# bits, plus a running number within that second. Newest first is then an index scan that stops early (0.04 ms
# at a million rows against 71 ms when sorted by a column). The small columns stand before the text: SQLite
# walks through a long text to what stands behind it.
articles = Table(
    "articles",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("search_key", BigInteger, nullable=False, unique=True),
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    # The newest version of this article; null: this is it. Who deletes that deletes the old ones too.
    Column("superseded_by", ForeignKey("articles.id", ondelete="CASCADE")),
    # The first stored article of nearly the same words, at another address or publisher; null: none.
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
    # Only of the few that have one, so that SQLite is not tempted to find those that have none by it.
    Index(
        None,
        "superseded_by",
        sqlite_where=text("superseded_by IS NOT NULL"),
        postgresql_where=text("superseded_by IS NOT NULL"),
    ),
    Index(
        None,
        "copy_of",
        sqlite_where=text("copy_of IS NOT NULL"),
        postgresql_where=text("copy_of IS NOT NULL"),
    ),
    Index(
        "uq_articles_canonical_url",  # of newest versions; it finds the article whose new version comes in
        "canonical_url",
        unique=True,
        sqlite_where=text("superseded_by IS NULL"),
        postgresql_where=text("superseded_by IS NULL"),
    ),
)

# What newest versions are recognised by: as copies by their signature's bands, as reports of one event by the
# names in them and by what they mean (see `duplicates.py`, `stories.py`).
article_marks = Table(
    "article_marks",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("signature", LargeBinary),  # null: too short a text to have one
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
    Column("search_key", BigInteger, primary_key=True),  # the article's: a name's newest come together
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Index(None, "article_id"),
    sqlite_with_rowid=False,
)

# What newest versions say that their acronyms stand for (see `acronyms.py`): a row for an article and a pair.
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
    Column("rules", JSON, nullable=False),  # see filters.py
    Column("default_url", Text),  # where it was when it came with Pullquote; null: it did not
    Column("state", String(16), nullable=False),  # FeedState
    Column("pause_reason", Text),
    Column("paused_at", UtcDateTime),  # null while active
    Column("told_at", UtcDateTime),  # its owners know that it is paused; null: they do not, or it is not
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

# What feeds have listed, once each: the work list of `intake.py`, and the memory of what was seen.
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
    Column("paragraphs", JSON, nullable=False),  # the feed's own text; empty once it is settled
    Column("state", String(16), nullable=False),  # EntryState
    Column("attempts", Integer, nullable=False),
    Column("try_after", UtcDateTime, nullable=False),
    Column("article_id", ForeignKey("articles.id", ondelete="SET NULL")),
    Index("uq_feed_entries_feed_id_key", "feed_id", "key", unique=True),
    Index(None, "state", "try_after"),
    Index(None, "url"),
    Index(None, "article_id"),
)


# Search keys: the number of an article by which newest first is the order of an index (see `schema.py`).

SEQUENCE_BITS = 20  # bits: a million articles may carry the same second, as where only the day is known


def first_key(at: datetime) -> int:
    """The lowest search key of an article that counts as published at that second."""
    return int(at.timestamp()) << SEQUENCE_BITS


def placed(search_key: int) -> datetime:
    """When an article of that key counts as published, to the second."""
    return datetime.fromtimestamp(search_key >> SEQUENCE_BITS, UTC)
