"""Whether a sentence tells as a fact what the article tells as denied, or as perhaps so."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from summarizer import lexicon
from summarizer.text.words import Token, is_content, stem, tokens_of

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
