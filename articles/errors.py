"""What can go wrong between a link or a file and a stored article, split by what the caller does about it."""

from datetime import timedelta


class ArticleError(Exception):
    """Base of what can go wrong between a link and a stored article. Its text is one plain sentence."""


class FetchFailed(ArticleError):
    """The publisher did not answer usefully; worth another try after `retry_after`."""

    def __init__(self, url: str, reason: str, *, retry_after: timedelta) -> None:
        super().__init__(f"could not fetch {url}: {reason}")
        self.url, self.reason, self.retry_after = url, reason, retry_after


class FetchRefused(ArticleError):
    """We will not fetch this (a private address, robots.txt, a scheme that is not http); do not retry."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"will not fetch {url}: {reason}")
        self.url, self.reason = url, reason


class Gone(FetchRefused):
    """The publisher says that it is gone for good (410): drop what pointed here."""


class Unreadable(ArticleError):
    """The file or body is not text that we can read (missing, empty, binary, too large); do not retry."""


class NotAnArticle(ArticleError):
    """It was read and holds no story (a front page, a video, a paywall); do not retry."""


# What can be wrong with the database as a whole.


class DatabaseError(Exception):
    """Base of what can be wrong with the database as a whole. Its text is one plain sentence."""


class DatabaseUnusable(DatabaseError):
    """It can't be opened, read or written; an operator has to act."""


class DatabaseCorrupted(DatabaseUnusable):
    """What is in it can't be trusted any more: to go on would make it worse."""


class DatabaseUnavailable(DatabaseError):
    """Not now (locked by another process, disk full, no answer); nothing was written, worth another try."""
