"""A reply, for every platform alike: blocks of text and rows of buttons.

A reply holds plain text only. The renderers (`console.py`, `telegram/render.py`, `discord/render.py`) add
markup, escape, and keep the platform's limits, so that no text from the web can bring markup of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from articles.model import ArticleId

# Bytes of UTF-8: Telegram's callback data has 64 (Bot API, InlineKeyboardButton), less a prefix of ours.
MAX_COMMAND_BYTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A headline or the name of what follows."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Small print: publisher and time, a hint, a count."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """One paragraph of running text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a list, linked where there is a link."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list: bullets, or numbers that buttons or follow-ups name."""

    items: tuple[Item, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """What somebody said. `parts` are verbatim, in order; renderers put quotation marks around each."""

    parts: tuple[str, ...]
    speaker: str | None  # None: the article does not say who
    role: str | None
    cue: str | None = None  # "said", where it matters how it was said
    label: str | None = None  # "partial", "paraphrased"
    verbatim: bool = True  # False: the reporter's words, so no quotation marks
    starts_late: bool = False  # words before the first part are left out; said outside the quotation marks
    ends_early: bool = False  # words after the last part are left out

    def said(self, clean: Callable[[str], str] = str.strip) -> str:
        """The parts in quotation marks, with … for words left out. A paraphrase has no marks."""
        parts = (f"“{clean(part)}”" if self.verbatim else clean(part) for part in self.parts)
        text = " … ".join(parts)
        return f"{'… ' if self.starts_late else ''}{text}{' …' if self.ends_early else ''}"


Block = Title | Note | Prose | Items | Quotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Pressing it sends `command` as the user who pressed it: a button grants no rights."""

    label: str
    command: str  # at most MAX_COMMAND_BYTES

    def __post_init__(self) -> None:
        if len(self.command.encode()) > MAX_COMMAND_BYTES:
            raise ValueError(f"a button's command is too long: {self.command!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. An adapter may need several messages for it; the buttons go under the last."""

    blocks: tuple[Block, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()  # rows
    article: ArticleId | None = None  # what a follow-up ("/sections") to this reply is about
    query: str | None = None  # what "/more" continues: the words of a /brief
    offset: int = 0  # of the story shown, among the query's
    error: bool = False  # the command could not be done; the blocks say why and what to do


def utf16_length(text: str) -> int:
    """Length in UTF-16 units. Telegram counts so; Discord never counts more."""
    return len(text) + sum(char > "\uffff" for char in text)


def refusal(text: str) -> Reply:
    """A one-line answer to what cannot be done."""
    return Reply(blocks=(Prose(text=text),), error=True)
