"""Plain text into Discord's markdown: escaped, so that it shows as written, and cut where it reads well."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

# A backslash before any character that is no letter, digit or space shows that character as it is.
# Round brackets need none: "[" and "]" are escaped, and without them there is no masked link.
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
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_MASKED_LINK_LONGEST = 512
_TITLE_LINK_LONGEST = 2048


def escape(text: str) -> str:
    """`text` with all that could be markup, a mention, an emoji or a list, heading or quote taken literally.

    Web addresses made of harmless characters stay as they are, so that they can be followed.
    `discord.utils.escape_markdown` lets through links with a "[" before them, markup inside a link's text,
    indented lists and mentions.
    """
    return _SPECIAL.sub(_escaped, text)


def unescape(text: str) -> str:
    """What a reader sees of escaped text."""
    return _ESCAPED.sub(r"\1", text)


def _escaped(match: re.Match[str]) -> str:
    if link := match["link"]:
        # Two in a row could still mean something where Discord does not take it for a link.
        return link if "__" not in link and "~~" not in link else _DOUBLED.sub(r"\\\g<0>", link)
    if (line := match["line"]) is None:
        return "\\" + match[0]
    if line.isdigit():
        return f"{match['indent']}{line}\\"
    return f"{match['indent']}\\{line}"


def length(text: str) -> int:
    """Length as the strictest count has it, in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def title_link(url: str | None) -> str | None:
    """`url` where Discord takes it as an embed's link: http or https, with a host; else None."""
    return _link(url, longest=_TITLE_LINK_LONGEST, safe="!#$%&'()*+,/:;=?@[]~")


def masked_link(text: str, url: str | None) -> str:
    """Escaped text, linked where `url` can stand in a masked link."""
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
    """`text`, dressed by `shown`, in as many pieces as make each at most `longest` UTF-16 units.

    Cut at the end of a paragraph, a line, a sentence or a word, in this order, unless that would leave a
    piece less than half full. The undressed pieces joined give `text` but for white space at the cuts.
    """
    rest = text.strip()
    while rest:
        if len(rest) <= longest and length(whole := shown(rest)) <= longest:
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
    """How many characters of `text` fit once they are dressed; at least one."""
    low, high = 1, min(len(text), longest)
    while low < high:
        middle = (low + high + 1) // 2
        if length(shown(text[:middle])) <= longest:
            low = middle
        else:
            high = middle - 1
    # A cut inside a web address may escape what was left alone a character earlier.
    while low > 1 and length(shown(text[:low].rstrip())) > longest:
        low -= 1
    return low
