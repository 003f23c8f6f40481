"""The check of the edits that were made to an article's own sentences: what fails it is undone."""

from collections.abc import Sequence
from dataclasses import replace

from articles.model import Article, Span
from summarizer.extractive.compression import edited, is_connective, must_stay
from summarizer.extractive.references import References, date_of
from summarizer.model import Bullet, Edit, EditKind, Quote, QuoteKind
from summarizer.quotes.passages import find_passages


def sound(article: Article, quotes: Sequence[Quote], bullet: Bullet) -> Bullet:
    """The bullet with those of its edits that keep what the article says; the others undone.

    No edit reaches into a quotation; what is dropped takes no attribution along; a name is whose the pronoun
    is, and a date the day that is meant. A generated bullet has no edits and is returned as it is.
    """
    if bullet.generated:
        return bullet
    hull = Span(start=bullet.spans[0].start, end=bullet.spans[-1].end)
    kept = tuple(edit for edit in bullet.edits if _is_sound(article, quotes, hull, edit))
    text = edited(article.text, hull, kept)
    return bullet if (text, kept) == (bullet.text, bullet.edits) else replace(bullet, text=text, edits=kept)


def _is_sound(article: Article, quotes: Sequence[Quote], hull: Span, edit: Edit) -> bool:
    inside = hull.start <= edit.span.start and edit.span.end <= hull.end
    if not inside or _is_quoted(article, quotes, edit.span):
        return False
    words = edit.span.of(article.text)
    match edit.kind:
        case EditKind.CONNECTIVE:
            return edit.span.start == hull.start and is_connective(
                hull.of(article.text), len(words), made=edit.text
            )
        case EditKind.ASIDE | EditKind.CLAUSE:
            return not edit.text.strip() and not must_stay(words)
        case EditKind.PRONOUN:
            return edit.text == References(article, quotes).name_of(edit.span)
        case EditKind.DATE:
            return article.published is not None and edit.text == date_of(
                hull.of(article.text),
                Span(start=edit.span.start - hull.start, end=edit.span.end - hull.start),
                article.published,
            )


def _is_quoted(article: Article, quotes: Sequence[Quote], span: Span) -> bool:
    own = (part for q in quotes if q.kind is not QuoteKind.PARAPHRASED for part in q.content)
    if any(part.overlaps(span) for part in own):
        return True
    paragraph = next((p.span for p in article.paragraphs() if p.span.overlaps(span)), None)
    if paragraph is None:
        return True
    return any(passage.outer.overlaps(span) for passage in find_passages(article.text, [paragraph]))
