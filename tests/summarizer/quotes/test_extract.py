from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.model import Quote, QuoteKind
from summarizer.quotes import find_quotes, paragraphs_of

SEED = Path(__file__).parents[3] / "config" / "sample" / "voa-mattis-russia-2017.txt"


def quotes_of(text: str) -> tuple[Quote, ...]:
    return find_quotes(text, paragraphs_of(text))


def verbatim_of(text: str) -> tuple[Quote, ...]:
    return tuple(quote for quote in quotes_of(text) if quote.kind is not QuoteKind.PARAPHRASED)


def said_by(quotes: Sequence[Quote], name: str, text: str) -> list[str]:
    return [
        " … ".join(span.of(text) for span in quote.content)
        for quote in quotes
        if quote.speaker is not None and quote.speaker.name == name
    ]


@pytest.fixture
def seed() -> str:
    return SEED.read_text(encoding="utf-8")


def test_all_seven_passages_of_mattis_are_his_and_nobody_elses(seed: str) -> None:
    passages = said_by(verbatim_of(seed), "Jim Mattis", seed)
    assert [passage[:20] for passage in passages] == [
        "right now.",
        "We are not in a posi",
        "prove itself",
        "Once I get current…w",
        "We thoroughly discus",
        "moderate its commitm",
        "America will meet it",
    ]


def test_every_speaker_of_the_sample_article_has_full_name_and_role(seed: str) -> None:
    assert {(q.speaker.name, q.speaker.role) for q in verbatim_of(seed) if q.speaker is not None} == {
        ("Jim Mattis", "U.S. Secretary of Defense"),
        ("Sergei Shoigu", "Russian Defense Minister"),
        ("Jens Stoltenberg", "NATO Secretary-General"),
    }


def test_a_few_quoted_words_in_a_reporters_sentence_are_a_partial_quote(seed: str) -> None:
    partial = [q.content[0].of(seed) for q in quotes_of(seed) if q.kind is QuoteKind.PARTIAL]
    assert partial == [
        "right now.",
        "prove itself",
        "ready to restore cooperation with the Pentagon.",
        "moderate its commitment",
    ]


def test_a_quote_broken_by_its_cue_is_one_quote_with_two_spans() -> None:
    text = "“We will stay,” Gen. Jim Mattis said. “We will not leave.”"
    (quote,) = quotes_of(text)
    assert [span.of(text) for span in quote.content] == ["We will stay,", "We will not leave."]
    assert quote.speaker is not None
    assert quote.speaker.name == "Jim Mattis"


@given(st.one_of(st.text(), st.text(alphabet="He said Trump. ,:\"“”‘’'\n")))
def test_any_text_gives_quotes_in_order_inside_the_text(text: str) -> None:
    end = 0
    for quote in quotes_of(text):
        for span in quote.content:
            assert end <= span.start < span.end <= len(text)
            end = span.end
