"""Everything that is computed about an article once, when it is stored: its quotes, brief and vector."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from articles.database import DatabaseError
from articles.model import Article
from articles.search.vectors import ArticleVector
from articles.stories.clustering import opening
from summarizer.embedding import MiniLM, checked_model
from summarizer.errors import SummarizerError
from summarizer.extractive import Extractive
from summarizer.generative import Endpoint, Generative, Ledger, ModelChoice, open_writer
from summarizer.generative.ledger import RefusingLedger
from summarizer.model import Brief, Quote
from summarizer.quotes import find_quotes

log = logging.getLogger(__name__)

_CACHED_QUERIES = 4_096  # vectors of search queries, 2 KB each


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The quotes and the brief of an article."""

    quotes: tuple[Quote, ...]  # all that were found, in text order
    brief: Brief  # its key quotes are among `quotes`


@dataclass(frozen=True, kw_only=True)
class Analyst:
    """Analyses articles: quotes, brief and vector. Models load on first use. Threads may share it."""

    model_folder: Path | None = None  # of the sentence model; None: the packaged one
    threads: int = 1
    max_bullets: int = 3
    writer: ModelChoice | None = None  # None: briefs are extractive
    ledger: Ledger = RefusingLedger()  # noqa: RUF009 (has no state)

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
    def _summarizer(self) -> Extractive | Generative:
        extractive = Extractive(self._encoder.encode)
        if self.writer is None:
            return extractive
        writer = open_writer(self.writer, self.ledger)
        return Generative(writer=writer, extractive=extractive, encode=self._encoder.encode)

    def with_ledger(self, ledger: Ledger) -> "Analyst":
        """The analyst that counts its use of a server in `ledger`; itself if it uses none."""
        return replace(self, ledger=ledger) if isinstance(self.writer, Endpoint) else self

    def read(self, article: Article) -> Analysis:
        """The article's quotes and brief. Raises SummarizerError if a model is missing or damaged."""
        if self.model_folder is not None:
            checked_model(self.model_folder)  # a wrong setting fails here, not when a vector is needed
        quotes = self.quotes(article)
        brief = self._summarizer.brief(article, quotes, max_bullets=self.max_bullets)
        return Analysis(quotes=quotes, brief=brief)

    def quotes(self, article: Article) -> tuple[Quote, ...]:
        """The quotes alone, without the sentence model."""
        return find_quotes(article.text, [paragraph.span for paragraph in article.paragraphs()])

    def embed(self, article: Article) -> ArticleVector:
        """The vector that finds the article's story. Raises SummarizerError if the model cannot be loaded."""
        return self._vector(opening(article))

    def embed_query(self, words: str) -> ArticleVector | None:
        """The vector of a search query; None while the model is not loaded: a query does not wait for it."""
        return self._query_vector(words) if self._is_ready.is_set() else None

    def _vector(self, text: str) -> ArticleVector:
        (values,) = self._encoder.encode([text])
        return ArticleVector(kind=self._encoder.kind, values=values)

    @cached_property
    def _query_vector(self) -> Callable[[str], ArticleVector]:
        return lru_cache(_CACHED_QUERIES)(self._vector)

    def load(self) -> str:
        """Loads the sentence model. Returns the kind of its vectors. Raises SummarizerError."""
        self._encoder.load()
        self._is_ready.set()
        return self._encoder.kind

    def load_in_background(self, then: Callable[[str], None] | None = None) -> None:
        """Loads the sentence model in its own thread: it takes seconds.

        then: called in that thread with the kind of the vectors. A model that cannot be loaded is logged here
        and raised again where it is needed.
        """

        def load() -> None:
            try:
                kind = self.load()
                if then is not None:
                    then(kind)
            except (SummarizerError, DatabaseError) as error:
                log.warning("sentence model or its index not loaded", extra={"reason": str(error)})

        # Not a daemon thread: if it ended inside torch, the process would abort.
        threading.Thread(target=load, name="sentence model").start()

    def check_writer(self) -> str:
        """Who writes the briefs, once that is known to work. Raises SummarizerError."""
        if self.writer is None:
            return "the article's own sentences"
        return open_writer(self.writer, self.ledger).check()
