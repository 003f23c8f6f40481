"""What can go wrong while an article is condensed, split by what the caller does about it."""

from summarizer.model import Fallback


class SummarizerError(Exception):
    """Base of what can go wrong in this room. Its text is one plain sentence."""


class NotWritten(SummarizerError):
    """A model that was to write a brief did not; the article's own sentences do, and say why."""

    def __init__(self, message: str, *, reason: Fallback) -> None:
        super().__init__(message)
        self.reason = reason


class ModelMissing(SummarizerError):
    """A model is not on this machine, or its folder does not hold one; the operator has to install it."""
