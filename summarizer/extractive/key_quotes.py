"""Which of an article's quotes a brief shows: by whom, whether it can stand alone, how it would be spoken."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from articles.model import Article, Span
from summarizer.model import Bullet, KeyQuote, Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.text.sentences import split_sentences

MIN_WORDS, MAX_WORDS = 6, 60  # a fragment below, a statement to be read rather than spoken above
SPEAKABLE_WORDS = 40  # in one breath or two; of a longer quote, some sentences are shown
MAX_KEY_QUOTES = 2
_GOOD_ENOUGH = 0.75  # of the best one's score: a second quote has to earn its place

# Without the sentence before it, nobody knows what these point to.
_LEANS_BACK = re.compile(
    r"(?:it|that|this|these|those|he|she|they|him|her|them|but|and|or|so|because|which|such|there|"
    r"yes|no|well)\b(?!['’]s (?:time|hard))",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…,]$")


_SENTENCE_ENDS = re.compile(r"[.!?…][)\]'’]*$")


def choose_key_quotes(
    article: Article, quotes: Sequence[Quote], *, bullets: Sequence[Bullet], limit: int = MAX_KEY_QUOTES
) -> tuple[KeyQuote, ...]:
    """The one or two quotes to show, in text order; none if no verbatim quote has a named source.

    Verbatim, by somebody the article names, and not standing in a bullet already; whole where that has 6 to
    60 words. Of one that is longer than can be spoken, whole sentences that follow each other are shown. A
    second quote is of another speaker where that is nearly as good.
    """
    spoken = Counter(quote.speaker for quote in quotes if quote.speaker is not None)
    scored: list[tuple[float, KeyQuote]] = []
    for quote in quotes:
        speaker = quote.speaker
        if quote.kind is not QuoteKind.VERBATIM or speaker is None or _is_told(article, quote, bullets):
            continue
        ways = [(_score(article, way, speaker, spoken), way) for way in _ways_to_show(article, quote)]
        if ways:
            scored.append(max(ways, key=lambda pair: pair[0]))
    scored.sort(key=lambda pair: -pair[0])
    return tuple(sorted(_varied(scored, limit=limit), key=lambda key: key.shown[0]))


def _is_told(article: Article, quote: Quote, bullets: Sequence[Bullet]) -> bool:
    """Whether a bullet has the quote's words: its sentence, or in a model's, the words themselves."""
    for bullet in bullets:
        for part in quote.content:
            if bullet.generated:
                if part.of(article.text).rstrip(",.") in bullet.text:
                    return True
            elif any(span.overlaps(part) for span in bullet.spans):
                return True
    return False


def _ways_to_show(article: Article, quote: Quote) -> Iterator[KeyQuote]:
    """The quote whole, and if that is long, each run of its sentences that is not."""
    whole = KeyQuote.whole(quote)
    words = _words(article, whole)
    if MIN_WORDS <= words <= MAX_WORDS:
        yield whole
    if words <= SPEAKABLE_WORDS:
        return
    pieces = [piece for span in quote.content for piece in _sentences(article, span)]
    ends = [_SENTENCE_ENDS.search(piece.of(article.text)) is not None for piece in pieces]
    for first in range(len(pieces)):
        if first and not ends[first - 1]:
            continue
        for last in range(first, len(pieces)):
            shown = _joined(quote, pieces[first : last + 1])
            way = KeyQuote(quote=quote, shown=shown)
            if (count := _words(article, way)) > SPEAKABLE_WORDS:
                break
            if count >= MIN_WORDS and (ends[last] or last + 1 == len(pieces)):
                yield way


def _sentences(article: Article, span: Span) -> Iterator[Span]:
    for sentence in split_sentences(span.of(article.text)):
        yield Span(start=span.start + sentence.start, end=span.start + sentence.end)


def _joined(quote: Quote, pieces: Sequence[Span]) -> tuple[Span, ...]:
    """The pieces as spans of the article, those beside each other in one part of the quote as one."""
    found = []
    for part in quote.content:
        inside = [piece for piece in pieces if part.start <= piece.start and piece.end <= part.end]
        if inside:
            found.append(Span(start=inside[0].start, end=inside[-1].end))
    return tuple(found)


def _varied(scored: Sequence[tuple[float, KeyQuote]], *, limit: int) -> list[KeyQuote]:
    """The best quote, then the best good enough one of each new speaker, then the best of those left."""
    if not scored:
        return []
    good = [key for score, key in scored if score >= _GOOD_ENOUGH * scored[0][0]]
    chosen = good[:1]
    for key in good:
        if key.quote.speaker not in {taken.quote.speaker for taken in chosen}:
            chosen.append(key)
    chosen += [key for key in good if key not in chosen]
    return chosen[:limit]


def _score(article: Article, key: KeyQuote, speaker: Speaker, spoken: Counter[Speaker]) -> float:
    words = _words(article, key)
    opening = key.shown[0].of(article.text).lstrip("\"'“‘[(")
    return (
        _prominence(article, speaker, spoken)
        + 0.6 * _fits_a_breath(words)
        + 0.8 * (not _LEANS_BACK.match(opening))
        + 0.3 * opening[:1].isupper()  # begins where the speaker began
        + 0.2 * bool(_ENDS.search(key.shown[-1].of(article.text).strip()))
        + 0.4 * (1.0 - key.shown[0].start / len(article.text))  # news puts first what matters most
        + 0.4 * key.quote.confidence
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


def _words(article: Article, key: KeyQuote) -> int:
    return sum(len(span.of(article.text).split()) for span in key.shown)
