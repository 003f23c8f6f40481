"""Evidence: every sentence that a model wrote is held against the article before a reader sees it."""

from summarizer.evidence.checking import Evidence, Fault, Unsupported

__all__ = ["Evidence", "Fault", "Unsupported"]
