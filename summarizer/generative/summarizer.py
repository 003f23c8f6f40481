"""A brief by a model: written, checked sentence by sentence, filled up from the article's own words."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from articles.model import Article
from summarizer.embedding.encoder import Encoder
from summarizer.errors import NotWritten
from summarizer.evidence import Evidence, Unsupported
from summarizer.evidence.injection import speaks_to_a_model
from summarizer.extractive.key_quotes import choose_key_quotes
from summarizer.extractive.summarizer import MAX_WORDS, MIN_BULLETS, Extractive
from summarizer.generative.answers import sentences_of
from summarizer.generative.windows import joined, windows
from summarizer.generative.writer import Writer
from summarizer.model import Brief, Bullet, Fallback, Quote
from summarizer.text.words import content_stems

log = logging.getLogger(__name__)

_SPARE = 2  # sentences asked for beyond those shown: not all pass
_OF_A_PART = 3  # sentences asked of each part of a long article
_MAX_ROUNDS = 3  # of condensing what was written of the parts
_SAME = 0.6  # of the words of the shorter of two bullets: they tell the same


class Generative:
    """A `Summarizer` whose sentences a model writes. None is shown that the article does not bear out."""

    def __init__(self, writer: Writer, *, extractive: Extractive, encoder: Encoder | None) -> None:
        """extractive: what briefs fall back on. encoder: as in `Evidence`; None: only words tell."""
        self.writer = writer
        self._extractive = extractive
        self._encode = encoder.encode if encoder is not None else None

    def brief(self, article: Article, quotes: Sequence[Quote], *, max_bullets: int = 3) -> Brief:
        """2 to `max_bullets` bullets, the model's first, and key quotes.

        Where the model cannot be had, or nothing that it wrote is supported: the extractive brief, saying so.
        """
        plain = self._extractive.brief(article, quotes, max_bullets=max_bullets)
        if not plain.bullets:
            return plain
        try:
            written = self._written(article, sentences=max_bullets + _SPARE)
        except NotWritten as error:
            log.warning(
                "brief not written",
                extra={"model": self.writer.name, "reason": error.reason.value, "why": str(error)},
            )
            return replace(plain, fallback=error.reason)
        supported = self._supported(Evidence(article, quotes, self._encode), written, most=max_bullets)
        if not supported:
            return replace(plain, fallback=Fallback.UNSUPPORTED)
        bullets = _filled_up(supported, plain.bullets)
        return replace(
            plain,
            bullets=bullets,
            key_quotes=choose_key_quotes(article, quotes, bullets=bullets),
            model=self.writer.name,
        )

    def _written(self, article: Article, *, sentences: int) -> tuple[str, ...]:
        """What the model wrote: of the whole article, and of a long one's parts behind. Raises NotWritten."""
        writer = self.writer
        headline = "" if speaks_to_a_model(article.headline) else article.headline
        parts = windows(article, size=writer.size, window=writer.window)
        if len(parts) < 2:
            answers = writer.write(parts, headline=headline, sentences=sentences) if parts else ()
            return tuple(dict.fromkeys(s for answer in answers for s in sentences_of(answer)))
        found: list[str] = []
        for _ in range(_MAX_ROUNDS):
            asked = _OF_A_PART if len(parts) > 1 else sentences
            answers = writer.write(parts, headline=headline, sentences=asked)
            # What is written of all parts together comes before what is written of each.
            found = [*(s for answer in answers for s in sentences_of(answer)), *found]
            if len(parts) == 1:
                break
            parts = joined(answers, size=writer.size, window=writer.window)
            if not parts:
                break
        return tuple(dict.fromkeys(found))

    def _supported(self, evidence: Evidence, written: Iterable[str], *, most: int) -> tuple[Bullet, ...]:
        """The first sentences that the article bears out and that tell something new, in a brief's words."""
        bullets: list[Bullet] = []
        for sentence in written:
            if len(bullets) == most:
                break
            if len(sentence.split()) > MAX_WORDS - sum(len(bullet.text.split()) for bullet in bullets):
                continue
            try:
                bullet = evidence.check(sentence)
            except Unsupported as error:
                log.info("sentence left out", extra={"model": self.writer.name, "fault": error.fault.value})
                continue
            if not any(_tell_the_same(bullet, other) for other in bullets):
                bullets.append(bullet)
        return tuple(bullets)


def _filled_up(supported: Sequence[Bullet], own: Sequence[Bullet]) -> tuple[Bullet, ...]:
    """The model's bullets, and of the article's own as many as a brief needs at least."""
    bullets = list(supported)
    for bullet in own:
        if len(bullets) >= MIN_BULLETS:
            break
        if not any(_tell_the_same(bullet, other) for other in bullets):
            bullets.append(bullet)
    return tuple(bullets)


def _tell_the_same(one: Bullet, other: Bullet) -> bool:
    words, others = set(content_stems(one.text)), set(content_stems(other.text))
    return len(words & others) > _SAME * min(len(words), len(others))
