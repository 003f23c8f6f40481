"""Quotes: what one speaker said in all articles, or what everybody said in one article."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from articles.model import Article, ArticleId
from bot.commands.requests import QuotesRequest, since_in_words
from bot.replies.compose import button, choice, counted, in_words, in_zone, paged
from bot.reply import Block, Button, Item, Items, Note, Prose, Quotation, Reply, Title, refusal
from summarizer.model import KeyQuote, Quote, QuoteKind
from summarizer.storage.store import AnalysisStore, QuoteInArticle, QuoteStore, StoredSpeaker

QUOTES_A_PAGE = 10
NEAR = 5  # names where nobody matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotations:
    """Answers from the quotes that are stored. `now` and `zone` are the asker's."""

    quotes: QuoteStore
    analyses: AnalysisStore

    def by_speaker(self, request: QuotesRequest, *, now: datetime, zone: ZoneInfo) -> Reply:
        """One speaker's verbatim quotes, newest first; a choice if several people are meant."""
        if not isinstance(request.speaker, str):
            known = self.quotes.speaker(request.speaker)
            if known is None:
                return refusal("That speaker is no longer stored. /quotes with a name finds others.")
            return self._by(known, request, now=now, zone=zone)
        named = self.quotes.find_speakers(request.speaker)
        if not named:
            return nobody_called(request.speaker, self.quotes)
        if len(named) > 1:
            commands = [f"/quotes @{speaker.id}{_narrowed(request)}" for speaker in named]
            return choice_of_speakers(request.speaker, named, commands)
        return self._by(named[0], request, now=now, zone=zone)

    def in_article(self, article: Article, *, page: int, page_chars: int | None) -> Reply:
        """What everybody said in one article, in text order; paraphrases last."""
        quotes = self.analyses.quotes_of(article.id) if article.id is not None else ()
        if not quotes:
            return refusal(f"Nobody is quoted in “{article.headline}”.")
        blocks = quote_blocks(quotes, article.text)
        title = Title(text=f"Quotes in {article.headline}", url=article.url)
        command = f"/quotes #{article.id}"
        return paged(title, blocks, command, page=page, page_chars=page_chars, article=article.id)

    def speakers_like(self, typed: str, *, limit: int) -> tuple[str, ...]:
        """Names of speakers who are quoted, for completion."""
        return tuple(speaker.name for speaker in self.quotes.speakers_like(typed, limit=limit))

    def _by(self, speaker: StoredSpeaker, request: QuotesRequest, *, now: datetime, zone: ZoneInfo) -> Reply:
        found = self.quotes.quotes_by(
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
        blocks.append(_quotation_of(one.quote, one.parts, cue=one.cue))
    return blocks


def _no_quotes(speaker: StoredSpeaker, request: QuotesRequest) -> Reply:
    if request.page > 1:
        return refusal(f"Those were all of the quotes by {speaker.name}.")
    about = f" about “{request.about}”" if request.about else ""
    since = f" in the last {in_words(request.since)}" if request.since else ""
    return refusal(f"No quotes by {speaker.name}{about}{since}. /quotes {speaker.name} shows all there are.")


def quote_blocks(quotes: Sequence[Quote], text: str) -> tuple[Block, ...]:
    """The verbatim quotes in text order, then the paraphrases under a line of their own."""
    verbatim = [quote for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED]
    paraphrased = [quote for quote in quotes if quote.kind is QuoteKind.PARAPHRASED]
    blocks: list[Block] = [_quotation(quote, text) for quote in verbatim]
    if not verbatim:
        blocks.append(Note(text="Nobody is quoted word for word."))
    if paraphrased:
        blocks.append(Note(text="Paraphrased"))
    blocks += [_quotation(quote, text) for quote in paraphrased]
    return tuple(blocks)


def _quotation(quote: Quote, text: str) -> Quotation:
    """The quote's own words, from the article's text."""
    cue = quote.cue.of(text) if quote.cue else None
    return _quotation_of(quote, tuple(span.of(text) for span in quote.content), cue=cue)


def key_quotation(key: KeyQuote, text: str) -> Quotation:
    """A brief's quote: the sentences that are shown of it."""
    shown = _quotation_of(key.quote, tuple(span.of(text) for span in key.shown), cue=None)
    return replace(shown, starts_late=key.starts_late, ends_early=key.ends_early)


def _quotation_of(quote: Quote, parts: tuple[str, ...], *, cue: str | None) -> Quotation:
    """The quote's own words, with the speaker in this article.

    A comma at the end belongs to the sentence around the quotation (American usage) and is left out.
    """
    return Quotation(
        parts=tuple(part.rstrip(",") for part in parts),
        speaker=quote.speaker.name if quote.speaker else None,
        role=quote.speaker.role if quote.speaker else None,
        cue=cue,
        label=None if quote.kind is QuoteKind.VERBATIM else quote.kind.value,
        verbatim=quote.kind is not QuoteKind.PARAPHRASED,
    )
