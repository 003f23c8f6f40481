"""The house put together: stores, analysis and service over one database. Given values, never settings."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from articles.bursts import Bursts
from articles.database import Database, DatabaseError, open_database
from articles.fetching import FetchPolicy
from articles.ingest import Ingested, Record, ingest
from articles.model import Article, ArticleId
from articles.nearest import VectorIndex
from articles.store import ArticleStore
from articles.stories import opening
from articles.vectors import ArticleVector
from bot.answers.quotations import Quotations
from bot.answers.stories import Stories
from bot.copying import refuse_unfinished
from bot.delivery.outbox import Outbox
from bot.digests.alerts import AlertStore
from bot.digests.breaking import LOOKED_THROUGH, Breaking
from bot.digests.digest import DeliveryPolicy, Digests
from bot.digests.followed import Followed
from bot.digests.shared_stories import SharedStories
from bot.digests.told import ToldStore
from bot.feeds.commands import FeedCommands
from bot.feeds.desk import FeedDesk, Refreshed
from bot.feeds.owners import FeedOwners
from bot.migration import upgrade
from bot.monitor.meters import Meters
from bot.orders.chat_zones import ChatZones
from bot.orders.ordering import Ordering
from bot.orders.standing import StandingOrders
from bot.service import Service
from bot.store import ChatStore
from summarizer.analysis import Analysis, Summarizer, analyse
from summarizer.encoder import MiniLM, checked_model
from summarizer.errors import SummarizerError
from summarizer.extractive import Extractive
from summarizer.generative import Endpoint, Generative, ModelChoice, open_writer
from summarizer.generative.ledger import Ledger, NothingToSpend, UsageLedger
from summarizer.model import Quote
from summarizer.quotes import find_quotes
from summarizer.store import AnalysisStore, QuoteStore

log = logging.getLogger(__name__)

QUESTIONS = 4_096  # whose vectors are kept, 2 KB each


def utc_now() -> datetime:
    """The wall clock, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Analyst:
    """Reads an article: its quotes and its brief, and the vector of what it is about."""

    model_folder: Path | None = None  # None: the packaged model
    threads: int = 1
    max_bullets: int = 3
    writer: ModelChoice | None = None  # None: briefs are the article's own sentences
    ledger: Ledger = NothingToSpend()  # noqa: RUF009 (has no state)

    _is_ready: threading.Event = field(default_factory=threading.Event, init=False, repr=False, compare=False)
    _making: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @property
    def _encoder(self) -> MiniLM:
        with self._making:  # one model, however many threads ask for it first
            return self._made_encoder

    @cached_property
    def _made_encoder(self) -> MiniLM:
        return MiniLM(self.model_folder, threads=self.threads)

    @cached_property
    def _summarizer(self) -> Summarizer:
        extractive = Extractive(self._encoder)
        if self.writer is None:
            return extractive
        writer = open_writer(self.writer, self.ledger)
        return Generative(writer, extractive=extractive, encoder=self._encoder)

    def spending_from(self, ledger: Ledger) -> "Analyst":
        """The same, with what it asks of a server counted there; itself, models and all, if it asks none."""
        return replace(self, ledger=ledger) if isinstance(self.writer, Endpoint) else self

    def read(self, article: Article) -> Analysis:
        """Raises SummarizerError where a model is damaged or not there."""
        if self.model_folder is not None:
            checked_model(self.model_folder)  # or a wrong setting shows only when a vector is needed
        return analyse(
            article, find_quotes=self.quotes, summarizer=self._summarizer, max_bullets=self.max_bullets
        )

    def quotes(self, article: Article) -> tuple[Quote, ...]:
        """The quotes alone, without the model."""
        return find_quotes(article.text, [paragraph.span for paragraph in article.paragraphs()])

    def load(self) -> str:
        """Loads the model; gives the kind of its vectors. Raises SummarizerError."""
        self._encoder.load()
        self._is_ready.set()
        return self._encoder.kind

    def meaning_of(self, words: str) -> ArticleVector | None:
        """The vector of a question; None while no model is loaded: a question does not wait for that."""
        if not self._is_ready.is_set():
            return None
        return self._meaning_of(words)

    @cached_property
    def _meaning_of(self) -> Callable[[str], ArticleVector]:
        @lru_cache(QUESTIONS)
        def encoded(words: str) -> ArticleVector:
            (values,) = self._encoder.encode([words])
            return ArticleVector(kind=self._encoder.kind, values=values)

        return encoded

    def load_soon(self, then: Callable[[str], None] | None = None) -> None:
        """Loads the model in a thread of its own, for it takes seconds; who needs it sooner waits for it.

        then: what to do next in that thread, with the kind of its vectors. A model that cannot be loaded is
        logged here, and raised where it is needed.
        """

        def load() -> None:
            try:
                kind = self.load()
                if then is not None:
                    then(kind)
            except (SummarizerError, DatabaseError) as error:
                log.warning("sentence model or its index not loaded", extra={"reason": str(error)})

        # Not a daemon: cut off inside torch, the process would abort instead of ending.
        threading.Thread(target=load, name="sentence model").start()

    def check_writer(self) -> str:
        """Who writes the briefs, once that is known to work. Raises SummarizerError."""
        if self.writer is None:
            return "the article's own sentences"
        return open_writer(self.writer, self.ledger).check()

    def meaning(self, article: Article) -> ArticleVector:
        """The vector by which its story is found. Raises SummarizerError where the model cannot be loaded."""
        (values,) = self._encoder.encode([opening(article)])
        return ArticleVector(kind=self._encoder.kind, values=values)


class House:
    """Everything over one open database."""

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
        """zone: of chats that have set none. policy: how feeds and their articles are fetched.

        meters: None: nobody reads them. delivery: None: as it is by default.
        """
        delivery = delivery or DeliveryPolicy()
        self.database = database
        self._vectors = VectorIndex(database)
        self.loaded = threading.Event()  # what `load_soon` loads
        self.articles = ArticleStore(database, self._vectors)
        self.chats = ChatStore(database)
        self.outbox = Outbox(database)
        self._analyses = AnalysisStore(database)
        self.analyst = analyst.spending_from(UsageLedger(database, clock=clock))
        self.clock = clock
        self.meters = meters or Meters(CollectorRegistry())
        self.feeds = FeedDesk(
            database, policy=policy, ingest=self.ingest, clock=clock, observe=self._feeds_asked
        )
        self.feed_owners = FeedOwners(database)
        self._stories = Stories(
            articles=self.articles, analyses=self._analyses, meaning_of=self.analyst.meaning_of
        )
        zones = ChatZones(chats=self.chats, default=zone)
        quotes, told, alerts = QuoteStore(database), ToldStore(database), AlertStore(database)
        self.breaking = Breaking(
            bursts=Bursts(database),
            alerts=alerts,
            threshold=delivery.breaking,
            stories_on=lambda topic, since: self._stories.on(topic, limit=LOOKED_THROUGH, since=since),
            article=self.articles.get,
        )
        self.digests = Digests(
            stories=SharedStories(self._stories, clock=clock),
            article=self.articles.get,
            told=told,
            followed=Followed(quotes=quotes, told=told),
            breaking=self.breaking,
            alerts=alerts,
            missed=delivery.missed,
        )
        self.service = Service(
            articles=self.articles,
            stories=self._stories,
            quotations=Quotations(quotes=quotes, analyses=self._analyses),
            zones=zones,
            orders=StandingOrders(chats=self.chats),
            ordering=Ordering(
                chats=self.chats,
                zones=zones,
                stories_on=lambda topic: bool(self._stories.on(topic, limit=1)),
                quotes=quotes,
                breaking=delivery.breaking,
            ),
            feeds=FeedCommands(desk=self.feeds, owners=self.feed_owners, clock=clock),
            chats=self.chats,
            clock=clock,
        )

    def load_soon(self) -> None:
        """Loads the sentence model and the index of meanings, meanwhile answering by words alone."""

        def load(kind: str) -> None:
            self._vectors.load(kind)
            self.loaded.set()

        self.analyst.load_soon(load)

    def ingest(self, article: Article) -> Ingested:
        """Reads and stores an article, once. Raises DatabaseError or SummarizerError: nothing is stored."""
        now = self.clock()
        stored = ingest(
            article,
            database=self.database,
            store=self.articles,
            analyse=self._analyse,
            meaning=self.analyst.meaning,
            now=now,
        )
        if stored.is_new:
            self.breaking.reported(stored.id, now=now)
        return stored

    def _feeds_asked(self, refreshed: Refreshed) -> None:
        self.meters.polled(refreshed.poll)
        self.meters.taken_in(refreshed.intake)

    def _analyse(self, article: Article) -> Record:
        began = time.monotonic()
        analysis = self.analyst.read(article)
        took = timedelta(seconds=time.monotonic() - began)
        self.meters.analysed(quotes=len(analysis.quotes), took=took)

        def record(connection: Connection, article_id: ArticleId) -> None:
            self._analyses.save_analysis(connection, article_id, analysis.quotes, analysis.brief)

        return record


@contextmanager
def open_house(
    database_url: str,
    *,
    analyst: Analyst,
    zone: ZoneInfo,
    policy: FetchPolicy,
    meters: Meters | None = None,
    delivery: DeliveryPolicy | None = None,
) -> Iterator[House]:
    """The house over the database of that URL, made or brought up to date first. Raises DatabaseError."""
    database = open_database(database_url)
    try:
        upgrade(database)
        refuse_unfinished(database)
        yield House(database, analyst=analyst, zone=zone, policy=policy, meters=meters, delivery=delivery)
    finally:
        database.close()
