"""Whether a sentence says that something is where the article says that it is not, or the other way round."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice

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


# Whether a sentence tells as a fact what the article tells as denied, or as perhaps so.

# What follows is told as not so, to the end of the clause.
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|unlikely|doubt(?:s|ed|ful)?|rul(?:e|es|ed|ing) out|untrue|false(?:ly)?|"
    r"no (?:evidence|proof|sign)|(?:refus\w+|fail(?:s|ed|ing)?|declin\w+|unable|unwilling) to)\b",
    re.IGNORECASE,
)
# What stands before is: "claims that the army attacked were denied by the minister".
_DENIED_BY = re.compile(r"\b(?:denied|dismissed|rejected) by\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;:.!?](?=\s|\Z)|,? (?:but|though|although)\b|, (?:and|saying|while|who|which)\b")
_HEDGES = lexicon.listed(
    "may might could alleged allegedly suspected reportedly possibly perhaps probably accused"
)
# A sentence that has one of these tells no fact.
_DOUBTS = _HEDGES | lexicon.listed(
    "would can likely possible believed thought feared fear fears expected suspect suspects alleges allege "
    "accuses accuse claims claim claimed charged if whether"
)
_NEGATORS = lexicon.listed("not no never neither nor without cannot none nobody nothing hardly barely")
_SENTENCE_CHARS = 4_000  # of one: what is longer was written to be slow
_CLAUSE_CHARS = 400  # looked through for the beginning of a clause
_NEGATED = 4  # words behind a negator
_BEHIND_HEDGE = 5  # words behind a hedge in which its verb stands
_BEFORE_VERB = lexicon.words("function_words", "auxiliaries") | {"to"}
_IRREGULAR = {
    form: forms.split()[0]
    for forms in """
    steal stole stolen stealing/take took taken taking/break broke broken breaking/shoot shot shooting
    give gave given giving/write wrote written writing/know knew known knowing/beat beaten beating
    drive drove driven driving/fall fell fallen falling/choose chose chosen choosing/sell sold selling
    buy bought buying/leave left leaving/lose lost losing/win won winning/meet met meeting/pay paid paying
    send sent sending/bring brought bringing/build built building/hold held holding/find found finding
    lead led leading/fight fought fighting/strike struck striking/hit hitting/make made making/run ran running
    flee fled fleeing/hide hid hidden hiding/lie lied lying/see saw seen seeing/speak spoke spoken speaking
    begin began begun beginning/rise rose risen rising/become became becoming/get got getting
    go went gone going/come came coming/keep kept keeping/spend spent spending/sink sank sunk sinking
    set setting/cut cutting
    """.strip().replace("\n", "/").split("/")
    for form in forms.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """The words of a text that say something, each in one form for all its inflections."""

    facts: frozenset[str]
    denied: frozenset[str]  # verbs
    hedged: frozenset[str]


def overstates(sentence: str, support: Sequence[str]) -> bool:
    """Whether `sentence` has as a fact what its supporting sentences have only as denied, or with a "may"."""
    own, there = _told(sentence), [_told(text) for text in support]
    facts = own.facts - _united(told.facts for told in there)
    if facts & _united(told.denied for told in there):
        return True
    doubts = any(token.lower in _DOUBTS for token in tokens_of(sentence))
    return not doubts and bool(facts & _united(told.hedged for told in there))


def _united(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _told(text: str) -> _Told:
    text = text[:_SENTENCE_CHARS]
    tokens = tokens_of(text)
    places = tuple(_denied_places(text))
    hedged = {n for i, token in enumerate(tokens) if _is_hedge(token) for n in _verb_behind(tokens, i)}
    words: dict[str, set[str]] = {"facts": set(), "denied": set(), "hedged": set()}
    negated_to = 0
    for number, token in enumerate(tokens):
        if token.lower in _NEGATORS or token.lower.endswith("n't"):
            negated_to = number + _NEGATED + 1
        if not is_content(token.text) or number < negated_to:
            continue
        denied = any(start <= token.start < end for start, end in places) and _is_verb(tokens, number)
        kind = "denied" if denied else "hedged" if number in hedged else "facts"
        words[kind].add(_form(token))
    return _Told(*(frozenset(words[kind]) for kind in ("facts", "denied", "hedged")))


def _denied_places(text: str) -> Iterator[tuple[int, int]]:
    for match in _DENIES.finditer(text):
        end = _CLAUSE_END.search(text, match.end())
        yield match.end(), end.start() if end is not None else len(text)
    for match in _DENIED_BY.finditer(text):
        begin = max(0, match.start() - _CLAUSE_CHARS)
        ends = [end.end() for end in _CLAUSE_END.finditer(text, begin, match.start())]
        yield ends[-1] if ends else begin, match.start()


def _is_hedge(token: Token) -> bool:
    """May is a month, and Might no word of doubt, where it has a capital."""
    return token.lower in _HEDGES and not (token.lower == "may" and token.text[0].isupper())


def _verb_behind(tokens: Sequence[Token], hedge: int) -> Iterator[int]:
    behind = range(hedge + 1, min(len(tokens), hedge + 1 + _BEHIND_HEDGE))
    says = (n for n in behind if is_content(tokens[n].text) and not tokens[n].lower.endswith("ly"))
    yield from islice(says, 1)


def _is_verb(tokens: Sequence[Token], number: int) -> bool:
    word = tokens[number].text
    if not word.islower():
        return False
    after_auxiliary = number > 0 and tokens[number - 1].lower in _BEFORE_VERB
    return after_auxiliary or word in _IRREGULAR or word.endswith(("ed", "ing"))


def _form(token: Token) -> str:
    return stem(_IRREGULAR.get(token.lower, token.lower))
