"""The requests that commands make, and how each is read from the words after its command.

Buttons also use forms that people need not know: `#12` is an article and `@7` a speaker, by their numbers in
the database; `page:2` is a page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from articles.model import ArticleId
from bot.commands.subscription_words import SubscriptionDraft, read_draft
from bot.schedules.schedule import Rhythm
from summarizer.model import SpeakerId

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Limits of a search. None: any."""

    since: timedelta | None = None
    publisher: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefRequest:
    topic: str  # "": the top stories
    filters: Filters = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleBriefRequest:
    article: ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesRequest:
    speaker: str | SpeakerId  # a name as people type it, or one speaker
    about: str | None = None
    since: timedelta | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleQuotesRequest:
    article: ArticleId | None = None  # None, here and below: the one shown last, or replied to
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionsRequest:
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRequest:
    section: int | str  # from 1, or words of its heading
    article: ArticleId | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRequest:
    article: ArticleId | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequest:
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    words: str
    filters: Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeRequest:
    draft: SubscriptionDraft
    to_speaker: bool = False  # the topic is a speaker's name


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionsRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubscriptionRequest:
    """Ends, pauses or resumes subscriptions."""

    change: str  # "unsubscribe", "unfollow", "pause" or "resume"
    which: str  # its number or topic; "": the only one, or all of them for pause and resume


@dataclass(frozen=True, slots=True, kw_only=True)
class TimezoneRequest:
    zone: str  # "": ask which it is


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsRequest:
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFeedRequest:
    url: str  # as it was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFeedRequest:
    which: str  # its number or URL


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetRequest:
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequest:
    greeting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRequest:
    """The text could not be read."""

    reason: str  # one line for the reader, with what would be understood


# About one article: the one that is named, or the one shown before.
AboutStory = (
    ArticleBriefRequest | SectionsRequest | SectionRequest | FullRequest | SourceRequest | EvidenceRequest
)
AboutArticle = AboutStory | ArticleQuotesRequest
AboutSubscriptions = SubscribeRequest | SubscriptionsRequest | ChangeSubscriptionRequest | TimezoneRequest
AboutFeeds = FeedsRequest | AddFeedRequest | RemoveFeedRequest
AboutNews = BriefRequest | QuotesRequest | MoreRequest | SearchRequest
AboutBot = StatusRequest | ForgetRequest | ExportRequest | HelpRequest
Request = AboutNews | AboutArticle | AboutSubscriptions | AboutFeeds | AboutBot


class NotUnderstood(Exception):
    """The words make no request. The text is one line for the reader: what to write instead."""


class WrongWords(NotUnderstood):
    """The words do not fit the command: show its example. The text: the words that it does not take."""


_DURATION = re.compile(r"(\d{1,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
MAX_SINCE = timedelta(days=9_999)  # the longest that fits a button


def read_topic(words: str) -> BriefRequest:
    """A topic and its filters. Raises NotUnderstood."""
    topic, filters = _filters(words)
    return BriefRequest(topic=topic, filters=filters)


def brief_in_words(request: BriefRequest) -> str:
    """The words that `read_topic` reads as this request."""
    filters = request.filters
    words = [
        request.topic,
        f"since:{since_in_words(filters.since)}" if filters.since else "",
        f'from:"{filters.publisher}"' if filters.publisher else "",
        f"lang:{filters.language}" if filters.language else "",
    ]
    return " ".join(filter(None, words))


def since_in_words(since: timedelta) -> str:
    """`7d` or `12h`. Whole hours."""
    hours = since // timedelta(hours=1)
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


def _brief(words: str) -> BriefRequest | ArticleBriefRequest:
    _, article = _article(words)
    return read_topic(words) if article is None else ArticleBriefRequest(article=article)


def _quotes(words: str) -> QuotesRequest | ArticleQuotesRequest:
    words, page = _page(words)
    words, since = _take(words, "since")
    words, article = _article(words)
    if article is not None:
        return ArticleQuotesRequest(article=article, page=page)
    name, *rest = re.split(r"(?:^|\s)about\s+", words, maxsplit=1, flags=re.IGNORECASE)
    name, about = name.strip(), (rest[0].strip() or None) if rest else None
    if not name and (about or since):
        raise WrongWords
    if not name:
        return ArticleQuotesRequest(page=page)
    one = re.fullmatch(r"@(\d{1,15})", name)
    speaker = SpeakerId(int(one[1])) if one else name
    return QuotesRequest(speaker=speaker, about=about, since=_since(since), page=page)


def _section(words: str) -> SectionRequest:
    words, page = _page(words)
    words, article = _article(words)
    if not words:
        raise WrongWords
    return SectionRequest(section=int(words) if is_number(words) else words, article=article, page=page)


def _full(words: str) -> FullRequest:
    words, page = _page(words)
    words, article = _article(words)
    return _no_more(words, FullRequest(article=article, page=page))


def _search(words: str) -> SearchRequest:
    words, filters = _filters(words)
    if not words:
        raise WrongWords
    return SearchRequest(words=words, filters=filters)


def _subscribe(words: str, *, to_speaker: bool = False) -> SubscribeRequest:
    if not words:
        raise WrongWords
    if _filters(words)[1] != Filters():
        raise NotUnderstood(
            "since:, from: and lang: are for /brief; a subscription takes any:, all: and none:."
        )
    try:
        draft = read_draft(words)
    except ValueError as error:
        raise NotUnderstood(str(error)) from error
    if not draft.topic and (to_speaker or draft.schedule.rhythm is not Rhythm.BREAKING):
        raise WrongWords
    return SubscribeRequest(draft=draft, to_speaker=to_speaker)


def _feeds(words: str) -> FeedsRequest:
    words, page = _page(words)
    return _no_more(words, FeedsRequest(page=page))


def _forget(words: str) -> ForgetRequest:
    sure = words.lower() == "yes"
    return _no_more("" if sure else words, ForgetRequest(sure=sure))


def is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 4


def _take(words: str, prefix: str) -> tuple[str, str | None]:
    """The words without the `prefix:value` one, and the value."""
    found = re.search(rf'(?:^|\s){prefix}:(?:"([^"]+)"|(\S+))(?=\s|$)', words, re.IGNORECASE)
    if not found:
        return words, None
    return f"{words[: found.start()]} {words[found.end() :]}".strip(), found[1] or found[2]


def _since(value: str | None) -> timedelta | None:
    if value is None:
        return None
    found = _DURATION.fullmatch(value.lower())
    since = timedelta(hours=int(found[1]) * _HOURS[found[2]]) if found else timedelta(0)
    if not timedelta(0) < since <= MAX_SINCE:
        raise NotUnderstood(f"since:{value} is not a span of time: write since:12h, since:7d or since:2w.")
    return since


def _filters(words: str) -> tuple[str, Filters]:
    words, since = _take(words, "since")
    words, publisher = _take(words, "from")
    words, language = _take(words, "lang")
    return words, Filters(since=_since(since), publisher=publisher, language=language and language.lower())


def _page(words: str) -> tuple[str, int]:
    words, page = _take(words, "page")
    if page is None:
        return words, 1
    if not is_number(page) or int(page) == 0:
        raise NotUnderstood(f"page:{page} is not a page: write page:2.")
    return words, int(page)


def _article(words: str) -> tuple[str, ArticleId | None]:
    found = re.match(r"#(\d{1,15})(?:\s+|$)", words)
    return (words[found.end() :], ArticleId(int(found[1]))) if found else (words, None)


def _no_more(words: str, request: T) -> T:
    """The request. Raises WrongWords if words are left over: ignoring them would be guessing."""
    if words:
        raise WrongWords(words)
    return request


def _one_word(words: str) -> str:
    """The words, if they are just one. Discord puts links in brackets: <https://...>."""
    word = words.removeprefix("<").removesuffix(">")
    if not word or len(word.split()) > 1:
        raise WrongWords
    return word


def _bare(request: Request) -> Callable[[str], Request]:
    """The reader of a command that takes no words."""
    return lambda words: _no_more(words, request)


def _of_article(kind: type[SectionsRequest | EvidenceRequest | SourceRequest]) -> Callable[[str], Request]:
    """The reader of a command that takes an article and no more."""

    def read(words: str) -> Request:
        words, article = _article(words)
        return _no_more(words, kind(article=article))

    return read


def _change(change: str) -> Callable[[str], Request]:
    return lambda words: ChangeSubscriptionRequest(change=change, which=words)


# How each command's words are read. A reader raises NotUnderstood.
READERS: Mapping[str, Callable[[str], Request]] = {
    "brief": _brief,
    "quotes": _quotes,
    "sections": _of_article(SectionsRequest),
    "section": _section,
    "full": _full,
    "evidence": _of_article(EvidenceRequest),
    "more": _bare(MoreRequest()),
    "source": _of_article(SourceRequest),
    "search": _search,
    "subscribe": _subscribe,
    "follow": lambda words: _subscribe(words, to_speaker=True),
    "unfollow": _change("unfollow"),
    "subscriptions": _bare(SubscriptionsRequest()),
    "unsubscribe": _change("unsubscribe"),
    "pause": _change("pause"),
    "resume": _change("resume"),
    "timezone": lambda words: TimezoneRequest(zone=words),
    "feeds": _feeds,
    "addfeed": lambda words: AddFeedRequest(url=_one_word(words)),
    "removefeed": lambda words: RemoveFeedRequest(which=_one_word(words)),
    "status": _bare(StatusRequest()),
    "forget": _forget,
    "export": _bare(ExportRequest()),
    "help": _bare(HelpRequest()),
    "start": lambda _: HelpRequest(greeting=True),  # a deep link may add words: no person typed them
}
