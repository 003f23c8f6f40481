"""Whom a spokesperson speaks for: "a spokesman for the Pentagon", "Trump spokeswoman Hope Hicks"."""

from summarizer import lexicon
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.reading import Reading

_SPOKESPEOPLE = lexicon.listed("spokesman spokeswoman spokesperson spokespeople spokesmen surrogate")
_LONGEST_APPOSITION = 6  # tokens from its comma to the word itself
_LONGEST_TITLE = 8  # tokens of the office between what is spoken for and the word itself


def speaks_for(reading: Reading, source: Mention) -> str | None:
    """Whom the source of a quote speaks for, as the article names them.

    None for all but spokespeople and the offices and campaigns that are somebody's.
    """
    t = reading.tokens
    owner = reading.mention_before(source)
    if owner is not None and owner.possessive and source.kind is MentionKind.NOMINAL:
        person = reading.people.of(owner)
        if person is not None:
            return person.name
    low, high = source.start, max(source.end, source.tail)
    if high < len(t) and t.words[high] == ",":  # an apposition that ends with its sentence
        high += _LONGEST_APPOSITION
    for i in range(low, min(high, len(t))):
        if t.quoted[i] or t.words[i] in ".?!;:":
            break
        if t.lower[i] in _SPOKESPEOPLE:
            return _behind(reading, i) or _before(reading, i, low)
    return None


def _behind(reading: Reading, at: int) -> str | None:
    """The Pentagon in "spokesman for the Pentagon"."""
    t = reading.tokens
    if at + 2 >= len(t) or t.lower[at + 1] not in ("for", "of"):
        return None
    principal = reading.mention_at(at + 2)
    if principal is None:
        return _common_noun(reading, at + 2)
    if principal.kind is MentionKind.PRONOUN:
        return None
    person = reading.people.of(principal)
    if person is not None:
        return person.name
    return principal.name or t.span(principal.start, principal.end).of(reading.text)


def _common_noun(reading: Reading, start: int) -> str | None:
    """The city in "spokesman for the city": a determiner and one word."""
    t = reading.tokens
    if t.lower[start] not in ("the", "a", "an") or start + 1 >= len(t) or not t.words[start + 1].isalpha():
        return None
    return t.span(start, start + 2).of(reading.text)


def _before(reading: Reading, at: int, low: int) -> str | None:
    """The Clinton campaign in "Clinton campaign spokesman"."""
    t, start = reading.tokens, at
    while start > max(low, at - _LONGEST_TITLE) and t.words[start - 1][0].isalnum():
        start -= 1
    while start < at and not t.words[start][0].isupper():
        start += 1
    words = t.words[start:at]
    if words and words[0] in ("The", "A", "An", "His", "Her", "Its", "Their"):
        words = words[1:]
    name = " ".join(words)
    return name.removesuffix("'s").removesuffix("’s") or None
