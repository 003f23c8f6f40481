"""Where the publishers of one story give different numbers for the same thing, and what only one of them has.

Conservative: a wrong "reports differ" is worse than none. Two figures are of the same thing when both count
the dead, the injured, the missing, the arrested or the displaced of the story, or when both count a thing of
one name in sentences that share three more words. What a sentence tells of other years, and what a publisher
itself gives two numbers for, is no difference.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from articles.model import Article, Span
from summarizer.text.dates import whens_of
from summarizer.text.figures import Figure, figures_of
from summarizer.text.sentences import split_sentences
from summarizer.text.words import is_content, stem, tokens_of

READ_CHARS = 3_000  # the news is told by then; background follows
SHARED_WORDS = 3
SAME_ENOUGH = Decimal("0.1")  # "nearly 200" and 198 are no difference

_TOLLS = {
    "dead": "dead killed killing kill kills died die dies deaths death fatalities bodies toll",
    "injured": "injured injuring injuries wounded wounding hurt",
    "missing": "missing unaccounted",
    "arrested": "arrested arresting arrests detained detaining detentions",
    "displaced": "displaced displacing evacuated evacuating evacuees homeless",
}
_TOLL_OF = {stem(word): toll for toll, words in _TOLLS.items() for word in words.split()}
_HEDGE = re.compile(
    r"(?:at least|at most|more than|fewer than|less than|no more than|up to|about|around|some|nearly|almost"
    r"|roughly|approximately|an estimated|over)\s+\Z",
    re.IGNORECASE,
)
_ROUND = re.compile(
    r"(?:about|around|some|nearly|almost|roughly|approximately|an estimated)\s+\Z", re.IGNORECASE
)
_OTHER_TIMES = re.compile(
    r"\b(?:1\d{3}|20\d{2}|last (?:year|month|week|decade)|previous(?:ly)?|earlier|since|ago|former|history"
    r"|record|could|would|might|may|if|fear(?:s|ed)?|expected)\b",
    re.IGNORECASE,
)
# What stands beyond one of these is told of something else: "killing 40 and injuring 200".
_BREAK = re.compile(
    r"[,;:.()\"“”]|[\u2013\u2014]|\d|\b(?:and|or|but|when|after|as|while|where|who|which|that|including|among|than)\b",
    re.IGNORECASE,
)
_NEAR = 9  # words between a number and the toll that it is
_REACH = 300  # characters around a number that are read for it: a sentence may be as long as its article
# Every number that `figures_of` reads has one of these in it; to read all words takes longer.
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven"
    r"|eigh|nine)ty|hundred|thousand|million|billion|dozen)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[5-9]|20)\d{2}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One publisher's article of a story."""

    publisher: str
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFigure:
    """A number of a report, and where it stands."""

    report: Report
    words: str  # "at least 12 dead"
    value: Decimal
    paragraph: int  # from 0: its evidence
    span: Span  # of the number in the article's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Numbers that publishers give for the same thing, in the order of their reports; each publisher once."""

    figures: tuple[ReportedFigure, ...]

    def __post_init__(self) -> None:
        if len({figure.value for figure in self.figures}) < 2:
            raise ValueError("the same number is no difference")


def differences(reports: Sequence[Report]) -> tuple[Difference, ...]:
    """Where the reports of one story differ. reports: of several publishers, no copies, one for each."""
    by_thing: dict[str, list[tuple[Report, list[_Counted]]]] = {}
    for report in reports:
        for thing, counted in _things(report.article).items():
            by_thing.setdefault(thing, []).append((report, counted))
    found = (_difference(thing, told) for thing, told in by_thing.items() if len(told) > 1)
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
    """A figure with what it counts and the words around it."""

    figure: Figure
    start: int  # of its sentence, in the text
    sentence: str
    paragraph: int

    @property
    def context(self) -> frozenset[str]:
        return frozenset(stem(token.text) for token in tokens_of(self.sentence) if is_content(token.text))

    @property
    def is_round(self) -> bool:
        return _ROUND.search(_before(self.figure, self.sentence)) is not None


@lru_cache(maxsize=1_000)  # articles: those of the stories that are asked for now
def _things(article: Article) -> Mapping[str, list[_Counted]]:
    """What the article counts, and each number that it gives for it, in text order."""
    things: dict[str, list[_Counted]] = {}
    for paragraph, start, sentence in _sentences(article):
        if _NUMBER.search(sentence) is None or _OTHER_TIMES.search(sentence):
            continue
        for figure in _counts(sentence):
            thing = _thing(figure, sentence)
            if thing is not None:
                things.setdefault(thing, []).append(_Counted(figure, start, sentence, paragraph))
    return things


def _sentences(article: Article) -> Iterator[tuple[int, int, str]]:
    """(number of its paragraph, where it starts, the sentence), of the article's beginning."""
    for number, paragraph in enumerate(article.paragraphs()):
        if paragraph.span.start > READ_CHARS:
            return
        text = paragraph.span.of(article.text)
        for span in split_sentences(text):
            yield number, paragraph.span.start + span.start, span.of(text)


def _thing(figure: Figure, sentence: str) -> str | None:
    """What a figure counts: a toll, or the stem of a noun; None where it counts neither."""
    if figure.unit or not _is_telling(figure) or _YEAR.match(sentence[figure.start : figure.end]):
        return None
    toll = _toll(figure, sentence)
    if toll is not None or not figure.nouns or figure.nouns[0] in _TOLL_OF:
        return toll
    return figure.nouns[0]


def _toll(figure: Figure, sentence: str) -> str | None:
    """The toll that a figure is, by the words behind it ("40 people were killed"), else before it."""
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
    """The figures of `text` that are no dates."""
    return figures_of(text, without=[(when.start, when.end) for when in whens_of(text, None)])


def _is_telling(figure: Figure) -> bool:
    """ "Two men" are in every report, and an age or a rank is nobody's count."""
    return figure.value > 1 and figure.unit not in {"ordinal", "age"}


def _difference(thing: str, told: Sequence[tuple[Report, list[_Counted]]]) -> Difference | None:
    chosen: list[tuple[Report, _Counted]] = []
    for report, every in told:
        if len({each.figure.value for each in every}) == 1:  # else one of its own is of something else
            chosen.append((report, every[0]))
    if thing not in _TOLLS:
        chosen = _of_one_subject(thing, chosen)
    shown: list[tuple[Report, _Counted]] = []
    for report, counted in chosen:
        if not any(_is_same(counted, other) for _, other in shown):
            shown.append((report, counted))
    if len(shown) < 2:
        return None
    return Difference(figures=tuple(_reported(report, counted, thing) for report, counted in shown))


def _of_one_subject(thing: str, told: Sequence[tuple[Report, _Counted]]) -> list[tuple[Report, _Counted]]:
    """Those whose sentences share words with the first's, besides the thing itself."""
    if not told:
        return []
    first = told[0][1].context - {thing}
    return [
        (report, counted)
        for report, counted in told
        if len(first & (counted.context - {thing})) >= SHARED_WORDS
    ]


def _is_same(one: _Counted, other: _Counted) -> bool:
    a, b = one.figure.value, other.figure.value
    return a == b or ((one.is_round or other.is_round) and abs(a - b) <= SAME_ENOUGH * max(a, b))


def _reported(report: Report, counted: _Counted, thing: str) -> ReportedFigure:
    figure, sentence = counted.figure, counted.sentence
    hedge = _HEDGE.search(_before(figure, sentence))
    start = figure.start - len(hedge[0]) if hedge else figure.start
    number = " ".join(sentence[start : figure.end].split()).lower()
    return ReportedFigure(
        report=report,
        words=f"{number} {thing if thing in _TOLLS else _written(sentence[figure.end :], thing)}",
        value=figure.value,
        paragraph=counted.paragraph,
        span=Span(start=counted.start + figure.start, end=counted.start + figure.end),
    )


def _written(behind: str, noun: str) -> str:
    """The words behind the number up to the noun, as the article has them."""
    for token in tokens_of(behind):
        if stem(token.text) == noun:
            return " ".join(behind[: token.end].split())
    return noun
