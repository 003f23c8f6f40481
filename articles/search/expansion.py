"""The ways to say what somebody searches for: NATO is also the North Atlantic Treaty Organization.

Names and acronyms mean the same where stored articles say so (see `acronyms.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from articles.schema import article_acronyms, articles
from articles.search.query import Query, match_expression, parse_query
from articles.search.searching import hits
from articles.text.acronyms import key_of, meanings

MAX_LONG_FORM_WORDS = 10
MAX_SPELLINGS = 2  # of one name
MAX_WORDINGS = 4  # besides the query itself: each is a search of its own
_SAMPLE = 20  # articles that show how an acronym is written
_CAPITALS = 0.75  # of its occurrences there: "IT" is no acronym where "it" is a word


@dataclass(frozen=True, slots=True)
class Wording:
    """A query that means the same, and the name in it that was put for another."""

    query: Query
    name: str | None  # None: as it was typed


def wordings(connection: Connection, query: Query) -> tuple[Wording, ...]:
    """The query as it is, then in other words. Of an acronym that two names share, neither is taken."""
    others = (*_long_forms(connection, query), *_short_forms(connection, query))
    return (Wording(query, None), *list(dict.fromkeys(others))[:MAX_WORDINGS])


def _long_forms(connection: Connection, query: Query) -> Iterator[Wording]:
    keys = {phrase: key_of(phrase.replace(".", "")) for phrase in query.phrases if " " not in phrase}
    names = _names(connection, article_acronyms.c.short_key, article_acronyms.c.long_key, list(keys.values()))
    for phrase, key in keys.items():
        for name in names.get(key, ())[:MAX_SPELLINGS]:
            rest = [name if each == phrase else each for each in query.phrases]
            yield Wording(Query(tuple(dict.fromkeys(rest))), name)


def _short_forms(connection: Connection, query: Query) -> Iterator[Wording]:
    # "food", "drug", "administration" one after the other are the name that the three make.
    runs: dict[tuple[int, int], str] = {}
    for start in range(len(query.phrases)):
        for end in range(start + 1, min(len(query.phrases), start + MAX_LONG_FORM_WORDS) + 1):
            key = key_of(" ".join(query.phrases[start:end]))
            if " " in key:
                runs[start, end] = key
    names = _names(connection, article_acronyms.c.long_key, article_acronyms.c.short_key, list(runs.values()))
    for (start, end), key in runs.items():
        for name in names.get(key, ())[:1]:
            rest = (*query.phrases[:start], name, *query.phrases[end:])
            if parse_query(name).phrases and _is_written_in_capitals(connection, name):
                yield Wording(Query(tuple(dict.fromkeys(rest))), name)


def _names(
    connection: Connection, given: ColumnElement[str], wanted: ColumnElement[str], keys: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The names that go with each of the keys, as articles write them, commonest first."""
    written = article_acronyms.c.long if wanted is article_acronyms.c.long_key else article_acronyms.c.short
    counted = (
        select(given, wanted, func.max(written), func.count())
        .where(given.in_(set(keys)))
        .group_by(given, wanted)
    )
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    as_written: dict[str, str] = {}
    for key, name, example, count in connection.execute(counted):
        counts[key][name] = count
        as_written[name] = example
    return {key: tuple(as_written[name] for name in meanings(of)) for key, of in counts.items()}


def _is_written_in_capitals(connection: Connection, acronym: str) -> bool:
    """Whether articles that have the word mean the acronym: the index does not tell "WHO" from "who"."""
    found = hits(connection, match_expression(Query((acronym,))), None)
    keys = [hit.search_key for hit in islice(found, _SAMPLE)]
    texts = list(connection.execute(select(articles.c.text).where(articles.c.search_key.in_(keys))).scalars())
    words = re.compile(rf"(?<!\w){re.escape(acronym)}(?!\w)", re.IGNORECASE)
    written: list[str] = [word for text in texts for word in words.findall(text)]
    return sum(word == acronym for word in written) >= _CAPITALS * len(written)
