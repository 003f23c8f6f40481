"""An article's words as PostgreSQL's `tsvector` holds them, written and read (its manual, chapter 8.11).

Places by zone: A the headline, B the headings, C the first paragraph, D the rest of the text. Words of other
kinds carry a sign that no word has: `p=` the publisher's name, `l=` the language.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from articles.model import PARAGRAPH_BREAK
from articles.search.index_words import index_words
from articles.search.query import Expression, may_go_on

PUBLISHER, LANGUAGE = "p=", "l="
NOTHING = "'='"  # what no article has
MAX_PLACE = 16_383  # PostgreSQL's; words further on are found, and are in no phrase
MAX_PLACES = 255  # of one word; PostgreSQL drops more by itself
MAX_BYTES = 900_000  # of the words; a tsvector holds a megabyte


class ZoneHits(NamedTuple):
    """How often an article has the words asked for."""

    headline: int
    headings: int
    lede: int
    rest: int  # of the text


def vector_of(
    *, headline: str, headings: str, text: str, publisher: str | None, language: str, others: Iterable[str]
) -> str:
    """The text form of an article's tsvector. others: words without a place."""
    lede, _, rest = text.partition(PARAGRAPH_BREAK)
    places: dict[str, list[str]] = {}
    taken, place = 0, 0
    for weight, zone in (("A", headline), ("B", headings), ("C", lede), ("D", rest)):
        for word in index_words(zone):
            place += 1
            its = places.get(word, [])
            if taken > MAX_BYTES or len(its) == MAX_PLACES:
                continue
            taken += 2 if its else 8 + len(word.encode())
            its.append(f"{min(place, MAX_PLACE)}{weight}")
            places[word] = its
        if weight in "AB":
            place += 1  # no phrase runs from the headline into the text
    for sign, value in ((PUBLISHER, publisher), (LANGUAGE, language)):
        for at, word in enumerate(index_words(value or ""), 1):
            places.setdefault(sign + word, []).append(str(at))
    written = [f"'{word}':{','.join(its)}" for word, its in places.items()]
    return " ".join([*written, *(f"'{word}'" for word in others)])


def query_of(wanted: Expression) -> str:
    """The text form of the tsquery (its manual, chapter 8.11.2). Every word goes in quoted."""
    parts = [_phrase(phrase, prefix=may_go_on(phrase, prefix=wanted.prefix)) for phrase in wanted.phrases]
    for sign, value in ((PUBLISHER, wanted.publisher), (LANGUAGE, wanted.language)):
        if value is not None:
            parts.append(_phrase(value, sign=sign))
    return " & ".join(f"({part})" for part in parts)


def _phrase(phrase: str, *, sign: str = "", prefix: bool = False) -> str:
    words = [f"'{sign}{word}'" for word in index_words(phrase)]
    return " <-> ".join(words) + (":*" if prefix else "") if words else NOTHING


class Hits:
    """Counts what a query found in articles, from their vectors."""

    def __init__(self, wanted: Expression) -> None:
        self._phrases = [
            [
                _places_of(word, prefix=is_last and may_go_on(phrase, prefix=wanted.prefix))
                for word, is_last in _with_last(index_words(phrase))
            ]
            for phrase in wanted.phrases
            if index_words(phrase)
        ]

    def in_vector(self, vector: str) -> ZoneHits:
        """vector: as PostgreSQL writes it. Where phrases overlap, they are one hit."""
        found: dict[int, tuple[int, str]] = {}
        for words in self._phrases:
            places = [_read(pattern, vector) for pattern in words]
            for start, zone in places[0].items():
                if all(start + ahead in its for ahead, its in enumerate(places)):
                    end, _ = found.get(start, (start, zone))
                    found[start] = (max(end, start + len(words) - 1), zone)
        counts = dict.fromkeys("ABCD", 0)
        behind = -1
        for start, (end, zone) in sorted(found.items()):
            if start > behind:
                counts[zone] += 1
            behind = max(behind, end)
        return ZoneHits(*counts.values())


def _with_last(words: Sequence[str]) -> Iterable[tuple[str, bool]]:
    return ((word, at == len(words) - 1) for at, word in enumerate(words))


def _places_of(word: str, *, prefix: bool) -> re.Pattern[str]:
    going_on = "[^']*" if prefix else ""
    return re.compile(rf"(?:^| )'{re.escape(word)}{going_on}':([\dABCD,]+)")


def _read(pattern: re.Pattern[str], vector: str) -> dict[int, str]:
    """Place to zone."""
    written = (place for match in pattern.finditer(vector) for place in match[1].split(","))
    return {int(place.rstrip("ABCD")): place[-1] if place[-1] in "ABC" else "D" for place in written}
