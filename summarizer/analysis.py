"""Everything that is worked out about an article once, when it comes in: its quotes, brief and vector."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from articles.database import DatabaseError
from articles.model import Article
from articles.search.vectors import ArticleVector
from articles.stories.clustering import opening
from summarizer.embedding.encoder import MiniLM, checked_model
from summarizer.errors import SummarizerError
from summarizer.extractive.summarizer import Extractive
from summarizer.generative import Endpoint, Generative, ModelChoice, open_writer
from summarizer.generative.ledger import Ledger, NothingToSpend
from summarizer.model import Brief, Quote
from summarizer.quotes import find_quotes

log = logging.getLogger(__name__)

QUESTIONS = 4_096  # whose vectors are kept, 2 KB each


class Summarizer(Protocol):
    """Condenses articles."""

    def brief(self, article: Article, quotes: Sequence[Quote], *, max_bullets: int = 3) -> Brief:
        """The brief of an article, given its quotes; at most `max_bullets` bullets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What an article says."""

    quotes: tuple[Quote, ...]  # all that were found, in text order
    brief: Brief  # its key quotes are of `quotes`


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
        quotes = self.quotes(article)
        brief = self._summarizer.brief(article, quotes, max_bullets=self.max_bullets)
        return Analysis(quotes=quotes, brief=brief)

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
