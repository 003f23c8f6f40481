"""A page's bytes to text, as browsers do it and for pages that browsers get wrong."""

import codecs
import re

from charset_normalizer import from_bytes

from articles.text.encoding_labels import CODEC_BY_LABEL

_PRESCAN_BYTES = 1024  # as far as the HTML Standard looks for <meta charset>
_GENEROUS_PRESCAN_BYTES = 16_384  # pages with long scripts ahead of it, where nothing else says

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]+)["']""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([^\s"'=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")

# What a declared UTF-8 may hold of broken bytes (a cut multi-byte character, one bad include) before we think
# that the declaration is what is wrong.
_MAX_BROKEN_SHARE = 0.05


# Half of a surrogate pair, which JSON escapes and file names can carry, is no character and has no UTF-8 form
# (The Unicode Standard, D75). NUL ends a text in some programs and not in others.
_INVALID_CHARACTER = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def replace_invalid_characters(text: str) -> str:
    """The text with U+FFFD for NUL and for each lone surrogate. Its length, and so every offset, is kept."""
    return _INVALID_CHARACTER.sub(REPLACEMENT, text)


def decode_page(body: bytes, *, content_type: str | None = None) -> str:
    """The text of an HTML page. Never fails: what cannot be read becomes U+FFFD.

    content_type: the HTTP header, if there was one. The order is the HTML Standard's ("determining the
    character encoding"): byte order mark, HTTP charset, <meta>, then a guess. One thing goes before the last
    three, against the standard: bytes that are not ASCII and are well-formed UTF-8 throughout are UTF-8.
    Saved and proxied pages keep the <meta> of what they were, and text of another encoding is well-formed
    UTF-8 by accident next to never.
    """
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(codec, errors="replace")
    declared = [label for label in (_from_header(content_type), _from_markup(body)) if label]
    if not body.isascii():
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    for codec in declared:
        text = body.decode(codec, errors="replace")
        if codec != "utf-8" or _is_mostly_sound(text):
            return text
    if body.isascii():
        return body.decode("ascii")
    return _guess(body)


def _from_header(content_type: str | None) -> str | None:
    found = _HEADER_CHARSET.search(content_type or "")
    return CODEC_BY_LABEL.get(found[1].lower()) if found else None


def _from_markup(body: bytes) -> str | None:
    """What the page says of itself: an XML declaration or <meta>, comments skipped."""
    for limit in (_PRESCAN_BYTES, _GENEROUS_PRESCAN_BYTES):
        head = _COMMENT.sub(b"", body[:limit])
        if (declaration := _XML_DECLARATION.match(head)) and (codec := _codec(declaration[1])):
            return codec
        for meta in _META.finditer(head):
            if codec := _from_meta(meta[1]):
                return codec
    return None


def _from_meta(attributes: bytes) -> str | None:
    values = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(attributes)}
    if b"charset" in values:
        return _codec(values[b"charset"])
    if values.get(b"http-equiv", b"").lower() == b"content-type":
        found = _HEADER_CHARSET.search(values.get(b"content", b"").decode("ascii", errors="replace"))
        return _codec(found[1].encode()) if found else None
    return None


def _codec(label: bytes) -> str | None:
    codec = CODEC_BY_LABEL.get(label.strip().lower().decode("ascii", errors="replace"))
    # The bytes of the <meta> were read as ASCII, so that it cannot be UTF-16.
    return "utf-8" if codec in {"utf-16-le", "utf-16-be"} else codec


def _is_mostly_sound(text: str) -> bool:
    broken = text.count("\ufffd")
    beyond_ascii = sum(1 for character in text if character > "\x7f") if broken else 0
    return broken <= max(3, _MAX_BROKEN_SHARE * beyond_ascii)


def _guess(body: bytes) -> str:
    """By the statistics of the bytes; Windows-1252, the web's own default, where they say nothing."""
    sample = body if len(body) < 20_000 else body[:10_000] + body[-10_000:]
    best = from_bytes(sample).best()
    if best is not None:
        return body.decode(best.encoding, errors="replace")
    return body.decode("cp1252", errors="replace")
