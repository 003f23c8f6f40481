"""Pronouns -> persons, over a whole article in text order.

A rule or a learned scorer decides whom each "he" and "she" refers to, given the persons mentioned so far.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from summarizer import lexicon
from summarizer.quotes.coreference import Antecedent, Person
from summarizer.quotes.document import Document
from summarizer.quotes.features import bucketed, word_at
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.scorers import Scorer, softmax

_GENDERS = lexicon.pairs("pronouns", "sources")
_OWNERS = lexicon.pairs("pronouns", "possessive")
_BEFORE_SUBJECT = lexicon.words("pronouns", "before a subject") | {".", "QUOTED", "-"}
_BEFORE_SUBJECT_BY_RULE = lexicon.words("pronouns", "before a subject, by rule") | {".", ",", "”", '"'}
_MOST_CANDIDATES = 12  # the persons mentioned last
_MOST_MENTIONS_BACK, _MOST_PARAGRAPHS_BACK = 40, 6  # by rule
_FARTHEST_ANTECEDENT = 12  # tokens from a person to the "who" of a relative clause
_BY_RULE, _RELATIVE = 0.7, 0.8  # confidences


@dataclass(slots=True)
class Discourse:
    """The persons mentioned so far, by names and by pronouns that are resolved."""

    people: list[Person] = field(default_factory=list)  # the last mentioned first
    last: dict[Person, Mention] = field(default_factory=dict)  # the last mention of each
    named: dict[Person, Mention] = field(default_factory=dict)  # the last mention by name
    count: Counter[Person] = field(default_factory=Counter)  # mentions
    pronouns: dict[str, tuple[Mention, Person]] = field(default_factory=dict)  # the last "he", "she"
    speaker: Person | None = None  # of the last quotation

    def add(self, person: Person, mention: Mention) -> None:
        self.last[person] = mention
        if mention.kind is MentionKind.PRONOUN:
            self.pronouns[mention.head] = (mention, person)
        else:
            self.named[person] = mention
        self.count[person] += 1
        if person in self.people:
            self.people.remove(person)
        self.people.insert(0, person)


# Whom a "he" or "she" refers to, given the persons mentioned so far; None: nobody fits.
Resolver = Callable[[Document, Discourse, Mention], Antecedent | None]


def resolve_pronouns(
    doc: Document, sources: Mapping[int, Mention], resolver: Resolver
) -> dict[int, Antecedent]:
    """The antecedents of "he", "she", "who", and of "his" in "his spokeswoman", by the mention's first token.

    A pronoun without an antecedent is left out. Earlier decisions are evidence for later ones.
    sources: the mentions that passages are attributed to, by their first token.
    """
    discourse = Discourse()
    found: dict[int, Antecedent] = {}
    for mention in doc.mentions:
        person = doc.people.of(mention)
        if mention.start in sources and (owner := _owner(doc, mention)) is not None and discourse.people:
            antecedent = resolver(doc, discourse, owner)
            if antecedent is not None:
                found[mention.start] = antecedent
        elif person is None and mention.kind is MentionKind.PRONOUN and discourse.people:
            antecedent = _resolve(doc, discourse, mention, resolver)
            if antecedent is not None:
                found[mention.start] = antecedent
                person = antecedent.person
        if person is not None:
            discourse.add(person, mention)
            discourse.speaker = person if mention.start in sources else discourse.speaker
    return found


def _owner(doc: Document, mention: Mention) -> Mention | None:
    """The "his" of "his spokeswoman", as the "he" that it stands for."""
    head = _OWNERS.get(doc.tokens.lower[mention.start])
    if mention.kind is not MentionKind.NOMINAL or head is None:
        return None
    at = mention.start
    return Mention(start=at, end=at + 1, kind=MentionKind.PRONOUN, head=head, gender=_GENDERS[head])


def _resolve(doc: Document, discourse: Discourse, pronoun: Mention, resolver: Resolver) -> Antecedent | None:
    if pronoun.head in _OWNERS.values():
        return resolver(doc, discourse, pronoun)
    if pronoun.head != "who":
        return None
    latest = discourse.people[0]
    mention = discourse.last[latest]
    same_paragraph = doc.tokens.paragraph[mention.start] == doc.tokens.paragraph[pronoun.start]
    near = pronoun.start - mention.end <= _FARTHEST_ANTECEDENT
    return Antecedent(latest, _RELATIVE) if same_paragraph and near else None


def resolve_by_rule(doc: Document, discourse: Discourse, pronoun: Mention) -> Antecedent | None:
    """A `Resolver`: a person of the pronoun's gender who was named recently, preferably as a subject."""
    del discourse  # the rule looks at names only
    t = doc.tokens
    scored: list[tuple[float, Person]] = []
    at = doc.mention_starts_at(pronoun.start)
    for distance, mention in enumerate(reversed(doc.mentions[max(0, at - _MOST_MENTIONS_BACK) : at])):
        person = doc.people.of(mention)
        if person is None or not person.may_be(pronoun.gender):
            continue
        paragraphs = t.paragraph[pronoun.start] - t.paragraph[mention.start]
        if paragraphs > _MOST_PARAGRAPHS_BACK:
            break
        opens = t.opens_paragraph(mention.start)
        subject = opens or t.lower[mention.start - 1] in _BEFORE_SUBJECT_BY_RULE
        score = -1.0 * distance - 2.0 * paragraphs + 3.0 * subject - 2.5 * mention.possessive
        score += 1.5 * (person.gender is not None) + min(4, len(person.mentions)) * 0.4
        scored.append((score, person))
    return Antecedent(max(scored, key=itemgetter(0))[1], _BY_RULE) if scored else None


def learned_resolver(scorer: Scorer) -> Resolver:
    """A `Resolver` that gives the person with the highest score, with its probability."""

    def resolve(doc: Document, discourse: Discourse, pronoun: Mention) -> Antecedent | None:
        people = person_candidates(discourse, pronoun)
        if not people:
            return None
        items = [person_features(doc, discourse, pronoun, person, i) for i, person in enumerate(people)]
        probabilities = softmax(scorer.scores(items))
        best = int(probabilities.argmax())
        return Antecedent(people[best], float(probabilities[best]))

    return resolve


def person_candidates(discourse: Discourse, pronoun: Mention) -> list[Person]:
    """Whom a pronoun may refer to: persons of no other gender, the last mentioned first."""
    fitting = [one for one in discourse.people if one.gender is None or one.gender == pronoun.gender]
    return fitting[:_MOST_CANDIDATES]


def person_features(
    doc: Document, discourse: Discourse, pronoun: Mention, person: Person, rank: int
) -> list[str]:
    """The features of a candidate for a pronoun's antecedent; rank: its number among the candidates."""
    t = doc.tokens
    last, named = discourse.last[person], discourse.named.get(person)
    here, there = doc.sentence_at(pronoun.start), doc.sentence_at(last.start)
    sentences = min(5, here - there)
    paragraphs = min(4, t.paragraph[pronoun.start] - t.paragraph[last.start])
    tokens = bucketed((doc.unquoted_before[pronoun.start] - doc.unquoted_before[last.start]) // 4)
    gender = _agreement(pronoun, person)
    subject = _is_subject(doc, last)
    kind = "pronoun" if last.kind is MentionKind.PRONOUN else "name"
    same_pronoun = last.kind is MentionKind.PRONOUN and last.head == pronoun.head
    opens = pronoun.start == doc.sentences[here][0]
    first = opens and (here == 0 or t.paragraph[doc.sentences[here - 1][0]] != t.paragraph[pronoun.start])
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
        f"count={bucketed(discourse.count[person])}",
        f"count={bucketed(discourse.count[person])} rank={min(rank, 3)}",
        f"mentions={bucketed(len(person.mentions))} gender={gender}",
        f"mentions={bucketed(len(person.mentions))} rank={min(rank, 3)}",
        f"speaker={discourse.speaker is person} none={discourse.speaker is None}",
        f"speaker={discourse.speaker is person} rank={min(rank, 3)} gender={gender}",
        f"opens={opens} first={first} subject={subject} sentences={sentences}",
        f"after={after} sentences={sentences} subject={subject}",
        f"after={after} sentences={sentences} rank={min(rank, 3)} speaker={discourse.speaker is person}",
        f"role={person.role is not None} full={bool(person.given)}",
        f"before={word_at(doc, last.start - 1)}",
        f"behind={word_at(doc, max(last.end, last.tail))}",
        f"pronoun-before={word_at(doc, pronoun.start - 1)} sentences={sentences} subject={subject}",
    ]
    if named is not None and named is not last:
        away = min(6, here - doc.sentence_at(named.start))
        apart = min(4, t.paragraph[pronoun.start] - t.paragraph[named.start])
        found += [f"named={away} {apart}", f"named-subject={_is_subject(doc, named)} {apart}"]
    else:
        found.append("named=last")
    chain = discourse.pronouns.get(pronoun.head)
    if chain is not None:
        away = min(4, here - doc.sentence_at(chain[0].start))
        same = f"chain={chain[1] is person} {away}"
        found += [same, f"{same} rank={min(rank, 3)}", f"{same} kind={kind} subject={subject}"]
    else:
        found.append(f"chain=none rank={min(rank, 3)}")
    if cue := doc.cues_of.get(last.start):
        found.append(f"speaks {cue[0].form.name} sentences={sentences}")
    else:
        found.append(f"silent sentences={sentences} subject={subject}")
    inside = doc.quoted_beside(pronoun)
    if inside:
        found.append(f"inside={person.surname.lower() in inside}")
        found.append(f"inside-given={bool(person.given) and person.given.lower() in inside}")
    if person.mentions and t.paragraph[person.mentions[0].start] == 0:
        found.append(f"headline rank={min(rank, 3)}")
    return found


def _is_subject(doc: Document, mention: Mention) -> bool:
    """Whether a mention is probably the subject of a clause, by the word before it."""
    if mention.possessive:
        return False
    return (
        doc.tokens.opens_paragraph(mention.start)
        or word_at(doc, mention.start - 1) in _BEFORE_SUBJECT
        or doc.sentences[doc.sentence_at(mention.start)][0] == mention.start
    )


def _agreement(pronoun: Mention, person: Person) -> str:
    if pronoun.gender is None:
        return "any"
    if person.gender is None:
        return "unknown"
    return "same" if person.gender == pronoun.gender else "other"
