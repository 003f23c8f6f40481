"""The error report: what counts as a miss, and that nothing in an article can break the page."""

from collections import Counter

from bench.quote_report import misses_of, page


def test_a_wrong_speaker_and_an_unannotated_quote_are_misses_with_their_context() -> None:
    text = "“We will stay there,” Jim Mattis said.\n\n“We will <b>never</b> go home,” Joe Dunford said."
    start = text.index("We will stay")
    annotated = {
        "id": "a<1>",
        "text": text,
        "quotes": [
            {
                "verbatim": [[start, start + len("We will stay there")]],
                "source": [22, 32],
                "source_text": "Jim Mattis",
                "speaker": "Jane Doe",
                "speaker_how": "name",
            }
        ],
    }
    misses = list(misses_of(annotated))
    assert [miss.kind for miss in misses] == [
        "speaker named: another",
        "span: short words in marks, not annotated",
    ]
    html = "".join(page(misses, Counter(miss.kind for miss in misses)))
    assert "<b>" not in html
    assert "a&lt;1&gt;" in html
    assert "<mark>We will stay there</mark>" in html
    assert '<mark class="source">Jim Mattis</mark>' in html
