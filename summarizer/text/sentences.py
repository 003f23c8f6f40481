"""Where sentences begin and end, as spans of the text.

A hand-written splitter for news English. It judges every full stop, question and exclamation mark once,
so its time grows with the text alone. What stands in one pair of quotation marks is never cut: “We will
not stop. We will win,” he said. is one sentence, as a reader would quote it.
"""

import re
from collections.abc import Iterator

from articles.model import Span

# A blank line, or a line that opens with a bullet. A single line break is a wrapped line.
_BLOCK_BREAK = re.compile(r"\n[^\S\n]*\n\s*|\n(?=[^\S\n]*[•*–—-][^\S\n])")
# Possessive, and with no look-ahead: a megabyte of full stops is one match, not a quadratic search.
_STOP = re.compile(r"(?:\.(?: \.){2,}+|[.!?…]++)[\"'”’»)\]]*+")
_MARKS = re.compile(r"[\"“”„«»]|''|``")
_CLOSING_MARKS = {'"': '"', "“": "”", "„": "“”", "«": "»", "''": "''", "``": "''"}
_NEXT_WORD = re.compile(r"\s*+(?:[\"“‘„«'(\[—–*•-]++\s*+)?(\w[\w’']*+)?")
_LAST_WORD = re.compile(r"[\w.’'&/-]*\Z")
_LONGEST_WORD = 40


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Stand before a name or a number and never close a sentence.
_BEFORE_NAME = _words("""
    mr mrs ms mx dr gen sen sens rep reps gov govs lt col capt cpl sgt maj cmdr cdr adm vadm radm
    brig pvt prof rev hon fr msgr mgr sr sra dep asst amb atty supt det insp pres sec ave vs v viz
    cf fig eq approx ca e.g i.e mme mlle st ste mt ft
""")
# Close a sentence only if what follows can open one: "in the U.S. The", "at 5 p.m. He".
_MAYBE_LAST = _words("""
    inc corp co ltd llc plc bros jr sr esq ph.d m.d etc al dept univ assn bldg ed est a.m p.m am pm
    u.s u.k u.n e.u d.c l.a u.s.a u.s.s.r b.c a.d ala ariz ark calif colo conn del fla ga ill ind
    kan kans ky la md mass mich minn miss mo mont neb nebr nev okla ore pa penn tenn tex va vt wash
    wis wisc wyo ont que alta jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu
    thur thurs fri sat sun
""")
_BEFORE_NUMBER = _words("no nos p pp vol art sec ch par op cit")
_OPENERS = _words("""
    The A An He She It They We I You His Her Its Their Our My Your This That These Those There Here
    But And Or So Yet Nor For In On At By To From With Without Within Of As If When While Where Who
    What Why How Which After Before Since Until Because Although Though Despite During Under Over
    Between Among Amid About Against Not No Yes Now Then Today Yesterday Tomorrow Also Still Even
    Just Only Some Many Most Several Few All Both Each Every Another Other Others One Two Three Four
    Five Such Is Are Was Were Do Does Did Has Have Had Can Could Will Would Should May Might Must
    Let Asked According Earlier Later Last Meanwhile However Instead Once Perhaps Maybe Critics
    Officials Police People Republicans Democrats Mr Mrs Ms
""")
_CUE_FOLLOWS = re.compile(
    r"\s+(?:(?:[A-Z][\w.’'-]*|[a-z]{2,3}|of|the)\s+){1,5}"
    r"(?:said|says|asked|asks|wrote|writes|told|tweeted|added|shouted|yelled|replied|responded|wondered|cried|exclaimed)\b"
)


def split_sentences(text: str) -> tuple[Span, ...]:
    """The sentences of `text` in order: disjoint spans with no white space at either end.

    A blank line ends a sentence whether or not it has a full stop, so headings and list items stand alone.
    """
    return tuple(_sentences(text))


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for gap in _BLOCK_BREAK.finditer(text):
        yield from _sentences_of_block(text, start, gap.start())
        start = gap.end()
    yield from _sentences_of_block(text, start, len(text))


def _sentences_of_block(text: str, start: int, end: int) -> Iterator[Span]:
    quoted = _quoted_ranges(text, start, end)
    at, nearest = start, 0
    for stop in _STOP.finditer(text, start, end):
        cut = stop.end()
        while nearest < len(quoted) and quoted[nearest][1] <= stop.start():
            nearest += 1
        inside = nearest < len(quoted) and quoted[nearest][0] < stop.start() and cut < quoted[nearest][1]
        if not inside and cut < end and text[cut].isspace() and _ends_sentence(text, start, stop):
            yield from _trimmed(text, at, cut)
            at = cut
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start=start, end=end)


def _quoted_ranges(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Outermost pairs of marks. A mark that is not closed in its block opens nothing."""
    ranges: list[tuple[int, int]] = []
    closing, opened = "", start
    for match in _MARKS.finditer(text, start, end):
        mark = match[0]
        if closing and mark in closing:
            ranges.append((opened, match.end()))
            closing = ""
        elif mark in _CLOSING_MARKS and (not closing or mark == "“") and not _after_word(text, match.start()):
            closing, opened = _CLOSING_MARKS[mark], match.start()
    return ranges


def _after_word(text: str, at: int) -> bool:
    """A mark behind a letter or digit opens nothing: it closes some other quotation, or counts inches."""
    return at > 0 and text[at - 1].isalnum()


def _ends_sentence(text: str, block: int, stop: re.Match[str]) -> bool:
    follows = _NEXT_WORD.match(text, stop.end())
    following = follows[1] if follows is not None else None
    if following is not None and following[0].islower():
        return False
    marks = stop[0]
    if marks[-1] in "\"”’»'" and ("?" in marks or "!" in marks or "…" in marks):
        return _CUE_FOLLOWS.match(text, stop.end()) is None
    if not marks.startswith(".") or marks.startswith(("..", ". .")):
        return True
    return _full_stop_ends(text, block, stop.start(), following)


def _full_stop_ends(text: str, block: int, dot: int, following: str | None) -> bool:
    last = _LAST_WORD.search(text[max(block, dot - _LONGEST_WORD) : dot])
    word = last[0].lstrip("'’(-") if last is not None else ""
    if word.isdigit() and not text[block : dot - len(word)].strip():
        return False  # the number of a list item
    key = word.lower().rsplit("-", 1)[-1].rsplit("/", 1)[-1]
    if key in _BEFORE_NAME and (word[:1].isupper() or key in {"vs", "v", "e.g", "i.e", "cf", "approx", "ca"}):
        return False
    if key in _BEFORE_NUMBER and following is not None and following[0].isdigit():
        return False
    initial = len(word) == 1 and word.isupper() and word != "I"
    if initial or (key in _MAYBE_LAST and _may_abbreviate(word, key)) or _has_inner_dot(word):
        return following in _OPENERS
    return True


def _may_abbreviate(word: str, key: str) -> bool:
    """Whether a word that can be an abbreviation is written as one: "Miss." but not "a miss."."""
    return word[0].isupper() or "." in word or key in {"etc", "al", "am", "pm"}


def _has_inner_dot(word: str) -> bool:
    """An abbreviation of letters, such as N.Y or Ph.D, whose last stop this is."""
    letters = word.split(".")
    return len(letters) > 1 and all(1 <= len(part) <= 2 and part.isalpha() for part in letters)
