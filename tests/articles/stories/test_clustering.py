"""Two sets of short invented articles, labelled by hand with the event that each tells of.

`development.jsonl` is what weights were fitted on (with other articles), `held_out.jsonl` is what the
floors are measured on: 110 pairs of one subject, 33 of them of one event, and 1,129 pairs of different
subjects.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from articles.model import Article, ParagraphKind, lay_out
from articles.store import publication_time
from articles.stories.clustering import (
    MIN_BEST,
    WINDOW,
    ClusteredArticle,
    Rarity,
    StoryFeatures,
    StoryId,
    find_names,
    find_story,
    opening,
    same_event,
)
from summarizer.embedding import MiniLM

SETS = Path(__file__).parent
NOW = datetime(2017, 2, 16, tzinfo=UTC)


@dataclass(frozen=True)
class Labelled:
    subject: str
    event: str
    article: Article
    features: StoryFeatures


class Filing:
    """The port as a table of names answers it, and what has been filed so far."""

    def __init__(self) -> None:
        self.filed: list[ClusteredArticle] = []
        self.looked_at = 0

    def within(self, since: datetime, until: datetime) -> Iterator[ClusteredArticle]:
        return (f for f in self.filed if since <= f.features.at <= until)

    def count_names(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> tuple[Mapping[str, int], int]:
        recent = list(self.within(since, until))
        return Counter(name for f in recent for name in f.features.names if name in names), len(recent)

    def sharing_names(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> Sequence[ClusteredArticle]:
        found = [f for f in self.within(since, until) if f.features.names & set(names)]
        self.looked_at += len(found)
        return found

    def file(self, features: StoryFeatures) -> StoryId:
        story = find_story(features, self)
        if story is None:
            story = StoryId(len(self.filed) + 1)
        self.filed.append(ClusteredArticle(story, features))
        return story


def article_of(headline: str, text: str, published: datetime = NOW) -> Article:
    text, sections = lay_out([(None, [(text, ParagraphKind.BODY)])])
    return Article(
        id=None,
        url=None,
        publisher=None,
        headline=headline,
        byline=None,
        dateline=None,
        published=published,
        language="en",
        text=text,
        sections=sections,
    )


@pytest.fixture(scope="module")
def labelled() -> dict[str, list[Labelled]]:
    encoder = MiniLM()
    sets = {}
    for path in sorted(SETS.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        articles = [
            article_of(row["headline"], row["text"], datetime.fromisoformat(row["published"])) for row in rows
        ]
        vectors = encoder.encode([opening(article) for article in articles])
        sets[path.stem] = [
            Labelled(
                row["subject"],
                row["event"],
                article,
                StoryFeatures(vector, find_names(article), article.published or NOW),
            )
            for row, article, vector in zip(rows, articles, vectors, strict=True)
        ]
    return sets


def score(pairs: list[tuple[bool, bool]]) -> tuple[float, float]:
    """Precision and recall of (joined, of one event) pairs."""
    right = sum(joined and same for joined, same in pairs)
    return right / max(1, sum(joined for joined, _ in pairs)), right / max(1, sum(same for _, same in pairs))


def pair_by_pair(articles: list[Labelled]) -> list[tuple[bool, bool]]:
    pairs = []
    for a, b in combinations(articles, 2):
        first, last = min(a.features.at, b.features.at), max(a.features.at, b.features.at)
        near = [x for x in articles if first - WINDOW <= x.features.at <= last + WINDOW]
        rarity = Rarity(Counter(name for x in near for name in x.features.names), len(near))
        pairs.append((same_event(a.features, b.features, rarity) >= MIN_BEST, a.event == b.event))
    return pairs


def filed_in_order(articles: list[Labelled]) -> list[tuple[bool, bool]]:
    filing = Filing()
    stories = [(filing.file(x.features), x.event) for x in sorted(articles, key=lambda x: x.features.at)]
    return [(a[0] == b[0], a[1] == b[1]) for a, b in combinations(stories, 2)]


def test_the_labelled_sets_are_large_and_hard_enough(labelled: dict[str, list[Labelled]]) -> None:
    one_subject = [
        (a, b) for rows in labelled.values() for a, b in combinations(rows, 2) if a.subject == b.subject
    ]
    same = [(a, b) for a, b in one_subject if a.event == b.event]
    assert len(one_subject) == 110
    assert len(same) == 33
    titles = [{w.lower() for w in x.article.headline.split()} for pair in same for x in pair]
    shared = [len(a & b) / len(a | b) for a, b in zip(titles[::2], titles[1::2], strict=True)]
    assert max(shared) <= 0.5  # headlines alone would not do


def test_pairs_of_one_event_are_told_from_pairs_of_one_subject(labelled: dict[str, list[Labelled]]) -> None:
    precision, recall = score(pair_by_pair(labelled["held_out"]))
    assert precision >= 0.86  # measured: 13 of 15
    assert recall >= 0.65  # measured: 13 of 20


def test_filed_one_after_another_articles_come_to_their_stories(labelled: dict[str, list[Labelled]]) -> None:
    precision, recall = score(filed_in_order(labelled["held_out"]))
    assert (
        precision >= 0.88
    )  # measured: 15 of 17; the two are one minister's Wednesday and Thursday at a summit
    assert recall >= 0.75  # measured: 15 of 20


def test_no_two_subjects_are_ever_one_story(labelled: dict[str, list[Labelled]]) -> None:
    for articles in labelled.values():
        filing = Filing()
        subjects: dict[StoryId, set[str]] = {}
        for row in sorted(articles, key=lambda row: row.features.at):
            subjects.setdefault(filing.file(row.features), set()).add(row.subject)
        assert all(len(found) == 1 for found in subjects.values())


def features(names: str, *, at: datetime = NOW, meaning: tuple[float, float] = (1.0, 0.0)) -> StoryFeatures:
    return StoryFeatures(np.array(meaning, dtype=np.float32), frozenset(names.split()), at)


def filing_of(*filed: tuple[int, StoryFeatures]) -> Filing:
    filing = Filing()
    filing.filed = [ClusteredArticle(StoryId(story), each) for story, each in filed]
    return filing


def test_an_article_joins_the_story_that_shares_its_meaning_and_its_names() -> None:
    other = features("putin moscow", meaning=(0.6, 0.8))
    filing = filing_of((1, other), (2, features("mattis brussels stoltenberg")))
    assert find_story(features("mattis brussels shoigu"), filing) == 2


def test_the_same_meaning_without_a_common_name_is_another_event() -> None:
    assert find_story(features("karang sumbra"), filing_of((1, features("halden moe")))) is None


def test_the_same_names_without_the_meaning_are_another_event() -> None:
    filing = filing_of(
        (1, features("mattis brussels", meaning=(0.0, 1.0))), *_passers_by("mattis brussels", 40)
    )
    assert find_story(features("mattis brussels trump"), filing) is None


def _passers_by(names: str, count: int) -> list[tuple[int, StoryFeatures]]:
    """Articles of these days that name the same people and mean something else."""
    return [(100 + n, features(f"{names} other{n}", meaning=(0.0, 1.0))) for n in range(count)]


def test_a_name_that_everybody_writes_tells_less_than_one_that_few_write() -> None:
    rarity = Rarity({"trump": 400, "guccifer": 2}, 1000)
    assert rarity.of("guccifer") > 10 * rarity.of("trump")
    assert rarity.of("nobody") > rarity.of("guccifer")


def test_a_report_after_the_window_begins_another_story() -> None:
    filing = filing_of((1, features("mattis brussels")))
    assert find_story(features("mattis brussels", at=NOW + WINDOW), filing) == 1
    assert find_story(features("mattis brussels", at=NOW + WINDOW + timedelta(seconds=1)), filing) is None


def test_only_articles_that_share_a_rare_name_are_looked_at() -> None:
    rare = " ".join(f"rare{n}" for n in range(12))
    filing = filing_of((1, features(f"trump {rare}")), *((n, features(f"trump x{n}")) for n in range(2, 500)))
    assert find_story(features(f"trump {rare}"), filing) == 1
    assert filing.looked_at == 1


def test_the_order_of_two_articles_does_not_matter() -> None:
    rarity = Rarity({"mattis": 3}, 50)
    one, other = (
        features("mattis brussels"),
        features("mattis moscow", at=NOW - timedelta(days=2), meaning=(0.8, 0.6)),
    )
    assert same_event(one, other, rarity) == same_event(other, one, rarity)


def test_names_are_told_from_words_that_begin_sentences_and_headlines() -> None:
    article = article_of(
        "Mattis Rules Out Military Collaboration",
        "Jim Mattis met Jens Stoltenberg on Thursday. Rescuers waited. The Pentagon’s chief was ready.",
    )
    assert find_names(article) == {"jim", "mattis", "jens", "stoltenberg", "pentagon"}


def test_a_headline_without_title_case_has_names_too() -> None:
    article = article_of("Divers find wreck of the Pinak in the river", "Bodies were taken ashore at Mawa.")
    assert find_names(article) == {"pinak", "mawa"}


def test_an_article_without_a_date_is_placed_where_it_was_found() -> None:
    article = replace(article_of("Divers find wreck", "Bodies were taken ashore."), published=None)
    assert publication_time(article, NOW) == NOW
