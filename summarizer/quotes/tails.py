"""What hangs on a mention: apposition, age, party, complements; and the role that an apposition gives."""

from collections.abc import Sequence
from dataclasses import replace

from articles.model import Span
from summarizer import lexicon
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.speakers.person_names import is_possessive, stem
from summarizer.text.tokens import Tokens

_ROLES = lexicon.roles()
_VERBS = lexicon.reporting_verbs()
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_DETERMINERS = lexicon.words("function_words", "determiners")
_LINKS = frozenset(("of", "for", "and", "the", "&", "on", "in"))
_SENTENCE_ENDS = frozenset((".", "?", "!", ":", ";", "…"))


def with_tails(tokens: Tokens, mentions: Sequence[Mention]) -> list[Mention]:
    """Each mention with what hangs on it: apposition, age, party, complements; roles from appositions."""
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
        _complements_end(tokens, starts, mention.end)
        if mention.kind is not MentionKind.PERSON
        else mention.end
    )
    if end < len(tokens) and tokens.words[end] == "(":
        close = _find(tokens, end, {")"}, 12)
        end = close + 1 if close else end
    role: Span | None = None
    while end < len(tokens) and tokens.words[end] == "," and not tokens.quoted[end]:
        close = _find(tokens, end + 1, {","}, 30)
        role = role or _apposed_role(tokens, end + 1, close or end + 20)
        if not close:
            break
        end = close + 1
        if end < len(tokens) and (tokens.lower[end] in _VERBS or tokens.quoted[end]):
            break
        if tokens.words[end - 2].isdigit() or _is_affiliation(tokens.words[end - 2]):
            end -= 1  # the comma closes the age and opens what follows
            continue
        break
    return end, role


def _is_affiliation(word: str) -> bool:
    return word.startswith(("R-", "D-", "I-"))


def _complements_end(tokens: Tokens, starts: dict[int, Mention], end: int) -> int:
    """Behind "of America", "for Mr. Trump", "in the campaign" after a nominal."""
    for _ in range(3):
        if (
            end + 1 >= len(tokens)
            or tokens.quoted[end]
            or tokens.lower[end] not in _LINKS | {"from", "at", "with"}
        ):
            break
        following = starts.get(end + 1)
        if following is None or following.kind is MentionKind.PRONOUN:
            break
        end = following.end
    return end


def _find(tokens: Tokens, start: int, marks: set[str], within: int) -> int | None:
    """The first of `marks` from token `start` on, in the same sentence and outside quotations."""
    for i in range(start, min(len(tokens), start + within)):
        if (
            tokens.quoted[i]
            or tokens.words[i] in _SENTENCE_ENDS
            or tokens.paragraph[i] != tokens.paragraph[start - 1]
        ):
            return None
        if tokens.words[i] in marks:
            return i
    return None


_ROLE_ENDS = lexicon.listed(", . ; : — – - ( ) ? ! who which that whose where said says told when while")


def _apposed_role(tokens: Tokens, start: int, limit: int) -> Span | None:
    first = start + (start < len(tokens) and tokens.lower[start] in _DETERMINERS)
    end, head = first, -1
    while end < min(limit, len(tokens)) and tokens.lower[end] not in _ROLE_ENDS and not tokens.quoted[end]:
        if head < 0 and (tokens.lower[end] in _AUXILIARIES or end - first > 8):
            return None
        if head < 0 and stem(tokens.lower[end]) in _ROLES and not is_possessive(tokens.words[end]):
            head = end
        end += 1
    return tokens.span(first, end) if head >= 0 else None
