"""Numbers as news writes them, made comparable.

1,000 is one thousand, 40% is forty percent, and $2bn are 2 billion dollars.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from summarizer import lexicon
from summarizer.text.dates import When
from summarizer.text.words import Token, is_content, stem, tokens_of

_TENS = lexicon.numbers("numbers", "tens")
_WORDS = lexicon.numbers("numbers", "words") | _TENS
_SPELLED_SCALES = lexicon.numbers("numbers", "scales")
_SCALES = _SPELLED_SCALES | lexicon.numbers("numbers", "short scales")
_ORDINALS = lexicon.numbers("numbers", "ordinals")
_FRACTIONS = lexicon.numbers("numbers", "fractions")
_PERCENT = lexicon.words("numbers", "percent")
_CURRENCIES = lexicon.pairs("numbers", "currencies")
VAGUE = lexicon.words("numbers", "vague")
"""Amounts without a number: the article must have the same word."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL_BEHIND = re.compile(r"(?:st|nd|rd|th)\b")
_SIGN_BEFORE = re.compile(r"(US\$|[$€£¥])\s?\Z", re.IGNORECASE)
_GAP = re.compile(r"[\s\u00a0-]*\Z")
_AGE_BEHIND = re.compile(r"[- ]?years?[- ]old\b|[- ]?y/?o\b")
_NOT_A_COUNT = re.compile(r"\A(?:\s+(?:of|another|day|other|point|more|thing)\b|[- ](?:on|sided|time|off)\b)")
_NO_ONE = re.compile(r"\b(?:no|every|any|some|each|this|that|which|the|at)[ -]\Z", re.IGNORECASE)
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_BEHIND, _AROUND = 3, 8  # words: how near a figure its noun is, and the words that tell its subject


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and what it counts."""

    value: Decimal
    unit: str  # "", "percent", "ordinal", "age", or a currency's code of ISO 4217 in lower case
    start: int
    end: int
    nouns: tuple[str, ...]  # stems of the content words right behind it
    before: tuple[str, ...]  # and right before it
    around: frozenset[str]  # and farther on both sides


def figures_of(text: str, *, without: Iterable[When] = ()) -> tuple[Figure, ...]:
    """The figures of `text` in order. without: dates, whose numbers are no figures."""
    ranges = sorted((when.start, when.end) for when in without)
    starts = [start for start, _ in ranges]
    # The farthest end so far, so that no figure is compared with all dates: a list of results has hundreds.
    ends = list(accumulate((end for _, end in ranges), max))

    def is_excluded(figure: Figure) -> bool:
        before = bisect_left(starts, figure.end)
        return before > 0 and ends[before - 1] > figure.start

    return tuple(figure for figure in _figures(text, tokens_of(text)) if not is_excluded(figure))


def unsupported_figure(figures: Sequence[Figure], article: Sequence[Sequence[Figure]]) -> Figure | None:
    """The first of `figures` that no sentence of the article supports.

    article: the figures of each sentence. The same number of something else does not count as support: if the
    article has 12 soldiers and 30 civilians, 30 soldiers are wrong.
    """
    for figure in figures:
        if not any(_agrees(figure, own, sentence) for sentence in article for own in sentence):
            return figure
    return None


def _agrees(figure: Figure, own: Figure, sentence: Sequence[Figure]) -> bool:
    if figure.value != own.value:
        return False
    units = {figure.unit, own.unit}
    if len(units) > 1 and units != {"", "age"}:
        return False
    if figure.unit == "age":
        return True
    if not figure.nouns:
        return not figure.before or bool(set(figure.before) & own.around)
    if set(figure.nouns) & set(own.nouns):
        return True
    if not set(figure.nouns) & own.around:
        return False
    # Its noun is near, but another number counts it.
    return not any(figure.nouns[0] in other.nouns[:1] for other in sentence if other is not own)


def _figures(text: str, tokens: Sequence[Token]) -> Iterator[Figure]:
    at = 0
    while at < len(tokens):
        read = _read(text, tokens, at)
        if read is None:
            at += 1
            continue
        value, unit, end = read
        start = tokens[at].start
        nouns = tuple(stem(t.text) for t in _clause(text, tokens, end, _BEHIND) if is_content(t.text))
        near = (*tokens[max(0, at - _AROUND) : at], *tokens[end : end + _AROUND])
        yield Figure(
            value=value,
            unit=unit,
            start=start,
            end=tokens[end - 1].end,
            nouns=tuple(noun for noun in nouns if noun not in _WORDS and not noun[0].isdigit()),
            before=tuple(stem(t.text) for t in tokens[max(0, at - _BEHIND) : at] if is_content(t.text)),
            around=frozenset(stem(token.text) for token in near if is_content(token.text)),
        )
        at = end


def _clause(text: str, tokens: Sequence[Token], start: int, most: int) -> Sequence[Token]:
    """Up to `most` tokens from `start` on, up to the punctuation or the verb that ends the noun phrase."""
    end = start
    while end < min(len(tokens), start + most):
        if re.search(r"[,;:.!?()—–\"“”]", text[tokens[end - 1].end : tokens[end].start]):
            break
        if tokens[end].lower in _AUXILIARIES:
            break
        end += 1
    return tokens[start:end]


def _read(text: str, tokens: Sequence[Token], at: int) -> tuple[Decimal, str, int] | None:
    """The figure that begins at token `at`: its value, its unit, and the number of the next token."""
    token = tokens[at]
    if _NUMBER.fullmatch(token.text):
        if _is_code(text, token):
            return None
        if _ORDINAL_BEHIND.match(text, token.end):
            return _value(token.text), "ordinal", min(at + 2, len(tokens))
        value, end = _scaled(text, tokens, _value(token.text), at + 1)
    elif token.lower in _ORDINALS:
        return Decimal(_ORDINALS[token.lower]), "ordinal", at + 1
    elif token.lower in _WORDS or (token.lower in {"a", "half"} and _scale_follows(text, tokens, at)):
        if token.lower == "one" and _is_pronoun(text, token):
            return None
        value, end = _spelled(text, tokens, at)
    else:
        return None
    return _with_unit(text, tokens, at, value, end)


def _is_code(text: str, token: Token) -> bool:
    """Whether the digits are part of a name: F-16, COVID-19, G7, B-52s."""
    return bool(re.search(r"[^\W\d_]-?\Z", text[max(0, token.start - 2) : token.start]))


def _is_pronoun(text: str, token: Token) -> bool:
    behind = _NOT_A_COUNT.match(text[token.end : token.end + 12])
    return behind is not None or _NO_ONE.search(text[max(0, token.start - 7) : token.start]) is not None


def _scale_follows(text: str, tokens: Sequence[Token], at: int) -> bool:
    ahead = [t.lower for t in tokens[at + 1 : at + 3]]
    if tokens[at].lower == "half":
        return ahead[:1] == ["a"] and len(ahead) > 1 and ahead[1] in _SPELLED_SCALES
    return bool(ahead) and ahead[0] in _SPELLED_SCALES and _joined(text, tokens, at)


def _joined(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether only spaces and hyphens stand between a token and the next."""
    return at + 1 < len(tokens) and bool(_GAP.match(text[tokens[at].end : tokens[at + 1].start]))


def _value(digits: str) -> Decimal:
    """Reads 1,000 and 1.000.000 as thousands, 3.5 and 3,5 as decimals, and 1.500 as 1.5, as in English."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return Decimal(digits.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", digits):
        return Decimal(digits.replace(".", ""))
    plain = digits.replace(",", ".")
    return Decimal(plain) if plain.count(".") <= 1 else Decimal(re.sub(r"\D", "", digits))


def _scaled(text: str, tokens: Sequence[Token], value: Decimal, end: int) -> tuple[Decimal, int]:
    """The value times the "million" or "bn" that follows, and the number of the next token."""
    while end < len(tokens) and _joined(text, tokens, end - 1):
        word = tokens[end].lower
        spelled = word in _SPELLED_SCALES
        short = word in _SCALES and tokens[end].start == tokens[end - 1].end
        if not spelled and not short:
            break
        value, end = value * _SCALES[word], end + 1
    return value, end


def _spelled(text: str, tokens: Sequence[Token], at: int) -> tuple[Decimal, int]:
    """The value of "two hundred and fifty thousand" at token `at`, and the number of the next token."""
    total, part, end = Decimal(0), Decimal(0), at
    if tokens[at].lower == "half":
        return Decimal(_SCALES[tokens[at + 2].lower]) / 2, at + 3
    while end < len(tokens) and (end == at or _joined(text, tokens, end - 1)):
        word = tokens[end].lower
        if word == "a" and end == at:
            part = Decimal(1)
        elif word in _WORDS and (end == at or _can_follow(tokens[end - 1].lower, word)):
            part += _WORDS[word]
        elif word in _SPELLED_SCALES and end > at:
            part *= _SCALES[word]
            if _SCALES[word] >= 1_000:
                total, part = total + part, Decimal(0)
        elif not (word == "and" and _continues(tokens, end)):
            break
        end += 1
    return total + part, end


def _can_follow(before: str, word: str) -> bool:
    """Whether a number word continues a number: "twenty-one" and "two hundred one", but not "two three"."""
    return before in _SPELLED_SCALES or before == "and" or (before in _TENS and 0 < _WORDS[word] < 10)


def _continues(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at - 1].lower in _SPELLED_SCALES and at + 1 < len(tokens) and tokens[at + 1].lower in _WORDS


def _with_unit(
    text: str, tokens: Sequence[Token], at: int, value: Decimal, end: int
) -> tuple[Decimal, str, int]:
    behind = text[tokens[end - 1].end : tokens[end - 1].end + 24]
    sign = _SIGN_BEFORE.search(text[max(0, tokens[at].start - 4) : tokens[at].start])
    if sign is not None:
        return value, _CURRENCIES[sign[1].lower()], end
    if re.match(r"\s?%", behind):
        return value, "percent", end
    if _AGE_BEHIND.match(behind):
        return value, "age", end
    if end < len(tokens) and _joined(text, tokens, end - 1):
        word = tokens[end].lower
        if word in _PERCENT:
            return value, "percent", end + 1
        if word == "per" and end + 1 < len(tokens) and tokens[end + 1].lower == "cent":
            return value, "percent", end + 2
        if (part := _FRACTIONS.get(word.removesuffix("s"))) and end == at + 1 and value < part:
            return value / part, "", end + 1
        if (currency := _CURRENCIES.get(stem(word))) is not None:
            return value, currency, end + 1
    return value, "", end
