"""Where a person points at an article, a file or a web address, and the article that is there."""

from pathlib import Path

from articles.errors import Unreadable
from articles.fetching import Fetcher, FetchPolicy
from articles.files import decode_text, read_article_file
from articles.model import Article
from articles.page import parse_page
from articles.plaintext import parse_plain_text


async def read_article(where: str, *, policy: FetchPolicy) -> Article:
    """The article in the file, or at the web address. Raises ArticleError, whose text says what is wrong."""
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
