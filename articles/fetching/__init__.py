"""The one HTTP client: vetted addresses, bounded bodies, politeness, robots.txt."""

from articles.fetching.client import Fetched, Fetcher, FetchPolicy

__all__ = ["FetchPolicy", "Fetched", "Fetcher"]
