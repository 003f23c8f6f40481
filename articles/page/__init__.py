"""Web pages to articles: what a page says of itself, its text in sections, how much of it is there."""

from articles.page.page_parser import parse_page

__all__ = ["parse_page"]
