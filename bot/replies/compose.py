"""What replies have in common: numbers and times in words, pages and buttons."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from articles.model import Article, ArticleId
from bot.reply import MAX_COMMAND_BYTES, Block, Button, Item, Items, Note, Quotation, Reply, Title

MAX_LABEL = 60  # characters; Discord takes 80, a phone shows fewer


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
    hours = span // timedelta(hours=1)
    return counted(hours // 24, "day") if hours % 24 == 0 else counted(hours, "hour")


def counted(number: int, thing: str, things: str | None = None) -> str:
    """`1 quote`, `1,200 quotes`."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def sentence(text: str) -> str:
    """The words with a capital in front."""
    return text[:1].upper() + text[1:]


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
