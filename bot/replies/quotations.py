"""Quotes: what somebody said, over all articles, or what everybody said in one."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from articles.model import Article, ArticleId
from bot.commands.requests import QuotesRequest, since_in_words
from bot.replies.compose import button, choice, counted, in_words, in_zone, paged, quotation_of, quote_blocks
from bot.reply import Block, Button, Item, Items, Note, Prose, Reply, Title, refusal
from summarizer.storage.store import AnalysisStore, QuoteInArticle, QuoteStore, StoredSpeaker

QUOTES_A_PAGE = 10
NEAR = 5  # names where nobody matches


class Quotations:
    """Answers from the quotes that are stored. `now` and `zone` are the asker's."""

    def __init__(self, *, quotes: QuoteStore, analyses: AnalysisStore) -> None:
        self._quotes = quotes
        self._analyses = analyses

    def by_speaker(self, request: QuotesRequest, *, now: datetime, zone: ZoneInfo) -> Reply:
        """One speaker's verbatim quotes, newest first; a choice if several people are meant."""
        if not isinstance(request.speaker, str):
            known = self._quotes.speaker(request.speaker)
            if known is None:
                return refusal("That speaker is no longer stored. /quotes with a name finds others.")
            return self._by(known, request, now=now, zone=zone)
        named = self._quotes.find_speakers(request.speaker)
        if not named:
            return nobody_called(request.speaker, self._quotes)
        if len(named) > 1:
            commands = [f"/quotes @{speaker.id}{_narrowed(request)}" for speaker in named]
            return choice_of_speakers(request.speaker, named, commands)
        return self._by(named[0], request, now=now, zone=zone)

    def in_article(self, article: Article, *, page: int, page_chars: int | None) -> Reply:
        """What everybody said in one article, in text order; paraphrases apart."""
        quotes = self._analyses.quotes_of(article.id) if article.id is not None else ()
        if not quotes:
            return refusal(f"Nobody is quoted in “{article.headline}”.")
        blocks = quote_blocks(quotes, article.text)
        title = Title(text=f"Quotes in {article.headline}", url=article.url)
        return paged(
            title, blocks, f"/quotes #{article.id}", page=page, page_chars=page_chars, article=article.id
        )

    def speakers_like(self, typed: str, *, limit: int) -> tuple[str, ...]:
        """Names of speakers who are quoted, for completion."""
        return tuple(speaker.name for speaker in self._quotes.speakers_like(typed, limit=limit))

    def _by(self, speaker: StoredSpeaker, request: QuotesRequest, *, now: datetime, zone: ZoneInfo) -> Reply:
        found = self._quotes.quotes_by(
            speaker.id,
            about=request.about,
            since=now - request.since if request.since else None,
            limit=QUOTES_A_PAGE + 1,
            offset=(request.page - 1) * QUOTES_A_PAGE,
        )
        if not found:
            return _no_quotes(speaker, request)
        shown = found[:QUOTES_A_PAGE]
        turning = _turning(speaker, request, is_last=len(found) == len(shown))
        blocks = (Title(text=f"{speaker.name}, word for word"), *quotes_by_article(shown, zone))
        return Reply(blocks=blocks, buttons=(turning,) if turning else (), article=shown[0].article.id)


def nobody_called(name: str, quotes: QuoteStore) -> Reply:
    """Says that nobody of that name is quoted, and who is."""
    quoted = ", ".join(speaker.name for speaker in quotes.speakers_like("", limit=NEAR))
    if not quoted:
        return refusal(f"Nobody called “{name}” is quoted: no quotes are stored yet.")
    return refusal(f"Nobody called “{name}” is quoted here. Quoted are: {quoted}.")


def choice_of_speakers(name: str, named: Sequence[StoredSpeaker], commands: Sequence[str]) -> Reply:
    """Asks which speaker is meant. commands: what to send for each."""
    items = tuple(Item(text=f"{s.name} ({counted(s.quote_count, 'quote')})") for s in named)
    blocks = (Prose(text=f"Who is meant by “{name}”?"), Items(items=items, numbered=True))
    return choice(blocks, [speaker.name for speaker in named], commands)


def _narrowed(request: QuotesRequest) -> str:
    about = f" about {request.about}" if request.about else ""
    return about + (f" since:{since_in_words(request.since)}" if request.since else "")


def _turning(speaker: StoredSpeaker, request: QuotesRequest, *, is_last: bool) -> tuple[Button, ...]:
    command = f"/quotes @{speaker.id}{_narrowed(request)}"
    newer = button("Newer", f"{command} page:{request.page - 1}") if request.page > 1 else ()
    return newer + (() if is_last else button("Older", f"{command} page:{request.page + 1}"))


def quotes_by_article(found: Sequence[QuoteInArticle], zone: ZoneInfo) -> list[Block]:
    """The quotes, each under its article's headline, publisher and date."""
    blocks: list[Block] = []
    last: ArticleId | None = None
    for one in found:
        head = one.article
        if head.id != last:
            when = in_zone(head.published, zone) if head.published else None
            known = [part for part in (head.headline, head.publisher, when) if part]
            blocks.append(Note(text=" · ".join(known), url=head.url))
            last = head.id
        blocks.append(quotation_of(one.quote, one.parts, cue=one.cue))
    return blocks


def _no_quotes(speaker: StoredSpeaker, request: QuotesRequest) -> Reply:
    if request.page > 1:
        return refusal(f"Those were all of the quotes by {speaker.name}.")
    about = f" about “{request.about}”" if request.about else ""
    since = f" in the last {in_words(request.since)}" if request.since else ""
    return refusal(f"No quotes by {speaker.name}{about}{since}. /quotes {speaker.name} shows all there are.")
