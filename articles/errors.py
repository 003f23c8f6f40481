"""Errors between a link or a file and a stored article, and of the database, split by what callers do."""

from datetime import timedelta


class ArticleError(Exception):
    """Base of errors between a link or a file and a stored article. The text is one plain sentence."""


class FetchFailed(ArticleError):
    """The publisher did not answer usefully; try again after `retry_after`."""

    def __init__(self, url: str, reason: str, *, retry_after: timedelta) -> None:
        super().__init__(f"could not fetch {url}: {reason}")
        self.url, self.reason, self.retry_after = url, reason, retry_after


class FetchRefused(ArticleError):
    """We will not fetch this (a private address, robots.txt, a scheme that is not http); do not retry."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"will not fetch {url}: {reason}")
        self.url, self.reason = url, reason


class Gone(FetchRefused):
    """The publisher says that the page is gone for good (410): drop what pointed here."""


class Unreadable(ArticleError):
    """The file or body is not text that we can read (missing, empty, binary, too large); do not retry."""


class NotAnArticle(ArticleError):
    """The page was read and contains no article (a front page, a video, a paywall); do not retry."""


class DatabaseError(Exception):
    """Base of errors of the database as a whole. The text is one plain sentence."""


class DatabaseUnusable(DatabaseError):
    """It can't be opened, read or written; an operator has to act."""


class DatabaseCorrupted(DatabaseUnusable):
    """Its content is damaged; writing more would make it worse."""


class DatabaseUnavailable(DatabaseError):
    """Not available now (locked by another process, disk full, no answer); nothing was written. Try again."""
