"""Searches over the stored articles: newest, top stories, and stories on a topic. Each story is found once.

A topic is searched by its words, by the names that articles give for the same thing (query expansion), and,
if few stories have the words, by meaning. Suggestions help a reader whose search found nothing.
"""

import calendar
import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from itertools import groupby, islice

from rapidfuzz import fuzz, process, utils
from sqlalchemy import ColumnElement, Connection, func, select

from articles.schema import SEQUENCE_BITS, article_acronyms, article_marks, articles
from articles.search.fts5 import SQLiteIndex
from articles.search.full_text import (
    Expression,
    FullTextIndex,
    Hit,
    Match,
    all_hits,
    match_expression,
    parse_query,
)
from articles.search.ranking import HALF_LIFE_S, StoryReport, fuse_rankings, rank, top_stories
from articles.search.tsvector import PostgresIndex
from articles.search.vectors import ArticleVector, SimilarArticle, VectorIndex, cosines
from articles.text.acronyms import key_of, meanings
from articles.text.phrases import STOP_WORDS

POOL = 100  # the newest matches that are ranked together
TOP_POOL = 300  # the newest reports among which the top stories are ranked

# If fewer stories than this (one reply's worth) have the words, stories of similar meaning are added.
FEW = 6
# Minimum cosine of question and article. Chosen on 28 questions over the tests' development articles as the
# lowest that kept out nonsense ("zzfooz" has .37 with one of 1,900 articles): it accepts an article of
# another subject in 1 of 670 cases, and a fifth of the subject's own. A story shown only for its meaning
# should be right; it need not be complete.
NEAR_ENOUGH = 0.4
MAX_NEAR = 20  # stories that are shown only for their meaning
FRESHNESS = 0.05  # of cosine: the bonus of the newest article; it halves every week

MAX_LONG_FORM_WORDS = 10
MAX_SPELLINGS = 2  # of one name
MAX_EXPANSIONS = 4  # besides the query itself: each is a search of its own
_SAMPLE = 20  # articles that show how an acronym is written
_CAPITALS = 0.75  # minimum share of its occurrences there: "IT" is not an acronym if articles write "it"

_WORD = re.compile(r"[^\W_]+")

_INDEXES: dict[str, FullTextIndex] = {"sqlite": SQLiteIndex(), "postgresql": PostgresIndex()}


def full_text_index(connection: Connection) -> FullTextIndex:
    """The index of that connection's database."""
    return _INDEXES[connection.dialect.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Which articles a search looks at. None: all."""

    since: datetime | None = None
    publisher: str | None = None  # one or more words of its name
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The stories found, as search keys of their leading articles, best first."""

    keys: tuple[int, ...] = ()
    also: tuple[str, ...] = ()  # names of the same meaning that were searched for too
    by_meaning: frozenset[int] = frozenset()  # keys of the articles that do not have all of the words


def newest(connection: Connection, expression: Expression | None, since: datetime | None) -> Iterator[int]:
    """The search keys of matching articles (None: of all), newest first, only the newest of each story."""
    seen: set[int] = set()
    for hit in _hits(connection, expression, since):
        if hit.story_id not in seen:
            seen.add(hit.story_id)
            yield hit.search_key


def top(connection: Connection, expression: Expression | None, since: datetime | None) -> Iterator[int]:
    """The search keys of the top stories' leading articles: first among the newest matches, then the next."""
    seen: set[int] = set()
    matching = _hits(connection, expression, since)
    while pool := list(islice(matching, TOP_POOL)):
        yield from top_stories(_reports(connection, [hit for hit in pool if hit.story_id not in seen]))
        seen |= {hit.story_id for hit in pool}


def _hits(connection: Connection, expression: Expression | None, since: datetime | None) -> Iterator[Hit]:
    if expression is None:
        return all_hits(connection, since)
    return full_text_index(connection).hits(connection, expression, since)


def _reports(connection: Connection, pool: Sequence[Hit]) -> Iterator[StoryReport]:
    by_key = {hit.search_key: hit for hit in pool}
    chosen = select(articles.c.search_key, articles.c.publisher).where(articles.c.search_key.in_(by_key))
    for search_key, publisher in connection.execute(chosen):
        hit = by_key[search_key]
        yield StoryReport(
            search_key=search_key,
            story_id=hit.story_id,
            published_s=search_key >> SEQUENCE_BITS,
            publisher=publisher,
            is_copy=hit.is_copy,
            is_whole=hit.is_whole,
        )


def find_stories(
    connection: Connection,
    query: str,
    only: SearchFilter,
    *,
    limit: int,
    offset: int,
    vectors: VectorIndex | None,
    meaning: ArticleVector | None,
) -> SearchResult:
    """As `ArticleStore.find`. With `meaning`, stories that have the words are ranked by words and meaning."""
    words = parse_query(query)
    if not words:
        return SearchResult()
    expanded = expand_query(connection, words)
    also = tuple(dict.fromkeys(each.name for each in expanded if each.name is not None))
    for prefix in (False, True):
        expressions = [
            match_expression(each.query, publisher=only.publisher, language=only.language, prefix=prefix)
            for each in expanded
        ]
        found = [expression for expression in expressions if expression is not None]
        best = partial(_best_first, connection, found, only.since, meaning=meaning)
        first = tuple(islice(best(offset=0), FEW))
        if len(first) == FEW:
            if offset or limit > FEW:
                first = tuple(islice(best(offset=offset), limit))
            return SearchResult(keys=first[:limit], also=also)
        if first:
            break
    near = _near(connection, vectors, first, only, meaning) if vectors and meaning else ()
    keys = (*first, *near)[offset : offset + limit]
    return SearchResult(keys=keys, also=also, by_meaning=frozenset(near))


def _near(
    connection: Connection,
    vectors: VectorIndex,
    known: Sequence[int],
    only: SearchFilter,
    meaning: ArticleVector,
) -> tuple[int, ...]:
    """The stories of similar meaning, without the stories of the known articles."""
    found = vectors.nearest(connection, meaning, since=only.since, min_similarity=NEAR_ENOUGH)
    chosen = select(articles.c.story_id).where(articles.c.search_key.in_(known))
    known_stories = frozenset(connection.execute(chosen).scalars())
    leads: dict[int, int] = {}
    for article in _fresher_first(article for article in found if _passes(article, only)):
        if article.story_id not in known_stories:
            leads.setdefault(article.story_id, article.search_key)
    return tuple(leads.values())[:MAX_NEAR]


def _fresher_first(found: Iterable[SimilarArticle]) -> list[SimilarArticle]:
    """Most similar first, with a bonus for fresh articles; copies last."""
    found = list(found)
    newest_s = max((each.search_key >> SEQUENCE_BITS for each in found), default=0)

    def score(each: SimilarArticle) -> float:
        age_s = newest_s - (each.search_key >> SEQUENCE_BITS)
        return each.similarity + FRESHNESS * math.exp2(-age_s / HALF_LIFE_S)

    return sorted(found, key=lambda each: (each.is_copy, -score(each)))


def _passes(article: SimilarArticle, only: SearchFilter) -> bool:
    if only.language is not None and only.language.casefold() != article.language.casefold():
        return False
    if only.publisher is None:
        return True
    names = (only.publisher, article.publisher or "")
    wanted, there = (f" {' '.join(_WORD.findall(name.casefold()))} " for name in names)
    return bool(wanted.strip()) and wanted in there


def _best_first(
    connection: Connection,
    expressions: Sequence[Expression],
    since: datetime | None,
    *,
    offset: int,
    meaning: ArticleVector | None,
) -> Iterator[int]:
    """The search keys of articles that match any of the expressions, best first, one of each story.

    offset: how many to leave out. The newest hundred matches are ranked, then the next hundred, so that page
    two continues page one. A story of an earlier hundred is not repeated.
    """
    seen: set[int] = set()
    index = full_text_index(connection)
    matching = _merged([index.matches(connection, each, since) for each in expressions])
    while pool := list(islice(matching, POOL)):
        new = [(hit, match) for hit, match in pool if hit.story_id not in seen]
        stories = {hit.story_id for hit, _ in new}
        if offset < len(stories):
            near = _similarities(connection, [hit.search_key for hit, _ in new], meaning) if meaning else {}
            yield from islice(_ranked(new, near), offset, None)
        offset = max(0, offset - len(stories))
        seen |= stories


def _merged(streams: Sequence[Iterator[tuple[Hit, Match]]]) -> Iterator[tuple[Hit, Match]]:
    """The matches of several expressions, newest first, each article once with the hits of all."""
    if len(streams) == 1:
        return streams[0]
    newest_first = heapq.merge(*streams, key=lambda found: -found[0].search_key)
    same = groupby(newest_first, key=lambda found: found[0])
    return ((hit, reduce(Match.plus, (match for _, match in found))) for hit, found in same)


def _ranked(pool: Sequence[tuple[Hit, Match]], similarities: Mapping[int, float]) -> Iterator[int]:
    """One article of each story, best story first: the newest full article that is no copy, if there is one.

    similarities: cosine with the question by search key, where it is known.
    """
    by_key = {hit.search_key: hit for hit, _ in pool}
    by_words = [match.search_key for match in rank([match for _, match in pool])]
    by_meaning = sorted((key for key in by_words if key in similarities), key=lambda key: -similarities[key])
    leads: dict[int, Hit] = {}
    for hit in sorted(by_key.values(), key=lambda hit: (hit.is_copy, not hit.is_whole, -hit.search_key)):
        leads.setdefault(hit.story_id, hit)
    for story_id in dict.fromkeys(by_key[key].story_id for key in fuse_rankings([by_words, by_meaning])):
        yield leads[story_id].search_key


def _similarities(connection: Connection, keys: Sequence[int], to: ArticleVector) -> dict[int, float]:
    """The cosines of articles by search key, of those that have a vector of that kind."""
    chosen = (
        select(articles.c.search_key, article_marks.c.vector)
        .join(article_marks, article_marks.c.article_id == articles.c.id)
        .where(articles.c.search_key.in_(keys), article_marks.c.encoder == to.kind)
    )
    rows = connection.execute(chosen).all()
    found = cosines([row.vector for row in rows], to)
    return {row.search_key: cosine for row, cosine in zip(rows, found, strict=True)}


# Query expansion: NATO is also the North Atlantic Treaty Organization. A name and an acronym mean the same if
# stored articles say so (see `acronyms.py`).


@dataclass(frozen=True, slots=True)
class ExpandedQuery:
    """A query of the same meaning, and the name in it that replaced another."""

    query: tuple[str, ...]  # phrases
    name: str | None  # None: the query as it was typed


def expand_query(connection: Connection, query: tuple[str, ...]) -> tuple[ExpandedQuery, ...]:
    """The query itself, then in other words. An acronym of two names is not expanded."""
    others = (*_long_forms(connection, query), *_short_forms(connection, query))
    return (ExpandedQuery(query, None), *list(dict.fromkeys(others))[:MAX_EXPANSIONS])


def _long_forms(connection: Connection, query: tuple[str, ...]) -> Iterator[ExpandedQuery]:
    keys = {phrase: key_of(phrase.replace(".", "")) for phrase in query if " " not in phrase}
    names = _names(connection, article_acronyms.c.short_key, article_acronyms.c.long_key, list(keys.values()))
    for phrase, key in keys.items():
        for name in names.get(key, ())[:MAX_SPELLINGS]:
            phrases = [name if each == phrase else each for each in query]
            yield ExpandedQuery(tuple(dict.fromkeys(phrases)), name)


def _short_forms(connection: Connection, query: tuple[str, ...]) -> Iterator[ExpandedQuery]:
    # The phrases "food", "drug", "administration" in sequence are the name that the three make.
    sequences: dict[tuple[int, int], str] = {}
    for start in range(len(query)):
        for end in range(start + 1, min(len(query), start + MAX_LONG_FORM_WORDS) + 1):
            key = key_of(" ".join(query[start:end]))
            if " " in key:
                sequences[start, end] = key
    keys = list(sequences.values())
    names = _names(connection, article_acronyms.c.long_key, article_acronyms.c.short_key, keys)
    for (start, end), key in sequences.items():
        for name in names.get(key, ())[:1]:
            phrases = (*query[:start], name, *query[end:])
            if parse_query(name) and _is_written_in_capitals(connection, name):
                yield ExpandedQuery(tuple(dict.fromkeys(phrases)), name)


def _names(
    connection: Connection, given: ColumnElement[str], wanted: ColumnElement[str], keys: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The names that belong to each of the keys, as articles write them, commonest first."""
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
    """Whether articles that have the word mean the acronym: the index cannot tell "WHO" from "who"."""
    found = _hits(connection, match_expression((acronym,)), None)
    keys = [hit.search_key for hit in islice(found, _SAMPLE)]
    texts = list(connection.execute(select(articles.c.text).where(articles.c.search_key.in_(keys))).scalars())
    words = re.compile(rf"(?<!\w){re.escape(acronym)}(?!\w)", re.IGNORECASE)
    written: list[str] = [word for text in texts for word in words.findall(text)]
    return sum(word == acronym for word in written) >= _CAPITALS * len(written)


# Suggestions: the names and headings of recent articles, for a reader whose search found nothing.

MIN_SPELLING = 70  # of 100, rapidfuzz's ratio of two spellings: "mathis" and "mattis" have 83
_NAME = r"[A-Z][\w’'\-]*[\w](?: (?:(?:of|de|van|von|al|bin) )?[A-Z][\w’'\-]*\w)*"
# A capitalised word after a lower-case word: the first word of a sentence is always capitalised.
_INSIDE = re.compile(rf"(?<=[a-z,] )({_NAME})")
_POSSESSIVE = re.compile(r"['’]s?$")
_CALENDAR = frozenset((*calendar.month_name, *calendar.day_name))


def names_in(text: str) -> set[str]:
    """The names in a text: sequences of capitalised words inside sentences, without months and weekdays."""
    found = (_POSSESSIVE.sub("", name) for name in _INSIDE.findall(text))
    return {name for name in found if not _CALENDAR & set(name.split()) and len(name) > 1}


def common_topics(recent: Iterable[tuple[str, str]], *, limit: int) -> tuple[str, ...]:
    """The topics of articles given as (headings, beginning of the text), commonest first, each once."""
    counts: Counter[str] = Counter()
    for headings, beginning in recent:
        topics = names_in(beginning) | {heading for heading in headings.split("\n") if heading}
        counts.update(topic for topic in topics if parse_query(topic))
    ranked = sorted(counts, key=lambda topic: (-counts[topic], topic))
    once = {topic.casefold(): topic for topic in reversed(ranked)}
    return tuple(topic for topic in ranked if once[topic.casefold()] == topic)[:limit]


def near_topics(words: str, topics: Sequence[str], *, limit: int) -> tuple[str, ...]:
    """The topics that are spelled like one of the words or like all of them, most similar first."""
    wanted = {words, *(word for word in words.split() if word.casefold() not in STOP_WORDS)}
    # A topic of several words also matches by any one of them.
    forms = [(form, topic) for topic in topics for form in dict.fromkeys((topic, *topic.split()))]
    spelled = [utils.default_process(form) for form, _ in forms]
    best: dict[str, float] = {}
    for word in map(utils.default_process, wanted):
        found = process.extract(word, spelled, scorer=fuzz.ratio, score_cutoff=MIN_SPELLING, limit=2 * limit)
        for _, score, at in found:
            topic = forms[at][1]
            best[topic] = max(score, best.get(topic, 0.0))
    return tuple(sorted(best, key=lambda topic: (-best[topic], topic)))[:limit]
