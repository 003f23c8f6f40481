"""The tables of all rooms, and the full-text index of articles on SQLite."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# An external-content FTS5 table keeps an index and reads the words from `articles`; the triggers keep it in
# step (sqlite.org, "FTS5: External Content Tables"). Publisher and language are in it so that a filter by
# them is part of the same index scan.
FULL_TEXT = (
    """
    CREATE VIRTUAL TABLE articles_fts USING fts5(
        headline, headings, text, publisher, language,
        content='articles', content_rowid='search_key', tokenize='porter unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
        INSERT INTO articles_fts (rowid, headline, headings, text, publisher, language)
        VALUES (new.search_key, new.headline, new.headings, new.text, new.publisher, new.language);
    END
    """,
    """
    CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, headline, headings, text, publisher, language)
        VALUES ('delete', old.search_key, old.headline, old.headings, old.text, old.publisher, old.language);
    END
    """,
    """
    CREATE TRIGGER articles_fts_update
    AFTER UPDATE OF search_key, headline, headings, text, publisher, language ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, headline, headings, text, publisher, language)
        VALUES ('delete', old.search_key, old.headline, old.headings, old.text, old.publisher, old.language);
        INSERT INTO articles_fts (rowid, headline, headings, text, publisher, language)
        VALUES (new.search_key, new.headline, new.headings, new.text, new.publisher, new.language);
    END
    """,
)


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("search_key", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=True),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("byline", sa.Text(), nullable=True),
        sa.Column("dateline", sa.Text(), nullable=True),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("completeness", sa.String(length=16), server_default="whole", nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_articles_content_hash")),
        sa.UniqueConstraint("search_key", name=op.f("uq_articles_search_key")),
    )
    op.create_index(op.f("ix_articles_url"), "articles", ["url"], unique=False)
    op.create_table(
        "chats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_index("uq_chats_platform_chat_thread", "chats", ["platform", "chat", "thread"], unique=True)
    op.create_table(
        "speakers",
        sa.Column("id", sa.Integer(), nullable=False),
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
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("bullets", sa.JSON(), nullable=False),
        sa.Column("key_quotes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_briefs_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_briefs")),
    )
    op.create_table(
        "delivered",
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
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
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("cue", sa.JSON(), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.Column("speaker_id", sa.Integer(), nullable=True),
        sa.Column("speaker_name", sa.Text(), nullable=True),
        sa.Column("speaker_kind", sa.String(length=16), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("speaks_for", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_quotes_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["speaker_id"], ["speakers.id"], name=op.f("fk_quotes_speaker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
    )
    op.create_index(
        op.f("ix_quotes_speaker_id_published_article_id"),
        "quotes",
        ["speaker_id", "published", "article_id"],
        unique=False,
    )
    op.create_index("uq_quotes_article_id_position", "quotes", ["article_id", "position"], unique=True)
    op.create_table(
        "shown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=False),
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
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("backwards", sa.Text(), nullable=False),
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
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("schedule", sa.JSON(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("barred_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_subscriptions_chat_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        op.f("ix_subscriptions_paused_next_due"), "subscriptions", ["paused", "next_due"], unique=False
    )
    op.create_index("uq_subscriptions_chat_id_topic", "subscriptions", ["chat_id", "topic"], unique=True)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
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
    op.create_index("uq_outbox_subscription_id_due_at", "outbox", ["subscription_id", "due_at"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        for statement in FULL_TEXT:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE articles_fts")
    op.drop_index("uq_outbox_subscription_id_due_at", table_name="outbox")
    op.drop_index(op.f("ix_outbox_state_try_after"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("uq_subscriptions_chat_id_topic", table_name="subscriptions")
    op.drop_index(op.f("ix_subscriptions_paused_next_due"), table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_index(op.f("ix_speaker_words_speaker_id"), table_name="speaker_words")
    op.drop_index(op.f("ix_speaker_words_backwards"), table_name="speaker_words")
    op.drop_table("speaker_words")
    op.drop_index(op.f("ix_shown_chat_id_message"), table_name="shown")
    op.drop_table("shown")
    op.drop_index("uq_quotes_article_id_position", table_name="quotes")
    op.drop_index(op.f("ix_quotes_speaker_id_published_article_id"), table_name="quotes")
    op.drop_table("quotes")
    op.drop_table("delivered")
    op.drop_table("briefs")
    op.drop_index("uq_speakers_kind_name_key", table_name="speakers")
    op.drop_index(op.f("ix_speakers_quote_count"), table_name="speakers")
    op.drop_table("speakers")
    op.drop_index("uq_chats_platform_chat_thread", table_name="chats")
    op.drop_table("chats")
    op.drop_index(op.f("ix_articles_url"), table_name="articles")
    op.drop_table("articles")
