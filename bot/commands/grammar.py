"""The command language: one line of text in, one value that says what is asked.

Buttons speak it too, with two words that people need not know: `#12` names an article and `@7` a speaker by
their numbers in the database, and `page:2` a page.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from rapidfuzz import process

from articles.model import ArticleId
from articles.text.characters import whole_characters
from bot.commands.requests import (
    AddFeed,
    ArticleBriefRequest,
    ArticleQuotesRequest,
    BriefRequest,
    ChangeSubscription,
    EvidenceRequest,
    ExportRequest,
    FeedsRequest,
    Filters,
    Follow,
    Forget,
    FullRequest,
    HelpRequest,
    MoreRequest,
    QuotesRequest,
    RemoveFeed,
    Request,
    SearchRequest,
    SectionRequest,
    SectionsRequest,
    SourceRequest,
    StatusRequest,
    Subscribe,
    SubscriptionsRequest,
    Timezone,
)
from bot.commands.subscription_words import Order, read_order
from bot.commands.table import BY_NAME
from bot.schedules.schedule import Rhythm
from summarizer.model import SpeakerId


class NotUnderstood(Exception):
    """The line is not in the language. Its text says, in one line, what would be."""


_COMMAND = re.compile(r"/([A-Za-z_]+)(?:@\w+)?(?:\s+|$)")
_SPAN_OF_TIME = re.compile(r"(\d{1,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
MAX_SINCE = timedelta(days=9_999)  # as many as a button can say
MAX_LINE = 1_000  # characters; a longer one is no command


def command_of(line: str) -> str | None:
    """The name of the command that the line gives, known or not; None for plain words."""
    return split_line(line)[0]


def split_line(line: str) -> tuple[str | None, str]:
    """The name of the command that the line gives, and the words after it."""
    line = line.strip()
    found = _COMMAND.match(line)
    return (found[1].lower(), line[found.end() :]) if found else (None, line)


def parse(line: str) -> Request:
    """What the line asks. Raises NotUnderstood.

    Plain words ask for a brief on them, and a plain number for that section. What is no character in the line
    becomes U+FFFD, so that what is asked can be stored.
    """
    line = whole_characters(" ".join(line.split()))
    if len(line) > MAX_LINE:
        raise NotUnderstood(
            f"That is too long for a command ({len(line):,} characters; {MAX_LINE:,} at most)."
        )
    name, rest = split_line(line)
    if name is None:
        if line.startswith("/"):
            raise NotUnderstood("A command is a slash and a word, such as /brief nato. /help shows them all.")
        if not line:
            raise NotUnderstood(
                "Say what to brief you on, such as /brief nato. /help shows what can be asked."
            )
        return SectionRequest(section=int(line)) if _is_number(line) else _brief(line)
    reader = _READERS.get(name)
    if reader is None:
        raise NotUnderstood(f"There is no command /{name}.{_meant(name)} /help shows them all.")
    return reader(rest)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 4


def _meant(name: str) -> str:
    near = process.extractOne(name, list(BY_NAME), score_cutoff=75)
    return f" Did you mean /{near[0]}?" if near else ""


def _usage(name: str) -> NotUnderstood:
    return NotUnderstood(f"Say it like this: {BY_NAME[name].example}")


def _take(rest: str, prefix: str) -> tuple[str, str | None]:
    """The line without its `prefix:value` word, and the value."""
    found = re.search(rf'(?:^|\s){prefix}:(?:"([^"]+)"|(\S+))(?=\s|$)', rest, re.IGNORECASE)
    if not found:
        return rest, None
    return f"{rest[: found.start()]} {rest[found.end() :]}".strip(), found[1] or found[2]


def _since(value: str | None) -> timedelta | None:
    if value is None:
        return None
    found = _SPAN_OF_TIME.fullmatch(value.lower())
    span = timedelta(hours=int(found[1]) * _HOURS[found[2]]) if found else timedelta(0)
    if not timedelta(0) < span <= MAX_SINCE:
        raise NotUnderstood(f"since:{value} is not a span of time: write since:12h, since:7d or since:2w.")
    return span


def _filters(rest: str) -> tuple[str, Filters]:
    rest, since = _take(rest, "since")
    rest, publisher = _take(rest, "from")
    rest, language = _take(rest, "lang")
    return rest, Filters(since=_since(since), publisher=publisher, language=language and language.lower())


def _page(rest: str) -> tuple[str, int]:
    rest, page = _take(rest, "page")
    if page is None:
        return rest, 1
    if not _is_number(page) or int(page) == 0:
        raise NotUnderstood(f"page:{page} is not a page: write page:2.")
    return rest, int(page)


def _article(rest: str) -> tuple[str, ArticleId | None]:
    found = re.match(r"#(\d{1,15})(?:\s+|$)", rest)
    return (rest[found.end() :], ArticleId(int(found[1]))) if found else (rest, None)


def read_topic(words: str) -> BriefRequest:
    """A topic and its filters, without a command. Raises NotUnderstood."""
    topic, filters = _filters(words)
    return BriefRequest(topic=topic, filters=filters)


def _brief(rest: str) -> BriefRequest | ArticleBriefRequest:
    _, article = _article(rest)
    return read_topic(rest) if article is None else ArticleBriefRequest(article=article)


def _quotes(rest: str) -> QuotesRequest | ArticleQuotesRequest:
    rest, page = _page(rest)
    rest, since = _take(rest, "since")
    rest, article = _article(rest)
    if article is not None:
        return ArticleQuotesRequest(article=article, page=page)
    name, about = _split_about(rest)
    if not name and (about or since):
        raise _usage("quotes")
    if not name:
        return ArticleQuotesRequest(page=page)
    one = re.fullmatch(r"@(\d{1,15})", name)
    speaker = SpeakerId(int(one[1])) if one else name
    return QuotesRequest(speaker=speaker, about=about, since=_since(since), page=page)


def _split_about(rest: str) -> tuple[str, str | None]:
    name, *about = re.split(r"(?:^|\s)about\s+", rest, maxsplit=1, flags=re.IGNORECASE)
    return name.strip(), about[0].strip() or None if about else None


def _section(rest: str) -> SectionRequest:
    rest, page = _page(rest)
    rest, article = _article(rest)
    if not rest:
        raise _usage("section")
    return SectionRequest(section=int(rest) if _is_number(rest) else rest, article=article, page=page)


def _full(rest: str) -> FullRequest:
    rest, page = _page(rest)
    return FullRequest(article=_just_article("full", rest), page=page)


def _just_article(name: str, rest: str) -> ArticleId | None:
    """For a command that takes an article and no more."""
    rest, article = _article(rest)
    _end(name, rest)
    return article


def _end(name: str, rest: str) -> None:
    """Refuses words that nobody has read: to pass over them would be to guess."""
    if rest:
        raise NotUnderstood(f"/{name} does not take “{rest}”. Say it like this: {BY_NAME[name].example}")


def _bare(name: str, ask: Request) -> Callable[[str], Request]:
    """For a command that takes no words."""

    def read(rest: str) -> Request:
        _end(name, rest)
        return ask

    return read


def _search(rest: str) -> SearchRequest:
    words, filters = _filters(rest)
    if not words:
        raise _usage("search")
    return SearchRequest(words=words, filters=filters)


def _subscribe(rest: str) -> Subscribe:
    order = _order("subscribe", rest)
    if not order.topic and order.schedule.rhythm is not Rhythm.BREAKING:
        raise _usage("subscribe")
    return Subscribe(order=order)


def _follow(rest: str) -> Follow:
    order = _order("follow", rest)
    if not order.topic:
        raise _usage("follow")
    return Follow(order=order)


def _order(name: str, rest: str) -> Order:
    if not rest:
        raise _usage(name)
    if _filters(rest)[1] != Filters():
        raise NotUnderstood(
            "since:, from: and lang: are for /brief; a standing order takes any:, all: and none:."
        )
    try:
        return read_order(rest)
    except ValueError as error:
        raise NotUnderstood(str(error)) from error


def _one_word(name: str, rest: str) -> str:
    """What stands after a command that takes one word. Discord shows links in brackets: <https://...>."""
    word = rest.removeprefix("<").removesuffix(">")
    if not word or len(word.split()) > 1:
        raise _usage(name)
    return word


def _feeds(rest: str) -> FeedsRequest:
    rest, page = _page(rest)
    _end("feeds", rest)
    return FeedsRequest(page=page)


def _forget(rest: str) -> Forget:
    sure = rest.lower() == "yes"
    _end("forget", "" if sure else rest)
    return Forget(sure=sure)


def _change(change: str) -> Callable[[str], ChangeSubscription]:
    return lambda rest: ChangeSubscription(change=change, which=rest)


_READERS: dict[str, Callable[[str], Request]] = {
    "brief": _brief,
    "quotes": _quotes,
    "sections": lambda rest: SectionsRequest(article=_just_article("sections", rest)),
    "section": _section,
    "full": _full,
    "evidence": lambda rest: EvidenceRequest(article=_just_article("evidence", rest)),
    "more": _bare("more", MoreRequest()),
    "source": lambda rest: SourceRequest(article=_just_article("source", rest)),
    "search": _search,
    "subscribe": _subscribe,
    "follow": _follow,
    "unfollow": _change("unfollow"),
    "subscriptions": _bare("subscriptions", SubscriptionsRequest()),
    "unsubscribe": _change("unsubscribe"),
    "pause": _change("pause"),
    "resume": _change("resume"),
    "timezone": lambda rest: Timezone(zone=rest),
    "feeds": _feeds,
    "addfeed": lambda rest: AddFeed(url=_one_word("addfeed", rest)),
    "removefeed": lambda rest: RemoveFeed(which=_one_word("removefeed", rest)),
    "status": _bare("status", StatusRequest()),
    "forget": _forget,
    "export": _bare("export", ExportRequest()),
    "help": _bare("help", HelpRequest()),
    # A link to the bot may bring words along (Telegram's "deep linking"): they are no person's.
    "start": lambda _: HelpRequest(greeting=True),
}
