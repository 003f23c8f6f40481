"""Polarity and certainty: whether a sentence affirms what the article negates, denies or only suspects."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from summarizer import lexicon
from summarizer.text.words import Token, is_content, stem, tokens_of

_NEGATORS = lexicon.words("polarity", "negators")
_NEGATED = 4  # words behind a negator

# They negate without a "not": refused, ruled out.
_DENIALS = re.compile(
    r"\b(?:den(?:y|ies|ied)|denying|refus\w+|reject\w+|rul(?:e|es|ed|ing) out|fail(?:s|ed|ing|ure)?|"
    r"declin\w+|lack(?:s|ed|ing)?|unable|unlikely|unwilling|unaware|unclear|unharmed|impossible|prevent\w*|"
    r"prohibit\w*|bann?(?:ed|ing|s)?|block(?:s|ed|ing)?|avoid\w*|against|oppos\w+|dismiss\w+|cancel\w*|"
    r"far from|instead of|rather than|absence|unless|until|doubt\w*|miss(?:es|ed|ing)?|without|out of)\b",
    re.IGNORECASE,
)
_DENIED_BEFORE, _DENIED_BEHIND = 3, 6  # words around a denial

# What follows is denied, up to the end of the clause.
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|unlikely|doubt(?:s|ed|ful)?|rul(?:e|es|ed|ing) out|untrue|false(?:ly)?|"
    r"no (?:evidence|proof|sign)|(?:refus\w+|fail(?:s|ed|ing)?|declin\w+|unable|unwilling) to)\b",
    re.IGNORECASE,
)
# What precedes is denied: "claims that the army attacked were denied by the minister".
_DENIED_BY = re.compile(r"\b(?:denied|dismissed|rejected) by\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;:.!?](?=\s|\Z)|,? (?:but|though|although)\b|, (?:and|saying|while|who|which)\b")
_MAX_CLAUSE_CHARS = 400
_MAX_CHARS = 4_000  # of one sentence; a longer one is an attack that tries to use up time

_HEDGES = lexicon.words("polarity", "hedges")
_UNCERTAIN = _HEDGES | lexicon.words("polarity", "uncertain")
_HEDGED = 5  # words behind a hedge among which its verb is
_BEFORE_VERB = lexicon.words("function_words", "auxiliaries") | {"to"}
_INFINITIVES = {form: row[0] for row in lexicon.rows("irregular_verbs") for form in row}


def _both_ways() -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    for row in lexicon.rows("polarity", "opposites"):
        words = [stem(word) for word in row]
        one, other = frozenset(words[: words.index("/")]), frozenset(words[words.index("/") + 1 :])
        yield one, other
        yield other, one


_OPPOSITES = tuple(_both_ways())


class _Polarity(Enum):
    """How a text uses a word."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    DENIED = "denied"  # near "refused" or "ruled out": it may mean either


def contradicts(sentence: str, support: Sequence[str]) -> bool:
    """Whether `sentence` negates what its supporting sentences affirm, or the reverse, or says an opposite.

    Compares the words that they share: a word that is negated in one and never in the other.
    """
    own = _polarities(sentence)
    article: dict[str, set[_Polarity]] = {}
    for text in support:
        for word, polarities in _polarities(text).items():
            article.setdefault(word, set()).update(polarities)
    affirmed, negated = {_Polarity.AFFIRMED}, {_Polarity.NEGATED}
    for word in own.keys() & article.keys():
        if (own[word], article[word]) in [(negated, affirmed), (affirmed, negated)]:
            return True
    negates = any(_Polarity.NEGATED in polarities for polarities in own.values())
    if negates and all(polarities == affirmed for polarities in article.values()):
        return True
    words = {stem(token.text) for token in tokens_of(sentence)}
    others = {stem(token.text) for text in support for token in tokens_of(text)}
    return any(
        words & one and not words & other and others & other and not others & one for one, other in _OPPOSITES
    )


def _polarities(text: str) -> dict[str, set[_Polarity]]:
    """The stems of the content words, each with the polarities that it has in the text."""
    tokens = tokens_of(text)
    denied: set[int] = set()
    for match in _DENIALS.finditer(text):
        first = sum(token.start < match.start() for token in tokens)
        last = sum(token.start < match.end() for token in tokens)
        denied |= {*range(first - _DENIED_BEFORE, first), *range(last, last + _DENIED_BEHIND)}
    found: dict[str, set[_Polarity]] = {}
    reach = 0
    for number, token in enumerate(tokens):
        if _is_negator(token):
            reach = _NEGATED
            continue
        if is_content(token.text):
            otherwise = _Polarity.DENIED if number in denied else _Polarity.AFFIRMED
            polarity = _Polarity.NEGATED if reach > 0 else otherwise
            found.setdefault(stem(token.text), set()).add(polarity)
        ends_clause = text[token.end : token.end + 1] in {",", ";", ":", "."}
        reach = 0 if ends_clause else reach - 1
    return found


def overstates(sentence: str, support: Sequence[str]) -> bool:
    """Whether `sentence` tells as a fact what its supporting sentences only deny, or tell with a "may"."""
    own, article = _Facts(sentence), [_Facts(text) for text in support]
    facts = own.certain - _union(one.certain for one in article)
    if facts & _union(one.denied for one in article):
        return True
    is_uncertain = any(token.lower in _UNCERTAIN for token in tokens_of(sentence))
    return not is_uncertain and bool(facts & _union(one.hedged for one in article))


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set[str]().union(*sets)


class _Facts:
    """The content words of a text by how certain they are; all inflections of a word are one."""

    def __init__(self, text: str) -> None:
        self.certain: set[str] = set()
        self.denied: set[str] = set()  # verbs only
        self.hedged: set[str] = set()
        text = text[:_MAX_CHARS]
        tokens = tokens_of(text)
        places = tuple(_denied_places(text))
        hedged = {_hedged_verb(tokens, i) for i, token in enumerate(tokens) if _is_hedge(token)}
        negated_to = 0
        for number, token in enumerate(tokens):
            if _is_negator(token):
                negated_to = number + _NEGATED + 1
            if not is_content(token.text) or number < negated_to:
                continue
            form = stem(_INFINITIVES.get(token.lower, token.lower))
            if any(start <= token.start < end for start, end in places) and _is_verb(tokens, number):
                self.denied.add(form)
            elif number in hedged:
                self.hedged.add(form)
            else:
                self.certain.add(form)


def _denied_places(text: str) -> Iterator[tuple[int, int]]:
    for match in _DENIES.finditer(text):
        end = _CLAUSE_END.search(text, match.end())
        yield match.end(), end.start() if end is not None else len(text)
    for match in _DENIED_BY.finditer(text):
        begin = max(0, match.start() - _MAX_CLAUSE_CHARS)
        ends = [end.end() for end in _CLAUSE_END.finditer(text, begin, match.start())]
        yield ends[-1] if ends else begin, match.start()


def _is_negator(token: Token) -> bool:
    return token.lower in _NEGATORS or token.lower.endswith("n't")


def _is_hedge(token: Token) -> bool:
    """With a capital, "May" is a month."""
    return token.lower in _HEDGES and not (token.lower == "may" and token.text[0].isupper())


def _hedged_verb(tokens: Sequence[Token], hedge: int) -> int | None:
    behind = range(hedge + 1, min(len(tokens), hedge + 1 + _HEDGED))
    words = (n for n in behind if is_content(tokens[n].text) and not tokens[n].lower.endswith("ly"))
    return next(words, None)


def _is_verb(tokens: Sequence[Token], number: int) -> bool:
    word = tokens[number].text
    if not word.islower():
        return False
    after_auxiliary = number > 0 and tokens[number - 1].lower in _BEFORE_VERB
    return after_auxiliary or word in _INFINITIVES or word.endswith(("ed", "ing"))
