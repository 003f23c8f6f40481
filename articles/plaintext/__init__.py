"""Plain copy to an article: wire dispatches, press releases, transcripts, stories pasted from a page."""

from articles.plaintext.text_parser import parse_plain_text

__all__ = ["parse_plain_text"]
