"""What belongs to a mention and stands beside it: appositions, complements, age and party.

"Trump's attorney, |Alan Garten|, said" names the person whom the description before it means, and "Jane Doe,
|the mayor|, said" gives a person's role.
"""

from collections.abc import Sequence
from dataclasses import replace

from articles.model import Span
from summarizer import lexicon
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.speakers import is_possessive, stem
from summarizer.text.words import Tokens

_DOCUMENTS = lexicon.words("roles", "documents")
_ROLES = lexicon.roles()
_STRONG = lexicon.words("cues", "strong")
_VERBS = lexicon.reporting_verbs()
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_DETERMINERS = lexicon.words("function_words", "determiners")
_COMPLEMENTS = lexicon.words("appositions", "complements")
_MODIFIERS = lexicon.words("appositions", "modifiers")
_AFFILIATIONS = lexicon.words("appositions", "affiliations")
_RANKS = lexicon.words("appositions", "ranks")
_NAMING = lexicon.words("appositions", "naming")
_PARTY_MARKS = tuple(lexicon.words("appositions", "party marks"))
_ROLE_ENDS = lexicon.words("appositions", "ends") | frozenset(",.;:–—-()?!")
_SENTENCE_ENDS = frozenset(".?!:;…")
_MOST_COMPLEMENTS = 3
_LONGEST_CHAIN = 3  # "Florida's | Republican attorney general, | Pam Bondi"
_LONGEST_BRACKETS, _LONGEST_APPOSITION, _LONGEST_OPEN_APPOSITION = 12, 30, 20  # tokens


def find_names_beside(tokens: Tokens, mentions: Sequence[Mention]) -> dict[int, Mention]:
    """The first token of a mention that describes a person -> the mention beside it that names the person."""
    step: dict[int, int] = {}
    for number, mention in enumerate(mentions):
        following = _behind_complements(tokens, mentions, number)
        if following < len(mentions) and _describes_next(tokens, mentions, number, following):
            step[number] = following
        elif number and (
            _is_document_of(mentions[number - 1], mention)
            or _describes_previous(tokens, mentions[number - 1], mention)
            or _is_affiliation_of(tokens, mentions[number - 1], mention, in_chain=number - 1 in step)
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


def complements_end(tokens: Tokens, mentions: Sequence[Mention], number: int) -> tuple[int, int]:
    """Where the complements of mention `number` end: the end token, and the number of the next mention.

    "A spokesman |for the Department of Justice|", "the leader |of the league|".
    """
    end, at = mentions[number].end, number + 1
    for _ in range(_MOST_COMPLEMENTS):
        if at >= len(mentions) or end >= len(tokens) or tokens.quoted[end]:
            break
        following = mentions[at]
        if (
            tokens.lower[end] not in _COMPLEMENTS
            or following.start != end + 1
            or following.kind is MentionKind.PRONOUN
            or tokens.paragraph[following.start] != tokens.paragraph[end]
        ):
            break
        end, at = following.end, at + 1
    return end, at


def _behind_complements(tokens: Tokens, mentions: Sequence[Mention], number: int) -> int:
    """The number of the mention that may name this one: Jane Doe in "the leader of the league, Jane Doe,"."""
    if mentions[number].kind is not MentionKind.NOMINAL or mentions[number].possessive:
        return number + 1
    end, at = complements_end(tokens, mentions, number)
    return at if at < len(mentions) and tokens.words[end : mentions[at].start] == [","] else number + 1


def _describes_next(tokens: Tokens, mentions: Sequence[Mention], number: int, at: int) -> bool:
    mention, following = mentions[number], mentions[at]
    if at > number + 1:
        return following.is_person and not mention.plural and _closed(tokens, following)
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
    if " ".join(between) in _NAMING:
        return mention.kind is MentionKind.NOMINAL
    if len(between) == 1 and between[0] in _RANKS:  # "Air Force |1st Lt. Jane Doe"
        return not mention.is_person
    return (
        between == [","]
        and mention.kind is MentionKind.NOMINAL
        and not mention.plural
        and _closed(tokens, following)
    )


def _is_document_of(person: Mention, mention: Mention) -> bool:
    """Hoff's |letter| says what Hoff says; not so Hoff's |office|."""
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
        and _separated_by_comma(tokens, person.end, mention.start)
        and tokens.paragraph[person.start] == tokens.paragraph[mention.start]
        and (
            person.tail > mention.start
            or _opens_sentence(tokens, person)
            or (person.start > 0 and tokens.lower[person.start - 1] in _STRONG)
        )
    )


def _separated_by_comma(tokens: Tokens, start: int, end: int) -> bool:
    """Whether only a comma separates them, a party in brackets ignored: "Jane Doe (D-Md.), a"."""
    words = tokens.words[start:end]
    if words[:1] == ["("] and ")" in words:
        words = words[words.index(")") + 1 :]
    return words == [","]


def _is_affiliation_of(tokens: Tokens, person: Mention, mention: Mention, *, in_chain: bool) -> bool:
    """Jane Doe of |the Harbor Institute|; John Roe of Madison, |Alabama|."""
    if mention.kind is not MentionKind.NAME or person.possessive:
        return False
    if tokens.paragraph[person.start] != tokens.paragraph[mention.start]:
        return False
    between = tokens.lower[person.end : mention.start]
    if person.is_person:
        return len(between) == 1 and between[0] in _AFFILIATIONS
    return in_chain and between == [","]


def _opens_sentence(tokens: Tokens, mention: Mention) -> bool:
    return tokens.opens_paragraph(mention.start) or tokens.words[mention.start - 1] in '.”"'


def _closed(tokens: Tokens, name: Mention) -> bool:
    """Whether an apposed name ends with its comma, or with its sentence."""
    return name.end >= len(tokens) or tokens.words[name.end] in ",.;:)—–-" or tokens.quoted[name.end]


def with_postmodifiers(tokens: Tokens, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions with their `tail`, and persons with the role that an apposition gives them."""
    starts = {mention.start: mention for mention in mentions}
    out: list[Mention] = []
    for mention in mentions:
        tail, role = mention.end, mention.role
        if not mention.possessive and mention.kind is not MentionKind.PRONOUN:
            tail, apposition = _tail(tokens, starts, mention)
            role = role or (apposition if mention.is_person else None)
        changed = tail != mention.tail or role is not mention.role
        out.append(replace(mention, tail=tail, role=role) if changed else mention)
    return out


def _tail(tokens: Tokens, starts: dict[int, Mention], mention: Mention) -> tuple[int, Span | None]:
    end = (
        _modifiers_end(tokens, starts, mention.end) if mention.kind is not MentionKind.PERSON else mention.end
    )
    if end < len(tokens) and tokens.words[end] == "(":
        close = _find(tokens, end, ")", _LONGEST_BRACKETS)
        end = close + 1 if close else end
    role: Span | None = None
    while end < len(tokens) and tokens.words[end] == "," and not tokens.quoted[end]:
        close = _find(tokens, end + 1, ",", _LONGEST_APPOSITION)
        role = role or _apposed_role(tokens, end + 1, close or end + _LONGEST_OPEN_APPOSITION)
        if not close:
            break
        end = close + 1
        if end < len(tokens) and (tokens.lower[end] in _VERBS or tokens.quoted[end]):
            break
        if tokens.words[end - 2].isdigit() or tokens.words[end - 2].startswith(_PARTY_MARKS):
            end -= 1  # the comma closes the age or the party and opens the next apposition
            continue
        break
    return end, role


def _modifiers_end(tokens: Tokens, starts: dict[int, Mention], end: int) -> int:
    """The end of "of America", "for Mr. Trump", "in the campaign" behind a nominal or another name."""
    for _ in range(_MOST_COMPLEMENTS):
        if end + 1 >= len(tokens) or tokens.quoted[end] or tokens.lower[end] not in _MODIFIERS:
            break
        following = starts.get(end + 1)
        if following is None or following.kind is MentionKind.PRONOUN:
            break
        end = following.end
    return end


def _find(tokens: Tokens, start: int, mark: str, within: int) -> int | None:
    """The first `mark` from token `start` on, in the same sentence and outside quotations."""
    for i in range(start, min(len(tokens), start + within)):
        if (
            tokens.quoted[i]
            or tokens.words[i] in _SENTENCE_ENDS
            or tokens.paragraph[i] != tokens.paragraph[start - 1]
        ):
            return None
        if tokens.words[i] == mark:
            return i
    return None


def _apposed_role(tokens: Tokens, start: int, limit: int) -> Span | None:
    """The role that an apposition from token `start` on gives, without its determiner."""
    first = start + (start < len(tokens) and tokens.lower[start] in _DETERMINERS)
    end, head = first, -1
    while end < min(limit, len(tokens)) and tokens.lower[end] not in _ROLE_ENDS and not tokens.quoted[end]:
        if head < 0 and (tokens.lower[end] in _AUXILIARIES or end - first > 8):
            return None
        if head < 0 and stem(tokens.lower[end]) in _ROLES and not is_possessive(tokens.words[end]):
            head = end
        end += 1
    return tokens.span(first, end) if head >= 0 else None
