"""Whether a sentence says that something is where the article says that it is not, or the other way round."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from summarizer import lexicon
from summarizer.text.words import Token, is_content, stem, tokens_of

_NEGATORS = lexicon.listed("not no never neither nor without cannot none nobody nothing hardly barely")
# What is denied or ruled out is not, without a "not" beside it.
_DENIALS = re.compile(
    r"\b(?:den(?:y|ies|ied)|denying|refus\w+|reject\w+|rul(?:e|es|ed|ing) out|fail(?:s|ed|ing|ure)?|"
    r"declin\w+|lack(?:s|ed|ing)?|unable|unlikely|unwilling|unaware|unclear|unharmed|impossible|prevent\w*|"
    r"prohibit\w*|bann?(?:ed|ing|s)?|block(?:s|ed|ing)?|avoid\w*|against|oppos\w+|dismiss\w+|cancel\w*|"
    r"far from|instead of|rather than|absence|unless|until|doubt\w*|miss(?:es|ed|ing)?|without|out of)\b",
    re.IGNORECASE,
)
_SCOPE = 4  # words behind a negator
_DENIED_BEFORE, _DENIED_BEHIND = 3, 6  # words around a denial
_OPPOSITES = tuple(
    tuple(frozenset(stem(word) for word in side.split()) for side in pair.split("/"))
    for pair in """
    rise rose risen increase climb grow grew grown up higher gain/fall fell drop decrease decline lower down
    win won victory beat/lose lost defeat
    accept approve agree support back endorse/reject refuse disapprove oppose deny
    before/after
    more above over exceed/less fewer below under
    guilty convict/innocent acquit clear
    allow permit legalise legalize/ban prohibit forbid forbade outlaw
    open reopen/close shut
    buy bought/sell sold
    arrive enter/leave left depart
    alive survive/die died dead kill killed
    first/last
    north/south
    east/west
    ally friend/enemy foe
    begin began start/end ended finish stop stopped
    """.strip().splitlines()
)


class _Said(Enum):
    """How a text has a word."""

    PLAIN = "plain"
    NEGATED = "negated"
    DENIED = "denied"  # beside "refused" or "ruled out": it can be told either way


def contradicts(sentence: str, support: Sequence[str]) -> bool:
    """Whether `sentence` negates what its supporting sentences affirm, affirms what they negate, or says an
    opposite.

    By the words that they share: a word that is negated in one and never so in the other.
    """
    own = _read(sentence)
    there: dict[str, set[_Said]] = {}
    for text in support:
        for word, said in _read(text).items():
            there.setdefault(word, set()).update(said)
    for word in own.keys() & there.keys():
        if own[word] == {_Said.NEGATED} and there[word] == {_Said.PLAIN}:
            return True
        if own[word] == {_Said.PLAIN} and there[word] == {_Said.NEGATED}:
            return True
    negates = any(_Said.NEGATED in said for said in own.values())
    if negates and all(said == {_Said.PLAIN} for said in there.values()):
        return True
    return _says_an_opposite(tokens_of(sentence), support)


def _read(text: str) -> dict[str, set[_Said]]:
    """The stems of the content words of a text, and in which ways it has each."""
    tokens = tokens_of(text)
    denied: set[int] = set()
    for match in _DENIALS.finditer(text):
        first = sum(token.start < match.start() for token in tokens)
        last = sum(token.start < match.end() for token in tokens)
        denied |= {*range(first - _DENIED_BEFORE, first), *range(last, last + _DENIED_BEHIND)}
    found: dict[str, set[_Said]] = {}
    reach = 0
    for number, token in enumerate(tokens):
        if token.lower in _NEGATORS or token.lower.endswith("n't"):
            reach = _SCOPE
            continue
        if is_content(token.text):
            said = _Said.NEGATED if reach > 0 else _Said.DENIED if number in denied else _Said.PLAIN
            found.setdefault(stem(token.text), set()).add(said)
        ends_clause = text[token.end : token.end + 1] in {",", ";", ":", "."}
        reach = 0 if ends_clause else reach - 1
    return found


def _says_an_opposite(tokens: Sequence[Token], support: Sequence[str]) -> bool:
    said = {stem(token.text) for token in tokens}
    there = {stem(token.text) for text in support for token in tokens_of(text)}
    return any(
        said & one and not said & other and there & other and not there & one for one, other in _both_ways()
    )


def _both_ways() -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    for one, other in _OPPOSITES:
        yield one, other
        yield other, one
