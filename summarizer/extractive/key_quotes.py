"""The key quotes of a brief, chosen by speaker, clarity and length."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.model import Bullet, KeyQuote, Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.text.sentences import sentences_within

_MIN_WORDS, _MAX_WORDS = 6, 60  # shorter is a fragment, longer a written statement
_SPOKEN_WORDS = 40  # of a longer quote, some sentences are shown
_MAX_KEY_QUOTES = 2
_GOOD_ENOUGH = 0.75  # share of the best score that a second quote needs

_NEEDS_CONTEXT = re.compile(
    rf"{lexicon.any_of(lexicon.words('references', 'openings of a quote'))}\b(?!['’]s (?:time|hard))",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…,]$")
_SENTENCE_ENDS = re.compile(r"[.!?…][)\]'’]*$")


def choose_key_quotes(
    article: Article, quotes: Sequence[Quote], *, bullets: Sequence[Bullet], limit: int = _MAX_KEY_QUOTES
) -> tuple[KeyQuote, ...]:
    """One or two quotes, in text order; none if no verbatim quote has a named speaker.

    They are verbatim, have a speaker that the article names, are not in a bullet already, and have 6 to 60
    words. Of a longer quote, consecutive sentences are shown. Quotes of different speakers are preferred.
    """
    counts = Counter(quote.speaker for quote in quotes if quote.speaker is not None)
    scored: list[tuple[float, KeyQuote]] = []
    for quote in quotes:
        speaker = quote.speaker
        if quote.kind is not QuoteKind.VERBATIM or speaker is None or _in_bullet(article, quote, bullets):
            continue
        ways = [(_score(article, way, speaker, counts), way) for way in _ways_to_show(article, quote)]
        if ways:
            scored.append(max(ways, key=lambda pair: pair[0]))
    scored.sort(key=lambda pair: -pair[0])
    return tuple(sorted(_varied(scored, limit=limit), key=lambda key: key.shown[0]))


def _in_bullet(article: Article, quote: Quote, bullets: Sequence[Bullet]) -> bool:
    """Whether a bullet has the quote's sentence, or if a model wrote it, the quoted words."""
    return any(
        part.of(article.text).rstrip(",.") in bullet.text
        if bullet.generated
        else any(span.overlaps(part) for span in bullet.spans)
        for bullet in bullets
        for part in quote.content
    )


def _ways_to_show(article: Article, quote: Quote) -> Iterator[KeyQuote]:
    """The whole quote, and if that is long, each sequence of its sentences that is not."""
    whole = KeyQuote.whole(quote)
    words = _words(article, whole)
    if _MIN_WORDS <= words <= _MAX_WORDS:
        yield whole
    if words <= _SPOKEN_WORDS:
        return
    pieces = [sentence for part in quote.content for sentence in sentences_within(article.text, part)]
    ends = [_SENTENCE_ENDS.search(piece.of(article.text)) is not None for piece in pieces]
    for first in range(len(pieces)):
        if first and not ends[first - 1]:
            continue
        for last in range(first, len(pieces)):
            shown = _joined(quote, pieces[first : last + 1])
            way = KeyQuote(quote=quote, shown=shown)
            if (count := _words(article, way)) > _SPOKEN_WORDS:
                break
            if count >= _MIN_WORDS and (ends[last] or last + 1 == len(pieces)):
                yield way


def _joined(quote: Quote, pieces: Sequence[Span]) -> tuple[Span, ...]:
    """The pieces as spans of the article, adjacent ones in one part of the quote joined."""
    inside = ([piece for piece in pieces if part.contains(piece)] for part in quote.content)
    return tuple(Span(start=found[0].start, end=found[-1].end) for found in inside if found)


def _varied(scored: Sequence[tuple[float, KeyQuote]], *, limit: int) -> list[KeyQuote]:
    """The best quote, then the best of each other speaker, then the rest; only those that are good enough."""
    good = [key for score, key in scored if score >= _GOOD_ENOUGH * scored[0][0]]
    first_of: dict[Speaker | None, KeyQuote] = {}
    for key in good:
        first_of.setdefault(key.quote.speaker, key)
    firsts = list(first_of.values())
    return [*firsts, *(key for key in good if key not in firsts)][:limit]


def _score(article: Article, key: KeyQuote, speaker: Speaker, counts: Counter[Speaker]) -> float:
    words = _words(article, key)
    opening = key.shown[0].of(article.text).lstrip("\"'“‘[(")
    return (
        _prominence(article, speaker, counts)
        + 0.6 * _length_score(words)
        + 0.8 * (not _NEEDS_CONTEXT.match(opening))
        + 0.3 * opening[:1].isupper()  # not cut at the beginning
        + 0.2 * bool(_ENDS.search(key.shown[-1].of(article.text).strip()))
        + 0.4 * (1.0 - key.shown[0].start / len(article.text))  # news puts the most important first
        + 0.4 * key.quote.confidence
    )


def _prominence(article: Article, speaker: Speaker, counts: Counter[Speaker]) -> float:
    """0 to 1.4: how prominent the speaker is in the article."""
    surname = speaker.name.split()[-1]
    lede = next(article.paragraphs()).span.of(article.text)
    share = counts[speaker] / max(1, sum(counts.values()))
    named = 0.0 if speaker.kind is SpeakerKind.UNNAMED else 0.3
    return named + 0.5 * share + 0.4 * (surname in article.headline) + 0.2 * (surname in lede)


def _length_score(words: int) -> float:
    """1 for 10 to 30 words, less for fewer and for more."""
    if words < 10:
        return words / 10
    return 1.0 if words <= 30 else max(0.0, 1.0 - (words - 30) / 40)


def _words(article: Article, key: KeyQuote) -> int:
    return sum(len(span.of(article.text).split()) for span in key.shown)
