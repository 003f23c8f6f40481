"""Quotation marks -> quoted passages, and which of those nobody speaks: titles, names of things, markup.

Quotation marks are not reliable. They are straight or curly or mixed, or turned the wrong way. They stay open
over paragraphs on purpose (each paragraph opens, only the last one closes) or by mistake. They look like
apostrophes, feet and inches. Each mark is judged once, by its neighbours and by what is open, so the time is
linear in the length of the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from articles.model import Span
from summarizer import lexicon
from summarizer.text.sentences import trimmed
from summarizer.text.words import Tokens

_DOUBLE = re.compile('["“”„‟«»＂]')
_OPENS_BEFORE = frozenset("([{—–-/…‘'“\"„«:;,.!?")
_CLOSES_BEFORE = frozenset(".,;:!?)]}—–-…’'”\"/")
_LONGEST_SIGNATURE = 12  # words
# Where a quotation ends whose closing mark is missing: "…, said Jane Doe", "…, Jane Doe said".
_SAID = lexicon.any_of(lexicon.words("cues", "behind an open quotation"))
_NAME = r"(?:(?:he|she|[A-Z][\w.’'-]{1,30})(?:[ \u00a0][A-Z][\w.’'-]{1,30}){0,3})"
_CUE_BEHIND = re.compile(rf"(?P<comma>,)[ \u00a0](?:{_SAID}[ \u00a0]{_NAME}|{_NAME}[ \u00a0]{_SAID})\b")
_FEET_AND_INCHES = re.compile(r"\d['’′]\s?\d{1,2}\Z")
_SINGLE_OPENING = re.compile(
    r"(?:(?<=[\s(\[—–:“\"])|(?<![^\n]))[‘'](?=[\w\[$“\"])(?!\d0s\b|(?:em|til|tis|twas|cause|n)\b)"
)
_SINGLE_CLOSING = re.compile(r"(?<=\S)[’'](?=[\s.,;:!?)\]—–”\"]|\Z)")
_TAG_ATTRIBUTE = re.compile(
    r"<[a-z][\w-]*(?:\s[\w-]+=(?:\"[^\"<>]*\"|[^\s\"<>]+))*\s[\w-]+=\Z", re.IGNORECASE
)
_LONGEST_TAG = 200  # characters
_WORD = re.compile(r"[^\W_][\w’'-]*")
_NAMING = lexicon.words("works", "naming")
_LOWER_IN_TITLES = lexicon.words("works", "lower case")
_BEFORE_SPEECH = lexicon.words("works", "before speech") | {",", ":"}
_LONGEST_TITLE, _LONGEST_EXCLAIMED_TITLE = 12, 4  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The text between one pair of quotation marks, within one paragraph."""

    span: Span  # without the marks and white space at the ends
    outer: Span  # with the marks
    paragraph: int  # number of its paragraph
    continues: bool  # the paragraph before left its quotation open, and this passage continues it
    closed: bool  # False: no mark closes it before its paragraph ends or another passage opens


def find_passages(text: str, paragraphs: Sequence[Span]) -> tuple[Passage, ...]:
    """The quoted passages, in text order and disjoint. A quote inside a quote belongs to the outer one."""
    doubles = list(_double_pairs(text, paragraphs))
    # Some texts write double marks as two apostrophes; there single marks are only inside quotations.
    singles = _single_pairs(text, paragraphs) if "''" not in text else []
    if sum(pair.strong for pair in singles) > len(doubles):
        # British marks: single outside, double inside.
        sure = [pair for pair in singles if pair.strong or text[pair.start] == "‘"]
        return tuple(_passages(text, sure))
    return tuple(_passages(text, doubles))


@dataclass(frozen=True, slots=True)
class _Pair:
    start: int  # of the opening mark
    end: int  # behind the closing mark
    paragraph: int
    opened: bool = True  # False: the paragraph before left it open, and no mark opens this part
    closed: bool = True
    continues: bool = False
    strong: bool = True  # of single marks: the mark that closes is beside punctuation, as in speech


def _passages(text: str, pairs: Sequence[_Pair]) -> Iterator[Passage]:
    for pair in pairs:
        span = trimmed(text, pair.start + pair.opened, pair.end - pair.closed)
        if span is not None and any(map(str.isalnum, span.of(text))):
            yield Passage(
                span=span,
                outer=Span(start=pair.start, end=pair.end),
                paragraph=pair.paragraph,
                continues=pair.continues,
                closed=pair.closed,
            )


class _Side(Enum):
    """Whether a mark opens or closes, by its neighbours."""

    OPENS = "opens"
    CLOSES = "closes"
    EITHER = "either"
    NEITHER = "neither"  # inches


def _double_pairs(text: str, paragraphs: Sequence[Span]) -> Iterator[_Pair]:
    left_open = False  # by the paragraph before
    for number, paragraph in enumerate(paragraphs):
        marks = [m.start() for m in _DOUBLE.finditer(text, paragraph.start, paragraph.end)]
        if not marks:
            left_open = False
            continue
        following = paragraphs[number + 1].start if number + 1 < len(paragraphs) else len(text)
        goes_on = _DOUBLE.match(text, following) is not None
        pairing = _Pairing(text, paragraph, number, marks, left_open=left_open, goes_on=goes_on)
        yield from pairing.pairs()
        left_open = pairing.left_open


class _Pairing:
    """Pairs the double marks of one paragraph, from left to right."""

    def __init__(
        self, text: str, paragraph: Span, number: int, marks: list[int], *, left_open: bool, goes_on: bool
    ) -> None:
        """left_open: the paragraph before left a quotation open. goes_on: the next one starts with a mark."""
        self._text, self._paragraph, self._number = text, paragraph, number
        self._goes_on = goes_on
        self._sides = [
            (at, side)
            for at in marks
            if (side := _side(text, paragraph, at)) is not _Side.NEITHER
            and not _opens_block_quotation(text, paragraph, at, marks)
        ]
        self._continues = left_open
        self.left_open = False

    def pairs(self) -> Iterator[_Pair]:
        opened: int | None = None
        depth = 0
        sides = self._sides
        for i, (at, side) in enumerate(sides):
            if opened is None:
                if self._opens_from_outside(i, side):
                    opened, depth = at, 1
                elif self._continues and i == 0 and not self._names_speaker(at):
                    yield self._pair(self._paragraph.start, at + 1, opened=False)
                continue
            if side is _Side.OPENS:
                if self._nests(i):
                    depth += 1
                else:  # the last quotation has no closing mark
                    yield self._pair(opened, at, closed=False)
                    opened, depth = at, 1
                continue
            depth -= 1
            if depth == 0:
                yield self._pair(opened, at + 1)
                opened = None
        if opened is not None:
            cue = None if self._goes_on else _CUE_BEHIND.search(self._text, opened, self._paragraph.end)
            self.left_open = cue is None
            yield self._pair(opened, cue.end("comma") if cue else self._paragraph.end, closed=False)

    def _pair(self, start: int, end: int, *, opened: bool = True, closed: bool = True) -> _Pair:
        first = start <= self._paragraph.start + 1
        return _Pair(start, end, self._number, opened, closed, continues=self._continues and first)

    def _opens_from_outside(self, i: int, side: _Side) -> bool:
        # At the start of a paragraph, a mark that is turned the wrong way opens, unless it closes the
        # quotation that the paragraph before left open.
        is_turned = self._sides[i][0] == self._paragraph.start and not self._continues
        return side is not _Side.CLOSES or is_turned

    def _names_speaker(self, closing: int) -> bool:
        """Whether the end of a pull quote is its signature, not speech: "… is over.⏎Jane Doe, mayor."."""
        words = self._text[self._paragraph.start : closing].split()
        is_short = 0 < len(words) <= _LONGEST_SIGNATURE
        return is_short and words[0][0].isupper() and words[-1][-1] not in "!?"

    def _nests(self, i: int) -> bool:
        """Whether the next marks close both this quotation and the one around it."""
        following = self._sides[i + 1 : i + 3]
        return len(following) == 2 and all(side is not _Side.OPENS for _, side in following)


def _opens_block_quotation(text: str, paragraph: Span, at: int, marks: Sequence[int]) -> bool:
    """Whether a straight mark sets off a block of text from another article, which has curly marks itself.

    Such a mark opens each paragraph of the block and does not tell who speaks in it.
    """
    if text[at] != '"':
        return False
    if text.startswith("“", at + 1):
        return True
    if at != paragraph.start:
        return False
    others = [text[other] for other in marks if other != at]
    return others[:1] == ["“"] and '"' not in others  # “ and not ”, which may close what this mark opens


def _side(text: str, paragraph: Span, at: int) -> _Side:
    before = text[at - 1] if at > paragraph.start else " "
    after = text[at + 1] if at + 1 < paragraph.end else " "
    mark = text[at]
    if mark in "„«":
        return _Side.OPENS
    if mark == "»":
        return _Side.CLOSES
    if after == ">":  # the end of a tag's attribute
        return _Side.CLOSES
    if mark in '"＂' and before.isdigit() and _FEET_AND_INCHES.search(text, max(paragraph.start, at - 6), at):
        return _Side.NEITHER
    opens = not after.isspace() and (before.isspace() or before in _OPENS_BEFORE)
    closes = not before.isspace() and (after.isspace() or after in _CLOSES_BEFORE)
    if mark in "“‟":
        return _Side.CLOSES if closes and not opens else _Side.OPENS
    if mark == "”":
        return _Side.OPENS if opens and not closes and before.isspace() else _Side.CLOSES
    if opens and before in ",.?!":  # a space is missing: …,"said Jane Doe
        return _Side.EITHER
    if opens != closes:
        return _Side.OPENS if opens else _Side.CLOSES
    return _Side.EITHER


def _single_pairs(text: str, paragraphs: Sequence[Span]) -> list[_Pair]:
    """Pairs of single marks: an opening mark and the first mark behind it that closes as in speech."""
    pairs: list[_Pair] = []
    for number, paragraph in enumerate(paragraphs):
        end = paragraph.start
        closings = [m.start() for m in _SINGLE_CLOSING.finditer(text, paragraph.start, paragraph.end)]
        nearest = 0
        for opening in _SINGLE_OPENING.finditer(text, paragraph.start, paragraph.end):
            if opening.start() < end:
                continue
            passed = nearest
            while nearest < len(closings) and not _closes_speech(text, opening.start(), closings[nearest]):
                nearest += 1
            if nearest == len(closings):
                # ‘a betrayal of the villages’: the mark looks like a possessive, but no other mark closes.
                nearest -= 1
                if text[opening.start()] != "‘" or nearest < passed or closings[nearest] < opening.end():
                    break
            end = closings[nearest] + 1
            strong = text[end - 2] in ".,!?…" or text[end : end + 1] in {".", ",", ";", "—"}
            pairs.append(_Pair(opening.start(), end, number, strong=strong))
    return pairs


def _closes_speech(text: str, opening: int, closing: int) -> bool:
    is_plural_possessive = text[closing - 1] == "s" and text[closing + 1 : closing + 2] == " "
    return closing > opening + 1 and not is_plural_possessive


def in_markup(text: str, passage: Passage) -> bool:
    """Whether the passage is the value of an HTML attribute, left over from an incompletely cleaned page."""
    at = passage.outer.start
    return text.endswith("=", 0, at) and bool(_TAG_ATTRIBUTE.search(text, max(0, at - _LONGEST_TAG), at))


def is_title(tokens: Tokens, passage: Passage) -> bool:
    """Whether the passage looks like the title of a work or the name of a thing, and not like speech."""
    words = _WORD.findall(passage.span.of(tokens.text))
    if len(words) > _LONGEST_TITLE or not _in_title_case(words):
        return False
    if tokens.text[passage.span.end - 1] in "!?" and len(words) > _LONGEST_EXCLAIMED_TITLE:
        return False
    at = tokens.at(passage.outer.start)
    return at == 0 or tokens.lower[at - 1] not in _BEFORE_SPEECH


def is_named(tokens: Tokens, passage: Passage) -> bool:
    """Whether the words before the passage say that a name or a title follows: "a book called"."""
    at = tokens.at(passage.outer.start)
    words = _WORD.findall(passage.span.of(tokens.text))
    return (
        at > 0
        and len(words) <= _LONGEST_TITLE
        and tokens.lower[at - 1] in _NAMING
        and (_in_title_case(words) or tokens.lower[at - 1] == "so-called")
    )


def _in_title_case(words: list[str]) -> bool:
    content = [word for word in words if word.lower() not in _LOWER_IN_TITLES]
    return bool(content) and words[0][0].isupper() and all(not word[0].islower() for word in content)
