from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.model import ArticleId
from articles.plaintext import parse_plain_text
from articles.stories.placement import MIN_SIMILARITY, MIN_WORDS, Signature, find_copies, minhash

SAMPLE = Path(__file__).parents[3] / "config" / "sample" / "voa-mattis-russia-2017.txt"
COPY = Path(__file__).parents[1] / "plaintext"
NOW = datetime(2017, 2, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def story() -> str:
    return parse_plain_text(SAMPLE.read_text(encoding="utf-8")).text


@pytest.fixture(scope="module")
def others() -> list[str]:
    return [parse_plain_text(path.read_bytes().decode()).text for path in sorted(COPY.glob("*.txt"))]


def signature(text: str) -> Signature:
    signed = minhash(text)
    assert signed is not None
    return signed


def edits(text: str) -> dict[str, str]:
    """What publishers do to the copy that they share."""
    paragraphs = text.split("\n\n")
    return {
        "as it is": text,
        "house style": text.replace("Mattis", "Secretary Mattis").replace("percent", "per cent"),
        "curly quotes and capitals": text.replace('"', "“").upper(),
        "a paragraph of their own": "\n\n".join(
            [*paragraphs[:3], "Our own reporter adds a line here.", *paragraphs[3:]]
        ),
        "another order": "\n\n".join([*paragraphs[5:], *paragraphs[:5]]),
        "the last third cut": "\n\n".join(paragraphs[: len(paragraphs) * 2 // 3]),
        "a new lede": "\n\n".join(
            ["The Pentagon chief has turned Moscow down, for the moment.", *paragraphs[1:]]
        ),
    }


def test_copy_is_known_through_what_publishers_do_to_it(story: str) -> None:
    original = signature(story)
    for edit, edited in edits(story).items():
        copy = signature(edited)
        assert original.similarity(copy) >= MIN_SIMILARITY, edit
        assert set(original.bands()) & set(copy.bands()), edit


def test_different_stories_are_no_copies_and_are_hardly_ever_compared(story: str, others: list[str]) -> None:
    signatures = [signature(text) for text in (story, *others)]
    pairs = [(a, b) for i, a in enumerate(signatures) for b in signatures[:i]]
    assert len(pairs) > 100
    assert not any(a.similarity(b) >= MIN_SIMILARITY for a, b in pairs)
    assert sum(bool(set(a.bands()) & set(b.bands())) for a, b in pairs) <= 1


class Stored:
    """Stored articles, found as by a table of bands."""

    def __init__(self, texts: dict[int, str]) -> None:
        self.signatures = {ArticleId(number): signature(text) for number, text in texts.items()}
        self.compared = 0

    def sharing_band(self, bands: Collection[int]) -> Iterable[tuple[ArticleId, Signature]]:
        for article, stored in self.signatures.items():
            if set(stored.bands()) & set(bands):
                self.compared += 1
                yield article, stored


def test_copies_are_found_most_alike_first_without_comparing_all(story: str, others: list[str]) -> None:
    cut = edits(story)["the last third cut"]
    stored = Stored({1: cut, 2: story, **dict(enumerate(others, start=10))})
    candidates = stored.sharing_band(signature(story).bands())
    assert find_copies(signature(story), candidates) == [2, 1]
    assert stored.compared <= 3


def test_a_signature_is_kept_as_bytes_and_its_bands_fit_a_signed_column(story: str) -> None:
    original = signature(story)
    assert Signature.from_bytes(original.to_bytes()) == original
    assert all(-(2**63) <= band < 2**63 for band in original.bands())


def test_signatures_are_the_same_for_ever() -> None:
    """They are stored: another Python or numpy must not make other ones."""
    text = " ".join(f"word{number}" for number in range(40))
    assert signature(text).hashes[:4] == (196712666, 267232608, 6154001, 6207433)
    assert signature(text).bands()[0] == -5044714307587388405


def test_a_text_too_short_to_have_shingles_of_its_own_is_no_copy() -> None:
    assert minhash("breaking " * (MIN_WORDS - 1)) is None


@given(st.text(), st.text())
def test_overlap_is_a_share_and_symmetric(one: str, other: str) -> None:
    a, b = minhash(one * 20), minhash(other * 20)
    if a is None or b is None:
        return
    assert 0 <= a.similarity(b) == b.similarity(a) <= 1
    assert a.similarity(a) == 1 >= MIN_SIMILARITY
