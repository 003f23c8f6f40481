"""The systems that ours is measured against."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import NoReturn

from bench.quote_baselines import regex_quotes, triples_of


def test_a_plain_regex_gives_each_pair_of_marks_to_the_nearest_name_that_says() -> None:
    text = "“We will stay,” Jane Doe said."
    assert regex_quotes(text) == [{"spans": [[1, 14]], "speaker": "Jane Doe"}]


def test_triples_are_told_as_spans_with_the_speakers_words() -> None:
    def direct_quotations(document: object) -> Iterator[SimpleNamespace]:
        assert document == "parsed"
        yield SimpleNamespace(
            speaker=[SimpleNamespace(text="Jane"), SimpleNamespace(text="Doe")],
            content=SimpleNamespace(start_char=0, end_char=15),
        )

    assert triples_of("parsed", direct_quotations) == [{"spans": [[0, 15]], "speaker": "Jane Doe"}]


def test_a_document_that_textacy_refuses_has_no_quotes() -> None:
    def direct_quotations(document: object) -> NoReturn:
        raise ValueError(f"an odd number of quotation marks in {document}")

    assert triples_of("parsed", direct_quotations) == []
