"""The default brief: the article's own sentences, those that say most of what an editor would keep."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from articles.model import Article
from summarizer.embedding import Encoder
from summarizer.evidence.standalone import stands_alone
from summarizer.extractive.candidates import Candidate, candidates
from summarizer.extractive.compression import edited, sound
from summarizer.extractive.key_quotes import choose_key_quotes
from summarizer.extractive.selection import Option, best_set, worth
from summarizer.extractive.word_model import Sentence, WordModel
from summarizer.model import Brief, Bullet, Edit, Quote

MIN_BULLETS = 2
MAX_WORDS = 60  # read in ten to fifteen seconds
# A long read's first 8,000 words: what is news stands above.
MAX_CANDIDATES = 400
_MAX_CUTS = 5  # of one sentence; each doubles the ways to write it


class Extractive:
    """A `Summarizer` that writes nothing: a bullet is a sentence of the article, as its edits leave it."""

    def __init__(self, encoder: Encoder | None = None, *, model: WordModel | None = None) -> None:
        """encoder: tells which sentences say the same in other words; None: only the words tell.

        model: None is the packaged one. Raises ModelMissing if that is damaged.
        """
        self._encode = encoder.encode if encoder is not None else None
        self._model = WordModel.packaged() if model is None else model

    def brief(
        self,
        article: Article,
        quotes: Sequence[Quote],
        *,
        max_bullets: int = 3,
        max_words: int = MAX_WORDS,
    ) -> Brief:
        """2 to `max_bullets` bullets in text order and in `max_words` words, and key quotes.

        1 bullet where the article has 1 sentence or two do not fit; that one may be longer than `max_words`.
        """
        found = candidates(article, quotes)[:MAX_CANDIDATES]
        bullets: tuple[Bullet, ...] = ()
        if found:
            sentences = [Sentence(candidate.text, candidate.quotation) for candidate in found]
            chances = self._model.chances(sentences, headline=article.headline)
            least = min(MIN_BULLETS, max_bullets)
            usable = _usable(found, at_least=least)
            written = [
                max(_ways_to_write(article.text, found[i]), key=lambda way: worth(way.text, chances))
                for i in usable
            ]
            options = [
                Option(bullet.text, len(bullet.text.split()), place)
                for bullet, place in zip(written, usable, strict=True)
            ]
            chosen = best_set(
                options, chances, least=least, most=max_bullets, max_words=max_words, encode=self._encode
            )
            bullets = tuple(sound(article, quotes, written[i]) for i in chosen)
        return Brief(
            headline=article.headline,
            bullets=bullets,
            key_quotes=choose_key_quotes(article, quotes, bullets=bullets),
        )


def _ways_to_write(text: str, candidate: Candidate) -> Iterator[Bullet]:
    """The sentence with its opening dropped, then with each choice of its cuts that leaves it as clear."""
    yield _bullet(text, candidate, ())
    offered = candidate.cuts[:_MAX_CUTS]
    for size in range(1, len(offered) + 1):
        for made in combinations(offered, size):
            bullet = _bullet(text, candidate, made)
            if stands_alone(bullet.text) or not candidate.stands_alone:
                yield bullet


def _bullet(text: str, candidate: Candidate, made: tuple[Edit, ...]) -> Bullet:
    out = (edit for edit in candidate.written_out if not any(edit.span.overlaps(cut.span) for cut in made))
    edits = tuple(sorted((*candidate.opening, *made, *out), key=lambda edit: edit.span))
    return Bullet(
        text=edited(text, candidate.hull, edits),
        spans=candidate.spans,
        evidence=(candidate.paragraph,),
        edits=edits,
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
