"""Plain copy to an article: wire dispatches, press releases, transcripts, stories pasted from a page."""

from articles.wire.parser import parse_wire

__all__ = ["parse_wire"]
