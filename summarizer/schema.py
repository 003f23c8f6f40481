"""The tables of this room (SQLAlchemy Core), in the one metadata that all rooms share."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from articles.schema import UtcDateTime, metadata

speakers = Table(
    "speakers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),  # the fullest name seen
    Column("kind", String(16), nullable=False),
    Column("name_key", Text, nullable=False, unique=True),  # folded; one speaker a key
)

quotes = Table(
    "quotes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),  # from 0, in text order
    Column("kind", String(16), nullable=False),
    Column("content", JSON, nullable=False),  # [[start, end], ...] into the article's text
    Column("cue", JSON),  # [start, end]
    Column("source", JSON),  # [start, end]
    Column("speaker_id", ForeignKey("speakers.id")),  # null: nobody is named
    Column("speaker_name", Text),  # as this article has it
    Column("role", Text),
    Column("speaks_for", Text),
    Column("confidence", Float, nullable=False),
    Column("published", UtcDateTime, nullable=False),  # the article's (else when stored): newest first
    Index("uq_quotes_article_id_position", "article_id", "position", unique=True),
    Index(None, "speaker_id", "published"),
)

briefs = Table(
    "briefs",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("bullets", JSON, nullable=False),  # [{"text", "spans": [[start, end]], "evidence": [int]}]
    Column("key_quotes", JSON, nullable=False),  # positions in the article's quotes
)
