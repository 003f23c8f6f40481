from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.fetching.politeness import MAX_WAIT, parse_max_age, parse_retry_after

NOW = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta()),
        ("99999999999", MAX_WAIT),
        ("-5", None),
        ("soon", None),
        ("Thu, 16 Feb 2017 12:05:00 GMT", timedelta(minutes=5)),
        ("Thu, 16 Feb 2017 12:05:00 -0000", timedelta(minutes=5)),
        ("Thu, 16 Feb 2017 11:00:00 GMT", timedelta()),
        ("Thu, 16 Feb 2117 11:00:00 GMT", MAX_WAIT),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_reason(value: str | None, wait: timedelta | None) -> None:
    assert parse_retry_after(value, now=NOW) == wait


@pytest.mark.parametrize(
    ("value", "fresh"),
    [
        (None, None),
        ("public, max-age=600", timedelta(minutes=10)),
        ('Max-Age="60"', timedelta(minutes=1)),
        ("s-maxage=600", None),
        ("max-age=600, no-cache", None),
        ("no-store", None),
        ("max-age=-1", None),
        ("max-age=99999999999", MAX_WAIT),
    ],
)
def test_max_age_is_how_long_an_answer_stays_fresh(value: str | None, fresh: timedelta | None) -> None:
    assert parse_max_age(value) == fresh


@given(st.text())
def test_any_header_text_is_understood_or_ignored(value: str) -> None:
    wait, fresh = parse_retry_after(value, now=NOW), parse_max_age(value)
    assert wait is None or timedelta() <= wait <= MAX_WAIT
    assert fresh is None or timedelta() <= fresh <= MAX_WAIT
