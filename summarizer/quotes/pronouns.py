"""Pronouns -> persons over a whole article, from its first mention to its last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from summarizer.quotes.coreference import Person
from summarizer.quotes.features import bucketed
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.reading import Reading
from summarizer.quotes.scorers import Scorer, softmax

_WINDOW = 12  # persons who were named last, for one pronoun
_OWNERS = {"his": ("he", "m"), "her": ("she", "f")}
_FARTHEST_ANTECEDENT = 12  # tokens from a person to the "who" that goes on about them


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom a pronoun stands for, and how sure that is."""

    person: Person
    confidence: float


@dataclass(slots=True)
class Trail:
    """Who was spoken of so far, in text order, pronouns included once they are resolved."""

    people: list[Person] = field(default_factory=list)  # latest first
    last: dict[int, Mention] = field(default_factory=dict)  # by id(person): their latest mention
    named: dict[int, Mention] = field(default_factory=dict)  # their latest by name
    count: dict[int, int] = field(default_factory=dict)
    pronouns: dict[str, tuple[Mention, Person]] = field(default_factory=dict)  # the latest "he", "she"
    speaker: Person | None = None  # of the quotation before

    def add(self, person: Person, mention: Mention) -> None:
        key = id(person)
        self.last[key] = mention
        if mention.kind is MentionKind.PRONOUN:
            self.pronouns[mention.head] = (mention, person)
        else:
            self.named[key] = mention
        self.count[key] = self.count.get(key, 0) + 1
        if person in self.people:
            self.people.remove(person)
        self.people.insert(0, person)


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


# What the learned scorer looks at to say whom a pronoun stands for: persons named before it.


def person_candidates(trail: Trail, pronoun: Mention) -> list[Person]:
    """Who a pronoun may stand for, latest first: nobody of another gender."""
    fitting = [one for one in trail.people if one.gender is None or one.gender == pronoun.gender]
    return fitting[:_WINDOW]


def person_features(reading: Reading, trail: Trail, pronoun: Mention, person: Person, rank: int) -> list[str]:
    """How a person who was named before stands to a pronoun."""
    t = reading.tokens
    key = id(person)
    last, named = trail.last[key], trail.named.get(key)
    here, there = reading.sentence_at(pronoun.start), reading.sentence_at(last.start)
    sentences = min(5, here - there)
    paragraphs = min(4, t.paragraph[pronoun.start] - t.paragraph[last.start])
    tokens = bucketed((reading.unquoted_before[pronoun.start] - reading.unquoted_before[last.start]) // 4)
    gender = _agreement(pronoun, person)
    subject = is_subject(reading, last)
    kind = "pronoun" if last.kind is MentionKind.PRONOUN else "name"
    same_pronoun = last.kind is MentionKind.PRONOUN and last.head == pronoun.head
    opens = pronoun.start == reading.sentences[here][0]
    first = opens and (here == 0 or t.paragraph[reading.sentences[here - 1][0]] != t.paragraph[pronoun.start])
    after = t.quoted[pronoun.start - 1] if pronoun.start else False
    found = [
        f"rank={min(rank, 6)}",
        f"gender={gender}",
        f"gender={gender} rank={min(rank, 6)}",
        f"sentences={sentences} paragraphs={paragraphs}",
        f"sentences={sentences} subject={subject} kind={kind}",
        f"paragraphs={paragraphs} subject={subject} rank={min(rank, 3)}",
        f"tokens={tokens}",
        f"tokens={tokens} gender={gender}",
        f"kind={kind} same={same_pronoun} paragraphs={paragraphs}",
        f"kind={kind} same={same_pronoun} sentences={sentences}",
        f"possessive={last.possessive} sentences={sentences}",
        f"count={bucketed(trail.count[key])}",
        f"count={bucketed(trail.count[key])} rank={min(rank, 3)}",
        f"mentions={bucketed(len(person.mentions))} gender={gender}",
        f"mentions={bucketed(len(person.mentions))} rank={min(rank, 3)}",
        f"speaker={trail.speaker is person} none={trail.speaker is None}",
        f"speaker={trail.speaker is person} rank={min(rank, 3)} gender={gender}",
        f"opens={opens} first={first} subject={subject} sentences={sentences}",
        f"after={after} sentences={sentences} subject={subject}",
        f"after={after} sentences={sentences} rank={min(rank, 3)} speaker={trail.speaker is person}",
        f"role={person.role is not None} full={bool(person.given)}",
        f"before={_word(reading, last.start - 1)}",
        f"behind={_word(reading, max(last.end, last.tail))}",
        f"pronoun-before={_word(reading, pronoun.start - 1)} sentences={sentences} subject={subject}",
    ]
    if named is not None and named is not last:
        away = min(6, here - reading.sentence_at(named.start))
        apart = min(4, t.paragraph[pronoun.start] - t.paragraph[named.start])
        found.append(f"named={away} {apart}")
        found.append(f"named-subject={is_subject(reading, named)} {apart}")
    else:
        found.append("named=last")
    chain = trail.pronouns.get(pronoun.head)
    if chain is not None:
        away = min(4, here - reading.sentence_at(chain[0].start))
        found.append(f"chain={chain[1] is person} {away}")
        found.append(f"chain={chain[1] is person} {away} rank={min(rank, 3)}")
        found.append(f"chain={chain[1] is person} {away} kind={kind} subject={subject}")
    else:
        found.append(f"chain=none rank={min(rank, 3)}")
    if cue := reading.cues_of.get(last.start):
        found.append(f"speaks {cue[0].form.name} sentences={sentences}")
    else:
        found.append(f"silent sentences={sentences} subject={subject}")
    inside = reading.quoted_beside(pronoun)
    if inside:
        found.append(f"inside={person.surname.lower() in inside}")
        found.append(f"inside-given={bool(person.given) and person.given.lower() in inside}")
    if person.mentions and t.paragraph[person.mentions[0].start] == 0:
        found.append(f"headline rank={min(rank, 3)}")
    return found


def is_subject(reading: Reading, mention: Mention) -> bool:
    """Whether a mention reads as the subject of a clause: nothing before it, and a verb behind."""
    t = reading.tokens
    if mention.possessive:
        return False
    before = _word(reading, mention.start - 1)
    opens = mention.start == 0 or t.paragraph[mention.start - 1] != t.paragraph[mention.start]
    return (
        opens
        or before
        in {".", "QUOTED", "that", "and", "but", "as", "when", "while", "because", "if", "said", "-"}
        or reading.sentences[reading.sentence_at(mention.start)][0] == mention.start
    )


def _agreement(pronoun: Mention, person: Person) -> str:
    if pronoun.gender is None:
        return "any"
    if person.gender is None:
        return "unknown"
    return "same" if person.gender == pronoun.gender else "other"


def _word(reading: Reading, token: int) -> str:
    t = reading.tokens
    if not 0 <= token < len(t):
        return "-"
    return "QUOTED" if t.quoted[token] else t.lower[token]
