"""Pronouns -> persons over a whole article, from its first mention to its last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from summarizer.quotes.coreference import Person
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.person_features import Trail, person_candidates, person_features
from summarizer.quotes.reading import Reading
from summarizer.quotes.scorer import Scorer, softmax

_OWNERS = {"his": ("he", "m"), "her": ("she", "f")}
_FARTHEST_ANTECEDENT = 12  # tokens from a person to the "who" that goes on about them


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom a pronoun stands for, and how sure that is."""

    person: Person
    confidence: float


# Says whom a "he" or "she" stands for, given who was spoken of so far; None: nobody fits.
Decide = Callable[[Reading, Trail, Mention], Resolved | None]


def resolve_pronouns(reading: Reading, sources: Mapping[int, Mention], decide: Decide) -> dict[int, Resolved]:
    """Whom each "he", "she" and "who" stands for, and whose each "his spokeswoman" is, by the first token.

    Undecided ones are left out.

    sources: the mentions that passages are attributed to, by their first token. Earlier decisions are
    evidence for later ones.
    """
    trail = Trail()
    found: dict[int, Resolved] = {}
    for mention in reading.mentions:
        person = reading.people.of(mention)
        if mention.start in sources and (owner := _owner(reading, mention)) is not None and trail.people:
            owned = decide(reading, trail, owner)
            if owned is not None:
                found[mention.start] = owned
        elif person is None and mention.kind is MentionKind.PRONOUN and trail.people:
            resolved = _resolve(reading, trail, mention, decide)
            if resolved is not None:
                found[mention.start] = resolved
                person = resolved.person
        if person is None:
            continue
        trail.add(person, mention)
        if mention.start in sources:
            trail.speaker = person
    return found


def _owner(reading: Reading, mention: Mention) -> Mention | None:
    """The "his" of "his spokeswoman", as the "he" that it stands for."""
    pronoun = _OWNERS.get(reading.tokens.lower[mention.start])
    if mention.kind is not MentionKind.NOMINAL or pronoun is None:
        return None
    head, gender = pronoun
    start = mention.start
    return Mention(start=start, end=start + 1, kind=MentionKind.PRONOUN, head=head, gender=gender)


def _resolve(reading: Reading, trail: Trail, pronoun: Mention, decide: Decide) -> Resolved | None:
    if pronoun.head in ("he", "she"):
        return decide(reading, trail, pronoun)
    if pronoun.head != "who":
        return None
    latest = trail.people[0]
    mention = trail.last[id(latest)]
    beside = reading.tokens.paragraph[mention.start] == reading.tokens.paragraph[pronoun.start]
    near = pronoun.start - mention.end <= _FARTHEST_ANTECEDENT
    return Resolved(latest, 0.8) if beside and near else None


def by_rule(reading: Reading, trail: Trail, pronoun: Mention) -> Resolved | None:
    """Decides for who was named lately, of that gender, a subject rather."""
    del trail  # the rule reads names alone
    at = reading.mention_starts_at(pronoun.start)
    person = reading.people.resolve(pronoun, reading.mentions, at)
    return Resolved(person, 0.7) if person is not None else None


def by_scorer(scorer: Scorer) -> Decide:
    """Decides for the person with the highest score; the confidence is its probability."""

    def decide(reading: Reading, trail: Trail, pronoun: Mention) -> Resolved | None:
        people = person_candidates(trail, pronoun)
        if not people:
            return None
        items = [person_features(reading, trail, pronoun, person, i) for i, person in enumerate(people)]
        chances = softmax(scorer.scores(items))
        best = int(chances.argmax())
        return Resolved(people[best], float(chances[best]))

    return decide
