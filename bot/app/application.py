"""Builds the application: stores, analysis and handlers over one database. It reads no settings."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from articles.database import Database, open_database
from articles.fetching import FetchPolicy
from articles.ingest import SaveAnalysis, ingest
from articles.model import Article, Ingested
from articles.search.vectors import VectorIndex
from articles.store import ArticleStore
from articles.stories.breaking import BreakingDetector
from bot.copying import refuse_unfinished
from bot.digests import Breaking, DeliveryPolicy, Digests, SharedStories
from bot.feeds.manager import FeedManager, RefreshReport
from bot.handlers.feeds import FeedHandler
from bot.handlers.service import Service
from bot.handlers.subscriptions import SubscriptionHandler
from bot.monitor.meters import Meters
from bot.replies.quotations import Quotations
from bot.replies.stories import Stories
from bot.storage.alerts import AlertStore
from bot.storage.chats import ChatStore, DeliveredStore, FeedOwners
from bot.storage.migration import upgrade
from bot.storage.outbox import Outbox
from summarizer.analysis import Analyst
from summarizer.generative.ledger import UsageLedger
from summarizer.storage.store import AnalysisStore, QuoteStore

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


class Application:
    """All parts of the application, over one open database."""

    def __init__(
        self,
        database: Database,
        *,
        analyst: Analyst,
        zone: ZoneInfo,
        policy: FetchPolicy,
        clock: Callable[[], datetime] = utc_now,
        meters: Meters | None = None,
        delivery: DeliveryPolicy | None = None,
    ) -> None:
        """zone: for chats that have not set one. policy: how feeds and articles are fetched.

        meters: None: metrics are off. delivery: None: the defaults.
        """
        delivery = delivery or DeliveryPolicy()
        self.database = database
        self._vectors = VectorIndex(database)
        self.loaded = threading.Event()  # set when `load_in_background` is done
        self.articles = ArticleStore(database, self._vectors)
        self.chats = ChatStore(database)
        self.outbox = Outbox(database)
        self._analyses = AnalysisStore(database)
        self.analyst = analyst.with_ledger(UsageLedger(database, clock=clock))
        self.clock = clock
        self.meters = meters or Meters(CollectorRegistry())
        self.feeds = FeedManager(
            database, policy=policy, ingest=self.ingest, clock=clock, observe=self._observe_feeds
        )
        self.feed_owners = FeedOwners(database)
        self._stories = Stories(
            articles=self.articles, analyses=self._analyses, meaning_of=self.analyst.embed_query
        )
        quotes, delivered, alerts = QuoteStore(database), DeliveredStore(database), AlertStore(database)
        self.breaking = Breaking(
            detector=BreakingDetector(database),
            alerts=alerts,
            threshold=delivery.breaking,
            source=self._stories,
            article=self.articles.get,
        )
        self.digests = Digests(
            stories=SharedStories(self._stories, clock=clock),
            article=self.articles.get,
            delivered=delivered,
            quotes=quotes,
            breaking=self.breaking,
            alerts=alerts,
            missed=delivery.missed,
        )
        self.service = Service(
            articles=self.articles,
            stories=self._stories,
            quotations=Quotations(quotes=quotes, analyses=self._analyses),
            subscriptions=SubscriptionHandler(
                chats=self.chats,
                default_zone=zone,
                stories_on=lambda topic: bool(self._stories.on(topic, limit=1)),
                quotes=quotes,
                breaking=delivery.breaking,
            ),
            feeds=FeedHandler(manager=self.feeds, owners=self.feed_owners, clock=clock),
            chats=self.chats,
            clock=clock,
        )

    def load_in_background(self) -> None:
        """Loads the sentence model and the vector index. Until then search uses only words."""

        def load(kind: str) -> None:
            self._vectors.load(kind)
            self.loaded.set()

        self.analyst.load_in_background(load)

    def ingest(self, article: Article) -> Ingested:
        """Analyses and stores an article, once. Raises DatabaseError, SummarizerError: nothing is stored."""

        def analyse(article: Article) -> SaveAnalysis:
            started = time.monotonic()
            found = self.analyst.read(article)
            took = timedelta(seconds=time.monotonic() - started)
            self.meters.analysed(quotes=len(found.quotes), took=took)
            return partial(self._analyses.save_analysis, found=found.quotes, brief=found.brief)

        now = self.clock()
        stored = ingest(
            article,
            database=self.database,
            store=self.articles,
            analyse=analyse,
            vector=self.analyst.embed,
            now=now,
        )
        if stored.is_new:
            self.breaking.reported(stored.id, now=now)
        return stored

    def _observe_feeds(self, refreshed: RefreshReport) -> None:
        self.meters.polled(refreshed.poll)
        self.meters.entries_processed(refreshed.intake)


@contextmanager
def open_application(
    database_url: str,
    *,
    analyst: Analyst,
    zone: ZoneInfo,
    policy: FetchPolicy,
    meters: Meters | None = None,
    delivery: DeliveryPolicy | None = None,
) -> Iterator[Application]:
    """Opens the database, creates or upgrades its schema, and gives the application. Raises DatabaseError."""
    database = open_database(database_url)
    try:
        upgrade(database)
        refuse_unfinished(database)
        yield Application(
            database, analyst=analyst, zone=zone, policy=policy, meters=meters, delivery=delivery
        )
    finally:
        database.close()
