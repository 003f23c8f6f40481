"""A web page to an Article: what it says of itself, its own text in sections, and how much of it is there."""

import re

from lxml.etree import LxmlError, _Element
from trafilatura import load_html

from articles.errors import NotAnArticle, Unreadable
from articles.model import Article, Section, lay_out
from articles.page.blocks import PARAGRAPH_MARK, Block, sections_of
from articles.page.body import extract_blocks
from articles.page.completeness import judge
from articles.page.furniture import link_texts, without_furniture
from articles.page.limits import check_article, check_text, check_tree
from articles.page.metadata import PageMetadata, read_metadata
from articles.text.bylines import split_dateline
from articles.text.encoding import decode_page
from articles.text.language import language_of

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


def parse_page(body: bytes, *, url: str | None, content_type: str | None = None) -> Article:
    """The article on a page, furniture left out.

    body: the page as it was sent, decompressed. url: where it was fetched, None for a file; the article's own
    is the canonical one. content_type: the HTTP header, if there was one. `completeness` says whether this is
    the whole article or the opening that a paywall leaves. The date is one that the page states.

    Raises NotAnArticle (no story on the page: a front page, a list, a consent wall) and Unreadable (not HTML,
    or more than we take), each with one sentence that says why.
    """
    tree = read_tree(body, content_type=content_type)
    metadata = read_metadata(tree, url=url)
    blocks = article_blocks(tree, metadata)
    completeness = judge(tree, blocks, metadata)
    text, sections = lay_out(sections_of(blocks))
    check_article(text)
    if not sections:
        raise NotAnArticle("the page holds headings but no text under them")
    return Article(
        id=None,
        url=metadata.url,
        publisher=metadata.publisher,
        headline=metadata.headline or blocks[0].text[:200],
        byline=metadata.byline,
        dateline=_dateline(sections, text),
        published=metadata.published,
        language=language_of(text, declared=metadata.language),
        text=text,
        sections=sections,
        completeness=completeness,
    )


def _dateline(sections: tuple[Section, ...], text: str) -> str | None:
    """The place that the lede is filed from. Its words stay in the text, which is the page's."""
    dateline, _ = split_dateline(sections[0].paragraphs[0].span.of(text))
    return dateline.place if dateline is not None else None


def read_tree(body: bytes, *, content_type: str | None = None) -> _Element:
    """The page's elements. Raises Unreadable."""
    if b"<" not in body:
        raise Unreadable("the page is empty" if not body.strip() else "the page is not HTML")
    text = _CONTROLS.sub("", decode_page(body, content_type=content_type)).replace(PARAGRAPH_MARK, "")
    check_text(text)
    try:
        tree: _Element | None = load_html(text)
    except (LxmlError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable("the page could not be parsed as HTML") from error
    if tree is None:
        raise Unreadable("the page is not HTML")
    check_tree(tree)
    return tree


def article_blocks(tree: _Element, metadata: PageMetadata) -> tuple[Block, ...]:
    """The article's headings and paragraphs in reading order, before anything judges whether it is one."""
    blocks = extract_blocks(tree, metadata.linked)
    return without_furniture(
        blocks, headline=metadata.headline, byline=metadata.byline, links=link_texts(tree)
    )
