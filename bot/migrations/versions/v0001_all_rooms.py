"""The tables of all rooms, the full-text index of articles, and what keeps index and counts right."""

import sqlalchemy as sa
from alembic import op

from bot.migrations import v0001_postgres, v0001_sqlite

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


OF_DIALECT = {"sqlite": v0001_sqlite, "postgresql": v0001_postgres}
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ORDERED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "stories",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_table(
        "articles",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("search_key", sa.BigInteger(), nullable=False),
        sa.Column("story_id", ROW_ID, nullable=False),
        sa.Column("superseded_by", ROW_ID, nullable=True),
        sa.Column("copy_of", ROW_ID, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("dateline", sa.Text(), nullable=True),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("completeness", sa.String(length=16), server_default="whole", nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_articles_story_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["articles.id"], name=op.f("fk_articles_superseded_by"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["copy_of"], ["articles.id"], name=op.f("fk_articles_copy_of"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_articles_content_hash")),
        sa.UniqueConstraint("search_key", name=op.f("uq_articles_search_key")),
    )
    op.create_index(op.f("ix_articles_story_id"), "articles", ["story_id"], unique=False)
    op.create_index(
        op.f("ix_articles_superseded_by"),
        "articles",
        ["superseded_by"],
        unique=False,
        sqlite_where=sa.text("superseded_by IS NOT NULL"),
        postgresql_where=sa.text("superseded_by IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_articles_copy_of"),
        "articles",
        ["copy_of"],
        unique=False,
        sqlite_where=sa.text("copy_of IS NOT NULL"),
        postgresql_where=sa.text("copy_of IS NOT NULL"),
    )
    op.create_index(
        "uq_articles_canonical_url",
        "articles",
        ["canonical_url"],
        unique=True,
        sqlite_where=sa.text("superseded_by IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_table(
        "article_bands",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_bands_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("band", "article_id", name=op.f("pk_article_bands")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_article_bands_article_id"), "article_bands", ["article_id"], unique=False)
    op.create_table(
        "article_names",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search_key", sa.BigInteger(), nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_names_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", "search_key", name=op.f("pk_article_names")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_article_names_article_id"), "article_names", ["article_id"], unique=False)
    op.create_table(
        "article_acronyms",
        sa.Column("short_key", sa.Text(), nullable=False),
        sa.Column("long_key", sa.Text(), nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("short", sa.Text(), nullable=False),
        sa.Column("long", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_acronyms_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("short_key", "long_key", "article_id", name=op.f("pk_article_acronyms")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_article_acronyms_long_key"), "article_acronyms", ["long_key"], unique=False)
    op.create_index(op.f("ix_article_acronyms_article_id"), "article_acronyms", ["article_id"], unique=False)
    op.create_table(
        "article_marks",
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("encoder", sa.Text(), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_marks_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_marks")),
    )
    op.create_table(
        "chats",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_index("uq_chats_platform_chat_thread", "chats", ["platform", "chat", "thread"], unique=True)
    op.create_table(
        "model_usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "model", name=op.f("pk_model_usage")),
    )
    op.create_table(
        "speakers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("quote_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speakers")),
    )
    op.create_index(op.f("ix_speakers_quote_count"), "speakers", ["quote_count"], unique=False)
    op.create_index("uq_speakers_kind_name_key", "speakers", ["kind", "name_key"], unique=True)
    op.create_table(
        "briefs",
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("bullets", sa.JSON(), nullable=False),
        sa.Column("key_quotes", sa.JSON(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("fallback", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_briefs_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_briefs")),
    )
    op.create_table(
        "delivered",
        sa.Column("chat_id", ROW_ID, nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("publishers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_delivered_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_delivered_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "article_id", name=op.f("pk_delivered")),
    )
    op.create_table(
        "quotes",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("cue", sa.JSON(), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.Column("speaker_id", ROW_ID, nullable=True),
        sa.Column("said_key", sa.BigInteger(), nullable=True),
        sa.Column("speaker_name", sa.Text(), nullable=True),
        sa.Column("speaker_kind", sa.String(length=16), nullable=True),
        sa.Column("role", ORDERED_TEXT, nullable=True),
        sa.Column("speaks_for", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("search_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_quotes_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["speaker_id"], ["speakers.id"], name=op.f("fk_quotes_speaker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
    )
    op.create_index(
        op.f("ix_quotes_speaker_id_search_key"), "quotes", ["speaker_id", "search_key"], unique=False
    )
    op.create_index(op.f("ix_quotes_speaker_id_said_key"), "quotes", ["speaker_id", "said_key"], unique=False)
    op.create_index("uq_quotes_article_id_position", "quotes", ["article_id", "position"], unique=True)
    op.create_table(
        "shown",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("chat_id", ROW_ID, nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("article_id", ROW_ID, nullable=False),
        sa.Column("query", sa.Text(), nullable=True),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_shown_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_shown_chat_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shown")),
    )
    op.create_index(op.f("ix_shown_chat_id_message"), "shown", ["chat_id", "message"], unique=False)
    op.create_table(
        "speaker_words",
        sa.Column("word", ORDERED_TEXT, nullable=False),
        sa.Column("speaker_id", ROW_ID, nullable=False),
        sa.Column("backwards", ORDERED_TEXT, nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["speaker_id"], ["speakers.id"], name=op.f("fk_speaker_words_speaker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "speaker_id", name=op.f("pk_speaker_words")),
    )
    op.create_index(op.f("ix_speaker_words_backwards"), "speaker_words", ["backwards"], unique=False)
    op.create_index(op.f("ix_speaker_words_speaker_id"), "speaker_words", ["speaker_id"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("chat_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("speaker_id", ROW_ID, nullable=True),
        sa.Column("always", sa.Boolean(), nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("barred_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_subscriptions_chat_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speakers.id"],
            name=op.f("fk_subscriptions_speaker_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        op.f("ix_subscriptions_paused_next_due"), "subscriptions", ["paused", "next_due"], unique=False
    )
    op.create_index(op.f("ix_subscriptions_kind_topic"), "subscriptions", ["kind", "topic"], unique=False)
    op.create_index(
        "uq_subscriptions_chat_id_kind_topic", "subscriptions", ["chat_id", "kind", "topic"], unique=True
    )
    op.create_table(
        "told_quotes",
        sa.Column("chat_id", ROW_ID, nullable=False),
        sa.Column("quote_key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_told_quotes_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "quote_key", name=op.f("pk_told_quotes")),
    )
    op.create_table(
        "breaking_stories",
        sa.Column("story_id", ROW_ID, nullable=False),
        sa.Column("broke_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_breaking_stories_story_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_breaking_stories")),
    )
    op.create_index(
        op.f("ix_breaking_stories_announced_broke_at"),
        "breaking_stories",
        ["announced", "broke_at"],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("subscription_id", ROW_ID, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unsure_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_outbox_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_state_try_after"), "outbox", ["state", "try_after"], unique=False)
    op.create_index(
        "ix_outbox_unsure_due",
        "outbox",
        ["try_after"],
        unique=False,
        sqlite_where=sa.text("state = 'due' AND unsure_since IS NOT NULL"),
        postgresql_where=sa.text("state = 'due' AND unsure_since IS NOT NULL"),
    )
    op.create_index("uq_outbox_subscription_id_due_at", "outbox", ["subscription_id", "due_at"], unique=True)
    for statement in OF_DIALECT[op.get_bind().dialect.name].MAKE:
        op.execute(statement)


def downgrade() -> None:
    for statement in OF_DIALECT[op.get_bind().dialect.name].DROP:
        op.execute(statement)
    op.drop_index("uq_outbox_subscription_id_due_at", table_name="outbox")
    op.drop_index("ix_outbox_unsure_due", table_name="outbox")
    op.drop_index(op.f("ix_outbox_state_try_after"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("uq_subscriptions_chat_id_kind_topic", table_name="subscriptions")
    op.drop_index(op.f("ix_subscriptions_kind_topic"), table_name="subscriptions")
    op.drop_index(op.f("ix_subscriptions_paused_next_due"), table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_index(op.f("ix_breaking_stories_announced_broke_at"), table_name="breaking_stories")
    op.drop_table("breaking_stories")
    op.drop_table("told_quotes")
    op.drop_index(op.f("ix_speaker_words_speaker_id"), table_name="speaker_words")
    op.drop_index(op.f("ix_speaker_words_backwards"), table_name="speaker_words")
    op.drop_table("speaker_words")
    op.drop_index(op.f("ix_shown_chat_id_message"), table_name="shown")
    op.drop_table("shown")
    op.drop_index("uq_quotes_article_id_position", table_name="quotes")
    op.drop_index(op.f("ix_quotes_speaker_id_said_key"), table_name="quotes")
    op.drop_index(op.f("ix_quotes_speaker_id_search_key"), table_name="quotes")
    op.drop_table("quotes")
    op.drop_table("delivered")
    op.drop_table("briefs")
    op.drop_table("model_usage")
    op.drop_index("uq_speakers_kind_name_key", table_name="speakers")
    op.drop_index(op.f("ix_speakers_quote_count"), table_name="speakers")
    op.drop_table("speakers")
    op.drop_index("uq_chats_platform_chat_thread", table_name="chats")
    op.drop_table("chats")
    for table in (
        "article_acronyms",
        "article_marks",
        "article_names",
        "article_bands",
        "articles",
        "stories",
    ):
        op.drop_table(table)
