"""Which of an article's quotes a brief shows: by whom, whether it can stand alone, how it would be spoken."""

import re
from collections import Counter
from collections.abc import Sequence

from articles.model import Article
from summarizer.model import Bullet, Quote, QuoteKind, Speaker, SpeakerKind

MIN_WORDS, MAX_WORDS = 6, 60  # a fragment below, a statement to be read rather than spoken above
MAX_KEY_QUOTES = 2
_GOOD_ENOUGH = 0.75  # of the best one's score: a second quote has to earn its place

# Without the sentence before it, nobody knows what these point to.
_LEANS_BACK = re.compile(
    r"(?:it|that|this|these|those|he|she|they|him|her|them|but|and|or|so|because|which|such|there|"
    r"yes|no|well)\b(?!['’]s (?:time|hard))",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…,]$")


def choose_key_quotes(
    article: Article, quotes: Sequence[Quote], *, bullets: Sequence[Bullet], limit: int = MAX_KEY_QUOTES
) -> tuple[Quote, ...]:
    """The one or two quotes to show, in text order; none if no verbatim quote has a named source.

    Whole and verbatim, by somebody the article names, of 6 to 60 words, and not standing in a bullet already.
    A second one is of another speaker where that is nearly as good.
    """
    shown = [span for bullet in bullets for span in bullet.spans]
    spoken = Counter(quote.speaker for quote in quotes if quote.speaker is not None)
    scored: list[tuple[float, Quote]] = []
    for quote in quotes:
        if any(span.overlaps(part) for part in quote.content for span in shown):
            continue
        if (speaker := _quotable(article, quote)) is not None:
            scored.append((_score(article, quote, speaker, spoken), quote))
    scored.sort(key=lambda pair: -pair[0])
    return tuple(sorted(_varied(scored, limit=limit), key=lambda quote: quote.content[0]))


def _quotable(article: Article, quote: Quote) -> Speaker | None:
    """Its speaker, if it may be shown at all."""
    if quote.kind is not QuoteKind.VERBATIM or not MIN_WORDS <= _words(article, quote) <= MAX_WORDS:
        return None
    return quote.speaker


def _varied(scored: Sequence[tuple[float, Quote]], *, limit: int) -> list[Quote]:
    """The best quote, then the best good enough one of each new speaker, then the best of those left."""
    if not scored:
        return []
    good = [quote for score, quote in scored if score >= _GOOD_ENOUGH * scored[0][0]]
    chosen = good[:1]
    for quote in good:
        if quote.speaker not in {taken.speaker for taken in chosen}:
            chosen.append(quote)
    chosen += [quote for quote in good if quote not in chosen]
    return chosen[:limit]


def _score(article: Article, quote: Quote, speaker: Speaker, spoken: Counter[Speaker]) -> float:
    words = _words(article, quote)
    opening = quote.content[0].of(article.text).lstrip("\"'“‘[(")
    return (
        _prominence(article, speaker, spoken)
        + 0.6 * _fits_a_breath(words)
        + 0.8 * (not _LEANS_BACK.match(opening))
        + 0.3 * opening[:1].isupper()  # begins where the speaker began
        + 0.2 * bool(_ENDS.search(quote.content[-1].of(article.text).strip()))
        + 0.4 * (1.0 - quote.content[0].start / len(article.text))  # news puts first what matters most
        + 0.4 * quote.confidence
    )


def _prominence(article: Article, speaker: Speaker, spoken: Counter[Speaker]) -> float:
    """0 to 1.4: how much the article is about this speaker."""
    surname = speaker.name.split()[-1]
    lede = next(article.paragraphs()).span.of(article.text)
    share = spoken[speaker] / max(1, sum(spoken.values()))
    named = 0.0 if speaker.kind is SpeakerKind.UNNAMED else 0.3
    return named + 0.5 * share + 0.4 * (surname in article.headline) + 0.2 * (surname in lede)


def _fits_a_breath(words: int) -> float:
    """1 from 10 to 30 words, less for shorter and longer ones."""
    if words < 10:
        return words / 10
    return 1.0 if words <= 30 else max(0.0, 1.0 - (words - 30) / 40)


def _words(article: Article, quote: Quote) -> int:
    return sum(len(span.of(article.text).split()) for span in quote.content)
