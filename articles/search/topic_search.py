"""Stories on a topic, by its words, by what articles say those stand for, and by what they mean."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, select

from articles.schema import KEYS_A_SECOND, articles
from articles.search.expansion import wordings
from articles.search.nearest import Near, VectorIndex
from articles.search.query import Expression, Query, match_expression, parse_query
from articles.search.ranking import HALF_LIFE_S
from articles.search.searching import best
from articles.search.vectors import ArticleVector

# Fewer stories than these, and those near in meaning are told too: one reply's worth. Where the words find
# enough, nothing else is told.
FEW = 6
# Cosine of question and article. Of 28 questions on the tests' development articles, the least that kept out
# nonsense ("zzfooz" has .37 with one of 1,900 articles): articles of other subjects pass in 1 of 670 cases, a
# fifth of the subject's own do. What is told for its meaning alone should be right more than complete.
NEAR_ENOUGH = 0.4
MAX_NEAR = 20  # stories that are told for their meaning alone
FRESHNESS = 0.05  # of cosine: what being the newest is worth; a week halves it
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What narrows a search down."""

    since: datetime | None = None
    publisher: str | None = None  # one or more words of its name
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The stories found, as search keys of their leading articles, best first."""

    keys: tuple[int, ...] = ()
    also: tuple[str, ...] = ()  # names that were looked for too, as they mean the same
    by_meaning: frozenset[int] = frozenset()  # keys of those that have not all of the words


class TopicSearch:
    """Looks for stories in one state of the database. index: None: by words alone."""

    def __init__(self, connection: Connection, index: VectorIndex | None = None) -> None:
        self._connection, self._index = connection, index

    def find(
        self,
        query: str,
        narrowing: Narrowing,
        *,
        limit: int,
        offset: int,
        meaning: ArticleVector | None = None,
    ) -> Found:
        """The stories at `offset` and after it.

        Case, accents and endings do not matter. Where nothing has the words as they are, they may be the
        beginnings of words. meaning: of the query; those stories come first that are also near to it (the two
        rankings are fused), and where few have the words, behind them come those that are near alone. Stop
        words alone: nothing.
        """
        words = parse_query(query)
        if not words.phrases:
            return Found()
        said = wordings(self._connection, words)
        also = tuple(dict.fromkeys(wording.name for wording in said if wording.name is not None))
        for prefix in (False, True):
            expressions = _expressions([wording.query for wording in said], narrowing, prefix=prefix)
            first = self._best(expressions, narrowing, meaning, limit=FEW)
            if len(first) == FEW:
                if offset or limit > FEW:
                    first = self._best(expressions, narrowing, meaning, limit=limit, offset=offset)
                return Found(keys=first[:limit], also=also)
            if first:
                break
        near = self._near(first, narrowing, meaning) if meaning is not None else ()
        keys = (*first, *near)[offset : offset + limit]
        return Found(keys=keys, also=also, by_meaning=frozenset(near))

    def _best(
        self,
        expressions: Sequence[Expression],
        narrowing: Narrowing,
        meaning: ArticleVector | None,
        *,
        limit: int,
        offset: int = 0,
    ) -> tuple[int, ...]:
        if not expressions:
            return ()
        found = best(self._connection, expressions, narrowing.since, offset=offset, meaning=meaning)
        return tuple(islice(found, limit))

    def _near(self, told: Sequence[int], narrowing: Narrowing, meaning: ArticleVector) -> tuple[int, ...]:
        """The stories near in meaning, but for those that are told already."""
        if self._index is None:
            return ()
        found = self._index.nearest(self._connection, meaning, since=narrowing.since, at_least=NEAR_ENOUGH)
        known = self._stories_of(told)
        leads: dict[int, int] = {}
        for each in _fresher_first(each for each in found if _passes(each, narrowing)):
            if each.story_id not in known:
                leads.setdefault(each.story_id, each.search_key)
        return tuple(leads.values())[:MAX_NEAR]

    def _stories_of(self, keys: Sequence[int]) -> frozenset[int]:
        chosen = select(articles.c.story_id).where(articles.c.search_key.in_(keys))
        return frozenset(self._connection.execute(chosen).scalars())


def _expressions(queries: Sequence[Query], narrowing: Narrowing, *, prefix: bool) -> list[Expression]:
    """What the index is asked for; nothing where a filter has no words."""
    made = (
        match_expression(query, publisher=narrowing.publisher, language=narrowing.language, prefix=prefix)
        for query in queries
    )
    return [expression for expression in made if expression is not None]


def _fresher_first(found: Iterable[Near]) -> list[Near]:
    """Nearest first, of two as near the fresher."""
    found = list(found)
    newest_s = max((each.search_key >> KEYS_A_SECOND for each in found), default=0)

    def score(each: Near) -> float:
        age_s = newest_s - (each.search_key >> KEYS_A_SECOND)
        return each.similarity + FRESHNESS * math.exp2(-age_s / HALF_LIFE_S)

    return sorted(found, key=lambda each: (each.is_copy, -score(each)))


def _passes(near: Near, narrowing: Narrowing) -> bool:
    if narrowing.language is not None and narrowing.language.casefold() != near.language.casefold():
        return False
    return narrowing.publisher is None or _said_in(narrowing.publisher, near.publisher or "")


def _said_in(words: str, name: str) -> bool:
    wanted, there = (f" {' '.join(_WORD.findall(each.casefold()))} " for each in (words, name))
    return bool(wanted.strip()) and wanted in there
