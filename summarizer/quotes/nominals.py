"""Nominals: which person "the senator" refers to, and whom "a spokesman for the Pentagon" speaks for."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from summarizer import lexicon
from summarizer.quotes.appositions import complements_end
from summarizer.quotes.coreference import Antecedent, Person
from summarizer.quotes.document import Document
from summarizer.quotes.mentions import Mention, MentionKind

_ROLES = lexicon.roles()
_GROUPS = lexicon.words("roles", "groups")
_FUNCTION = lexicon.words("function_words")
_LONG_FORMS = lexicon.long_forms()
_DEFINITE = lexicon.words("function_words", "definite")
_ARTICLES = lexicon.words("function_words", "articles")
_BEFORE_NAME = {word.capitalize() for word in lexicon.words("function_words", "before a name")}
_VAGUE = lexicon.words("roles", "vague")
_SINCE_WHEN = lexicon.words("roles", "since when")
_SPOKESPEOPLE = lexicon.words("roles", "spokespeople")
_BEFORE_PRINCIPAL = lexicon.words("roles", "before a principal")
_PARTIES = lexicon.pairs("appositions", "parties")
_MOST_BEARERS = 40  # of one role, those introduced last
_MATCHED, _UNIQUE = 0.9, 0.75
_FARTHEST = 4  # paragraphs from a person's last mention to a role without other words
_LONGEST_APPOSITION = 6  # tokens from its comma to the word "spokesman"
_LONGEST_TITLE = 8  # tokens of the office between a principal and the word "spokesman"


@dataclass(frozen=True)
class Nominals:
    """The roles of an article and the persons who bear them."""

    doc: Document

    @cached_property
    def _roles(self) -> Mapping[Person, frozenset[str]]:
        """The words that the article gives of each person beside the name, in their long forms."""
        doc, found = self.doc, dict[Person, set[str]]()
        for mention in doc.mentions:
            person = doc.people.of(doc.names_beside.get(mention.start, mention))
            if person is not None:
                roles = found.setdefault(person, set())
                roles.update(_words(doc, mention.start, mention.end), _party(doc, mention))
                if (role := mention.role) is not None:
                    roles.update(_words(doc, doc.tokens.at(role.start), doc.tokens.at(role.end)))
        return {p: frozenset(roles) - {p.surname.lower(), p.given.lower()} for p, roles in found.items()}

    @cached_property
    def _bearers(self) -> Mapping[str, list[Person]]:
        """The persons of each role, in the order of their first mention."""
        found: dict[str, list[Person]] = {}
        for person, roles in self._roles.items():
            for role in roles:
                found.setdefault(role, []).append(person)
        return found

    def person(self, nominal: Mention) -> Antecedent | None:
        """The antecedent of a definite nominal; None if nobody or more than one person bears the role."""
        if not _is_definite(self.doc, nominal):
            return None
        head = _long(nominal.head)
        wanted = _modifiers(self.doc, nominal, head)
        bearers = self._bearers.get(head, [])
        introduced = bisect_left(bearers, nominal.start, key=lambda person: person.mentions[0].start)
        found: list[tuple[int, Person]] = []
        for person in bearers[max(0, introduced - _MOST_BEARERS) : introduced]:
            matches = len(wanted & self._roles[person])
            is_near = not wanted and self._is_near(person, nominal)
            if person.may_be(nominal.gender) and (matches or is_near):
                found.append((matches, person))
        most = max((matches for matches, _ in found), default=0)
        best = [person for matches, person in found if matches == most]
        return Antecedent(best[0], _MATCHED if most else _UNIQUE) if len(best) == 1 else None

    def _is_near(self, person: Person, nominal: Mention) -> bool:
        at = bisect_left(person.mentions, nominal.start, key=lambda mention: mention.start)
        paragraph = self.doc.tokens.paragraph
        return paragraph[nominal.start] - paragraph[person.mentions[at - 1].start] <= _FARTHEST


def _is_definite(doc: Document, nominal: Mention) -> bool:
    return (
        nominal.kind is MentionKind.NOMINAL
        and not nominal.possessive
        and doc.tokens.lower[nominal.start] in _DEFINITE
        and nominal.head in _ROLES
        and nominal.head not in _GROUPS | _VAGUE
    )


def _modifiers(doc: Document, nominal: Mention, head: str) -> frozenset[str]:
    """The words that modify a role: Florida in "the Florida senator" and "the senator from Florida"."""
    end, _ = complements_end(doc.tokens, doc.mentions, doc.mention_starts_at(nominal.start))
    return frozenset(_words(doc, nominal.start, end)) - {head} - _SINCE_WHEN


def _party(doc: Document, mention: Mention) -> Iterator[str]:
    """Party and state in "Jane Doe (R-Fla.)" and "Jane Doe, D-Ohio,"."""
    t = doc.tokens
    for i in range(mention.end, min(mention.end + 3, len(t))):
        party = _PARTIES.get(t.lower[i][:2])
        if party is not None and t.words[i - 1] in "(,":
            yield party
            yield _long(t.lower[i][2:])


def _words(doc: Document, start: int, end: int) -> Iterator[str]:
    t = doc.tokens
    for i in range(start, min(end, len(t))):
        lower = t.lower[i].removesuffix("'s")
        if not t.quoted[i] and lower[0].isalpha() and lower not in _FUNCTION:
            pair = f"{lower} {t.lower[i + 1]}" if i + 1 < end else lower
            yield pair if pair in _LONG_FORMS else _long(lower)


def _long(lower: str) -> str:
    return _LONG_FORMS.get(lower, _LONG_FORMS.get(lower + ".", lower))


def speaks_for(doc: Document, source: Mention) -> str | None:
    """The principal of a source, as the article names it: the Pentagon for "a spokesman for the Pentagon".

    None unless the source is a spokesperson, or somebody's office or campaign.
    """
    t = doc.tokens
    owner = doc.mention_before(source)
    if owner is not None and owner.possessive and source.kind is MentionKind.NOMINAL:
        person = doc.people.of(owner)
        if person is not None:
            return person.name
    low, high = source.start, max(source.end, source.tail)
    if high < len(t) and t.words[high] == ",":  # an apposition that ends with its sentence
        high += _LONGEST_APPOSITION
    for i in range(low, min(high, len(t))):
        if t.quoted[i] or t.words[i] in ".?!;:":
            break
        if t.lower[i] in _SPOKESPEOPLE:
            return _principal_behind(doc, i) or _principal_before(doc, i, low)
    return None


def _principal_behind(doc: Document, at: int) -> str | None:
    """The Pentagon in "spokesman for the Pentagon"."""
    t = doc.tokens
    if at + 2 >= len(t) or t.lower[at + 1] not in _BEFORE_PRINCIPAL:
        return None
    principal = doc.mention_at(at + 2)
    if principal is None:
        return _common_noun(doc, at + 2)
    if principal.kind is MentionKind.PRONOUN:
        return None
    person = doc.people.of(principal)
    if person is not None:
        return person.name
    return principal.name or t.span(principal.start, principal.end).of(doc.text)


def _common_noun(doc: Document, start: int) -> str | None:
    """The city in "spokesman for the city": a determiner and one word."""
    t = doc.tokens
    if t.lower[start] not in _ARTICLES or start + 1 >= len(t) or not t.words[start + 1].isalpha():
        return None
    return t.span(start, start + 2).of(doc.text)


def _principal_before(doc: Document, at: int, low: int) -> str | None:
    """The Clinton campaign in "Clinton campaign spokesman"."""
    t, start = doc.tokens, at
    while start > max(low, at - _LONGEST_TITLE) and t.words[start - 1][0].isalnum():
        start -= 1
    while start < at and not t.words[start][0].isupper():
        start += 1
    words = t.words[start:at]
    if words and words[0] in _BEFORE_NAME:
        words = words[1:]
    name = " ".join(words)
    return name.removesuffix("'s").removesuffix("’s") or None
