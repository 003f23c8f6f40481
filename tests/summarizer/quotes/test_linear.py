"""The work grows with the text alone, counted in function calls instead of seconds."""

import sys
from types import FrameType

import pytest

from bench.paragraphs import paragraphs_of
from summarizer.quotes import find_quotes


def calls_for(text: str) -> int:
    """How many Python functions a text takes."""
    count = 0

    def counted(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event == "call"

    paragraphs = paragraphs_of(text)
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        find_quotes(text, paragraphs)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ['"', "“", "” ", "'", '"“', '"a b c" ', "“a\n", "‘a b ", "Mr. Lee, ", "said "]
)
def test_eight_times_the_text_takes_about_eight_times_the_work(unit: str) -> None:
    find_quotes("“Yes,” he said.", paragraphs_of("“Yes,” he said."))  # the weights are loaded once
    small, large = (calls_for(unit * (size // len(unit))) for size in (1_000, 8_000))
    assert large <= 10 * small + 2_000
