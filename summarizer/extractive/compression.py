"""What a sentence can lose and still be true, grammatical and attributed: the cuts, never inside a quotation.

Only what a comma, a bracket or a dash already sets apart is offered. An attribution is never cut: without
"police said", a claim would turn into a fact.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.extractive.references import References, date_of
from summarizer.model import Bullet, Edit, EditKind, Quote, QuoteKind
from summarizer.quotes.passages import find_passages

# Link to a sentence that the reader of a brief has not seen.
_CONNECTIVE = re.compile(
    r"(?:But(?! for\b),?|And,?|(?:So|Yet),(?! too\b)|"
    # Of other words it is a part: "so far", "so did", "so many that", "yet to be decided", "yet another".
    r"(?:So|Yet)(?= (?:the|a|an|this|these|those|he|she|it|they|we|his|her|its|their|there)\b)|"
    r"Yet(?= [A-Z])|(?:Meanwhile|However|Also|Still|Instead|Besides|Moreover|Furthermore|"
    r"Nevertheless|Nonetheless|Indeed|In addition|Additionally|In fact|Of course|For example|For instance|"
    r"At the same time|On the other hand|That said|Even so),) (?=\w)"
)
_BRACKETS = re.compile(r" \([^()]{1,200}\)(?=[ ,.;:])")
# Behind a list, what follows the second dash can be a sentence of its own: "more than half said".
_GOES_ON = r"(?=[a-z])(?!more|less|fewer|most|many|some|about|nearly|almost|all|they|it|we|he|she)"
_DASHES = re.compile(rf" -- (?:(?! -- )[^\"“”;—–])+ -- {_GOES_ON}|(?: — |—)[^\"“”;—–]+(?: — |—){_GOES_ON}")
# Only the sentence's own verb can follow: a participle ("led by", "based in") would join the wrong noun.
_FINITE = (
    r"(?= (?:has|have|had|is|are|was|were|will|would|can|could|may|might|must|should|did|does|do|said|says|"
    r"told|took|went|came|gave|became|began|wrote|spoke|fell|rose)\b)"
)
_INSERTED = re.compile(
    r"(?<=\w), (?:(?:who|which|whose|where|a|an|the|now|one of)\b [^,\"“”;:()—–]{2,120}|\d{1,3})," + _FINITE
)
_LAST_CLAUSE = re.compile(r"(?<=\w), (?:who|which|where) [^,\"“”;:()—–]{2,160}(?=[.]$)")
_CLEFT = re.compile(r"\b(?:it|this|that)(?:['’]s| is| was)\b", re.IGNORECASE)
# Says whose claim it is, or that it is one.
_ATTRIBUTES = re.compile(
    r"\b(?:said|says?|according|told|claim\w*|alleg\w*|accus\w*|den(?:y|ies|ied)|reported\w*|believe\w*|"
    r"suspect\w*|assert\w*|argu\w*)\b",
    re.IGNORECASE,
)
_RELATIVE = lexicon.listed("who which whose where now")
# These tell more often of deeds than of words, but for "the war, the general began, …".
_OFTEN_DEEDS = lexicon.listed("called began begins opened closed finished ended put went goes read compared")
_SAYS = (lexicon.words("cues", "strong") - _OFTEN_DEEDS) | lexicon.listed("estimate estimates reckon reckons")
_MAY_SAY = lexicon.words("cues", "weak") | _OFTEN_DEEDS
_CONDITION = re.compile(
    r"\A\W*(?:until|once|when|provided|assuming|excluding|pending|barring)\b"
    r"|\b(?:if|unless|except|but not)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w[\w’'-]*")
_QUOTED = re.compile(r"\"[^\"]*\"?|“[^”]*”?|(?<!\w)‘[^’]*’")


def cuts(sentence: str, *, start: int = 0) -> tuple[Edit, ...]:
    """What may be left out of `sentence`, each on its own or together, in text order and disjoint.

    start: where the sentence begins in the article's text, from which the edits' spans count. A cut at the
    start of the sentence takes along the first letter of what follows, to write it as a capital.
    """
    quoted = [match.span() for match in _QUOTED.finditer(sentence)]
    found: list[Edit] = []
    for edit in sorted(_offered(sentence), key=lambda edit: edit.span):
        in_quotation = any(a < edit.span.end and edit.span.start < b for a, b in quoted)
        if not in_quotation and not (found and found[-1].span.overlaps(edit.span)):
            found.append(edit)
    return tuple(_shifted(edit, start) for edit in found)


def is_connective(sentence: str, length: int, *, made: str) -> bool:
    """Whether a sentence opens with a "But" of that length, and `made` is its next letter, large.

    Nothing is left where what follows was written anew.
    """
    opening = _CONNECTIVE.match(sentence)
    if opening is None:
        return False
    return (opening.end(), made) in {(length, ""), (length - 1, sentence[length - 1 : length].upper())}


def must_stay(words: str) -> bool:
    """Whether what is set apart says whose claim the sentence is, or on what condition it holds."""
    if _ATTRIBUTES.search(words) or _CONDITION.search(words):
        return True
    own = _WORD.findall(words)
    if not own or own[0] in _RELATIVE:
        return False
    return own[-1] in _MAY_SAY or any(word in _SAYS for word in own)


def edited(text: str, span: Span, edits: tuple[Edit, ...]) -> str:
    """The words of `span` of `text` with the edits made, in single spaces; with none, as they stand."""
    parts: list[str] = []
    at = span.start
    for edit in edits:
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return " ".join("".join([*parts, text[at : span.end]]).split())


def _offered(sentence: str) -> Iterator[Edit]:
    opening = _CONNECTIVE.match(sentence)
    if opening is not None:
        end = opening.end()
        yield _edit(0, end + 1, sentence[end].upper(), EditKind.CONNECTIVE)
    for pattern, kind, text in (
        (_BRACKETS, EditKind.ASIDE, ""),
        (_DASHES, EditKind.ASIDE, " "),
        (_INSERTED, EditKind.ASIDE, ""),
        (_LAST_CLAUSE, EditKind.CLAUSE, ""),
    ):
        for match in pattern.finditer(sentence):
            # "It was Rob, who is 28, who won" needs its clause.
            cleft = pattern in (_INSERTED, _LAST_CLAUSE) and _CLEFT.search(sentence, 0, match.start())
            if not cleft and not must_stay(match[0]):
                yield _edit(match.start(), match.end(), text, kind)


def _edit(start: int, end: int, text: str, kind: EditKind) -> Edit:
    return Edit(span=Span(start=start, end=end), text=text, kind=kind)


def _shifted(edit: Edit, by: int) -> Edit:
    span = Span(start=edit.span.start + by, end=edit.span.end + by)
    return Edit(span=span, text=edit.text, kind=edit.kind)


# The check of the edits that were made to an article's own sentences: what fails it is undone.


def sound(article: Article, quotes: Sequence[Quote], bullet: Bullet) -> Bullet:
    """The bullet with those of its edits that keep what the article says; the others undone.

    No edit reaches into a quotation; what is dropped takes no attribution along; a name is whose the pronoun
    is, and a date the day that is meant. A generated bullet has no edits and is returned as it is.
    """
    if bullet.generated:
        return bullet
    hull = Span(start=bullet.spans[0].start, end=bullet.spans[-1].end)
    kept = tuple(edit for edit in bullet.edits if _is_sound(article, quotes, hull, edit))
    text = edited(article.text, hull, kept)
    return bullet if (text, kept) == (bullet.text, bullet.edits) else replace(bullet, text=text, edits=kept)


def _is_sound(article: Article, quotes: Sequence[Quote], hull: Span, edit: Edit) -> bool:
    inside = hull.start <= edit.span.start and edit.span.end <= hull.end
    if not inside or _is_quoted(article, quotes, edit.span):
        return False
    words = edit.span.of(article.text)
    match edit.kind:
        case EditKind.CONNECTIVE:
            return edit.span.start == hull.start and is_connective(
                hull.of(article.text), len(words), made=edit.text
            )
        case EditKind.ASIDE | EditKind.CLAUSE:
            return not edit.text.strip() and not must_stay(words)
        case EditKind.PRONOUN:
            return edit.text == References(article, quotes).name_of(edit.span)
        case EditKind.DATE:
            return article.published is not None and edit.text == date_of(
                hull.of(article.text),
                Span(start=edit.span.start - hull.start, end=edit.span.end - hull.start),
                article.published,
            )


def _is_quoted(article: Article, quotes: Sequence[Quote], span: Span) -> bool:
    own = (part for q in quotes if q.kind is not QuoteKind.PARAPHRASED for part in q.content)
    if any(part.overlaps(span) for part in own):
        return True
    paragraph = next((p.span for p in article.paragraphs() if p.span.overlaps(span)), None)
    if paragraph is None:
        return True
    return any(passage.outer.overlaps(span) for passage in find_passages(article.text, [paragraph]))
