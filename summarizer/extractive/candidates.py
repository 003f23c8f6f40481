"""The sentences of an article that a brief can be made of, and whether each can stand alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from articles.model import Article, ParagraphKind, Span
from summarizer.evidence.standalone import stands_alone
from summarizer.extractive.compression import cuts, edited
from summarizer.extractive.references import References
from summarizer.model import Edit, EditKind, Quote, QuoteKind
from summarizer.text.sentences import split_sentences

_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')


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
    written_out: tuple[Edit, ...]  # what names in it whom and when it means; disjoint from the others
    stands_alone: bool  # it is whole, and its references are inside it, once those edits are made

    @property
    def hull(self) -> Span:
        return Span(start=self.spans[0].start, end=self.spans[-1].end)


def candidates(article: Article, quotes: Sequence[Quote]) -> tuple[Candidate, ...]:
    """The candidates in text order. A quote that runs into the next sentence takes that one with it."""
    # A paraphrase is the reporter's wording, and may be cut as any other.
    quoted = [s for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED for s in quote.content]
    references = References(article, quotes)
    found: list[Candidate] = []
    for number, paragraph in enumerate(article.paragraphs()):
        words = paragraph.span.of(article.text)
        sentences = [_shifted(span, paragraph.span.start) for span in split_sentences(words)]
        for spans in _joined(sentences, quoted):
            prose = paragraph.kind is not ParagraphKind.LIST_ITEM
            out = references.written_out(Span(start=spans[0].start, end=spans[-1].end))
            found.append(_candidate(article.text, spans, number, quoted, out, prose=prose))
    return tuple(found)


def _candidate(
    article_text: str,
    spans: tuple[Span, ...],
    paragraph: int,
    quoted: Sequence[Span],
    out: Sequence[Edit],
    *,
    prose: bool,
) -> Candidate:
    hull = Span(start=spans[0].start, end=spans[-1].end)
    text = edited(article_text, hull, ())
    whole = not _cuts_a_quotation(text, spans, quoted)
    offered = cuts(hull.of(article_text), start=hull.start) if whole else ()
    # What quote marks of some other language enclose is a quotation too.
    offered = tuple(cut for cut in offered if not any(cut.span.overlaps(quote) for quote in quoted))
    out = tuple(edit for edit in out if whole and not any(edit.span.overlaps(quote) for quote in quoted))
    opening = tuple(_short_of(cut, out) for cut in offered if cut.kind is EditKind.CONNECTIVE)
    return Candidate(
        spans=spans,
        paragraph=paragraph,
        text=text,
        words=len(text.split()),
        quotation=2 * sum(len(m[0].split()) for m in _QUOTED.finditer(text)) > len(text.split()),
        whole=whole,
        opening=opening,
        cuts=tuple(cut for cut in offered if cut.kind is not EditKind.CONNECTIVE),
        written_out=out,
        stands_alone=whole and prose and stands_alone(edited(article_text, hull, (*opening, *out))),
    )


def _short_of(opening: Edit, out: Sequence[Edit]) -> Edit:
    """The opening, without the letter that it would write as a capital where a name is written there."""
    if not any(edit.span.overlaps(opening.span) for edit in out):
        return opening
    return Edit(span=Span(start=opening.span.start, end=opening.span.end - 1), text="", kind=opening.kind)


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
