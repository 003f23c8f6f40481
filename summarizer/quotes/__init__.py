"""Who said what: quoted passages, the cues and sources that attribute them, the speakers they resolve to."""

from summarizer.quotes.extract import QuoteModel, find_quotes, find_quotes_with, shipped_model

__all__ = ["QuoteModel", "find_quotes", "find_quotes_with", "shipped_model"]
