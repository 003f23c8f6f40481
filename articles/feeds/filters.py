"""Keyword filters: which entries of a feed, or which articles for a subscription, somebody wants.

Words and phrases match whole words, in any case. Patterns are regular expressions of RE2, which takes linear
time: people write them, perhaps to slow us down.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self

import re2

MAX_TERMS = 100
MAX_TERM_CHARS = 500
_PATTERN_MEMORY = 1 << 20

_WORD = re.compile(r"\w+")


class Match(StrEnum):
    """How many of a rule's terms must match."""

    ANY = "any"
    ALL = "all"
    NONE = "none"


class Where(StrEnum):
    TITLE = "title"
    TEXT = "text"
    BOTH = "both"  # either is enough


class _Pattern(Protocol):
    def search(self, text: str) -> object | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One condition on a title and a text.

    Raises ValueError with what to change if it has no terms, too many, an empty one, or an invalid pattern.
    """

    match: Match
    where: Where = Where.BOTH
    words: tuple[str, ...] = ()  # words and phrases
    patterns: tuple[str, ...] = ()
    _compiled: tuple[_Pattern, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        terms = (*self.words, *self.patterns)
        if not terms:
            raise ValueError("a filter needs at least one word, phrase or pattern")
        if len(terms) > MAX_TERMS:
            raise ValueError(f"a filter takes at most {MAX_TERMS} words and patterns")
        if any(len(term) > MAX_TERM_CHARS for term in terms):
            raise ValueError(f"a filter's words and patterns have at most {MAX_TERM_CHARS} characters")
        for word in self.words:
            if not _WORD.search(word):
                raise ValueError(f"there is no word to search for in {word!r}")
        object.__setattr__(self, "_compiled", tuple(_compile(pattern) for pattern in self.patterns))

    def accepts(self, *, title: str, text: str) -> bool:
        """Whether the title and the text meet the condition."""
        parts = {Where.TITLE: (title,), Where.TEXT: (text,), Where.BOTH: (title, text)}[self.where]
        folded = [_folded(part) for part in parts]
        found = [any(_folded(word) in part for part in folded) for word in self.words]
        found += [any(pattern.search(part) for part in parts) for pattern in self._compiled]
        match self.match:
            case Match.ANY:
                return any(found)
            case Match.ALL:
                return all(found)
            case Match.NONE:
                return not any(found)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The inverse of `rules_to_json` for one rule. Raises ValueError."""
        if not isinstance(value, dict) or not set(value) <= {"match", "where", "words", "patterns"}:
            raise ValueError('a filter is an object like {"match": "any", "words": ["nato"]}')
        return cls(
            match=Match(value.get("match", "any")),
            where=Where(value.get("where", "both")),
            words=_strings(value.get("words", [])),
            patterns=_strings(value.get("patterns", [])),
        )


def accepts(rules: Iterable[Rule], *, title: str, text: str) -> bool:
    """Whether the title and the text meet all the rules; True if there are none."""
    return all(rule.accepts(title=title, text=text) for rule in rules)


def rules_to_json(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    return [
        {
            "match": rule.match.value,
            "where": rule.where.value,
            "words": list(rule.words),
            "patterns": list(rule.patterns),
        }
        for rule in rules
    ]


def rules_from_json(value: object) -> tuple[Rule, ...]:
    """From JSON text or from parsed JSON. Raises ValueError with what to change."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except RecursionError as error:
        raise ValueError("the filters are nested too deeply") from error
    if not isinstance(parsed, list):
        raise ValueError('filters are a list like [{"match": "any", "words": ["nato"]}]')  # noqa: TRY004 (a person's input)
    return tuple(Rule.from_json(each) for each in parsed)


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("a filter's words and patterns are lists of strings")
    return tuple(value)


def _folded(text: str) -> str:
    """The words between single spaces, so that a phrase is a substring."""
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFKC', text).casefold()))} "


def _compile(pattern: str) -> _Pattern:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = _PATTERN_MEMORY
    options.log_errors = False
    try:
        compiled: _Pattern = re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise ValueError(f"this is not a pattern that RE2 takes: {pattern!r} ({reason})") from error
    return compiled
