"""An article as a row of its table, and back."""

import hashlib
from typing import Any

from sqlalchemy import Row

from articles.model import (
    PARAGRAPH_BREAK,
    Article,
    ArticleId,
    Completeness,
    Paragraph,
    ParagraphKind,
    Section,
    Span,
)


def row_of(article: Article) -> dict[str, Any]:
    """What the article itself says of its row; its place among the others is left out."""
    sections = [
        {
            "heading": section.heading,
            "paragraphs": [[p.span.start, p.span.end, p.kind.value] for p in section.paragraphs],
        }
        for section in article.sections
    ]
    return {
        "url": article.url,
        "publisher": article.publisher,
        "headline": article.headline,
        "byline": article.byline,
        "dateline": article.dateline,
        "published": article.published,
        "language": article.language,
        "text": article.text,
        "headings": "\n".join(section.heading for section in article.sections if section.heading),
        "sections": sections,
        "completeness": article.completeness.value,
        "content_hash": content_hash(article),
    }


def article_of(row: Row[Any]) -> Article:
    """The article of a whole row."""
    sections = tuple(
        Section(
            heading=section["heading"],
            paragraphs=tuple(
                Paragraph(span=Span(start=start, end=end), kind=ParagraphKind(kind))
                for start, end, kind in section["paragraphs"]
            ),
        )
        for section in row.sections
    )
    return Article(
        id=ArticleId(row.id),
        url=row.url,
        publisher=row.publisher,
        headline=row.headline,
        byline=row.byline,
        dateline=row.dateline,
        published=row.published,
        language=row.language,
        text=row.text,
        sections=sections,
        completeness=Completeness(row.completeness),
    )


def content_hash(article: Article) -> str:
    """SHA-256 over publisher, headline and text: what makes two copies the same article.

    The same words at another publisher are an article of their own, so that it can be listed and asked for.
    """
    said_by = PARAGRAPH_BREAK.join(((article.publisher or "").casefold(), article.headline, article.text))
    return hashlib.sha256(said_by.encode()).hexdigest()
