"""News by the million, written straight into the tables: words, speakers and publishers by Zipf's law.

Not for reading: it has the lengths, word frequencies and links of real news, and no sense. Each article
gives a toll, lies near to what one of some words means, and a few explain an acronym. What tells copies and
stories apart at ingest is left out, as no answer reads it.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, insert

from articles.database import Database
from articles.model import Span
from articles.schema import article_acronyms, article_marks, articles, first_key, stories
from articles.search.article_search import full_text_index
from articles.text.phrases import STOP_WORDS
from summarizer.embedding import MiniLM
from summarizer.model import Brief, Bullet, Quote, QuoteKind, Speaker
from summarizer.schema import briefs, quotes, speaker_words, speakers
from summarizer.storage.store import brief_row, quote_row

NEWEST = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
APART = timedelta(seconds=150)  # so that a million articles are five years
VOCABULARY = 60_000
MEAN_WORDS = 300
PARAGRAPH = 45  # words
QUOTES = 3  # an article, on average
SPEAKERS_A_MILLION = 100_000
PUBLISHERS = 60
THEMES = range(2_000, 2_200)  # ranks of the words whose meanings articles lie near to,
THEME_NOISE = 1.6  # so far off that the cosine is about .53
ACRONYMS = range(40_000, 40_400)  # ranks of the words that are acronyms
EXPLAINED = 30  # of so many articles, one explains one
BATCH = 5_000  # articles in one transaction
_SYLLABLES = [c + v + e for c, v, e in product("bdfgklmnprstv", "aeiou", ("", "n", "r", "s", "l"))]


class Person(NamedTuple):
    id: int
    first: str
    last: str

    @property
    def name(self) -> str:
        return f"{self.first.title()} {self.last.title()}"


class SyntheticNews:
    """The vocabulary, the people and the publishers of `count` articles."""

    def __init__(self, count: int, *, seed: int = 1) -> None:
        self.count = count
        self._chance = np.random.default_rng(seed)
        made = random.Random(seed)
        words = list(dict.fromkeys(_word(made, at) for at in range(2 * VOCABULARY)))
        # As in English, the commonest words are those that no one searches for.
        self.words = np.array((sorted(STOP_WORDS) + words)[:VOCABULARY], dtype=object)
        self._word_odds = _zipf(VOCABULARY, flattened=2.7)
        lasts, firsts = words[:20_000], words[20_000:22_000]
        people = max(100, count * SPEAKERS_A_MILLION // 1_000_000)
        drawn = [
            Person(at + 1, made.choice(firsts), lasts[min(int(made.paretovariate(0.7)), len(lasts)) - 1])
            for at in range(people)
        ]
        namesakes = {(each.first, each.last): each for each in reversed(drawn)}
        self._said_by = [namesakes[each.first, each.last] for each in drawn]  # of one name: one person
        self.speakers = list(dict.fromkeys(self._said_by))  # most quoted first
        self._speaker_odds = _zipf(people)
        encoder = MiniLM()
        self._kind, self._themes = encoder.kind, encoder.encode([str(self.words[at]) for at in THEMES])
        self.publishers = [f"{words[at].title()} News" for at in range(PUBLISHERS)]
        self._publisher_odds = _zipf(PUBLISHERS)

    def write(self, database: Database) -> Iterator[int]:
        """Stores them, oldest first; yields how many are stored after each transaction."""
        with database.transaction() as connection:
            self._write_speakers(connection)
        for first in range(0, self.count, BATCH):
            with database.transaction() as connection:
                self._write_batch(connection, range(first, min(first + BATCH, self.count)))
            yield min(first + BATCH, self.count)

    def _write_speakers(self, connection: Connection) -> None:
        for at in range(0, len(self.speakers), BATCH):
            some = self.speakers[at : at + BATCH]
            connection.execute(
                insert(speakers),
                [
                    {
                        "id": s.id,
                        "name": s.name,
                        "kind": "person",
                        "name_key": f"{s.first} {s.last}",
                        "quote_count": 0,
                    }
                    for s in some
                ],
            )
            words = {(word, s.id): word == s.last for s in some for word in (s.first, s.last)}
            connection.execute(
                insert(speaker_words),
                [
                    {"word": word, "speaker_id": speaker, "backwards": word[::-1], "is_last": is_last}
                    for (word, speaker), is_last in words.items()
                ],
            )

    def _write_batch(self, connection: Connection, numbers: range) -> None:
        chance = self._chance
        lengths = np.clip(chance.lognormal(np.log(MEAN_WORDS) - 0.18, 0.6, len(numbers)), 60, 3000).astype(
            int
        )
        drawn = iter(self.words[_draw(chance, self._word_odds, int(lengths.sum()) + 8 * len(numbers))])
        publishers = _draw(chance, self._publisher_odds, len(numbers))
        quoted = chance.poisson(QUOTES, len(numbers))
        said_by = iter(_draw(chance, self._speaker_odds, int(quoted.sum())))
        rows: dict[str, list[dict[str, Any]]] = {"stories": [], "articles": [], "quotes": [], "briefs": []}
        for number, length, publisher, said in zip(numbers, lengths, publishers, quoted, strict=True):
            at = NEWEST - (self.count - number) * APART
            story = number - number % 3 if number % 9 < 3 else number  # a third are told by three
            if story == number:
                rows["stories"].append({"id": story + 1, "opened_at": at})
            toll = f"killed at least {2 + number % 90} people."
            text, sections = _laid_out([*islice(drawn, 12), toll, *islice(drawn, int(length) - 12)])
            rows["articles"].append(
                {
                    "id": number + 1,
                    "search_key": first_key(at),
                    "story_id": story + 1,
                    "url": f"https://news.example/{number}",
                    "canonical_url": f"https://news.example/{number}",
                    "publisher": self.publishers[publisher],
                    "headline": " ".join(islice(drawn, 8)).capitalize(),
                    "published": at,
                    "language": "fr" if number % 10 == 9 else "en",
                    "text": text,
                    "headings": "",
                    "sections": sections,
                    "content_hash": f"{number:064x}",
                    "stored_at": at,
                }
            )
            for position, speaker in enumerate(islice(said_by, int(said))):
                start = position * (len(text) - 60) // int(said)
                rows["quotes"].append(_quote(number, position, start, self._said_by[speaker], at))
            bullet = Bullet(text=text[:120], spans=(Span(start=0, end=120),), evidence=(0,))
            brief = Brief(headline="", bullets=(bullet,) * 3, key_quotes=())
            rows["briefs"].append(brief_row(brief, ()) | {"article_id": number + 1})
        for table in (stories, articles, quotes, briefs):
            _insert(connection, table, rows[table.name])
        _insert(connection, article_marks, self._marks(numbers))
        explained = [number for number in numbers if number % EXPLAINED == 0]
        _insert(connection, article_acronyms, [self._acronym(number) for number in explained])
        full_text_index(connection).add(connection, rows["articles"])

    def _marks(self, numbers: range) -> list[dict[str, Any]]:
        themes = self._themes[self._chance.integers(0, len(THEMES), len(numbers))]
        noise = self._chance.normal(size=themes.shape) * THEME_NOISE / np.sqrt(themes.shape[1])
        vectors = themes + noise
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f4")
        return [
            {"article_id": number + 1, "encoder": self._kind, "vector": vector.tobytes()}
            for number, vector in zip(numbers, vectors, strict=True)
        ]

    def _acronym(self, number: int) -> dict[str, Any]:
        """Of Zipf's commonness, and each with one long form: two medium words."""
        at = min(int(self._chance.pareto(0.7)), len(ACRONYMS) - 1)
        short, long = self.words[ACRONYMS[at]], f"{self.words[3_000 + at]} {self.words[5_000 + at]}"
        return {
            "short_key": short,
            "long_key": long,
            "article_id": number + 1,
            "short": short.upper(),
            "long": long.title(),
        }


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    statement = insert(table)
    if connection.dialect.name == "postgresql":
        # What is returned is not wanted: it makes one statement of a thousand rows, with one run of triggers.
        statement = statement.returning(*table.primary_key.columns)
    connection.execute(statement, rows)


def _quote(number: int, position: int, start: int, speaker: Person, at: datetime) -> dict[str, Any]:
    quote = Quote(
        content=(Span(start=start, end=start + 50),),
        kind=QuoteKind.VERBATIM,
        cue=Span(start=start + 51, end=start + 55),
        source=None,
        speaker=Speaker(name=speaker.name, role="Minister"),
        confidence=0.9,
    )
    return quote_row(quote) | {
        "article_id": number + 1,
        "position": position,
        "speaker_id": speaker.id,
        "said_key": (number << 16) + position,
        "search_key": first_key(at),
    }


def _laid_out(words: list[str]) -> tuple[str, list[dict[str, Any]]]:
    paragraphs = [" ".join(words[at : at + PARAGRAPH]).capitalize() for at in range(0, len(words), PARAGRAPH)]
    spans, at = [], 0
    for paragraph in paragraphs:
        spans.append([at, at + len(paragraph), "body"])
        at += len(paragraph) + 2
    return "\n\n".join(paragraphs), [{"heading": None, "paragraphs": spans}]


def _word(made: random.Random, rank: int) -> str:
    return "".join(made.choices(_SYLLABLES, k=2 if rank < 5_000 else 3))


def _zipf(size: int, *, flattened: float = 0.0) -> NDArray[np.float64]:
    """Cumulative odds of ranks by the law of Zipf and Mandelbrot."""
    odds = 1 / (np.arange(1, size + 1) + flattened)
    total: NDArray[np.float64] = np.cumsum(odds / odds.sum())
    return total


def _draw(chance: np.random.Generator, cumulative: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    return np.minimum(np.searchsorted(cumulative, chance.random(size)), len(cumulative) - 1)
