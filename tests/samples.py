"""Values that tests of all rooms use."""

from datetime import UTC, datetime

from articles.model import Article, ParagraphKind, lay_out
from bot.chat import ChatRef

NOW = datetime(2017, 2, 16, 18, 0, tzinfo=UTC)


def article(
    headline: str = "Mattis Rules Out Military Collaboration with Russia",
    text: str = "The NATO allies met in Brussels.\n\nThey talked about budgets.",
    *,
    headings: tuple[str, ...] = (),
    publisher: str | None = "VOA News",
    url: str | None = None,
    published: datetime | None = datetime(2017, 2, 16, 12, 0, tzinfo=UTC),
    language: str = "en",
) -> Article:
    """An article of blank-line separated paragraphs, the last ones under a heading each."""
    paragraphs = text.split("\n\n")
    lede = len(paragraphs) - len(headings)
    named = list(zip(headings, paragraphs[lede:], strict=True))
    laid, sections = lay_out(
        [(None, [(words, ParagraphKind.BODY) for words in paragraphs[:lede]])]
        + [(heading, [(words, ParagraphKind.BODY)]) for heading, words in named]
    )
    return Article(
        id=None,
        url=url,
        publisher=publisher,
        headline=headline,
        byline=None,
        dateline=None,
        published=published,
        language=language,
        text=laid,
        sections=sections,
    )


CHAT = ChatRef(platform="telegram", chat="-1001")
