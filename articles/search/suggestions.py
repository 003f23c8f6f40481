"""What there is to ask about: the names and headings of recent articles, for who asked for something else."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process, utils

from articles.search.full_text import parse_query
from articles.text.language import STOP_WORDS

MIN_SIMILARITY = 70  # of 100, by rapidfuzz's ratio: "mathis" and "mattis" have 83
_NAME = r"[A-Z][\w’'\-]*[\w](?: (?:(?:of|de|van|von|al|bin) )?[A-Z][\w’'\-]*\w)*"
# Capitals inside a sentence: after a lower-case word, not at the start, where every word has one.
_INSIDE = re.compile(rf"(?<=[a-z,] )({_NAME})")
_POSSESSIVE = re.compile(r"['’]s?$")
_DAYS_AND_MONTHS = """
January February March April May June July August September October November December
Monday Tuesday Wednesday Thursday Friday Saturday Sunday
"""
_CALENDAR = frozenset(_DAYS_AND_MONTHS.split())


def names_in(text: str) -> set[str]:
    """What the sentences name: runs of capitalised words inside them, months and weekdays left out."""
    found = (_POSSESSIVE.sub("", name) for name in _INSIDE.findall(text))
    return {name for name in found if not _CALENDAR & set(name.split()) and len(name) > 1}


def common_topics(articles: Iterable[tuple[str, str]], *, limit: int) -> tuple[str, ...]:
    """The topics of (headings, beginning of the text), those of most articles first, each topic once."""
    counts: Counter[str] = Counter()
    for headings, beginning in articles:
        topics = names_in(beginning) | {heading for heading in headings.split("\n") if heading}
        counts.update(topic for topic in topics if parse_query(topic).phrases)
    ranked = sorted(counts, key=lambda topic: (-counts[topic], topic))
    once = {topic.casefold(): topic for topic in reversed(ranked)}
    return tuple(topic for topic in ranked if once[topic.casefold()] == topic)[:limit]


def near_topics(words: str, topics: Sequence[str], *, limit: int) -> tuple[str, ...]:
    """Those of the topics that are spelled much like one of the words or like all of them; nearest first."""
    wanted = {words, *(word for word in words.split() if word.casefold() not in STOP_WORDS)}
    # A topic of several words is also near by any one of them.
    forms = [(form, topic) for topic in topics for form in dict.fromkeys((topic, *topic.split()))]
    spellings = [utils.default_process(form) for form, _ in forms]
    best: dict[str, float] = {}
    for word in wanted:
        found = process.extract(
            utils.default_process(word),
            spellings,
            scorer=fuzz.ratio,
            score_cutoff=MIN_SIMILARITY,
            limit=2 * limit,
        )
        for _, score, at in found:
            topic = forms[at][1]
            best[topic] = max(score, best.get(topic, 0.0))
    return tuple(sorted(best, key=lambda topic: (-best[topic], topic)))[:limit]
