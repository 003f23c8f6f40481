"""The full-text index on PostgreSQL: a `tsvector` for each article, and a GIN index over them.

GIN finds all articles that have a word, in no order, but we want the newest. So each article also has a word
for every time bucket that contains it. A query asks for a few buckets at a time, the newest first: GIN
intersects their short lists with the word's long list by skipping, and we stop when the reader has enough.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

from snowballstemmer import stemmer
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from articles.model import PARAGRAPH_BREAK
from articles.schema import SEQUENCE_BITS, articles, first_key
from articles.search.full_text import HIT_COLUMNS, STREAMED, Expression, Hit, Match, is_prefix

article_words = table("article_words", column("search_key", BigInteger), column("words", TSVECTOR))

INDEX = "ix_article_words_words"
MAKE_INDEX = f"CREATE INDEX {INDEX} ON article_words USING gin (words) WITH (fastupdate = off)"

FIRST_WINDOW = 500  # the time that the newest 500 articles span sets the size of the first buckets
CHUNK, MOST = 100, 1_600  # hits that are read by one query


class PostgresIndex:
    """A `FullTextIndex`."""

    def hits(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[Hit]:
        yield from map(Hit._make, self._rows(connection, select(*HIT_COLUMNS), wanted, since, growth=4))

    def matches(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[tuple[Hit, Match]]:
        counter, columns = HitCounter(wanted), len(HIT_COLUMNS)
        read = select(*HIT_COLUMNS, func.length(articles.c.text), cast(article_words.c.words, String)).join(
            article_words, article_words.c.search_key == articles.c.search_key
        )
        for row in self._rows(connection, read, wanted, since, growth=1):
            hit, (length, vector) = Hit._make(row[:columns]), row[columns:]
            found = counter.count(vector)
            match = Match(
                search_key=hit.search_key,
                published_s=hit.search_key >> SEQUENCE_BITS,
                headline_hits=found.headline,
                heading_hits=found.headings,
                lede_hits=found.lede,
                text_hits=found.lede + found.rest,
                length=length,
            )
            yield hit, match

    def only_matching(
        self, chosen: Select[Any], search_key: ColumnElement[int], wanted: Expression
    ) -> Select[Any]:
        return chosen.where(
            select(article_words.c.search_key)
            .where(article_words.c.search_key == search_key, _matches(query_of(wanted)))
            .exists()
        )

    def matching_rows(
        self,
        connection: Connection,
        chosen: Select[Any],
        search_key: ColumnElement[int],
        wanted: Expression,
        since: datetime | None,
    ) -> Iterator[Row[Any]]:
        # Plan for all rows, although they are read one by one. A plan for the first few rows goes through the
        # rows and looks at the words of each one's article, which is slow if few match.
        connection.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
        for window in self._windows(connection, since):
            begin, end = (second << SEQUENCE_BITS for second in window.seconds())
            matching = select(article_words.c.search_key).where(_matches(_within(window, wanted)))
            rows = chosen.where(search_key.between(begin, end - 1), search_key.in_(matching))
            yield from connection.execute(rows, execution_options=STREAMED)

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        words = cast(bindparam("vector", type_=String), TSVECTOR)
        connection.execute(
            insert(article_words).values(search_key=bindparam("key"), words=words),
            [{"key": row["search_key"], "vector": words_of(row)} for row in rows],
        )

    def _rows(
        self,
        connection: Connection,
        read: Select[Any],
        wanted: Expression,
        since: datetime | None,
        *,
        growth: int,
    ) -> Iterator[Row[Any]]:
        """The rows of matching articles, newest first: CHUNK by the first query, then `growth` times as many.

        Cheaper than a cursor, which needs a query each to open, read and close. read: a query over `articles`
        whose first column is the search key.
        """
        # A sum, so that the planner cannot use the order of the plain key: it would check the words of every
        # article from the newest on.
        key = article_words.c.search_key + 0
        for window in self._windows(connection, since):
            matching = select(article_words.c.search_key).where(_matches(_within(window, wanted)))
            if since is not None:
                matching = matching.where(key >= first_key(since))
            size, rest = CHUNK, matching
            while True:
                newest = rest.order_by(key.desc()).limit(size).subquery()
                rows = connection.execute(
                    read.join(newest, newest.c.search_key == articles.c.search_key).order_by(
                        newest.c.search_key.desc()
                    )
                ).all()
                yield from rows
                if len(rows) < size:
                    break
                size, rest = min(size * growth, MOST), matching.where(key < rows[-1][0])

    def _windows(self, connection: Connection, since: datetime | None) -> Iterator["Window"]:
        key = article_words.c.search_key
        newest = select(key).order_by(key.desc()).limit(1)
        bounds = newest, newest.offset(FIRST_WINDOW), select(func.min(key))
        last, some, first = connection.execute(select(*(each.scalar_subquery() for each in bounds))).one()
        if last is None:
            return
        oldest = first if since is None else max(first, first_key(since))
        last_s, some_s = (at >> SEQUENCE_BITS for at in (last, first if some is None else some))
        yield from windows(last_s, oldest >> SEQUENCE_BITS, level=level_of(last_s - some_s))


def _within(window: "Window", wanted: Expression) -> str:
    buckets = " | ".join(f"'{name}'" for name in window.names())
    return f"({buckets}) & {query_of(wanted)}"


def _matches(query: str) -> ColumnElement[bool]:
    return article_words.c.words.op("@@", is_comparison=True)(cast(literal(query, String), TSQUERY))


# An article's words in the text form of a `tsvector` (PostgreSQL's manual, chapter 8.11). Its four weights
# say where a word is: A the headline, B the headings, C the first paragraph, D the rest of the text. A marker
# that no word contains is in front of other kinds of words: `p=` the publisher's name, `l=` the language.

PUBLISHER, LANGUAGE = "p=", "l="
NOTHING = "'='"  # no article has this word
MAX_POSITION = 16_383  # PostgreSQL's; words after it are found, but in no phrase
MAX_POSITIONS = 255  # of one word; PostgreSQL drops the others by itself
MAX_BYTES = 900_000  # of the words; a tsvector holds a megabyte


class ZoneHits(NamedTuple):
    """How often an article has the words of a query, by part of the article."""

    headline: int
    headings: int
    lede: int
    rest: int  # of the text


def words_of(row: Mapping[str, Any]) -> str:
    """The value of `article_words.words` for an article's row."""
    lede, _, rest = row["text"].partition(PARAGRAPH_BREAK)
    positions: dict[str, list[str]] = {}
    size, position = 0, 0
    for weight, zone in (("A", row["headline"]), ("B", row["headings"]), ("C", lede), ("D", rest)):
        for word in index_words(zone):
            position += 1
            of_word = positions.get(word, [])
            if size > MAX_BYTES or len(of_word) == MAX_POSITIONS:
                continue
            size += 2 if of_word else 8 + len(word.encode())
            of_word.append(f"{min(position, MAX_POSITION)}{weight}")
            positions[word] = of_word
        if weight in "AB":
            position += 1  # a gap: no phrase continues from the headline or the headings into what follows
    for marker, value in ((PUBLISHER, row["publisher"]), (LANGUAGE, row["language"])):
        for at, word in enumerate(index_words(value or ""), 1):
            positions.setdefault(marker + word, []).append(str(at))
    written = [f"'{word}':{','.join(of_word)}" for word, of_word in positions.items()]
    return " ".join([*written, *(f"'{name}'" for name in buckets_of(row["search_key"] >> SEQUENCE_BITS))])


def query_of(wanted: Expression) -> str:
    """The text form of the tsquery (PostgreSQL's manual, chapter 8.11.2), every word quoted."""
    parts = [_phrase(phrase, prefix=is_prefix(phrase, prefix=wanted.prefix)) for phrase in wanted.phrases]
    for marker, value in ((PUBLISHER, wanted.publisher), (LANGUAGE, wanted.language)):
        if value is not None:
            parts.append(_phrase(value, marker=marker))
    return " & ".join(f"({part})" for part in parts)


def _phrase(phrase: str, *, marker: str = "", prefix: bool = False) -> str:
    words = [f"'{marker}{word}'" for word in index_words(phrase)]
    return " <-> ".join(words) + (":*" if prefix else "") if words else NOTHING


class HitCounter:
    """Counts the hits of a query in articles, from their vectors."""

    def __init__(self, wanted: Expression) -> None:
        self._phrases: list[list[re.Pattern[str]]] = []
        for phrase in wanted.phrases:
            if words := index_words(phrase):
                patterns = [_positions_of(word) for word in words[:-1]]
                last = _positions_of(words[-1], prefix=is_prefix(phrase, prefix=wanted.prefix))
                self._phrases.append([*patterns, last])

    def count(self, vector: str) -> ZoneHits:
        """vector: as PostgreSQL writes it. Phrases that overlap are one hit."""
        found: dict[int, tuple[int, str]] = {}
        for words in self._phrases:
            positions = [_read(pattern, vector) for pattern in words]
            for start, weight in positions[0].items():
                if all(start + ahead in of_word for ahead, of_word in enumerate(positions)):
                    end, _ = found.get(start, (start, weight))
                    found[start] = (max(end, start + len(words) - 1), weight)
        counts = dict.fromkeys("ABCD", 0)
        last_end = -1
        for start, (end, weight) in sorted(found.items()):
            if start > last_end:
                counts[weight] += 1
            last_end = max(last_end, end)
        return ZoneHits(*counts.values())


def _positions_of(word: str, *, prefix: bool = False) -> re.Pattern[str]:
    rest = "[^']*" if prefix else ""
    return re.compile(rf"(?:^| )'{re.escape(word)}{rest}':([\dABCD,]+)")


def _read(pattern: re.Pattern[str], vector: str) -> dict[int, str]:
    """Position to weight."""
    written = (position for match in pattern.finditer(vector) for position in match[1].split(","))
    return {int(each.rstrip("ABCD")): each[-1] if each[-1] in "ABC" else "D" for each in written}


# Text to the words by which it is found: without case, accents and endings. The words are those of SQLite's
# FTS5 (tokenizer "porter unicode61 remove_diacritics 2"), so that every server finds the same, whatever its
# locale and its dictionaries are.

MAX_CHARS = 100  # of a word; a longer word is found by its first characters
_MIN_STEMMED, _MAX_STEMMED = 3, 64
_LATIN = "\u0250"  # scripts from this code point on keep their diacritics: й is not и
_PORTER = stemmer("porter")
_STEMMER_LOCK = Lock()  # a stemmer keeps the word in its own state


def index_words(text: str) -> list[str]:
    """The words of a text in its order, each of letters and digits only."""
    return [_stem(word[:MAX_CHARS]) for word in unicodedata.normalize("NFC", text).translate(_FOLDED).split()]


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    if not _MIN_STEMMED <= len(word) <= _MAX_STEMMED:
        return word
    with _STEMMER_LOCK:
        return str(_PORTER.stemWord(word)) or word


class _Folding(dict[int, str]):
    """Code point to its form in a word: lower case without accent, or a space if no word contains it."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if "\u0300" <= character <= "\u036f":  # combining marks of other scripts end a word, as in FTS5
        return ""
    kept = [c for c in character.lower() if c.isalnum() or unicodedata.category(c) == "Co"]
    if not kept:
        return " "
    bases = (unicodedata.normalize("NFD", c)[0] for c in kept)
    return "".join(base if base < _LATIN else c for base, c in zip(bases, kept, strict=True))


_FOLDED = _Folding()


# Time buckets of eight lengths, each eight times as long as the one before: from about 68 minutes to 270
# years. Every bucket begins at a multiple of its length since 1970, so an article is in one bucket of each
# length.

SHIFTS = (12, 15, 18, 21, 24, 27, 30, 33)  # a bucket of level n lasts 1 << SHIFTS[n] seconds
RANGES = 2  # of a window after the first: it spans about 64 times as much time as the one before


class BucketRange(NamedTuple):
    """Consecutive buckets of one length."""

    level: int
    first: int  # bucket numbers; first and last are included
    last: int


class Window(NamedTuple):
    """Consecutive ranges, the newest first."""

    ranges: tuple[BucketRange, ...]

    def names(self) -> Iterator[str]:
        """The names of the buckets, the newest first."""
        for level, first, last in self.ranges:
            yield from (_name(level, number) for number in range(last, first - 1, -1))

    def seconds(self) -> tuple[int, int]:
        """[begin, end) in seconds since 1970."""
        newest, oldest = self.ranges[0], self.ranges[-1]
        return oldest.first << SHIFTS[oldest.level], (newest.last + 1) << SHIFTS[newest.level]


def buckets_of(second: int) -> list[str]:
    """The names of the buckets that contain a second, one of each length."""
    return [_name(level, second >> shift) for level, shift in enumerate(SHIFTS)]


def level_of(seconds: int) -> int:
    """The level of the longest bucket that is not longer than that."""
    return max((level for level, shift in enumerate(SHIFTS) if 1 << shift <= seconds), default=0)


def windows(newest: int, oldest: int, *, level: int) -> Iterator[Window]:
    """From the newest second back to the oldest: one range of buckets of `level`, then far longer windows.

    Together they contain every second of [oldest, newest] once, and perhaps more at both ends.
    """
    ranges = _ranges(newest, oldest, level)
    if first := next(ranges, None):
        yield Window((first,))
    # Long windows: a bucket without articles costs almost nothing, but each window is a query.
    while further := tuple(islice(ranges, RANGES)):
        yield Window(further)


def _ranges(newest: int, oldest: int, level: int) -> Iterator[BucketRange]:
    end = newest + 1
    while end > oldest:
        last = (end - 1) >> SHIFTS[level]
        if level + 1 == len(SHIFTS):
            yield BucketRange(level, oldest >> SHIFTS[level], last)
            return
        # To the beginning of the bucket one level up, which may also be the beginning of this one.
        first = (end - 1) >> SHIFTS[level + 1] << (SHIFTS[level + 1] - SHIFTS[level])
        yield BucketRange(level, max(first, oldest >> SHIFTS[level]), last)
        end = first << SHIFTS[level]
        level += 1


def _name(level: int, number: int) -> str:
    return f"t{level}={number}"
