"""Web pages to articles: metadata, text in sections, completeness."""

from articles.page.page_parser import parse_page

__all__ = ["parse_page"]
