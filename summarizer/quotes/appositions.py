"""Descriptions that stand beside a name, and whose they are: "Trump's attorney, |Alan Garten|, said"."""

from collections.abc import Sequence

from summarizer.quotes import lexicon
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.tokens import Tokens

_DOCUMENTS = lexicon.words("roles", "documents")
_LONGEST_CHAIN = 3  # "Florida's | Republican attorney general, | Pam Bondi"


def find_bearers(tokens: Tokens, mentions: Sequence[Mention]) -> dict[int, Mention]:
    """First token of a mention that describes a person -> the mention that names the person."""
    step: dict[int, int] = {}
    for number, mention in enumerate(mentions):
        if number + 1 < len(mentions) and _describes_next(tokens, mention, mentions[number + 1]):
            step[number] = number + 1
        elif number and (
            _is_document_of(mentions[number - 1], mention)
            or _describes_previous(tokens, mentions[number - 1], mention)
        ):
            step[number] = number - 1
    found: dict[int, Mention] = {}
    for number in step:
        at = number
        for _ in range(_LONGEST_CHAIN):
            at = step.get(at, at)
        if mentions[at].is_person and at != number:
            found[mentions[number].start] = mentions[at]
    return found


def _describes_next(tokens: Tokens, mention: Mention, following: Mention) -> bool:
    if tokens.paragraph[mention.start] != tokens.paragraph[following.start]:
        return False
    if mention.end == following.start:
        if mention.possessive:
            return following.is_person or following.kind is MentionKind.NOMINAL
        return following.is_person and not mention.is_person and mention.kind is not MentionKind.PRONOUN
    between = tokens.lower[mention.end : following.start]
    if not following.is_person or mention.kind is MentionKind.PRONOUN or mention.possessive:
        return False
    if between == ["of"]:  # "former secretary of |state Hillary Clinton"
        return mention.kind is MentionKind.NOMINAL and tokens.words[following.start][0].islower()
    if between in (["known", "as"], ["named"], ["called"]):
        return mention.kind is MentionKind.NOMINAL
    return (
        between == [","]
        and mention.kind is MentionKind.NOMINAL
        and not mention.plural
        and _closed(tokens, following)
    )


def _is_document_of(person: Mention, mention: Mention) -> bool:
    """Hoff's |letter| says what Hoff says; Hoff's |office| speaks for itself."""
    return (
        person.is_person
        and person.possessive
        and person.end == mention.start
        and mention.kind is MentionKind.NOMINAL
        and mention.head in _DOCUMENTS
    )


def _describes_previous(tokens: Tokens, person: Mention, mention: Mention) -> bool:
    """Jane Doe, |a spokeswoman for the city|, said."""
    return (
        person.is_person
        and not person.possessive
        and mention.kind is MentionKind.NOMINAL
        and not mention.plural
        and tokens.words[person.end : mention.start] == [","]
        and tokens.paragraph[person.start] == tokens.paragraph[mention.start]
        and (person.tail > mention.start or _opens_sentence(tokens, person))
    )


def _opens_sentence(tokens: Tokens, mention: Mention) -> bool:
    at = mention.start
    return at == 0 or tokens.paragraph[at - 1] != tokens.paragraph[at] or tokens.words[at - 1] in '.”"'


def _closed(tokens: Tokens, name: Mention) -> bool:
    """Whether an apposed name ends with its comma, or with its sentence."""
    return name.end >= len(tokens) or tokens.words[name.end] in ",.;:)—–-" or tokens.quoted[name.end]
