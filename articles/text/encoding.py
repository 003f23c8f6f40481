"""A page's bytes to text, as browsers decode it, and better for some pages; text that can be stored."""

import codecs
import re
from contextlib import suppress

import webencodings
from charset_normalizer import from_bytes

_PRESCAN_BYTES = 1024  # as far as the HTML Standard looks for <meta charset>
_LONG_PRESCAN_BYTES = 16_384  # for pages with long scripts before it, if nothing else declares an encoding

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]+)["']""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([^\s"'=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")

# More broken bytes than this mean that a declaration of UTF-8 is wrong. Fewer are errors of the page: a cut
# character, one bad include.
_MAX_BROKEN_SHARE = 0.05


# Half of a surrogate pair, which JSON escapes and file names can carry, is no character and has no UTF-8 form
# (The Unicode Standard, D75). NUL ends a text in some programs and not in others.
_INVALID_CHARACTER = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def replace_invalid_characters(text: str) -> str:
    """The text with U+FFFD for NUL and for each lone surrogate. Its length, and so every offset, is kept."""
    return _INVALID_CHARACTER.sub(REPLACEMENT, text)


def decode_page(body: bytes, *, content_type: str | None = None) -> str:
    """The text of an HTML page. Never fails: bytes that cannot be decoded become U+FFFD.

    content_type: the HTTP header, if there was one. The order is the HTML Standard's ("determining the
    character encoding"): byte order mark, HTTP charset, <meta>, then a guess. One exception: if all bytes are
    well-formed UTF-8 and not only ASCII, the text is UTF-8, whatever is declared. Saved and proxied pages
    keep an old <meta>, and text in another encoding is almost never well-formed UTF-8.
    """
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(codec, errors="replace")
    declared = [label for label in (_from_header(content_type), _from_markup(body)) if label]
    if not body.isascii():
        with suppress(UnicodeDecodeError):
            return body.decode("utf-8")
    for codec in declared:
        text = body.decode(codec, errors="replace")
        if codec != "utf-8" or _is_mostly_sound(text):
            return text
    if body.isascii():
        return body.decode("ascii")
    return _guess(body)


def _from_header(content_type: str | None) -> str | None:
    found = _HEADER_CHARSET.search(content_type or "")
    return codec_of_label(found[1]) if found else None


def _from_markup(body: bytes) -> str | None:
    """What the page declares: an XML declaration or <meta>, not in comments."""
    for limit in (_PRESCAN_BYTES, _LONG_PRESCAN_BYTES):
        head = _COMMENT.sub(b"", body[:limit])
        if (declaration := _XML_DECLARATION.match(head)) and (codec := _codec_in_markup(declaration[1])):
            return codec
        for meta in _META.finditer(head):
            if codec := _from_meta(meta[1]):
                return codec
    return None


def _from_meta(attributes: bytes) -> str | None:
    values = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(attributes)}
    if b"charset" in values:
        return _codec_in_markup(values[b"charset"])
    if values.get(b"http-equiv", b"").lower() == b"content-type":
        found = _HEADER_CHARSET.search(values.get(b"content", b"").decode("ascii", errors="replace"))
        return _codec_in_markup(found[1].encode()) if found else None
    return None


def _codec_in_markup(label: bytes) -> str | None:
    codec = codec_of_label(label.decode("ascii", errors="replace"))
    # The bytes of the <meta> were read as ASCII, so that it cannot be UTF-16.
    return "utf-8" if codec in {"utf-16-le", "utf-16-be"} else codec


def codec_of_label(label: str) -> str | None:
    """Python's codec for a label of the Encoding Standard (WHATWG); None for any other label.

    Python knows more: a page that could name UTF-7 could turn text into markup.
    """
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in {"replacement", "x-user-defined"}:
        return None
    # Browsers read GBK as its superset.
    return "gb18030" if encoding.name == "gbk" else str(encoding.codec_info.name)


def _is_mostly_sound(text: str) -> bool:
    broken = text.count("\ufffd")
    beyond_ascii = sum(1 for character in text if character > "\x7f") if broken else 0
    return broken <= max(3, _MAX_BROKEN_SHARE * beyond_ascii)


def _guess(body: bytes) -> str:
    """By the statistics of the bytes; else Windows-1252, the web's default."""
    sample = body if len(body) < 20_000 else body[:10_000] + body[-10_000:]
    best = from_bytes(sample).best()
    if best is not None:
        return body.decode(best.encoding, errors="replace")
    return body.decode("cp1252", errors="replace")
