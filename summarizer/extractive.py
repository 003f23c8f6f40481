"""The default brief: the article's own sentences, chosen by vectors, position and length."""

from collections.abc import Sequence

import numpy as np

from articles.model import Article
from summarizer.candidates import Candidate, candidates
from summarizer.encoder import Encoder, FloatArray
from summarizer.key_quotes import choose_key_quotes
from summarizer.model import Brief, Bullet, Quote
from summarizer.salience import Weights, most_salient, salience

MIN_BULLETS = 2
# A long read's first 8,000 words. Likeness of all to all grows with the square; what is news stands above.
MAX_CANDIDATES = 400


class Extractive:
    """A `Summarizer` that writes nothing: every bullet is a sentence of the article, word for word."""

    def __init__(self, encoder: Encoder, *, weights: Weights | None = None) -> None:
        self._encoder = encoder
        self._weights = Weights() if weights is None else weights

    def brief(self, article: Article, quotes: Sequence[Quote], *, max_bullets: int = 3) -> Brief:
        """2 to `max_bullets` bullets in text order (1 only if the article has 1 sentence), and key quotes."""
        return self.briefs([(article, quotes)], max_bullets=max_bullets)[0]

    def briefs(
        self, articles: Sequence[tuple[Article, Sequence[Quote]]], *, max_bullets: int = 3
    ) -> tuple[Brief, ...]:
        """As `brief` for each article, in the order given; their sentences are encoded together."""
        if not articles:
            return ()
        found = [candidates(article, quotes)[:MAX_CANDIDATES] for article, quotes in articles]
        texts = [
            [article.headline, *(c.text for c in own)]
            for (article, _), own in zip(articles, found, strict=True)
        ]
        vectors = self._encoder.encode([text for own in texts for text in own])
        ends = np.cumsum([len(own) for own in texts])[:-1]
        return tuple(
            self._brief(article, quotes, own, rows, max_bullets=max_bullets)
            for (article, quotes), own, rows in zip(articles, found, np.split(vectors, ends), strict=True)
        )

    def _brief(
        self,
        article: Article,
        quotes: Sequence[Quote],
        found: Sequence[Candidate],
        vectors: FloatArray,
        *,
        max_bullets: int,
    ) -> Brief:
        """vectors: (1 + n_candidates, dim), the headline's first."""
        bullets: tuple[Bullet, ...] = ()
        if found:
            headline = vectors[0] if article.headline.strip() else None
            scores = salience(found, vectors[1:], headline=headline, weights=self._weights)
            usable = _usable(found, at_least=min(MIN_BULLETS, max_bullets))
            chosen = most_salient(scores[usable], vectors[1:][usable], count=max_bullets)
            bullets = tuple(_bullet(found[usable[i]]) for i in sorted(chosen))
        return Brief(
            headline=article.headline,
            bullets=bullets,
            key_quotes=choose_key_quotes(article, quotes, bullets=bullets),
        )


def _usable(found: Sequence[Candidate], *, at_least: int) -> list[int]:
    """Indexes of the best sort of candidates of which there are enough.

    First the reporter's sentences that stand alone, for what is said is shown as a key quote; then quotations
    too; then sentences that lean on others. One that cuts a quotation is used only if there is nothing else.
    """
    reported = [i for i, candidate in enumerate(found) if candidate.stands_alone and not candidate.quotation]
    alone = [i for i, candidate in enumerate(found) if candidate.stands_alone]
    whole = [i for i, candidate in enumerate(found) if candidate.whole]
    enough = next((sort for sort in (reported, alone, whole) if len(sort) >= at_least), whole)
    return enough or list(range(len(found)))


def _bullet(candidate: Candidate) -> Bullet:
    return Bullet(text=candidate.text, spans=candidate.spans, evidence=(candidate.paragraph,))
