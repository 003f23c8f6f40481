"""All articles, newest first."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from articles.model import Completeness
from articles.schema import articles, first_key

# Read as it is asked for: psycopg would otherwise fetch every row first. SQLite's driver reads so anyway.
STREAMED = {"stream_results": True, "max_row_buffer": 200}

HEAD = (
    articles.c.search_key,
    articles.c.story_id,
    articles.c.copy_of.is_not(None).label("is_copy"),
    (articles.c.completeness == Completeness.WHOLE.value).label("is_whole"),
)
"""The columns of a `Hit`."""


class Hit(NamedTuple):
    """A newest version of an article."""

    search_key: int
    story_id: int
    is_copy: bool
    is_whole: bool


def all_hits(connection: Connection, since: datetime | None) -> Iterator[Hit]:
    """All that are not superseded, newest first: a scan that stops where reading stops."""
    chosen = select(*HEAD).where(articles.c.superseded_by.is_(None))
    if since is not None:
        chosen = chosen.where(articles.c.search_key >= first_key(since))
    chosen = chosen.order_by(articles.c.search_key.desc())
    for search_key, story_id, is_copy, is_whole in connection.execute(chosen, execution_options=STREAMED):
        yield Hit(search_key, story_id, bool(is_copy), bool(is_whole))
