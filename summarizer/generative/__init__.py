"""The brief by a language model: written, checked sentence by sentence, filled up from the article."""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from articles.model import Article
from articles.text.encoding import replace_invalid_characters
from summarizer.embedding import Encode
from summarizer.errors import GenerationFailed
from summarizer.evidence import Evidence, Unsupported
from summarizer.evidence.injection import is_prompt_injection
from summarizer.extractive import MAX_WORDS, MIN_BULLETS, Extractive
from summarizer.extractive.key_quotes import choose_key_quotes
from summarizer.generative.chunks import merge, split_article
from summarizer.generative.writer import Budget, Endpoint, Ledger, LocalModel, ModelChoice, Writer
from summarizer.model import Brief, Bullet, Fallback, Quote
from summarizer.text.sentences import split_sentences
from summarizer.text.words import content_stems

__all__ = ["Budget", "Endpoint", "Generative", "Ledger", "LocalModel", "ModelChoice", "Writer", "open_writer"]

log = logging.getLogger(__name__)

_EXTRA_SENTENCES = 2  # requested beyond those shown: not all pass the check
_SENTENCES_OF_A_CHUNK = 3
_MAX_ROUNDS = 3  # of summarizing the summaries of the chunks
_DUPLICATE = 0.6  # share of the shorter bullet's words in another bullet: they tell the same

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LIST_MARK = re.compile(r"\A\s*(?:[-*•–—]|\(?\d{1,2}[.)]|#+)\s+")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_MAX_CHARS = 8_000  # of an answer: a model may never stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Generative:
    """A summarizer whose sentences a model writes. Only sentences that the article supports are shown."""

    writer: Writer
    extractive: Extractive  # makes the fallback brief
    encode: Encode | None  # for the evidence check; None: compare words only

    def brief(self, article: Article, quotes: Sequence[Quote], *, max_bullets: int = 3) -> Brief:
        """2 to `max_bullets` bullets, the model's first, and key quotes.

        If the model fails or none of its sentences is supported: the extractive brief, with the reason.
        """
        extractive = self.extractive.brief(article, quotes, max_bullets=max_bullets)
        if not extractive.bullets:
            return extractive
        try:
            written = self._write(article, sentences=max_bullets + _EXTRA_SENTENCES)
        except GenerationFailed as error:
            log.warning(
                "model failed, brief is extractive",
                extra={"model": self.writer.name, "reason": error.reason.value, "why": str(error)},
            )
            return replace(extractive, fallback=error.reason)
        bullets = self._supported(Evidence(article, quotes, self.encode), written, limit=max_bullets)
        if not bullets:
            return replace(extractive, fallback=Fallback.UNSUPPORTED)
        for bullet in extractive.bullets:
            if len(bullets) < MIN_BULLETS and not any(_is_duplicate(bullet, other) for other in bullets):
                bullets.append(bullet)
        return replace(
            extractive,
            bullets=tuple(bullets),
            key_quotes=choose_key_quotes(article, quotes, bullets=bullets),
            model=self.writer.name,
        )

    def _write(self, article: Article, *, sentences: int) -> Iterable[str]:
        """The model's sentences, each once: of the whole article first, then of its chunks.

        Raises GenerationFailed.
        """
        writer = self.writer
        headline = "" if is_prompt_injection(article.headline) else article.headline
        chunks = split_article(article, writer.count_tokens, max_tokens=writer.max_input_tokens)
        found: list[str] = []
        for _ in range(_MAX_ROUNDS):
            if not chunks:
                break
            wanted = _SENTENCES_OF_A_CHUNK if len(chunks) > 1 else sentences
            answers = writer.write(chunks, headline=headline, sentences=wanted)
            found = [*(s for answer in answers for s in sentences_of(answer)), *found]
            if len(chunks) == 1:
                break
            chunks = merge(answers, writer.count_tokens, max_tokens=writer.max_input_tokens)
        return dict.fromkeys(found)

    def _supported(self, evidence: Evidence, written: Iterable[str], *, limit: int) -> list[Bullet]:
        """The first sentences that the article supports, without duplicates, in `MAX_WORDS` words."""
        bullets: list[Bullet] = []
        for sentence in written:
            if len(bullets) == limit:
                break
            if len(sentence.split()) > MAX_WORDS - sum(len(bullet.text.split()) for bullet in bullets):
                continue
            try:
                bullet = evidence.check(sentence)
            except Unsupported as error:
                log.info("sentence rejected", extra={"model": self.writer.name, "fault": error.fault.value})
                continue
            if not any(_is_duplicate(bullet, other) for other in bullets):
                bullets.append(bullet)
        return bullets


def open_writer(choice: ModelChoice, ledger: Ledger) -> Writer:
    """The adapter for a model. Loads and sends nothing yet. ledger: where budgets are kept."""
    # Imported here: both take long to import, and extractive briefs need neither.
    if isinstance(choice, Endpoint):
        from summarizer.generative.endpoint import EndpointWriter

        return EndpointWriter(choice, ledger)
    from summarizer.generative.local import LocalWriter

    return LocalWriter(choice)


def sentences_of(answer: str) -> tuple[str, ...]:
    """The sentences of a model's answer, in order, each once; without list marks, emphasis and thoughts."""
    found: dict[str, None] = {}
    for line in replace_invalid_characters(_THOUGHTS.sub("", answer))[:_MAX_CHARS].splitlines():
        plain = _EMPHASIS.sub(r"\2", _LIST_MARK.sub("", line))
        # Models trained on highlights put a space before the full stop.
        plain = " ".join(re.sub(r" ([.,;:!?])(?=\s|\Z)", r"\1", plain).split())
        found |= dict.fromkeys(span.of(plain) for span in split_sentences(plain))
    return tuple(found)


def _is_duplicate(one: Bullet, other: Bullet) -> bool:
    words, others = set(content_stems(one.text)), set(content_stems(other.text))
    return len(words & others) > _DUPLICATE * min(len(words), len(others))
