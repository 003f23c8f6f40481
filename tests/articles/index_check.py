"""Whether the full-text index is that of the articles as they are."""

from sqlalchemy import Connection, String, cast, func, literal, select
from sqlalchemy.dialects.postgresql import TSVECTOR

from articles.schema import articles
from articles.search.tsvector import article_words, words_of


def check_index(connection: Connection) -> None:
    """Fails, or raises, where it is not."""
    if connection.dialect.name == "sqlite":  # FTS5's own comparison of index and content
        connection.exec_driver_sql(
            "INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)"
        )
        return
    rows = connection.execute(select(articles).where(articles.c.superseded_by.is_(None))).all()
    for row in rows:
        words = cast(literal(words_of(row._asdict()), String), TSVECTOR)
        same = select(article_words.c.words == words).where(article_words.c.search_key == row.search_key)
        assert connection.execute(same).scalar_one()
    assert connection.execute(select(func.count()).select_from(article_words)).scalar_one() == len(rows)
