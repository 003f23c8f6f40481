"""Runs the migrations for alembic: on the connection that `bot.storage.migration` hands in, or for a
developer's `alembic -x url=sqlite:///some.db revision --autogenerate` on a database of their own."""

from alembic import context
from sqlalchemy import Connection

import bot.storage.schema  # noqa: F401
import summarizer.schema  # noqa: F401 (its tables join the metadata, as bot's do)
from articles.database import open_database
from articles.schema import metadata

INDEX_TABLES = ("articles_fts", "article_words")  # with SQLite's shadow tables, whose names begin so
NOT_OURS = (*INDEX_TABLES, "procrastinate_", "rate_windows")  # to compare with the metadata


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=lambda name, kind, _: kind != "table" or not (name or "").startswith(NOT_OURS),
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    migrate(handed_in)
else:
    with open_database(context.get_x_argument(as_dictionary=True)["url"]).transaction() as own:
        migrate(own)
