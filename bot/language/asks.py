"""What can be asked of the bot, as values: the grammar makes them of a line, and the service answers them."""

from dataclasses import dataclass
from datetime import timedelta

from articles.model import ArticleId
from bot.orders.words import Order
from summarizer.model import SpeakerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a search; None does not."""

    since: timedelta | None = None
    publisher: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBrief:
    topic: str  # "": the top stories
    filters: Filters = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskArticleBrief:
    article: ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuotes:
    speaker: str | SpeakerId  # a name as people type it, or one speaker
    about: str | None = None
    since: timedelta | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskArticleQuotes:
    article: ArticleId | None = None  # None, here and below: the one shown last, or replied to
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSections:
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSection:
    section: int | str  # from 1, or words of its heading
    article: ArticleId | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFull:
    article: ArticleId | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSource:
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskEvidence:
    article: ArticleId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMore:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSearch:
    words: str
    filters: Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    order: Order  # its topic is the speaker's name


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSubscriptions:
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
class AskFeeds:
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFeed:
    url: str  # as it was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFeed:
    which: str  # its number or URL


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStatus:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskExport:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHelp:
    greeting: bool = False


# What is about one article, named or shown before.
AboutArticle = (
    AskArticleBrief | AskArticleQuotes | AskSections | AskSection | AskFull | AskSource | AskEvidence
)
AboutOrders = Subscribe | Follow | AskSubscriptions | ChangeSubscription | Timezone
AboutFeeds = AskFeeds | AddFeed | RemoveFeed
Ask = (
    AskBrief
    | AskQuotes
    | AskMore
    | AskSearch
    | AboutOrders
    | AskStatus
    | Forget
    | AskExport
    | AskHelp
    | AboutFeeds
    | AboutArticle
)
