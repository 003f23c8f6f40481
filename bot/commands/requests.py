"""What can be asked of the bot, as values: the grammar makes them of a line, and the service answers them."""

from dataclasses import dataclass
from datetime import timedelta

from articles.model import ArticleId
from bot.commands.subscription_words import Order
from summarizer.model import SpeakerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a search; None does not."""

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
class Subscribe:
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    order: Order  # its topic is the speaker's name


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionsRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubscription:
    """Ends, holds or goes on with standing orders."""

    change: str  # "unsubscribe", "unfollow", "pause" or "resume"
    which: str  # its number or topic; "": the only one, or for pause and resume all


@dataclass(frozen=True, slots=True, kw_only=True)
class Timezone:
    zone: str  # "": ask which it is


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsRequest:
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFeed:
    url: str  # as it was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFeed:
    which: str  # its number or URL


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequest:
    greeting: bool = False


# What is about one article, named or shown before.
AboutArticle = (
    ArticleBriefRequest
    | ArticleQuotesRequest
    | SectionsRequest
    | SectionRequest
    | FullRequest
    | SourceRequest
    | EvidenceRequest
)
AboutOrders = Subscribe | Follow | SubscriptionsRequest | ChangeSubscription | Timezone
AboutFeeds = FeedsRequest | AddFeed | RemoveFeed
Request = (
    BriefRequest
    | QuotesRequest
    | MoreRequest
    | SearchRequest
    | AboutOrders
    | StatusRequest
    | Forget
    | ExportRequest
    | HelpRequest
    | AboutFeeds
    | AboutArticle
)
