"""Which person "the senator" or "the Florida senator" is: the one whom the article gave that role."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from summarizer import lexicon
from summarizer.quotes.appositions import complements_end
from summarizer.quotes.coreference import Person
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.reading import Reading

_ROLES = lexicon.roles()
_GROUPS = lexicon.words("roles", "groups")
_FUNCTION = lexicon.words("function_words")
_LONG_FORMS = lexicon.long_forms()
_DEFINITE = lexicon.listed("the this that")
_VAGUE = lexicon.listed("person man woman source official member user one resident voter supporter")
_LOOSE = lexicon.listed("former then longtime veteran retired presidential new old")  # since when, not who
_PARTIES = {"r-": "republican", "d-": "democratic"}
_MOST_BEARERS = 40  # of one role, those introduced last
_MATCHED, _UNIQUE = 0.9, 0.75
_FARTHEST = 4  # paragraphs from a person's last mention to a role that stands alone


@dataclass(frozen=True, slots=True)
class Named:
    """The person behind a nominal, and how sure that is."""

    person: Person
    confidence: float


class Nominals:
    """Roles -> the persons of one article who bear them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @cached_property
    def _roles(self) -> Mapping[Person, frozenset[str]]:
        return _roles_of(self._reading)

    @cached_property
    def _bearers(self) -> Mapping[str, list[Person]]:
        """By role, in the order in which the article introduces them."""
        found: dict[str, list[Person]] = {}
        for person, roles in self._roles.items():
            for role in roles:
                found.setdefault(role, []).append(person)
        return found

    def person(self, nominal: Mention) -> Named | None:
        """Whom a definite nominal stands for; None where it may be anybody, or nobody bears that role."""
        if not _is_definite(self._reading, nominal):
            return None
        head = _long(nominal.head)
        wanted = _modifiers(self._reading, nominal, head)
        found: list[tuple[int, Person]] = []
        bearers = self._bearers.get(head, [])
        introduced = bisect_left(bearers, nominal.start, key=lambda person: person.mentions[0].start)
        for person in bearers[max(0, introduced - _MOST_BEARERS) : introduced]:
            matches = len(wanted & self._roles[person])
            if (matches or (not wanted and self._is_near(person, nominal))) and _agree(person, nominal):
                found.append((matches, person))
        return _decided(found)

    def _is_near(self, person: Person, nominal: Mention) -> bool:
        at = bisect_left(person.mentions, nominal.start, key=lambda mention: mention.start)
        paragraph = self._reading.tokens.paragraph
        return paragraph[nominal.start] - paragraph[person.mentions[at - 1].start] <= _FARTHEST


def _decided(found: Sequence[tuple[int, Person]]) -> Named | None:
    if not found:
        return None
    most = max(matches for matches, _ in found)
    best = [person for matches, person in found if matches == most]
    if len(best) > 1:
        return None
    return Named(best[0], _MATCHED if most else _UNIQUE)


def _is_definite(reading: Reading, nominal: Mention) -> bool:
    return (
        nominal.kind is MentionKind.NOMINAL
        and not nominal.possessive
        and reading.tokens.lower[nominal.start] in _DEFINITE
        and nominal.head in _ROLES
        and nominal.head not in _GROUPS | _VAGUE
    )


def _modifiers(reading: Reading, nominal: Mention, head: str) -> frozenset[str]:
    """The words that narrow a role down: Florida in "the Florida senator" and "the senator from Florida"."""
    end, _ = complements_end(reading.tokens, reading.mentions, reading.mention_starts_at(nominal.start))
    words = _words(reading, nominal.start, end)
    return frozenset(words) - {head} - _LOOSE


def _agree(person: Person, nominal: Mention) -> bool:
    return person.gender is None or nominal.gender is None or person.gender == nominal.gender


def _roles_of(reading: Reading) -> Mapping[Person, frozenset[str]]:
    """What the article says of each person beside their name, before it and in apposition, in long forms."""
    found: dict[Person, set[str]] = {}
    at = reading.tokens.at
    for mention in reading.mentions:
        person = reading.people.of(reading.bearers.get(mention.start, mention))
        if person is None:
            continue
        roles = found.setdefault(person, set())
        roles.update(_words(reading, mention.start, mention.end))
        roles.update(_party(reading, mention))
        if mention.role is not None:
            roles.update(_words(reading, at(mention.role.start), at(mention.role.end)))
    return {
        person: frozenset(words) - {person.surname.lower(), person.given.lower()}
        for person, words in found.items()
    }


def _party(reading: Reading, mention: Mention) -> Iterator[str]:
    """Party and state in "Jane Doe (R-Fla.)" and "Jane Doe, D-Ohio,"."""
    t = reading.tokens
    for i in range(mention.end, min(mention.end + 3, len(t))):
        party = _PARTIES.get(t.lower[i][:2])
        if party is not None and t.words[i - 1] in "(,":
            yield party
            yield _long(t.lower[i][2:])


def _words(reading: Reading, start: int, end: int) -> Iterator[str]:
    t = reading.tokens
    for i in range(start, min(end, len(t))):
        lower = t.lower[i].removesuffix("'s")
        if not t.quoted[i] and lower[0].isalpha() and lower not in _FUNCTION:
            pair = f"{lower} {t.lower[i + 1]}" if i + 1 < end else lower
            yield pair if pair in _LONG_FORMS else _long(lower)


def _long(lower: str) -> str:
    return _LONG_FORMS.get(lower, _LONG_FORMS.get(lower + ".", lower))


# Whom a spokesperson speaks for: "a spokesman for the Pentagon", "Trump spokeswoman Hope Hicks".

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
