"""Errors of the summarizer, split by what the caller does about them."""

from summarizer.model import Fallback


class SummarizerError(Exception):
    """Base class. The message is one plain sentence."""


class GenerationFailed(SummarizerError):
    """A model that should write a brief did not; use the extractive brief and show the reason."""

    def __init__(self, message: str, *, reason: Fallback) -> None:
        super().__init__(message)
        self.reason = reason


class ModelMissing(SummarizerError):
    """A model is not on this machine, or its folder does not hold one; the operator has to install it."""
