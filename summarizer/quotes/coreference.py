"""Coreference of names within one article: which mentions are one person."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from articles.model import Span
from summarizer.quotes.mentions import Mention
from summarizer.speakers import SUFFIXES, same_given_names


@dataclass(slots=True, eq=False)
class Person:
    """A person of the article with all mentions by name."""

    name: str  # the longest one in the article
    given: str  # "" if the article has only the surname
    surname: str
    gender: str | None = None
    role: Span | None = None
    mentions: list[Mention] = field(default_factory=list)

    def may_be(self, gender: str | None) -> bool:
        """Whether a word of that gender may refer to the person; None: the word shows no gender."""
        return not (self.gender and gender) or self.gender == gender


@dataclass(frozen=True, slots=True)
class Antecedent:
    """The person that a pronoun or a nominal refers to, with the probability."""

    person: Person
    confidence: float


class People:
    """The persons of an article, and the person of each mention by name."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self._by_surname: dict[str, list[Person]] = {}
        self._by_given: dict[str, list[Person]] = {}
        self._of: dict[int, Person] = {}  # by the mention's first token
        persons = [mention for mention in mentions if mention.is_person and mention.name]
        self._full = {tuple(words) for mention in persons if len(words := _name_words(mention)) == 2}
        for mention in persons:
            self._introduce(mention)
        for mention in persons:
            if mention.start not in self._of:
                self._attach(mention)
        for person in set(self._of.values()):
            person.mentions.sort(key=lambda mention: mention.start)

    def of(self, mention: Mention) -> Person | None:
        """The person of a mention; None for pronouns, nominals and names of anything else."""
        return self._of.get(mention.start)

    def _introduce(self, mention: Mention) -> None:
        words = _name_words(mention)
        if len(words) < 2:
            return
        if len(words) > 2 and tuple(words[:2]) in self._full:
            # In a headline the words behind a name have capitals too: "Jane Doe Praises Rival".
            words = words[:2]
            mention = replace(mention, name=" ".join(words))
        given, surname = words[0], words[-1]
        for person in self._by_surname.get(surname.lower(), []):
            if same_given_names(person.given.lower().split(), given.lower().split()):
                self._add(person, mention)
                return
        self._add(self._new(mention, name=mention.name or "", given=given, surname=surname), mention)

    def _attach(self, mention: Mention) -> None:
        """Adds a mention by one name to the most mentioned person of that surname, or else given name."""
        word = _name_words(mention)[-1]
        known = self._by_surname.get(word.lower()) or self._by_given.get(word.lower()) or []
        if mention.gender:
            known = [person for person in known if person.may_be(mention.gender)]
        most_mentioned = max(known, key=lambda person: len(person.mentions), default=None)
        self._add(most_mentioned or self._new(mention, name=word, given="", surname=word), mention)

    def _new(self, mention: Mention, *, name: str, given: str, surname: str) -> Person:
        person = Person(name=name, given=given, surname=surname, gender=mention.gender)
        self._by_surname.setdefault(surname.lower(), []).append(person)
        if given:
            self._by_given.setdefault(given.lower(), []).append(person)
        return person

    def _add(self, person: Person, mention: Mention) -> None:
        person.mentions.append(mention)
        self._of[mention.start] = person
        if mention.name and len(mention.name) > len(person.name):
            person.name = mention.name
        person.gender = person.gender or mention.gender
        if mention.role is not None and (person.role is None or len(mention.role) > 2 * len(person.role)):
            person.role = mention.role


def _name_words(mention: Mention) -> list[str]:
    words = (mention.name or "").split(" ")
    while len(words) > 1 and words[-1].lower() in SUFFIXES:
        words.pop()
    return words
