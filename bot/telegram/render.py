"""A reply as Telegram messages: HTML that Telegram's parser accepts, each message inside its limits.

Blocks become passages of styled runs, passages are packed into messages, and tags are written around whole
runs last of all. So no split can fall inside a tag, and no text can bring a tag of its own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlsplit

from bot.reply import Block, Item, Items, Note, Prose, Quotation, Reply, Title

# "Bots API, sendMessage": 1 to 4096 characters after entities parsing, counted in UTF-16 units.
MAX_UNITS = 4096
MAX_ENTITIES = 100  # Telegram drops what formatting is beyond this
LONG_QUOTE_UNITS = 400  # longer ones are folded until they are touched


def render(reply: Reply) -> tuple[str, ...]:
    """The messages of a reply, in Telegram's HTML, in order. Empty if nothing in it can be seen."""
    parts = (part for passage in _passages(reply.blocks) if _visible(passage) for part in _cut(passage))
    return tuple(_html(message) for message in _pack(parts))


def one_line(reply: Reply, *, max_chars: int) -> str:
    """The reply's first words as plain text on one line, for places where Telegram takes no formatting."""
    words = " ".join(" ".join(passage.text for passage in _passages(reply.blocks)).split())
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
class _Passage:
    """What stands together: a paragraph, an item, a quotation with its speaker."""

    runs: tuple[_Run, ...]
    gap: str = "\n\n"  # to what stands before it
    quoted: bool = False
    leads: bool = False  # it introduces the next one, and so goes with it

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def entities(self) -> int:
        return self.quoted + sum(run.entities() for run in self.runs)

    def html(self) -> str:
        html = "".join(run.html() for run in self.runs)
        if not self.quoted:
            return html
        folded = " expandable" if _units(self.text) > LONG_QUOTE_UNITS else ""
        return f"<blockquote{folded}>{html}</blockquote>"


def _passages(blocks: Iterable[Block]) -> Iterator[_Passage]:
    under_title = False
    for block in blocks:
        for passage in _lay_out(block):
            close = under_title and isinstance(block, Note)
            yield replace(passage, gap="\n") if close else passage
        under_title = isinstance(block, Title)


def _lay_out(block: Block) -> Iterator[_Passage]:
    match block:
        case Title(text=text, url=url):
            yield _Passage(runs=(_Run(text=_clean(text), bold=True, url=_link(url)),), leads=True)
        case Note(text=text, url=url):
            yield _Passage(runs=(_Run(text=_clean(text), italic=True, url=_link(url)),), leads=True)
        case Prose(text=text):
            yield _Passage(runs=(_Run(text=_clean(text)),))
        case Items(items=items, numbered=numbered):
            for number, item in enumerate(items, start=1):
                yield _item(item, mark=f"{number}. " if numbered else "• ", first=number == 1)
        case Quotation():
            yield _Passage(runs=tuple(_quotation(block)), quoted=True)


def _item(item: Item, *, mark: str, first: bool) -> _Passage:
    runs = (_Run(text=mark), _Run(text=_clean(item.text), url=_link(item.url)))
    return _Passage(runs=runs, gap="\n\n" if first else "\n")


def _quotation(quotation: Quotation) -> Iterator[_Run]:
    """The parts as they were said, each in its own marks; what the reporter put between them is left open."""
    parts = [_clean(part) for part in quotation.parts]
    said = " … ".join(f"“{part}”" if quotation.verbatim else part for part in parts)
    yield _Run(text=f"{quotation.before}{said}{quotation.behind}")
    who = ", ".join(_clean(name) for name in (quotation.speaker, quotation.role) if name)
    label = quotation.label or (None if quotation.verbatim else "paraphrased")
    how = ", ".join(_clean(word) for word in (quotation.cue, label) if word)
    yield _Run(text="\n")
    yield _Run(text=f"— {who or 'speaker not named'}" + (f" ({how})" if how else ""), italic=True)


# What Telegram makes of characters that steer the text instead of being read: control characters are blanks,
# and line separators, directional overrides and the strikes over a letter go (td/telegram/misc.cpp,
# clean_input_string). Done here so that what we count is what is counted there.
_UNSEEN = {
    **{code: " " for code in range(32) if code != ord("\n")},
    **dict.fromkeys((*range(0x2028, 0x202F), 0x0333, 0x033F, 0x030A)),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
_MENTION = re.compile(r"(?<!\w)@(?=\w)")


def _clean(text: str) -> str:
    """Text without steering characters, and without mentions: nobody is called by what an article says."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN).strip()
    return _MENTION.sub("@\N{WORD JOINER}", text)


def _link(url: str | None) -> str | None:
    """The URL if it is one that a reader may be sent to."""
    if url is None or any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _visible(passage: _Passage) -> bool:
    return any(char.isprintable() and not char.isspace() for run in passage.runs for char in run.text)


def _units(text: str) -> int:
    """UTF-16 units, which is how Telegram counts."""
    return len(text) + sum(char > "\uffff" for char in text)


# Where a passage that no message can hold may be cut, best first: after a line, a sentence, a word.
_ENDS = (
    re.compile(r"\s*\n\s*"),
    re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’»)\]])\s+|(?<=[。！？])\s*"),
    re.compile(r"\s+"),
)


def _cut(passage: _Passage) -> Iterator[_Passage]:
    """The passage in parts that each fit a message; most often it is one."""
    while _units(passage.text) > MAX_UNITS:
        end, start = _best_cut(passage.text)
        yield replace(passage, runs=_slice(passage.runs, 0, end))
        passage = replace(passage, runs=_slice(passage.runs, start, None))
    yield passage


def _best_cut(text: str) -> tuple[int, int]:
    """Where the first part ends and the next starts: what lies between is white space."""
    window = text[:MAX_UNITS]
    while _units(window) > MAX_UNITS:
        window = window[: -max(1, (_units(window) - MAX_UNITS) // 2)]
    for ends in _ENDS:
        # Not in the first half: a sentence too long for that is cut at a word, and parts stay few.
        cuts = [m for m in ends.finditer(window, len(window) // 2) if m.start() > 0]
        if cuts:
            return cuts[-1].span()
    return len(window), len(window)


def _slice(runs: Iterable[_Run], start: int, end: int | None) -> tuple[_Run, ...]:
    """The runs that make up text[start:end] of their text."""
    kept: list[_Run] = []
    at = 0
    for run in runs:
        text = run.text[max(start - at, 0) : None if end is None else max(end - at, 0)]
        if text:
            kept.append(replace(run, text=text))
        at += len(run.text)
    return tuple(kept)


def _pack(passages: Iterable[_Passage]) -> list[list[_Passage]]:
    """Passages into messages, as few as their order allows; a heading never stays behind alone."""
    messages: list[list[_Passage]] = []
    for passage in passages:
        if messages and _fits([*messages[-1], passage]):
            messages[-1].append(passage)
            continue
        taken: list[_Passage] = []
        while messages and len(messages[-1]) > 1 and messages[-1][-1].leads:
            if not _fits([messages[-1][-1], *taken, passage]):
                break
            taken.insert(0, messages[-1].pop())
        messages.append([*taken, passage])
    return messages


def _fits(passages: Sequence[_Passage]) -> bool:
    text = "".join(passage.gap + passage.text for passage in passages).removeprefix(passages[0].gap)
    return _units(text) <= MAX_UNITS and sum(passage.entities() for passage in passages) <= MAX_ENTITIES


def _html(passages: Iterable[_Passage]) -> str:
    return "".join(passage.gap + passage.html() for passage in passages).lstrip("\n")
