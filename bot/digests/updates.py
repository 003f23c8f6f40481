"""What is new enough in a story to tell a chat of it again.

Kept narrow, as the same event told twice is what people complain of most. Another publisher's report is no
update, however it is worded: its figures and its headline differ as a matter of course. An update is a new
version of the very article that was told, whose headline says something else, or whose headline or first
paragraph has figures that the old text had nowhere; or a story that has grown to twice as many publishers and
by five or more.
"""

import re

from rapidfuzz import fuzz, utils

from articles.model import PARAGRAPH_BREAK, Article
from bot.storage.told import Told

SAME_HEADLINE = 60.0  # of 100, by rapidfuzz's token_set_ratio, which a headline that was only extended keeps
GREW_BY, GREW_TO = 5, 2  # publishers more, and times as many
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# Times of day, dates and years change with every version and tell nothing.
_DATED = re.compile(
    rf"\b\d{{1,2}}:\d\d|\b\d{{1,2}}\s?[ap]\.?m\b|\b{_MONTH}\s\d{{1,2}}\b|\b\d{{1,2}}\s{_MONTH}|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


def new_in_version(old: Article, new: Article) -> str | None:
    """What is new, in words; None where nothing of importance is."""
    figures = sorted(_figures(f"{new.headline}\n{_lede(new)}") - _figures(f"{old.headline}\n{old.text}"))
    if figures:
        return f"new figures: {', '.join(figures)}"
    alike = fuzz.token_set_ratio(old.headline, new.headline, processor=utils.default_process)
    return "a new headline" if alike < SAME_HEADLINE else None


def grown(told: Told) -> str | None:
    """By how much the story has grown, in words; None where it has not by much."""
    now = told.publishers_now
    much = now >= told.publishers + GREW_BY and now >= told.publishers * GREW_TO
    return f"{now} publishers report it now" if much else None


def _lede(article: Article) -> str:
    return article.text.partition(PARAGRAPH_BREAK)[0]


def _figures(text: str) -> frozenset[str]:
    return frozenset(figure.replace(",", "") for figure in _FIGURE.findall(_DATED.sub(" ", text)))
