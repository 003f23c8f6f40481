"""Sentence compression: cuts that keep a sentence true, grammatical and attributed, and the check of edits.

A cut is what commas, brackets or dashes already set apart, never inside a quotation. An attribution is never
cut: without "police said", a claim would become a fact.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.extractive.references import References, date_of
from summarizer.model import Bullet, Edit, EditKind, Quote, QuoteKind
from summarizer.quotes.passages import find_passages

_CONNECTIVES = lexicon.any_of(word.capitalize() for word in lexicon.words("compression", "connectives"))
# They connect a sentence to one that the reader of a brief has not seen.
_CONNECTIVE = re.compile(
    r"(?:But(?! for\b),?|And,?|(?:So|Yet),(?! too\b)|"
    # Before other words it has another meaning: "so far", "so did", "so many that", "yet another".
    r"(?:So|Yet)(?= (?:the|a|an|this|these|those|he|she|it|they|we|his|her|its|their|there)\b)|"
    rf"Yet(?= [A-Z])|{_CONNECTIVES},) (?=\w)"
)
_BRACKETS = re.compile(r" \([^()]{1,200}\)(?=[ ,.;:])")
# Behind a list in dashes, another sentence can follow: "more than half said".
_GOES_ON = r"(?=[a-z])(?!more|less|fewer|most|many|some|about|nearly|almost|all|they|it|we|he|she)"
_DASHES = re.compile(rf" -- (?:(?! -- )[^\"“”;—–])+ -- {_GOES_ON}|(?: — |—)[^\"“”;—–]+(?: — |—){_GOES_ON}")
# Only the main verb may follow: a participle ("led by", "based in") would join the wrong noun.
_FINITE = (
    r"(?= (?:has|have|had|is|are|was|were|will|would|can|could|may|might|must|should|did|does|do|said|says|"
    r"told|took|went|came|gave|became|began|wrote|spoke|fell|rose)\b)"
)
_INSERTED = re.compile(
    r"(?<=\w), (?:(?:who|which|whose|where|a|an|the|now|one of)\b [^,\"“”;:()—–]{2,120}|\d{1,3})," + _FINITE
)
_LAST_CLAUSE = re.compile(r"(?<=\w), (?:who|which|where) [^,\"“”;:()—–]{2,160}(?=[.]$)")
_CLEFT = re.compile(r"\b(?:it|this|that)(?:['’]s| is| was)\b", re.IGNORECASE)
# They tell whose claim something is, or that it is a claim.
_ATTRIBUTES = re.compile(
    r"\b(?:said|says?|according|told|claim\w*|alleg\w*|accus\w*|den(?:y|ies|ied)|reported\w*|believe\w*|"
    r"suspect\w*|assert\w*|argu\w*)\b",
    re.IGNORECASE,
)
_CLAUSE_OPENERS = lexicon.words("compression", "clause openers")
_AMBIGUOUS_CUES = lexicon.words("compression", "ambiguous cues")
_CUES = (lexicon.words("cues", "strong") - _AMBIGUOUS_CUES) | lexicon.words("compression", "cues")
_LAST_CUES = lexicon.words("cues", "weak") | _AMBIGUOUS_CUES
_CONDITION = re.compile(
    r"\A\W*(?:until|once|when|provided|assuming|excluding|pending|barring)\b"
    r"|\b(?:if|unless|except|but not)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w[\w’'-]*")
_QUOTED = re.compile(r"\"[^\"]*\"?|“[^”]*”?|(?<!\w)‘[^’]*’")


def find_cuts(sentence: str, *, start: int = 0) -> tuple[Edit, ...]:
    """What can be left out of `sentence`, separately or together, in text order and disjoint.

    start: the offset of the sentence in the article's text; the edits' spans count from there. A cut at the
    beginning of the sentence includes the next letter, to make it a capital.
    """
    quoted = [match.span() for match in _QUOTED.finditer(sentence)]
    end = 0
    found: list[Edit] = []
    for first, last, text, kind in sorted(_candidate_cuts(sentence), key=lambda cut: cut[:2]):
        if first >= end and not any(a < last and first < b for a, b in quoted):
            found.append(Edit(span=Span(start=first, end=last).shifted(start), text=text, kind=kind))
            end = last
    return tuple(found)


def _candidate_cuts(sentence: str) -> Iterator[tuple[int, int, str, EditKind]]:
    """(start, end, replacement, kind)."""
    opening = _CONNECTIVE.match(sentence)
    if opening is not None:
        end = opening.end()
        yield 0, end + 1, sentence[end].upper(), EditKind.CONNECTIVE
    for pattern, kind, text in (
        (_BRACKETS, EditKind.ASIDE, ""),
        (_DASHES, EditKind.ASIDE, " "),
        (_INSERTED, EditKind.ASIDE, ""),
        (_LAST_CLAUSE, EditKind.CLAUSE, ""),
    ):
        for match in pattern.finditer(sentence):
            # "It was Rob, who is 28, who won" needs its clause.
            is_cleft = pattern in (_INSERTED, _LAST_CLAUSE) and _CLEFT.search(sentence, 0, match.start())
            if not is_cleft and not _must_stay(match[0]):
                yield match.start(), match.end(), text, kind


def _must_stay(words: str) -> bool:
    """Whether the words tell whose claim the sentence is, or on what condition it holds."""
    if _ATTRIBUTES.search(words) or _CONDITION.search(words):
        return True
    own = _WORD.findall(words)
    if not own or own[0] in _CLAUSE_OPENERS:
        return False
    return own[-1] in _LAST_CUES or any(word in _CUES for word in own)


def apply_edits(text: str, span: Span, edits: Sequence[Edit]) -> str:
    """The words of `span` of `text` with the edits applied, with single spaces."""
    parts: list[str] = []
    at = span.start
    for edit in edits:
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return " ".join("".join([*parts, text[at : span.end]]).split())


def undo_unsound_edits(article: Article, quotes: Sequence[Quote], bullet: Bullet) -> Bullet:
    """The bullet without the edits that change what the article says. A generated bullet has no edits.

    No edit may reach into a quotation, cut an attribution, give a pronoun another person's name, or a weekday
    another date.
    """
    if bullet.generated:
        return bullet
    hull = Span(start=bullet.spans[0].start, end=bullet.spans[-1].end)
    kept = tuple(edit for edit in bullet.edits if _is_sound(article, quotes, hull, edit))
    text = apply_edits(article.text, hull, kept)
    return bullet if (text, kept) == (bullet.text, bullet.edits) else replace(bullet, text=text, edits=kept)


def _is_sound(article: Article, quotes: Sequence[Quote], hull: Span, edit: Edit) -> bool:
    span, words, sentence = edit.span, edit.span.of(article.text), hull.of(article.text)
    if not hull.contains(span) or _is_quoted(article, quotes, span):
        return False
    match edit.kind:
        case EditKind.CONNECTIVE:
            opening = _CONNECTIVE.match(sentence)
            if opening is None or span.start != hull.start:
                return False
            # With the next letter, as a capital; without it, if a name is written there.
            with_letter = len(words) == opening.end() + 1 and edit.text == words[-1:].upper()
            return with_letter or (len(words) == opening.end() and not edit.text)
        case EditKind.ASIDE | EditKind.CLAUSE:
            return not edit.text.strip() and not _must_stay(words)
        case EditKind.PRONOUN:
            return edit.text == References(article, quotes).name_of(span)
        case EditKind.DATE:
            published = article.published
            return published is not None and edit.text == date_of(
                sentence, span.shifted(-hull.start), published
            )


def _is_quoted(article: Article, quotes: Sequence[Quote], span: Span) -> bool:
    verbatim = (part for q in quotes if q.kind is not QuoteKind.PARAPHRASED for part in q.content)
    if any(part.overlaps(span) for part in verbatim):
        return True
    paragraph = next((p.span for p in article.paragraphs() if p.span.overlaps(span)), None)
    if paragraph is None:
        return True
    return any(passage.outer.overlaps(span) for passage in find_passages(article.text, [paragraph]))
