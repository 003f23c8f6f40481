"""The tables of this room (SQLAlchemy Core), in the one metadata that all rooms share."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

import summarizer.schema  # noqa: F401 (subscriptions refer to its speakers)
from articles.schema import RowId, UtcDateTime, metadata

chats = Table(
    "chats",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("chat", Text, nullable=False),  # the platform's id
    Column("thread", Text, nullable=False),  # "" where there is none: null would defeat the unique key
    Column("timezone", Text),  # IANA; null: the installation's default
    Column("created_at", UtcDateTime, nullable=False),
    Index("uq_chats_platform_chat_thread", "platform", "chat", "thread", unique=True),
)

# What a chat was last shown, so that "/sections" knows which brief is meant.
shown = Table(
    "shown",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("message", Text),  # the platform's message id; null until the platform has told us
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("query", Text),  # what "/more" goes on with
    Column("offset", Integer, nullable=False),
    Column("shown_at", UtcDateTime, nullable=False),
    Index(None, "chat_id", "message"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),  # SubscriptionKind, see bot/storage/chats.py
    Column("topic", Text, nullable=False),  # of a speaker's quotes: the name; "": any topic
    Column("speaker_id", ForeignKey("speakers.id", ondelete="CASCADE")),  # whose quotes; null: nobody's
    Column("always", Boolean, nullable=False),  # a digest comes also when there is nothing new
    Column("schedule", JSON, nullable=False),  # see bot/schedules/schedule.py
    Column("filters", JSON, nullable=False),  # see articles/feeds/filters.py; [] for none
    Column("timezone", Text, nullable=False),  # IANA; fixed when it was asked for
    Column("paused", Boolean, nullable=False),
    Column("next_due", UtcDateTime, nullable=False),  # in the year 9999 while nothing breaks
    Column("created_by", Text, nullable=False),
    Column("barred_since", UtcDateTime),  # since when we may not write there; null: we may
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "paused", "next_due"),
    Index(None, "kind", "topic"),
    Index("uq_subscriptions_chat_id_kind_topic", "chat_id", "kind", "topic", unique=True),
)

# The unique key makes a digest one delivery, whoever enqueues it and how often.
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),  # see bot/storage/outbox.py
    Column("attempts", Integer, nullable=False),  # how often it was claimed
    Column("failures", Integer, nullable=False),  # how often an attempt failed through its own fault
    # While it is being sent: when the lease ends.
    Column("try_after", UtcDateTime, nullable=False),
    # When the first send with an unknown outcome started; null: there is none.
    Column("unsure_since", UtcDateTime),
    Column("tells", JSON(none_as_null=True)),  # once the send has started: {"articles": ids, "quotes": keys}
    Column("message", Text),  # the platform's message id, once sent
    Column("reason", Text),  # why it failed, or what is not known
    Index("uq_outbox_subscription_id_due_at", "subscription_id", "due_at", unique=True),
    Index(None, "state", "try_after"),
    Index(
        "ix_outbox_unsure_due",
        "try_after",
        sqlite_where=text("state = 'due' AND unsure_since IS NOT NULL"),
        postgresql_where=text("state = 'due' AND unsure_since IS NOT NULL"),
    ),
)

# No story twice in one chat. Its updates are compared with what was told.
delivered = Table(
    "delivered",
    metadata,
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("publishers", Integer, nullable=False),  # that had reported its story when it was told
)

# No quote twice in one chat, in whichever story its speaker says it again.
told_quotes = Table(
    "told_quotes",
    metadata,
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("quote_key", BigInteger, primary_key=True),  # of speaker and words, see bot/digests.py
)

# Stories that are breaking news, each once.
breaking_stories = Table(
    "breaking_stories",
    metadata,
    Column("story_id", ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    Column("broke_at", UtcDateTime, nullable=False),
    Column("announced", Boolean, nullable=False),  # all subscriptions that it concerns have become due
    Index(None, "announced", "broke_at"),
)

# Which chats added a feed: they are told when it is paused.
feed_owners = Table(
    "feed_owners",
    metadata,
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("told_of", UtcDateTime),  # the feed's `paused_at` that it was last told of; null: none
    Index(None, "chat_id"),
)

# How far a copy of another database into this one has come (`pullquote db copy`); empty where there was none.
copied = Table(
    "copied",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("last_key", JSON(none_as_null=True)),  # of the last row that is here; null: none is
    Column("finished_at", UtcDateTime),  # null: not all tables are here and found to be the same
)
