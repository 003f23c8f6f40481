"""The article in a file or at a web address: a page is read by `page`, other text by `plaintext`."""

import codecs
import re
from contextlib import suppress
from pathlib import Path

from charset_normalizer import from_bytes

from articles.errors import NotAnArticle, Unreadable
from articles.fetching import Fetcher, FetchPolicy
from articles.model import Article
from articles.page import parse_page
from articles.plaintext import parse_plain_text

MAX_FILE_BYTES = 10_000_000

_BOMS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMATS = (
    (b"%PDF-", "a PDF; save its text as .txt first"),
    (b"{\\rtf", "rich text (RTF); save it as plain text first"),
    (b"PK\x03\x04", "a ZIP or an office document; save its text as .txt first"),
    (b"\xd0\xcf\x11\xe0", "an office document; save its text as .txt first"),
    (b"\x1f\x8b", "gzip; unpack it first"),
)
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x19\x1c-\x1f\x7f]")  # none of them occurs in text
_SNIFFED_BYTES = 65_536
_MAX_CONTROL_SHARE = 0.002
_WINDOWS_LETTERS = frozenset(
    "“”‘’‚„…–—•€£§©®°·«»¿¡½¼¾×´ÄÖÜäöüßÀÂÇÈÉÊËÎÏÔÙÛàâçèéêëîïôùûœŒÁÍÑÓÚáíñóúÃÕãõÅåÆæØøìòýš™ž\xa0"
)
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_HTML_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


async def read_article(where: str, *, policy: FetchPolicy) -> Article:
    """The article in the file `where`, or at that web address. Raises ArticleError with the reason."""
    if not where.startswith(("http://", "https://")):
        return read_article_file(Path(where))
    async with Fetcher(policy) as fetcher:
        fetched = await fetcher.fetch(where, accept="text/html, application/xhtml+xml, text/plain;q=0.8")
    kind = (fetched.content_type or "text/html").partition(";")[0].strip().lower()
    if kind == "text/plain":
        return parse_plain_text(decode_text(fetched.body, name=fetched.url), url=fetched.url)
    if kind not in {"text/html", "application/xhtml+xml"}:
        raise Unreadable(f"{fetched.url} is {kind}, not a web page")
    return parse_page(fetched.body, url=fetched.url, content_type=fetched.content_type)


def read_article_file(path: Path) -> Article:
    """The article in a file of plain text or HTML.

    Raises Unreadable if the file does not exist, is empty, larger than 10 MB, not text, or in an unknown
    encoding; NotAnArticle if it contains no article. Both name the file.
    """
    body = _read(path)
    is_page = path.suffix.lower() in _HTML_SUFFIXES or _HTML_OPENING.match(body[:_SNIFFED_BYTES])
    text = "" if is_page else decode_text(body, name=str(path))
    try:
        return parse_page(body, url=None) if is_page else parse_plain_text(text)
    except (Unreadable, NotAnArticle) as error:
        raise type(error)(f"{path}: {error}") from error


def decode_text(body: bytes, *, name: str) -> str:
    """The text of a file's bytes: by byte order mark, as UTF-8, as Windows-1252, or by the best guess.

    name: the file or URL, for the error. Raises Unreadable if the bytes are not text.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            try:
                return body.decode(codec)
            except UnicodeDecodeError as error:
                reason = f"is not valid {codec.upper()}, although it begins so; save it as UTF-8"
                raise Unreadable(f"{name} {reason}") from error
    _refuse_binary(body, name)
    with suppress(UnicodeDecodeError):
        return body.decode("utf-8")
    with suppress(UnicodeDecodeError):
        western = body.decode("windows-1252")
        if all(c.isascii() or c in _WINDOWS_LETTERS for c in western):
            return western
    guess = from_bytes(body).best()
    if guess is None:
        raise Unreadable(f"{name} is in an unknown encoding; save it as UTF-8")
    return str(guess)


def _refuse_binary(body: bytes, name: str) -> None:
    for magic, what in _FORMATS:
        if body.startswith(magic):
            raise Unreadable(f"{name} is {what}")
    sample = body[:_SNIFFED_BYTES]
    if b"\0" in sample or len(_CONTROL.findall(sample)) > _MAX_CONTROL_SHARE * len(sample):
        raise Unreadable(f"{name} is a binary file, not text")


def _read(path: Path) -> bytes:
    """The file's bytes. Checks the size before reading."""
    try:
        if path.is_dir():
            raise Unreadable(f"{path} is a directory; name a file in it")
        if not path.exists():
            raise Unreadable(f"{path} does not exist")
        if not path.is_file():  # a pipe or a device may never end
            raise Unreadable(f"{path} is not a regular file")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise Unreadable(f"{path} is too large: {size / 1e6:.0f} MB, and 10 MB is the limit")
        with path.open("rb") as file:
            body = file.read(MAX_FILE_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"{path} cannot be read: {reason}") from error
    if not body.strip():
        raise Unreadable(f"{path} is empty")
    return body
