"""Articles and quotes made from plain words."""

from articles.model import Article, ParagraphKind, Span, lay_out
from summarizer.model import Quote, QuoteKind, Speaker


def article(*paragraphs: str, headline: str = "", kind: ParagraphKind = ParagraphKind.BODY) -> Article:
    text, sections = lay_out([(None, [(words, kind) for words in paragraphs])])
    return Article(
        id=None,
        url=None,
        publisher=None,
        headline=headline,
        byline=None,
        dateline=None,
        published=None,
        language="en",
        text=text,
        sections=sections,
    )


def quote(
    source: Article,
    *words: str,
    by: str | None,
    role: str | None = None,
    kind: QuoteKind = QuoteKind.VERBATIM,
) -> Quote:
    """The quote whose content is `words`, each part at its first place in the article."""
    starts = [source.text.index(part) for part in words]
    return Quote(
        content=tuple(Span(start=at, end=at + len(part)) for at, part in zip(starts, words, strict=True)),
        kind=kind,
        cue=None,
        source=None,
        speaker=None if by is None else Speaker(name=by, role=role),
        confidence=0.0 if by is None else 0.9,
    )
