"""Who said what: quoted passages, the cues and sources that attribute them, the speakers they resolve to."""

from summarizer.quotes.extract import find_quotes
from summarizer.quotes.paragraphs import paragraphs_of

__all__ = ["find_quotes", "paragraphs_of"]
