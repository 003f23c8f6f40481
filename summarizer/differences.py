"""Where the publishers of one story give different numbers for the same thing, and what only one of them has.

Conservative: a wrong "reports differ" is worse than none. Two figures are of the same thing if both count
the dead, the injured, the missing, the arrested or the displaced of the story, or if both count a noun in
sentences that share three more words. Left out: sentences about other years, and things for which one
publisher itself gives two numbers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.text.dates import whens_of
from summarizer.text.figures import Figure, figures_of
from summarizer.text.sentences import sentences_within
from summarizer.text.words import content_stems, stem, tokens_of

_MAX_CHARS = 3_000  # of an article: background follows the news
_SHARED_WORDS = 3
_TOLERANCE = Decimal("0.1")  # "nearly 200" and 198 are the same

_TOLL_OF = {stem(word): row[0] for row in lexicon.rows("tolls", "tolls") for word in row}
_TOLLS = frozenset(_TOLL_OF.values())
_ROUNDED = lexicon.words("tolls", "approximately")
_ROUND = re.compile(rf"{lexicon.any_of(_ROUNDED)}\s+\Z", re.IGNORECASE)
_HEDGE = re.compile(rf"{lexicon.any_of(_ROUNDED | lexicon.words('tolls', 'bounds'))}\s+\Z", re.IGNORECASE)
_OTHER_TIMES = re.compile(
    r"\b(?:1\d{3}|20\d{2}|last (?:year|month|week|decade)|previous(?:ly)?|earlier|since|ago|former|history"
    r"|record|could|would|might|may|if|fear(?:s|ed)?|expected)\b",
    re.IGNORECASE,
)
# Words beyond one of these belong to something else: "killing 40 and injuring 200".
_BREAK = re.compile(
    r"[,;:.()\"“”]|[\u2013\u2014]|\d|\b(?:and|or|but|when|after|as|while|where|who|which|that|including|among|than)\b",
    re.IGNORECASE,
)
_NEAR = 9  # words between a number and the word that makes it a toll
_REACH = 300  # characters around a number; a sentence may be as long as its article
_SPELLED = {word for section in ("words", "tens", "scales") for word in lexicon.numbers("numbers", section)}
# Every number above one that `figures_of` reads matches. A sentence without a match need not be read.
_NUMBER = re.compile(rf"\d|\b{lexicon.any_of(_SPELLED - {'zero', 'one'})}\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[5-9]|20)\d{2}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One publisher's article of a story."""

    publisher: str
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFigure:
    """A number in a report."""

    report: Report
    words: str  # "at least 12 dead"
    value: Decimal
    paragraph: int  # its evidence, from 0
    span: Span  # of the number in the article's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Different numbers for the same thing, one per publisher, in the order of the reports."""

    figures: tuple[ReportedFigure, ...]

    def __post_init__(self) -> None:
        if len({figure.value for figure in self.figures}) < 2:
            raise ValueError("a difference needs different numbers")


def differences(reports: Sequence[Report]) -> tuple[Difference, ...]:
    """The differences between the reports of one story. reports: one per publisher, no copies."""
    by_thing: dict[str, list[tuple[Report, list[_Counted]]]] = {}
    for report in reports:
        for thing, counted in _counted_things(report.article).items():
            by_thing.setdefault(thing, []).append((report, counted))
    found = (_difference(thing, given) for thing, given in by_thing.items() if len(given) > 1)
    return tuple(difference for difference in found if difference is not None)


def has_figure_of_its_own(text: str, others: Sequence[Report]) -> bool:
    """Whether a sentence of one report has a figure that no other report of its story has."""
    if _NUMBER.search(text) is None or not others:
        return False
    elsewhere = frozenset[Decimal]().union(*(_values(other.article) for other in others))
    return any(_is_telling(figure) and figure.value not in elsewhere for figure in _counts(text))


@lru_cache(maxsize=1_000)
def _values(article: Article) -> frozenset[Decimal]:
    """Every number in the article, whatever it counts."""
    lines = (article.headline, *(paragraph.span.of(article.text) for paragraph in article.paragraphs()))
    return frozenset(f.value for line in lines if _NUMBER.search(line) for f in _counts(line))


@dataclass(frozen=True, slots=True)
class _Counted:
    """A figure in its sentence."""

    figure: Figure
    start: int  # of the sentence, in the text
    sentence: str
    paragraph: int

    @property
    def is_round(self) -> bool:
        return _ROUND.search(_before(self.figure, self.sentence)) is not None


@lru_cache(maxsize=1_000)  # articles: those of the stories that are asked for now
def _counted_things(article: Article) -> Mapping[str, list[_Counted]]:
    """What the article counts: a toll or the stem of a noun, each with its figures in text order."""
    things: dict[str, list[_Counted]] = {}
    for number, start, sentence in _sentences(article):
        if _NUMBER.search(sentence) is None or _OTHER_TIMES.search(sentence):
            continue
        for figure in _counts(sentence):
            thing = _thing(figure, sentence)
            if thing is not None:
                things.setdefault(thing, []).append(_Counted(figure, start, sentence, number))
    return things


def _sentences(article: Article) -> Iterator[tuple[int, int, str]]:
    """(number of the paragraph, offset, text) of each sentence at the beginning of the article."""
    for number, paragraph in enumerate(article.paragraphs()):
        if paragraph.span.start > _MAX_CHARS:
            return
        for span in sentences_within(article.text, paragraph.span):
            yield number, span.start, span.of(article.text)


def _thing(figure: Figure, sentence: str) -> str | None:
    if figure.unit or not _is_telling(figure) or _YEAR.match(sentence[figure.start : figure.end]):
        return None
    toll = _toll(figure, sentence)
    if toll is not None or not figure.nouns or figure.nouns[0] in _TOLL_OF:
        return toll
    return figure.nouns[0]


def _toll(figure: Figure, sentence: str) -> str | None:
    """The toll that a figure is, by the nearest word behind it ("40 people were killed"), or before it."""
    behind = _BREAK.split(sentence[figure.end : figure.end + _REACH], maxsplit=1)[0]
    if behind.split()[:1] == ["of"]:  # "three of the dead"
        return None
    before = _BREAK.split(_HEDGE.sub("", _before(figure, sentence)))[-1]
    nearest = [stem(token.text) for token in tokens_of(behind)][:_NEAR]
    nearest += [stem(token.text) for token in reversed(tokens_of(before))][:_NEAR]
    return next((_TOLL_OF[word] for word in nearest if word in _TOLL_OF), None)


def _before(figure: Figure, sentence: str) -> str:
    return sentence[max(0, figure.start - _REACH) : figure.start]


def _counts(text: str) -> tuple[Figure, ...]:
    """The figures of `text`, without those of dates."""
    return figures_of(text, without=whens_of(text, None))


def _is_telling(figure: Figure) -> bool:
    """False for a one, an age or a rank, which do not tell reports apart."""
    return figure.value > 1 and figure.unit not in {"ordinal", "age"}


def _difference(thing: str, given: Sequence[tuple[Report, list[_Counted]]]) -> Difference | None:
    # A publisher that gives two numbers itself counts two things.
    chosen = [(report, every[0]) for report, every in given if len({one.figure.value for one in every}) == 1]
    if thing not in _TOLLS:
        # Only sentences that share words with the first one, besides the thing itself.
        contexts = [set(content_stems(counted.sentence)) - {thing} for _, counted in chosen]
        shared = [len(contexts[0] & context) >= _SHARED_WORDS for context in contexts]
        chosen = [pair for pair, is_same_subject in zip(chosen, shared, strict=True) if is_same_subject]
    shown: list[tuple[Report, _Counted]] = []
    for report, counted in chosen:
        if not any(_is_same_number(counted, other) for _, other in shown):
            shown.append((report, counted))
    if len(shown) < 2:
        return None
    return Difference(figures=tuple(_reported(report, counted, thing) for report, counted in shown))


def _is_same_number(one: _Counted, other: _Counted) -> bool:
    a, b = one.figure.value, other.figure.value
    return a == b or ((one.is_round or other.is_round) and abs(a - b) <= _TOLERANCE * max(a, b))


def _reported(report: Report, counted: _Counted, thing: str) -> ReportedFigure:
    figure, sentence = counted.figure, counted.sentence
    hedge = _HEDGE.search(_before(figure, sentence))
    start = figure.start - len(hedge[0]) if hedge else figure.start
    number = " ".join(sentence[start : figure.end].split()).lower()
    # The words of the article up to the noun.
    behind = sentence[figure.end :]
    ends = (token.end for token in tokens_of(behind) if stem(token.text) == thing)
    noun = thing if thing in _TOLLS else " ".join(behind[: next(ends, 0)].split()) or thing
    return ReportedFigure(
        report=report,
        words=f"{number} {noun}",
        value=figure.value,
        paragraph=counted.paragraph,
        span=Span(start=figure.start, end=figure.end).shifted(counted.start),
    )
