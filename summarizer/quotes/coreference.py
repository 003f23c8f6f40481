"""Which person a name, a pronoun or a nominal stands for, within one article."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from articles.model import Span
from summarizer.quotes.mentions import Mention
from summarizer.speakers.names import same_given_names
from summarizer.speakers.person_names import SUFFIXES
from summarizer.text.words import Tokens


@dataclass(slots=True, eq=False)
class Person:
    """Everyone that the article calls by one name."""

    name: str  # the longest the article gives
    given: str  # "" where only the surname stands in the article
    surname: str
    gender: str | None = None
    role: Span | None = None
    mentions: list[Mention] = field(default_factory=list)


class People:
    """The persons of an article and who its mentions are."""

    def __init__(self, tokens: Tokens, mentions: Sequence[Mention]) -> None:
        self._t = tokens
        self.people: list[Person] = []
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
        for person in self.people:
            person.mentions.sort(key=lambda mention: mention.start)

    def of(self, mention: Mention) -> Person | None:
        """Who a person's mention is; None for pronouns, nominals and other names."""
        return self._of.get(mention.start)

    def _introduce(self, mention: Mention) -> None:
        words = _name_words(mention)
        if len(words) < 2:
            return
        if len(words) > 2 and tuple(words[:2]) in self._full:
            # In a headline capitals run on behind a name: "Jane Doe Praises Rival".
            words = words[:2]
            mention = replace(mention, name=" ".join(words))
        given, surname = words[0], words[-1]
        for person in self._by_surname.get(surname.lower(), []):
            if same_given_names(person.given.lower().split(), given.lower().split()):
                self._add(person, mention)
                return
        person = Person(name=mention.name or "", given=given, surname=surname, gender=mention.gender)
        self.people.append(person)
        self._by_surname.setdefault(surname.lower(), []).append(person)
        self._by_given.setdefault(given.lower(), []).append(person)
        self._add(person, mention)

    def _attach(self, mention: Mention) -> None:
        """A single name is the person of that surname who is named most; a given name alone will do too."""
        word = _name_words(mention)[-1]
        known = self._by_surname.get(word.lower()) or self._by_given.get(word.lower()) or []
        if mention.gender:
            known = [person for person in known if person.gender in (None, mention.gender)]
        if known:
            self._add(max(known, key=lambda person: len(person.mentions)), mention)
            return
        person = Person(name=word, given="", surname=word, gender=mention.gender)
        self.people.append(person)
        self._by_surname.setdefault(word.lower(), []).append(person)
        self._add(person, mention)

    def _add(self, person: Person, mention: Mention) -> None:
        person.mentions.append(mention)
        self._of[mention.start] = person
        if mention.name and len(mention.name) > len(person.name):
            person.name = mention.name
        person.gender = person.gender or mention.gender
        if mention.role is not None and (person.role is None or len(mention.role) > 2 * len(person.role)):
            person.role = mention.role

    def resolve(self, pronoun: Mention, mentions: Sequence[Mention], at: int) -> Person | None:
        """The person that "he" or "she" at mentions[at] stands for: recent, of that gender, a subject
        rather."""
        t = self._t
        best: Person | None = None
        best_score = -1e9
        here = t.paragraph[pronoun.start]
        for distance, mention in enumerate(reversed(mentions[max(0, at - 40) : at])):
            person = self._of.get(mention.start)
            if person is None or (person.gender and pronoun.gender and person.gender != pronoun.gender):
                continue
            paragraphs = here - t.paragraph[mention.start]
            if paragraphs > 6:
                break
            subject = (
                mention.start == 0
                or t.paragraph[mention.start - 1] != t.paragraph[mention.start]
                or (
                    t.words[mention.start - 1] in {".", ",", "”", '"'}
                    or t.lower[mention.start - 1] in {"that", "and"}
                )
            )
            score = -1.0 * distance - 2.0 * paragraphs + 3.0 * subject - 2.5 * mention.possessive
            score += 1.5 * (person.gender is not None) + min(4, len(person.mentions)) * 0.4
            if score > best_score:
                best, best_score = person, score
        return best


def _name_words(mention: Mention) -> list[str]:
    words = (mention.name or "").split(" ")
    while len(words) > 1 and words[-1].lower() in SUFFIXES:
        words.pop()
    return words
