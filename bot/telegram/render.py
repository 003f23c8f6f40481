"""A reply as Telegram messages: HTML that Telegram's parser accepts, each message inside its limits.

Blocks become paragraphs of styled runs, paragraphs are packed into messages, and tags are written around
whole runs last. So no split falls inside a tag, and no text can bring its own tags.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlsplit

from bot.reply import Block, Item, Items, Note, Prose, Quotation, Reply, Title, utf16_length

# "Bots API, sendMessage": 1 to 4096 characters after entities parsing, counted in UTF-16 units.
MAX_UNITS = 4096
MAX_ENTITIES = 100  # Telegram drops formatting beyond this
LONG_QUOTE_UNITS = 400  # longer quotes are folded until somebody taps them


def render(reply: Reply) -> tuple[str, ...]:
    """The messages of a reply in Telegram's HTML, in order. Empty if the reply has no visible text."""
    parts = [part for each in _paragraphs(reply.blocks) if _visible(each) for part in _cut(each)]
    messages = ("".join(part.gap + part.html() for part in message) for message in _pack(parts))
    return tuple(message.lstrip("\n") for message in messages)


def one_line(reply: Reply, *, max_chars: int) -> str:
    """The reply's first words as one line of plain text, for places without formatting."""
    words = " ".join(" ".join(paragraph.text for paragraph in _paragraphs(reply.blocks)).split())
    return words if len(words) <= max_chars else words[: max_chars - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Text of one style."""

    text: str
    bold: bool = False
    italic: bool = False
    url: str | None = None

    def entities(self) -> int:
        return self.bold + self.italic + (self.url is not None)

    def html(self) -> str:
        html = escape(self.text, quote=False)
        html = f"<i>{html}</i>" if self.italic else html
        html = f"<b>{html}</b>" if self.bold else html
        return f'<a href="{escape(self.url)}">{html}</a>' if self.url else html


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    """Text that stays together: a paragraph, an item, a quotation with its speaker."""

    runs: tuple[_Run, ...]
    gap: str = "\n\n"  # to the paragraph before
    quoted: bool = False
    leads: bool = False  # it introduces the next one and stays with it

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def entities(self) -> int:
        return self.quoted + sum(run.entities() for run in self.runs)

    def html(self) -> str:
        html = "".join(run.html() for run in self.runs)
        if not self.quoted:
            return html
        folded = " expandable" if utf16_length(self.text) > LONG_QUOTE_UNITS else ""
        return f"<blockquote{folded}>{html}</blockquote>"


def _paragraphs(blocks: Iterable[Block]) -> Iterator[_Paragraph]:
    under_title = False
    for block in blocks:
        for paragraph in _lay_out(block):
            close = under_title and isinstance(block, Note)
            yield replace(paragraph, gap="\n") if close else paragraph
        under_title = isinstance(block, Title)


def _lay_out(block: Block) -> Iterator[_Paragraph]:
    match block:
        case Title(text=text, url=url):
            yield _Paragraph(runs=(_Run(text=_clean(text), bold=True, url=_link(url)),), leads=True)
        case Note(text=text, url=url):
            yield _Paragraph(runs=(_Run(text=_clean(text), italic=True, url=_link(url)),), leads=True)
        case Prose(text=text):
            yield _Paragraph(runs=(_Run(text=_clean(text)),))
        case Items(items=items, numbered=numbered):
            for number, item in enumerate(items, start=1):
                yield _item(item, mark=f"{number}. " if numbered else "• ", first=number == 1)
        case Quotation():
            yield _Paragraph(runs=tuple(_quotation(block)), quoted=True)


def _item(item: Item, *, mark: str, first: bool) -> _Paragraph:
    runs = (_Run(text=mark), _Run(text=_clean(item.text), url=_link(item.url)))
    return _Paragraph(runs=runs, gap="\n\n" if first else "\n")


def _quotation(quotation: Quotation) -> Iterator[_Run]:
    yield _Run(text=quotation.said(_clean))
    who = ", ".join(_clean(name) for name in (quotation.speaker, quotation.role) if name)
    label = quotation.label or (None if quotation.verbatim else "paraphrased")
    how = ", ".join(_clean(word) for word in (quotation.cue, label) if word)
    yield _Run(text="\n")
    yield _Run(text=f"— {who or 'speaker not named'}" + (f" ({how})" if how else ""), italic=True)


# Telegram replaces control characters by blanks, and deletes line separators, directional overrides and
# strikes over a letter (td/telegram/misc.cpp, clean_input_string). We do the same first, so that our counts
# agree with Telegram's.
_UNSEEN = {
    **{code: " " for code in range(32) if code != ord("\n")},
    **dict.fromkeys((*range(0x2028, 0x202F), 0x0333, 0x033F, 0x030A)),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
_MENTION = re.compile(r"(?<!\w)@(?=\w)")


def _clean(text: str) -> str:
    """Text without control characters, and without mentions: an article must not notify anybody."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN).strip()
    return _MENTION.sub("@\N{WORD JOINER}", text)


def _link(url: str | None) -> str | None:
    """The URL if it is a web address that Telegram accepts; else None."""
    if url is None or any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _visible(paragraph: _Paragraph) -> bool:
    return any(char.isprintable() and not char.isspace() for run in paragraph.runs for char in run.text)


# Where to cut a paragraph that no message can hold, best first: after a line, a sentence, a word.
_ENDS = (
    re.compile(r"\s*\n\s*"),
    re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’»)\]])\s+|(?<=[。！？])\s*"),
    re.compile(r"\s+"),
)


def _cut(paragraph: _Paragraph) -> Iterator[_Paragraph]:
    """The paragraph in parts that each fit a message; usually one."""
    while utf16_length(paragraph.text) > MAX_UNITS:
        end, start = _best_cut(paragraph.text)
        yield replace(paragraph, runs=_slice(paragraph.runs, 0, end))
        paragraph = replace(paragraph, runs=_slice(paragraph.runs, start, None))
    yield paragraph


def _best_cut(text: str) -> tuple[int, int]:
    """Where the first part ends and the next starts; between them is white space."""
    window = text[:MAX_UNITS]
    while utf16_length(window) > MAX_UNITS:
        window = window[: -max(1, (utf16_length(window) - MAX_UNITS) // 2)]
    for ends in _ENDS:
        # Only in the second half, to keep the parts few: a longer sentence is cut at a word.
        cuts = [m for m in ends.finditer(window, len(window) // 2) if m.start() > 0]
        if cuts:
            return cuts[-1].span()
    return len(window), len(window)


def _slice(runs: Iterable[_Run], start: int, end: int | None) -> tuple[_Run, ...]:
    """The runs of text[start:end] of their joined text."""
    kept: list[_Run] = []
    at = 0
    for run in runs:
        text = run.text[max(start - at, 0) : None if end is None else max(end - at, 0)]
        if text:
            kept.append(replace(run, text=text))
        at += len(run.text)
    return tuple(kept)


def _pack(paragraphs: Iterable[_Paragraph]) -> list[list[_Paragraph]]:
    """Packs paragraphs into as few messages as their order allows; no message ends with a heading."""
    messages: list[list[_Paragraph]] = []
    for paragraph in paragraphs:
        if messages and _fits([*messages[-1], paragraph]):
            messages[-1].append(paragraph)
            continue
        taken: list[_Paragraph] = []
        while messages and len(messages[-1]) > 1 and messages[-1][-1].leads:
            if not _fits([messages[-1][-1], *taken, paragraph]):
                break
            taken.insert(0, messages[-1].pop())
        messages.append([*taken, paragraph])
    return messages


def _fits(paragraphs: Sequence[_Paragraph]) -> bool:
    text = "".join(paragraph.gap + paragraph.text for paragraph in paragraphs).removeprefix(paragraphs[0].gap)
    entities = sum(paragraph.entities() for paragraph in paragraphs)
    return utf16_length(text) <= MAX_UNITS and entities <= MAX_ENTITIES
