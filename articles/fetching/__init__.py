"""The one HTTP client: checked addresses, limits, politeness, robots.txt."""

from articles.fetching.client import Fetched, Fetcher, FetchPolicy
from articles.fetching.transport import AllowList

__all__ = ["AllowList", "FetchPolicy", "Fetched", "Fetcher"]
