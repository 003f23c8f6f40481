"""Articles, briefs and quotes as blocks of a reply."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from articles.model import Article, ArticleId, Completeness, Paragraph, ParagraphKind, Section
from articles.store import Report
from bot.reply import MAX_COMMAND_BYTES, Block, Button, Item, Items, Note, Prose, Quotation, Reply, Title
from summarizer.differences import Difference, has_figure_of_its_own
from summarizer.differences import Report as StoryReport
from summarizer.model import Brief, Fallback, KeyQuote, Quote, QuoteKind

MAX_LABEL = 60  # characters; Discord takes 80, a phone shows fewer
ALSO_REPORTED = 5  # publishers named under a brief
LEDE = "Lede"  # what the section before the first heading is called


def brief_blocks(
    article: Article, brief: Brief, zone: ZoneInfo, *, others: Sequence[StoryReport] = ()
) -> tuple[Block, ...]:
    """Headline, publisher and time, bullets, key quotes.

    others: reports of the same story. A bullet with a figure that none of them has is its publisher's.
    """
    return (
        Title(text=brief.headline, url=article.url),
        *published_note(article, zone),
        *incomplete_note(article),
        Items(items=tuple(Item(text=attributed(bullet.text, article, others)) for bullet in brief.bullets)),
        *(key_quotation(key, article.text) for key in brief.key_quotes),
        *authorship_note(brief),
    )


def attributed(text: str, article: Article, others: Sequence[StoryReport]) -> str:
    """The sentence, with its publisher if it has a figure that no other report has."""
    if article.publisher is None or not has_figure_of_its_own(text, others):
        return text
    return f"{text} (according to {article.publisher})"


def difference_notes(found: Sequence[Difference]) -> tuple[Note, ...]:
    """The numbers on which publishers differ."""
    if not found:
        return ()
    told = ("; ".join(f"{f.words} ({f.report.publisher})" for f in each.figures) for each in found)
    return (Note(text=f"Reports differ: {'. '.join(told)}"),)


_FALLBACKS = {
    Fallback.UNREACHABLE: "The model could not be reached: these are the article's own sentences.",
    Fallback.REFUSED: "The model's server refused the request: these are the article's own sentences.",
    Fallback.NOT_LOADED: "The model could not be loaded: these are the article's own sentences.",
    Fallback.BUDGET: "The model's budget for today is used up: these are the article's own sentences.",
    Fallback.UNSUPPORTED: "The article does not support what the model wrote: these are its own sentences.",
}


def authorship_note(brief: Brief) -> tuple[Note, ...]:
    """What wrote the brief, if a model was asked to."""
    if brief.fallback is not None:
        return (Note(text=_FALLBACKS[brief.fallback]),)
    if brief.model is None:
        return ()
    if all(bullet.generated for bullet in brief.bullets):
        return (Note(text=f"Written by {brief.model}, checked against the article."),)
    rest = "where that failed the check, in the article's own sentences"
    return (Note(text=f"Written by {brief.model} and, {rest}."),)


def incomplete_note(article: Article) -> tuple[Note, ...]:
    """Says if only a part of the article could be read."""
    match article.completeness:
        case Completeness.STUB:
            return (Note(text="Only the opening could be read: the rest is behind a paywall."),)
        case Completeness.FEED_TEXT:
            return (Note(text="Only the feed's own text could be read, not the article's page."),)
        case Completeness.WHOLE:
            return ()


def also_reported(article: Article, reports: Sequence[Report]) -> tuple[Note, ...]:
    """The other publishers that reported the article's story, the earliest first."""
    others = dict.fromkeys(report.publisher for report in reports if report.publisher)
    others.pop(article.publisher or "", None)
    if not others:
        return ()
    named = list(others)[:ALSO_REPORTED]
    more = f" and {counted(len(others) - len(named), 'other')}" if len(others) > len(named) else ""
    return (Note(text=f"Also reported by {', '.join(named)}{more}"),)


def published_note(article: Article, zone: ZoneInfo) -> tuple[Note, ...]:
    """Publisher, byline and time in one line, as far as they are known."""
    known = origin(article, zone)
    if article.byline and article.byline != article.publisher:
        known.insert(1 if article.publisher else 0, article.byline)
    return (Note(text=" · ".join(known)),) if known else ()


def origin(article: Article, zone: ZoneInfo) -> list[str]:
    """Publisher and time, as far as they are known."""
    when = in_zone(article.published, zone) if article.published else None
    return [part for part in (article.publisher, when) if part]


def in_zone(moment: datetime, zone: ZoneInfo) -> str:
    """`16 Feb 2017`, or with the time of day where it is known (midnight UTC: it is not)."""
    if moment.astimezone(UTC).timetz() == time(0, 0, tzinfo=UTC):
        return f"{moment.astimezone(UTC):%-d %b %Y}"
    return f"{moment.astimezone(zone):%-d %b %Y, %H:%M}"


def in_words(span: timedelta) -> str:
    """`7 days` or `12 hours`. Whole hours."""
    hours = int(span.total_seconds() // 3600)
    return counted(hours // 24, "day") if hours % 24 == 0 else counted(hours, "hour")


def counted(number: int, thing: str, things: str | None = None) -> str:
    """`1 quote`, `1,200 quotes`."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def sentence(text: str) -> str:
    """The words with a capital in front."""
    return text[:1].upper() + text[1:]


def quote_blocks(quotes: Sequence[Quote], text: str) -> tuple[Block, ...]:
    """The verbatim quotes in text order, then the paraphrases under a line of their own."""
    verbatim = [quote for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED]
    paraphrased = [quote for quote in quotes if quote.kind is QuoteKind.PARAPHRASED]
    blocks: list[Block] = [quotation(quote, text, with_cue=True) for quote in verbatim]
    if not verbatim:
        blocks.append(Note(text="Nobody is quoted word for word."))
    if paraphrased:
        blocks.append(Note(text="Paraphrased"))
    blocks += [quotation(quote, text, with_cue=True) for quote in paraphrased]
    return tuple(blocks)


def quotation(quote: Quote, text: str, *, with_cue: bool = False) -> Quotation:
    """The quote's own words, from the article's text."""
    cue = quote.cue.of(text) if with_cue and quote.cue else None
    return quotation_of(quote, tuple(span.of(text) for span in quote.content), cue=cue)


def key_quotation(key: KeyQuote, text: str) -> Quotation:
    """A brief's quote: the sentences that are shown of it."""
    shown = quotation_of(key.quote, tuple(span.of(text) for span in key.shown), cue=None)
    return replace(shown, starts_late=key.starts_late, ends_early=key.ends_early)


def quotation_of(quote: Quote, parts: tuple[str, ...], *, cue: str | None) -> Quotation:
    """The quote's own words, with whoever said them in this article.

    A comma at the end belongs to the sentence around the quotation (American usage) and is left out.
    """
    return Quotation(
        parts=tuple(part.rstrip(",") for part in parts),
        speaker=quote.speaker.name if quote.speaker else None,
        role=quote.speaker.role if quote.speaker else None,
        cue=cue,
        label=None if quote.kind is QuoteKind.VERBATIM else quote.kind.value,
        verbatim=quote.kind is not QuoteKind.PARAPHRASED,
    )


def heading_of(section: Section) -> str:
    return section.heading or LEDE


def text_blocks(paragraphs: Iterable[Paragraph], text: str) -> Iterator[Block]:
    """Paragraphs in reading order; a run of list items is one list."""
    for is_list, run in groupby(paragraphs, lambda p: p.kind is ParagraphKind.LIST_ITEM):
        if is_list:
            yield Items(items=tuple(Item(text=p.span.of(text)) for p in run))
        else:
            yield from (Prose(text=p.span.of(text)) for p in run)


def full_blocks(article: Article) -> Iterator[Block]:
    """The whole article under its headings."""
    for section in article.sections:
        if section.heading:
            yield Title(text=section.heading)
        yield from text_blocks(section.paragraphs, article.text)


def paged(
    title: Title,
    blocks: Sequence[Block],
    command: str,
    *,
    page: int,
    page_chars: int | None,
    article: ArticleId | None,
) -> Reply:
    """One page of the blocks under the title, with buttons to the others (`command page:n`)."""
    all_pages = pages(blocks, page_chars)
    page = min(page, len(all_pages))
    near = [n for n in (page - 1, page + 1) if 1 <= n <= len(all_pages)]
    turning = [b for n in near for b in button(f"Page {n} of {len(all_pages)}", f"{command} page:{n}")]
    return Reply(blocks=(title, *all_pages[page - 1]), buttons=button_rows(turning), article=article)


def pages(blocks: Sequence[Block], page_chars: int | None) -> list[tuple[Block, ...]]:
    """The blocks in pages of about `page_chars` characters, at least one page; no block is divided.

    A heading goes to the page with the text that follows it.
    """
    done: list[tuple[Block, ...]] = []
    page: list[Block] = []
    for block in blocks:
        if page_chars and page and sum(map(_length, page)) + _length(block) > page_chars:
            heading = [page.pop()] if isinstance(page[-1], Title) and len(page) > 1 else []
            done.append(tuple(page))
            page = heading
        page.append(block)
    return [*done, tuple(page)]


def button(label: str, command: str) -> tuple[Button, ...]:
    """The button, or nothing if its command is too long for a button."""
    if len(command.encode()) > MAX_COMMAND_BYTES:
        return ()
    return (
        Button(label=label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…", command=command),
    )


def button_rows(buttons: Sequence[Button], *, width: int = 5) -> tuple[tuple[Button, ...], ...]:
    """The buttons in rows of up to `width`."""
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))


def choice(blocks: tuple[Block, ...], labels: Sequence[str], commands: Sequence[str]) -> Reply:
    """A button for each command, or all commands to send if one is too long for a button."""
    rows = [button(label, command) for label, command in zip(labels, commands, strict=True)]
    if all(rows):
        return Reply(blocks=blocks, buttons=tuple(rows))
    sendable = Items(items=tuple(Item(text=command) for command in commands))
    return Reply(blocks=(*blocks, Note(text="Send one of these:"), sendable))


def _length(block: Block) -> int:
    match block:
        case Items():
            return sum(len(item.text) for item in block.items)
        case Quotation():
            return sum(map(len, block.parts))
        case _:
            return len(block.text)
