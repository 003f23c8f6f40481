"""Renders a reply for Discord: escaped markdown in embeds, inside all limits, without losing text.

Limits: "Embed Limits" and "Create Message" of the Discord API reference. Lengths are counted in UTF-16 units,
which is never less than Discord counts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import discord

from bot.reply import Block, Item, Items, Note, Prose, Quotation, Reply, Title, utf16_length

MAX_CONTENT = 2000
MAX_TITLE = 256
MAX_DESCRIPTION = 4096
MAX_MESSAGE = 6000  # over all embeds of a message
MAX_EMBEDS = 10

# Space left beside the longest title and description.
_FOOTER_ROOM = MAX_MESSAGE - MAX_TITLE - MAX_DESCRIPTION
_NOTHING = "Nothing to show."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: plain content or embeds."""

    content: str | None = None
    embeds: tuple[discord.Embed, ...] = ()


def render(reply: Reply) -> tuple[Message, ...]:
    """The messages of a reply, at least one. An error is plain content, other replies are embeds."""
    if reply.error:
        lines = [line for block in reply.blocks for line in _lines(block, MAX_CONTENT)]
        messages = tuple(Message(content=text) for text in _filled(lines, MAX_CONTENT))
    else:
        embeds = (embed for card in _cards(reply.blocks) for embed in _embeds(card))
        messages = tuple(Message(embeds=some) for some in _packed(embeds))
    return messages or (Message(content=_NOTHING),)


@dataclass(frozen=True, slots=True)
class _Line:
    """Markdown that is not broken further, and the gap to the line before."""

    text: str
    gap: str = "\n\n"


@dataclass(slots=True)
class _Card:
    """A title and the blocks under it."""

    title: Title | None
    footer: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def _cards(blocks: Sequence[Block]) -> Iterator[_Card]:
    """One card for each title. A note directly under the title (publisher, time) is the card's footer."""
    card = _Card(title=None)
    for block in blocks:
        if isinstance(block, Title):
            yield card
            card = _Card(title=block)
        elif isinstance(block, Note) and block.url is None and card.title is not None and not card.blocks:
            card.footer.append(block.text.strip())
        else:
            card.blocks.append(block)
    yield card


def _embeds(card: _Card) -> Iterator[discord.Embed]:
    title, url, lines = "", None, list[_Line]()
    if card.title is not None:
        one_line = " ".join(card.title.text.split())
        title, *overflow = [*pieces(one_line, escape, longest=MAX_TITLE)] or [""]
        url = title_link(card.title.url)
        lines += [_Line(f"**{more}**") for more in overflow]
    footer = "\n".join(filter(None, card.footer))
    if utf16_length(footer) > _FOOTER_ROOM:
        lines += _lines(Note(text=footer), MAX_DESCRIPTION)
        footer = ""
    for block in card.blocks:
        lines += _lines(block, MAX_DESCRIPTION)
    descriptions = [*_filled(lines, MAX_DESCRIPTION)] or ([""] if title or footer else [])
    for number, description in enumerate(descriptions):
        embed = discord.Embed(description=description or None)
        if number == 0 and title:
            embed.title, embed.url = title, url
        if number == len(descriptions) - 1 and footer:
            embed.set_footer(text=footer)
        yield embed


def _lines(block: Block, longest: int) -> Iterator[_Line]:
    """A block as markdown, in lines of at most `longest` UTF-16 units."""
    match block:
        case Title(text=text):
            yield from _marked_up(text, lambda piece: f"**{escape(piece)}**", longest)
        case Note():
            yield from _note(block, longest)
        case Prose(text=text):
            yield from _marked_up(text, escape, longest)
        case Items(items=items, numbered=numbered):
            for number, item in enumerate(items, 1):
                yield from _item(item, f"{number}. " if numbered else "- ", longest, first=number == 1)
        case Quotation():
            yield from _quotation(block, longest)


def _marked_up(text: str, shown: Callable[[str], str], longest: int) -> Iterator[_Line]:
    return (_Line(piece) for piece in pieces(text, shown, longest=longest))


def _note(note: Note, longest: int) -> Iterator[_Line]:
    whole = _each_line("-# ", masked_link(note.text.strip(), note.url))
    if note.text.strip() and utf16_length(whole) <= longest:
        yield _Line(whole)
        return
    yield from _marked_up(note.text, lambda piece: _each_line("-# ", escape(piece)), longest)
    if note.url:
        yield _Line(f"-# {masked_link('', note.url)}")


def _item(item: Item, mark: str, longest: int, *, first: bool) -> Iterator[_Line]:
    text = " ".join(item.text.split())
    whole = mark + masked_link(text, item.url)
    if utf16_length(whole) <= longest:
        parts = [whole]
    else:
        parts = [mark + masked_link("", item.url)] if item.url else []
        parts += pieces(text, escape, longest=longest)
    for number, part in enumerate(parts):
        yield _Line(part, gap="\n\n" if first and number == 0 else "\n")


def _quotation(quotation: Quotation, longest: int) -> Iterator[_Line]:
    """A block quote with its speaker below."""
    yield from _marked_up(quotation.said(), lambda piece: _each_line("> ", escape(piece)), longest)
    name = quotation.speaker or "speaker not named"
    rest = f", {quotation.role}" if quotation.role else ""
    rest += f", {quotation.cue}" if quotation.cue else ""
    rest += f" ({quotation.label})" if quotation.label else ""
    whole = f"> — **{escape(name)}**{escape(rest)}" if quotation.speaker else f"> — {escape(name + rest)}"
    if utf16_length(whole) <= longest:
        yield _Line(whole, gap="\n")
    else:
        yield from _marked_up(name + rest, lambda piece: _each_line("> ", escape(piece)), longest)


def _each_line(mark: str, text: str) -> str:
    return "\n".join(mark + line for line in text.split("\n"))


def _filled(lines: Iterable[_Line], longest: int) -> Iterator[str]:
    """Joins lines into texts of at most `longest` UTF-16 units."""
    text = ""
    for line in lines:
        more = text + line.gap + line.text if text else line.text
        if utf16_length(more) <= longest:
            text = more
        else:
            yield text
            text = line.text
    if text:
        yield text


def _packed(embeds: Iterable[discord.Embed]) -> Iterator[tuple[discord.Embed, ...]]:
    """Packs embeds into as few messages as the limits allow."""
    together: list[discord.Embed] = []
    used = 0
    for embed in embeds:
        size = embed_length(embed)
        if together and (used + size > MAX_MESSAGE or len(together) == MAX_EMBEDS):
            yield tuple(together)
            together, used = [], 0
        together.append(embed)
        used += size
    if together:
        yield tuple(together)


def embed_length(embed: discord.Embed) -> int:
    """The embed's part of a message's limit, in UTF-16 units."""
    return sum(utf16_length(text or "") for text in (embed.title, embed.description, embed.footer.text))


# A backslash before a character that is not a letter, digit or space shows that character as it is. Round
# brackets need none: without "[" and "]", which are escaped, there is no masked link.
_SPECIAL = re.compile(
    r"""
    (?P<link>\bhttps?://[A-Za-z0-9_.-]+(?::[0-9]+)?(?:/(?:[A-Za-z0-9_\-./~%?&=\#+,;:@!$']*[A-Za-z0-9_\-/%=&\#])?)?)
  | (?P<inline>[\\*_~|`\[\]<])
  | (?P<everybody>@)(?=everyone|here)
  | (?P<shortcode>:)(?=[A-Za-z0-9_+-]{1,64}:)
  | (?:^|(?<=[\r\v\f\x85\u2028\u2029]))(?P<indent>[^\S\n]*)(?P<line>-\#|-|\+|\#{1,3}|>{1,3}|[0-9]+(?=[.)]))
    """,
    re.VERBOSE | re.MULTILINE,
)
_DOUBLED = re.compile(r"[_~]")
_UNLINKABLE = re.compile(r"[\[\]]|://")
_MASKED_LINK_LONGEST = 512
_TITLE_LINK_LONGEST = 2048


def escape(text: str) -> str:
    """Escapes all that Discord may read as markup, a mention, an emoji, a list, a heading or a quote.

    Web addresses of harmless characters stay unchanged, so that people can follow them.
    `discord.utils.escape_markdown` lets through links with a "[" before them, markup inside a link's text,
    indented lists and mentions.
    """
    return _SPECIAL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    if link := match["link"]:
        # Two in a row may be markup if Discord does not see a link here.
        return link if "__" not in link and "~~" not in link else _DOUBLED.sub(r"\\\g<0>", link)
    if (line := match["line"]) is None:
        return "\\" + match[0]
    if line.isdigit():
        return f"{match['indent']}{line}\\"
    return f"{match['indent']}\\{line}"


def title_link(url: str | None) -> str | None:
    """`url` if Discord accepts it as an embed's link: http or https, with a host; else None."""
    return _link(url, longest=_TITLE_LINK_LONGEST, safe="!#$%&'()*+,/:;=?@[]~")


def masked_link(text: str, url: str | None) -> str:
    """Escaped text, with a link if `url` can be in a masked link."""
    link = _link(url, longest=_MASKED_LINK_LONGEST, safe="!#$%&'*+,/:;=?@~")
    if link is None:
        return escape(text)
    # A link's text may hold no address and only balanced brackets, escaped or not.
    if _UNLINKABLE.search(text) or not text.strip():
        return f"{escape(text)} [↗]({link})".strip()
    return f"[{escape(text)}]({link})"


def _link(url: str | None, *, longest: int, safe: str) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # "http://[": not an address at all
        return None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return None
    link = quote(url, safe=safe)
    return link if len(link) <= longest else None


def pieces(text: str, shown: Callable[[str], str], *, longest: int) -> Iterator[str]:
    """Cuts `text` into pieces that are at most `longest` UTF-16 units after `shown` marks them up.

    Cuts after a paragraph, else a line, a sentence or a word, unless a piece would be less than half full.
    The pieces before `shown` join to `text`, except for white space at the cuts.
    """
    rest = text.strip()
    while rest:
        if len(rest) <= longest and utf16_length(whole := shown(rest)) <= longest:
            yield whole
            return
        end = _good_end(rest, _fitting(rest, shown, longest))
        yield shown(rest[:end].rstrip())
        rest = rest[end:].lstrip()


_ENDS = (
    re.compile(r"\n{2,}"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+"),
    re.compile(r"\s+"),
)


def _good_end(text: str, most: int) -> int:
    for ending in _ENDS:
        ends = [found.end() for found in ending.finditer(text, most // 2, most + 1)]
        if ends := [end for end in ends if end <= most]:
            return ends[-1]
    return most


def _fitting(text: str, shown: Callable[[str], str], longest: int) -> int:
    """How many characters of `text` fit after `shown`; at least one."""
    low, high = 1, min(len(text), longest)
    while low < high:
        middle = (low + high + 1) // 2
        if utf16_length(shown(text[:middle])) <= longest:
            low = middle
        else:
            high = middle - 1
    # A cut inside a web address may make more characters need escaping.
    while low > 1 and utf16_length(shown(text[:low].rstrip())) > longest:
        low -= 1
    return low
