"""Who says what in a sentence that a model wrote, held against who says it in the article."""

from collections.abc import Sequence, Set

from articles.model import Span
from summarizer.evidence.names import plain
from summarizer.model import Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.quotes import find_quotes
from summarizer.speakers.names import same_name
from summarizer.text.words import content_stems

_SURE = 0.5  # confidence of a quote's speaker
_SAME_CLAIM = 0.5  # of the words of what is said: it is that quote which is told


def misattributed(
    sentence: str, quoted: Sequence[Span], named: Set[str], *, text: str, quotes: Sequence[Quote]
) -> str | None:
    """Whom the sentence wrongly has say something, and who did; None where that cannot be shown.

    quoted: where the article's `text` has what the sentence quotes. named: the last words of the names in it.
    quotes: the article's. The sentence is read by the rules that read articles, so its "he said" is resolved.
    """
    for said in find_quotes(sentence, [Span(start=0, end=len(sentence))]):
        told, true = _person(said), _who_said(said, sentence, text, quotes)
        if told is not None and true is not None and not _can_be_one(told, true):
            return f"{told.name}, not {true.name}"
    speakers = {_surname(person) for quote in quotes if (person := _person(quote))}
    for span in quoted:
        true = next((person for q in quotes if _within(span, q) and (person := _person(q))), None)
        if true is not None and _surname(true) not in named and speakers & named:
            return f"not {true.name}"
    return None


def _who_said(said: Quote, sentence: str, text: str, quotes: Sequence[Quote]) -> Speaker | None:
    """Whom the article has say that; None where it does not say, or is not sure."""
    words = " ".join(span.of(sentence) for span in said.content)
    if said.kind is not QuoteKind.PARAPHRASED:
        verbatim = (quote for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED)
        exact = (q for q in verbatim if words.rstrip(",.") in " ".join(s.of(text) for s in q.content))
        found = next(exact, None)
        return _person(found) if found is not None else None
    claim = set(content_stems(words))
    best: tuple[float, Quote] | None = None
    for quote in quotes:
        there = set(content_stems(quote.hull.of(text)))
        share = len(claim & there) / max(1, min(len(claim), len(there)))
        if len(claim & there) > 1 and share >= _SAME_CLAIM and (best is None or share > best[0]):
            best = share, quote
    return _person(best[1]) if best is not None else None


def _can_be_one(one: Speaker, other: Speaker) -> bool:
    return same_name(one.name, other.name) or same_name(other.name, one.name)


def _surname(speaker: Speaker) -> str:
    return plain(speaker.name.split()[-1])


def _person(quote: Quote) -> Speaker | None:
    """Who said it, where that is a person and sure."""
    speaker = quote.speaker
    if speaker is None or speaker.kind is not SpeakerKind.PERSON or quote.confidence < _SURE:
        return None
    return speaker


def _within(span: Span, quote: Quote) -> bool:
    return any(part.start <= span.start and span.end <= part.end for part in quote.content)
