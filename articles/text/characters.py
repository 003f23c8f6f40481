"""Text that can be stored and sent on: every character whole."""

import re
from dataclasses import replace

from articles.model import Article

# Half of a surrogate pair, as JSON escapes and file names can carry it, is no character and has no UTF-8 form
# (The Unicode Standard, D75). NUL ends a text in some places and not in others.
_NO_CHARACTER = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def whole_characters(text: str) -> str:
    """The text with U+FFFD for each that is no character. As many as before, so that offsets stay right."""
    return _NO_CHARACTER.sub(REPLACEMENT, text)


def in_whole_characters(article: Article) -> Article:
    """The article, all its text as `whole_characters` gives it."""
    return replace(
        article,
        url=_whole(article.url),
        publisher=_whole(article.publisher),
        headline=whole_characters(article.headline),
        byline=_whole(article.byline),
        dateline=_whole(article.dateline),
        language=whole_characters(article.language),
        text=whole_characters(article.text),
        sections=tuple(replace(section, heading=_whole(section.heading)) for section in article.sections),
    )


def _whole(text: str | None) -> str | None:
    return whole_characters(text) if text is not None else None
