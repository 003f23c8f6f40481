"""The default brief: the article's own sentences, chosen and shortened, and its key quotes."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from articles.model import Article
from summarizer.embedding import Encode
from summarizer.evidence.standalone import stands_alone
from summarizer.extractive.candidates import Candidate, candidates
from summarizer.extractive.compression import apply_edits, undo_unsound_edits
from summarizer.extractive.key_quotes import choose_key_quotes
from summarizer.extractive.selection import Option, best_set, gain
from summarizer.extractive.word_model import Sentence, WordModel
from summarizer.model import Brief, Bullet, Edit, Quote

MIN_BULLETS = 2
MAX_WORDS = 60  # read in ten to fifteen seconds
MAX_CANDIDATES = 400  # the first 8,000 words of a long article
_MAX_CUTS = 5  # of one sentence; each doubles the number of variants


class Extractive:
    """A summarizer whose bullets are sentences of the article, with edits."""

    def __init__(self, encode: Encode | None = None, *, model: WordModel | None = None) -> None:
        """encode: finds sentences that say the same in other words; None: compare words only.

        model: None is the packaged one. Raises ModelMissing if that is missing or damaged.
        """
        self._encode = encode
        self._model = WordModel.packaged() if model is None else model

    def brief(
        self, article: Article, quotes: Sequence[Quote], *, max_bullets: int = 3, max_words: int = MAX_WORDS
    ) -> Brief:
        """2 to `max_bullets` bullets in text order, together of at most `max_words` words, and key quotes.

        1 bullet if the article has only 1 sentence or two do not fit; it may be longer than `max_words`.
        """
        found = candidates(article, quotes)[:MAX_CANDIDATES]
        sentences = [Sentence(candidate.text, candidate.quotation) for candidate in found]
        chances = self._model.chances(sentences, headline=article.headline)
        least = min(MIN_BULLETS, max_bullets)
        usable = _usable(found, at_least=least)
        written = [
            max(_variants(article.text, found[i]), key=lambda bullet: gain(bullet.text, chances))
            for i in usable
        ]
        chosen = best_set(
            [Option(bullet.text, position) for bullet, position in zip(written, usable, strict=True)],
            chances,
            least=least,
            most=max_bullets,
            max_words=max_words,
            encode=self._encode,
        )
        bullets = tuple(undo_unsound_edits(article, quotes, written[i]) for i in chosen)
        key_quotes = choose_key_quotes(article, quotes, bullets=bullets)
        return Brief(headline=article.headline, bullets=bullets, key_quotes=key_quotes)


def _variants(text: str, candidate: Candidate) -> Iterator[Bullet]:
    """The sentence without cuts, then with each set of cuts that leaves it as clear."""
    yield _bullet(text, candidate, ())
    possible = candidate.cuts[:_MAX_CUTS]
    for size in range(1, len(possible) + 1):
        for cuts in combinations(possible, size):
            bullet = _bullet(text, candidate, cuts)
            if stands_alone(bullet.text) or not candidate.stands_alone:
                yield bullet


def _bullet(text: str, candidate: Candidate, cuts: tuple[Edit, ...]) -> Bullet:
    left = (edit for edit in candidate.resolved if not any(edit.span.overlaps(cut.span) for cut in cuts))
    edits = tuple(sorted((*candidate.opening, *cuts, *left), key=lambda edit: edit.span))
    return Bullet(
        text=apply_edits(text, candidate.hull, edits),
        spans=candidate.spans,
        evidence=(candidate.paragraph,),
        edits=edits,
    )


def _usable(found: Sequence[Candidate], *, at_least: int) -> list[int]:
    """Indexes of the strictest candidate class that has at least `at_least` members.

    First the reporter's sentences that stand alone, because quotes are shown as key quotes; then quotations
    too; then sentences that need others. One that cuts a quotation is used only if there is nothing else.
    """
    reported = [i for i, candidate in enumerate(found) if candidate.stands_alone and not candidate.quotation]
    alone = [i for i, candidate in enumerate(found) if candidate.stands_alone]
    whole = [i for i, candidate in enumerate(found) if candidate.whole]
    enough = next((sort for sort in (reported, alone, whole) if len(sort) >= at_least), whole)
    return enough or list(range(len(found)))
