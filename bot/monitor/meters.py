"""Prometheus counters and histograms of this process, and a chat adapter that is measured by them.

Names follow "Metric and label naming" of the Prometheus documentation: base units, `_total` for counters. No
label holds text of people or publishers, so that nobody outside can create time series.
"""

import time
from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Histogram

from articles.feeds.entry_processor import EntryReport
from articles.feeds.poller import PollReport
from bot.chat import NO_HOOKS, ChatError, ChatRef, MessageId, SendHooks
from bot.ports import ChatAdapter, Conversation, IncomingCommand
from bot.reply import Reply

# Seconds: from an indexed query to an article whose brief a model writes.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_ENTRY_OUTCOMES = ("stored", "known", "filtered", "empty", "postponed")  # of `EntryReport`


class Meters:
    """The meters of one process. Safe to use from several threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, buckets=_SECONDS, registry=registry)
        self._feed_polls = counter("pullquote_feed_polls", "Feeds polled, by outcome.", ["outcome"])
        self._entries = counter("pullquote_feed_entries", "New entries that feeds listed.")
        self._articles = counter("pullquote_articles", "Articles processed, by outcome.", ["outcome"])
        self._quotes = counter("pullquote_quotes", "Quotes found in articles stored.")
        self._analysis = histogram(
            "pullquote_analysis_seconds", "From an article's text to its stored quotes and brief."
        )
        self._sends = counter("pullquote_sends", "Deliveries sent, by outcome.", ["platform", "outcome"])
        self._send_seconds = histogram(
            "pullquote_send_seconds",
            "Time to send a delivery until the platform's answer, with the wait for rate limits.",
            ["platform"],
        )
        self._throttled = counter("pullquote_throttled", "Answers 429, which ask for a pause.", ["platform"])
        self._answers = histogram(
            "pullquote_answer_seconds",
            "From a command to its reply, without the time to send it.",
            ["platform", "command"],
        )

        # Counters start at 0 and not at 1, so that the first event counts as an increase.
        for outcome in ("unchanged", "failed", "news"):
            self._feed_polls.labels(outcome)
        for outcome in _ENTRY_OUTCOMES:
            self._articles.labels(outcome)

    def polled(self, report: PollReport) -> None:
        """Counts polls of feeds."""
        self._feed_polls.labels("unchanged").inc(report.unchanged)
        self._feed_polls.labels("failed").inc(report.failed)
        self._feed_polls.labels("news").inc(report.polled - report.unchanged - report.failed)
        self._entries.inc(report.new_entries)

    def entries_processed(self, report: EntryReport) -> None:
        """Counts entries that were processed."""
        for outcome in _ENTRY_OUTCOMES:
            self._articles.labels(outcome).inc(getattr(report, outcome))

    def analysed(self, *, quotes: int, took: timedelta) -> None:
        """Counts an analysed article."""
        self._quotes.inc(quotes)
        self._analysis.observe(took.total_seconds())

    def sent(self, platform: str, outcome: str, *, took: timedelta) -> None:
        """Counts an attempt to send. outcome: "sent", or the error's name."""
        self._sends.labels(platform, outcome).inc()
        self._send_seconds.labels(platform).observe(took.total_seconds())

    def throttled(self, platform: str) -> None:
        """Counts an answer 429."""
        self._throttled.labels(platform).inc()

    def answered(self, platform: str, command: str, *, took: timedelta) -> None:
        """Counts an answer. command: its name, or "words" for plain words."""
        self._answers.labels(platform, command).observe(took.total_seconds())


class MeteredChat:
    """Wraps a `ChatAdapter` and measures its sends and answers."""

    def __init__(self, adapter: ChatAdapter, meters: Meters) -> None:
        self.capabilities = adapter.capabilities
        self.stand_by, self.ready = adapter.stand_by, adapter.ready
        self.ping, self.direct = adapter.ping, adapter.direct
        self._adapter, self._platform, self._meters = adapter, adapter.capabilities.platform, meters

    async def serve(self, conversation: Conversation) -> None:
        await self._adapter.serve(_MeteredConversation(conversation, self._meters))

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """Errors that a hook raises are not counted: nothing was sent."""
        began = time.monotonic()
        try:
            message = await self._adapter.send(chat, reply, key=key, hooks=hooks)
        except ChatError as error:
            self._meters.sent(self._platform, _outcome(error), took=_since(began))
            raise
        self._meters.sent(self._platform, "sent", took=_since(began))
        return message


class _MeteredConversation:
    """Wraps a `Conversation` and times its answers."""

    def __init__(self, inner: Conversation, meters: Meters) -> None:
        self._inner, self._meters = inner, meters
        self.posted, self.complete, self.offer = inner.posted, inner.complete, inner.offer
        self.moved, self.gone = inner.moved, inner.gone

    def answer(self, incoming: IncomingCommand) -> Reply:
        began = time.monotonic()
        reply = self._inner.answer(incoming)
        command = incoming.parsed.command
        self._meters.answered(
            incoming.chat.platform, command.name if command else "words", took=_since(began)
        )
        return reply


def _outcome(error: ChatError) -> str:
    """The error's name as a label: `SendUnknown` is "send_unknown"."""
    name = type(error).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)
