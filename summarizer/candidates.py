"""The sentences of an article that a brief can be made of, and whether each can stand alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from articles.model import Article, ParagraphKind, Span
from summarizer.compression import cuts, edited
from summarizer.model import Edit, EditKind, Quote, QuoteKind
from summarizer.sentences import split_sentences

# Point back at a sentence that the reader of a brief has not seen.
_CONNECTIVES = re.compile(
    r"(?:but|and|or|so|yet|nor|however|meanwhile|also|still|instead|then|besides|moreover|"
    r"furthermore|nevertheless|nonetheless|therefore|thus|hence|otherwise|likewise|similarly|"
    r"indeed|consequently|in addition|as a result|on the other hand|at the same time|"
    r"in other words|for example|for instance|in response|in contrast|by contrast|among them|"
    r"of those|of these|in turn|that said|even so|after that)\b",
    re.IGNORECASE,
)
_POINTERS = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|them|their|theirs|this|these|those|"
    r"the (?:former|latter|pair|duo|two|trio|incident|move|decision|statement))\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w’'.-]+")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_WORD = re.compile(r"\w[\w’'-]*")
# Capitalised at the start of a sentence without being names.
_COMMON_OPENERS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the in on at by for from to with of as after before when while if although though
        despite during since until because it its there here what who where why how which some
        many most several few all both each every another other one two three no not now today
        yesterday last earlier later this that these those he she they his her their we i you our
        my your asked according under over between among
        """,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One sentence, or the sentences that one quote runs through."""

    spans: tuple[Span, ...]  # its sentences, in text order, all of one paragraph
    paragraph: int  # from 0, over the whole article
    text: str  # from the first sentence's start to the last one's end, with single spaces
    words: int
    quotation: bool  # most of its words stand in quotation marks
    whole: bool  # it cuts no quotation
    opening: tuple[Edit, ...]  # what drops a "But" or "Meanwhile," at its start; empty if there is none
    cuts: tuple[Edit, ...]  # what else may be left out of it, disjoint, in text order
    stands_alone: bool  # it is whole, and its references are inside it, once its opening is dropped

    @property
    def hull(self) -> Span:
        return Span(start=self.spans[0].start, end=self.spans[-1].end)


def candidates(article: Article, quotes: Sequence[Quote]) -> tuple[Candidate, ...]:
    """The candidates in text order. A quote that runs into the next sentence takes that one with it."""
    # A paraphrase is the reporter's wording, and may be cut as any other.
    quoted = [s for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED for s in quote.content]
    found: list[Candidate] = []
    for number, paragraph in enumerate(article.paragraphs()):
        words = paragraph.span.of(article.text)
        sentences = [_shifted(span, paragraph.span.start) for span in split_sentences(words)]
        for spans in _joined(sentences, quoted):
            prose = paragraph.kind is not ParagraphKind.LIST_ITEM
            found.append(_candidate(article.text, spans, number, quoted, prose=prose))
    return tuple(found)


def _candidate(
    article_text: str, spans: tuple[Span, ...], paragraph: int, quoted: Sequence[Span], *, prose: bool
) -> Candidate:
    hull = Span(start=spans[0].start, end=spans[-1].end)
    text = edited(article_text, hull, ())
    whole = not _cuts_a_quotation(text, spans, quoted)
    offered = cuts(hull.of(article_text), start=hull.start) if whole else ()
    # What quote marks of some other language enclose is a quotation too.
    offered = tuple(cut for cut in offered if not any(cut.span.overlaps(quote) for quote in quoted))
    opening = tuple(cut for cut in offered if cut.kind is EditKind.CONNECTIVE)
    return Candidate(
        spans=spans,
        paragraph=paragraph,
        text=text,
        words=len(text.split()),
        quotation=2 * sum(len(m[0].split()) for m in _QUOTED.finditer(text)) > len(text.split()),
        whole=whole,
        opening=opening,
        cuts=tuple(cut for cut in offered if cut.kind is not EditKind.CONNECTIVE),
        stands_alone=whole and prose and stands_alone(edited(article_text, hull, opening)),
    )


def stands_alone(sentence: str) -> bool:
    """Whether a reader who has seen nothing else knows whom and what `sentence` is about.

    No connective at its start, and no "he" or "this" before the first name. What is inside quotation marks
    is left out: there, "we" and "this" are the speaker's.
    """
    unquoted = _QUOTED.sub(" ", sentence).strip()
    if _CONNECTIVES.match(unquoted) or not _ends(sentence):
        return False
    pointer = _POINTERS.search(unquoted)
    if pointer is None:
        return bool(_WORD.search(unquoted))
    return any(name.start() < pointer.start() for name in _names(unquoted))


def _names(text: str) -> Iterator[re.Match[str]]:
    """Capitalised words; one that opens the sentence counts only if it could not be a common word there."""
    for match in _NAME.finditer(text):
        if match.start() > 0 or match[0].lower() not in _COMMON_OPENERS:
            yield match


def _ends(sentence: str) -> bool:
    return sentence.rstrip("\"'”’)]»」")[-1:] in frozenset(".!?…。！？؟।")


def _joined(sentences: Sequence[Span], quoted: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """The sentences in runs, so that no quote of this paragraph crosses from one run into the next."""
    run: list[Span] = []
    for sentence in sentences:
        if run and not any(quote.start < run[-1].end and sentence.start < quote.end for quote in quoted):
            yield tuple(run)
            run = []
        run.append(sentence)
    if run:
        yield tuple(run)


def _cuts_a_quotation(text: str, spans: Sequence[Span], quoted: Sequence[Span]) -> bool:
    """Whether `text` opens a quotation that it does not close, the other way round, or lies inside one."""
    if text.count('"') % 2 or text.count("“") != text.count("”"):
        return True
    start, end = spans[0].start, spans[-1].end
    return any(q.start < end and start < q.end and not (start < q.start and q.end <= end) for q in quoted)


def _shifted(span: Span, by: int) -> Span:
    return Span(start=span.start + by, end=span.end + by)
