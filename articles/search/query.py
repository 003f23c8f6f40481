"""What somebody searches for, from the words they typed to a full-text query.

What people type is data: every word goes into the index's language as a quoted string, so that no operator,
quote mark or bracket of theirs is one there.
"""

import re
import unicodedata
from dataclasses import dataclass

# Words that say nothing about what an article is about. Kept short: "US", "may" and "will" can be names.
_STOP_WORDS = """
a about an and are as at be been but by did do does for from had has have he her his how i if in is it its
me my no not of on or our she so that the their them they this to was we were what when where which who whom
whose why with you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

_PHRASE = re.compile(r'["“”„«»]([^"“”„«»]*)["“”„«»]')
# The index splits at all but letters and digits (unicode61); so do we, keeping "cyber-attacks" together.
_WORD = re.compile(r"[^\W_]+(?:['’.\-&][^\W_]+)*")
MAX_WORDS = 32
MIN_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Query:
    """Phrases of one word or more, all of which an article must have; without any, nothing matches."""

    phrases: tuple[str, ...]


def parse_query(typed: str) -> Query:
    """The words and "quoted phrases" in what somebody typed, stop words left out. Takes any text."""
    text = unicodedata.normalize("NFC", typed)
    quoted = [" ".join(_WORD.findall(phrase)) for phrase in _PHRASE.findall(text)]
    words = _WORD.findall(_PHRASE.sub(" ", text))
    phrases = [phrase for phrase in quoted if not _says_nothing(phrase)]
    phrases += [word for word in words if not _says_nothing(word)]
    return Query(phrases=tuple(dict.fromkeys(phrases))[:MAX_WORDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What an article has to have, for the index of any database. Runs of words, nothing else."""

    phrases: tuple[str, ...]  # all of them, each within the headline, the headings or the text
    prefix: bool = False  # the last word of each, from MIN_PREFIX characters on, may be a beginning
    publisher: str | None = None  # words of its name that stand together
    language: str | None = None


def match_expression(
    query: Query, *, publisher: str | None = None, language: str | None = None, prefix: bool = False
) -> Expression | None:
    """What the index is asked for; None: nothing can match.

    prefix: the words may go on ("budg" matches "budgets"). Filters alone, without words, are a query too.
    """
    filters = [
        None if value is None else " ".join(_WORD.findall(unicodedata.normalize("NFC", value)))
        for value in (publisher, language)
    ]
    if "" in filters or not (query.phrases or any(filters)):
        return None
    return Expression(phrases=query.phrases, prefix=prefix, publisher=filters[0], language=filters[1])


def may_go_on(phrase: str, *, prefix: bool) -> bool:
    """Whether the phrase's last word may be a beginning."""
    return prefix and len(phrase) >= MIN_PREFIX


def _says_nothing(phrase: str) -> bool:
    return all(word.casefold() in STOP_WORDS for word in phrase.split())
