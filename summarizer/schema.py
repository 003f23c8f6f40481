"""The tables of quotes, briefs and speakers (SQLAlchemy Core), in the metadata that all packages share."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from articles.schema import OrderedText, RowId, metadata

speakers = Table(
    "speakers",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False),  # the longest form of the name
    Column("kind", String(16), nullable=False),
    Column("name_key", Text, nullable=False),  # folded; unique per kind
    # Of listed quotes; updated by triggers on `quotes`, because counting a president's is slow.
    Column("quote_count", Integer, nullable=False),
    Index("uq_speakers_kind_name_key", "kind", "name_key", unique=True),
    Index(None, "quote_count"),
)

# Each word of a speaker's name, for looking people up by surname, beginning or misspelling.
speaker_words = Table(
    "speaker_words",
    metadata,
    Column("word", OrderedText, primary_key=True),  # folded
    Column("speaker_id", ForeignKey("speakers.id", ondelete="CASCADE"), primary_key=True),
    Column("backwards", OrderedText, nullable=False),  # the word reversed, to look up by its ending
    Column("is_last", Boolean, nullable=False),  # the surname
    Index(None, "speaker_id"),
    Index(None, "backwards"),
)

quotes = Table(
    "quotes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),  # from 0, in text order
    Column("kind", String(16), nullable=False),
    Column("content", JSON, nullable=False),  # [[start, end], ...] into the article's text
    Column("cue", JSON(none_as_null=True)),  # [start, end]
    Column("source", JSON(none_as_null=True)),  # [start, end]
    # null: unnamed ("a senior official"), or a newer version of the article supersedes this one
    Column("speaker_id", ForeignKey("speakers.id")),
    # A hash of the words and the story: the same words in several articles of a story are listed once.
    # null: a paraphrase, which is not listed.
    Column("said_key", BigInteger),
    Column("speaker_name", Text),  # in this article; null: it names nobody
    Column("speaker_kind", String(16)),
    Column("role", OrderedText),
    Column("speaks_for", Text),
    Column("confidence", Float, nullable=False),
    Column("search_key", BigInteger, nullable=False),  # the article's, for order and full text
    Index("uq_quotes_article_id_position", "article_id", "position", unique=True),
    Index(None, "speaker_id", "search_key"),
    Index(None, "speaker_id", "said_key"),
)

briefs = Table(
    "briefs",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    # [{"text", "spans": [[start, end]], "evidence": [int], "edits": [[start, end, text, kind]], "generated"}]
    Column("bullets", JSON, nullable=False),
    # [[position in the article's quotes, [[start, end], ...] of the shown parts]]
    Column("key_quotes", JSON, nullable=False),
    Column("model", Text),  # that wrote the generated bullets; null: there are none
    Column("fallback", String(16)),  # why a model did not write; null: it did, or none should
)

# Daily usage of models that have a budget.
model_usage = Table(
    "model_usage",
    metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("model", Text, primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),  # of prompts and answers
)
