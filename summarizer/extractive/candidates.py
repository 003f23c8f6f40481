"""The sentences of an article that a brief can be made of, and the edits that each can have."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from articles.model import Article, Paragraph, ParagraphKind, Span
from summarizer.evidence.standalone import stands_alone
from summarizer.extractive.compression import apply_edits, find_cuts
from summarizer.extractive.references import References
from summarizer.model import Edit, EditKind, Quote, QuoteKind
from summarizer.text.sentences import sentences_within

_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One sentence, or the sentences of one quote."""

    spans: tuple[Span, ...]  # its sentences, in text order, all of one paragraph
    paragraph: int  # from 0, over the whole article
    text: str  # from the first sentence's start to the last one's end, with single spaces
    quotation: bool  # most of its words are in quotation marks
    whole: bool  # it cuts no quotation
    opening: tuple[Edit, ...]  # drops a "But" or "Meanwhile," at its start; empty if there is none
    cuts: tuple[Edit, ...]  # the other cuts, disjoint, in text order
    resolved: tuple[Edit, ...]  # replace pronouns by names and add dates; disjoint from the others
    stands_alone: bool  # it is whole, and clear by itself with `opening` and `resolved` applied

    @property
    def hull(self) -> Span:
        return Span(start=self.spans[0].start, end=self.spans[-1].end)


def candidates(article: Article, quotes: Sequence[Quote]) -> tuple[Candidate, ...]:
    """The candidates in text order. A quote that continues in the next sentence includes that one."""
    # A paraphrase is in the reporter's words, which may be cut.
    quoted = [s for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED for s in quote.content]
    references = References(article, quotes)
    found: list[Candidate] = []
    for number, paragraph in enumerate(article.paragraphs()):
        for spans in _with_whole_quotes(sentences_within(article.text, paragraph.span), quoted):
            resolved = references.resolve(Span(start=spans[0].start, end=spans[-1].end))
            found.append(_candidate(article.text, paragraph, number, spans, quoted, resolved))
    return tuple(found)


def _candidate(
    article_text: str,
    paragraph: Paragraph,
    number: int,
    spans: tuple[Span, ...],
    quoted: Sequence[Span],
    resolved: Sequence[Edit],
) -> Candidate:
    hull = Span(start=spans[0].start, end=spans[-1].end)
    text = apply_edits(article_text, hull, ())
    whole = not _cuts_a_quotation(text, hull, quoted)
    offered = (*find_cuts(hull.of(article_text), start=hull.start), *resolved) if whole else ()
    # `find_cuts` does not know the quotation marks of other languages.
    allowed = [edit for edit in offered if not any(edit.span.overlaps(quote) for quote in quoted)]
    resolved = tuple(edit for edit in allowed if edit.kind in {EditKind.PRONOUN, EditKind.DATE})
    opening = tuple(_opening(cut, resolved) for cut in allowed if cut.kind is EditKind.CONNECTIVE)
    return Candidate(
        spans=spans,
        paragraph=number,
        text=text,
        quotation=2 * sum(len(m[0].split()) for m in _QUOTED.finditer(text)) > len(text.split()),
        whole=whole,
        opening=opening,
        cuts=tuple(cut for cut in allowed if cut.kind in {EditKind.ASIDE, EditKind.CLAUSE}),
        resolved=resolved,
        stands_alone=whole
        and paragraph.kind is not ParagraphKind.LIST_ITEM
        and stands_alone(apply_edits(article_text, hull, (*opening, *resolved))),
    )


def _opening(cut: Edit, resolved: Sequence[Edit]) -> Edit:
    """The cut, without the next letter, which it would make a capital, if a name replaces that word."""
    if not any(edit.span.overlaps(cut.span) for edit in resolved):
        return cut
    return Edit(span=Span(start=cut.span.start, end=cut.span.end - 1), text="", kind=cut.kind)


def _with_whole_quotes(sentences: Sequence[Span], quoted: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """The sentences in groups, so that no quote continues from one group to the next."""
    group: list[Span] = []
    for sentence in sentences:
        if group and not any(quote.start < group[-1].end and sentence.start < quote.end for quote in quoted):
            yield tuple(group)
            group = []
        group.append(sentence)
    if group:
        yield tuple(group)


def _cuts_a_quotation(text: str, hull: Span, quoted: Sequence[Span]) -> bool:
    """Whether `text` has only one of a pair of quotation marks, or only a part of a quote."""
    if text.count('"') % 2 or text.count("“") != text.count("”"):
        return True
    return any(q.overlaps(hull) and not (hull.start < q.start and q.end <= hull.end) for q in quoted)
