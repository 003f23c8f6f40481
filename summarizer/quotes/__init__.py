"""Who said what: quoted passages, the cues and sources that attribute them, the speakers they resolve to."""

from summarizer.quotes.extract import find_quotes
from summarizer.quotes.scorers import QuoteModel, shipped_model

__all__ = ["QuoteModel", "find_quotes", "shipped_model"]
