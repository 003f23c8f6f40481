"""One article: its sections, its whole text, its source, and what its brief rests on."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process, utils

from articles.model import Article, Section
from articles.store import Report
from bot.commands.requests import SectionRequest
from bot.replies.compose import (
    button,
    button_rows,
    full_blocks,
    heading_of,
    paged,
    published_note,
    text_blocks,
)
from bot.reply import Block, Item, Items, Note, Prose, Reply, Title, refusal
from summarizer.differences import Difference
from summarizer.model import Brief

OTHER_REPORTS = 10  # under /source


MIN_PART = 3  # letters of a heading that may stand for it


def sections(article: Article) -> Reply:
    """The headings, numbered."""
    if len(article.sections) == 1 and article.sections[0].heading is None:
        return refusal(f"“{article.headline}” has no sections; /full shows all of it.")
    headings = [heading_of(section) for section in article.sections]
    items = Items(items=tuple(Item(text=heading) for heading in headings), numbered=True)
    buttons = [
        b
        for n, heading in enumerate(headings, 1)
        for b in button(f"{n} {heading}", f"/section #{article.id} {n}")
    ]
    return Reply(
        blocks=(Title(text=article.headline, url=article.url), items),
        buttons=button_rows(buttons, width=2),
        article=article.id,
    )


def section(article: Article, request: SectionRequest, *, page_chars: int | None) -> Reply:
    """One section whole, or one page of it."""
    number = _section_number(article.sections, request.section)
    if number is None:
        names = ", ".join(f"{n} {heading_of(s)}" for n, s in enumerate(article.sections, 1))
        return refusal(
            f"There is no section “{request.section}” in “{article.headline}”. There are: {names}."
        )
    chosen = article.sections[number - 1]
    return paged(
        Title(text=heading_of(chosen)),
        list(text_blocks(chosen.paragraphs, article.text)),
        f"/section #{article.id} {number}",
        page=request.page,
        page_chars=page_chars,
        article=article.id,
    )


def full(article: Article, *, page: int, page_chars: int | None) -> Reply:
    """The whole article, or one page of it."""
    title = Title(text=article.headline, url=article.url)
    blocks = list(full_blocks(article))
    return paged(title, blocks, f"/full #{article.id}", page=page, page_chars=page_chars, article=article.id)


def source(article: Article, reports: Sequence[Report], *, zone: ZoneInfo) -> Reply:
    """Where it was published, with the link, and the other reports of its story."""
    where = Item(text=article.url or "It came in as a file; no address is known.", url=article.url)
    blocks: list[Block] = [Title(text=article.headline, url=article.url), *published_note(article, zone)]
    blocks.append(Items(items=(where,)))
    others = [report for report in reports if report.id != article.id][:OTHER_REPORTS]
    if others:
        told = (" · ".join(filter(None, (report.publisher, report.headline))) for report in others)
        items = (Item(text=text, url=report.url) for text, report in zip(told, others, strict=True))
        blocks += [Note(text="The same story elsewhere"), Items(items=tuple(items))]
    return Reply(blocks=tuple(blocks), article=article.id)


def evidence(article: Article, brief: Brief, found: Sequence[Difference] = ()) -> Reply:
    """Each line of the brief with the paragraphs that it rests on, then numbers that reports differ in."""
    paragraphs = tuple(article.paragraphs())
    blocks: list[Block] = [Title(text=f"What the brief rests on: {article.headline}", url=article.url)]
    for bullet in brief.bullets:
        blocks.append(Items(items=(Item(text=bullet.text),)))
        for number in bullet.evidence:
            blocks.append(Note(text=f"Paragraph {number + 1} of {len(paragraphs)}"))
            blocks.append(Prose(text=paragraphs[number].span.of(article.text)))
    for figure in (figure for difference in found for figure in difference.figures):
        reported = figure.report.article
        paragraph = tuple(reported.paragraphs())[figure.paragraph]
        blocks.append(
            Items(items=(Item(text=f"{figure.words} ({figure.report.publisher})", url=reported.url),))
        )
        blocks.append(Prose(text=paragraph.span.of(reported.text)))
    return Reply(blocks=tuple(blocks), article=article.id)


def _section_number(sections: Sequence[Section], wanted: int | str) -> int | None:
    """Its number from 1, by number or by words of its heading, a typo allowed."""
    if isinstance(wanted, int):
        return wanted if 1 <= wanted <= len(sections) else None
    headings = [heading_of(section) for section in sections]
    part = (fuzz.partial_ratio, 90)
    for scorer, cutoff in ((fuzz.ratio, 85), *([part] if len(wanted) >= MIN_PART else [])):
        found = process.extractOne(
            wanted, headings, scorer=scorer, processor=utils.default_process, score_cutoff=cutoff
        )
        if found:
            return int(found[2]) + 1
    return None
