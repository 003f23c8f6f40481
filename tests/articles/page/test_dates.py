from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.page.metadata import first_instant

SIX = datetime(2023, 4, 18, 6, 12, tzinfo=UTC)
MIDNIGHT = datetime(2023, 4, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2023-04-18T06:12:00Z",
        "2023-04-18T08:12:00+02:00",
        "2023-04-18T08:12:00+0200",
        "2023-04-18T08:12:00.000+02",
        "2023-04-18 01:12:00 -0500",
        "2023-04-18T06:12:00.0000000Z",
        "2023-04-18 06:12 UTC",
        "Tue, 18 Apr 2023 06:12:00 GMT",
        "Tue, 18 Apr 2023 08:12:00 +0200",
    ],
)
def test_an_instant_is_read_in_each_of_its_spellings(written: str) -> None:
    assert first_instant([written]) == SIX


@pytest.mark.parametrize("written", ["2023-04-18", "2023/04/18", "20230418", "2023-04-18T06:12:00"])
def test_a_day_or_a_clock_time_without_a_zone_is_midnight_utc(written: str) -> None:
    assert first_instant([written]) == MIDNIGHT


def test_an_instant_from_a_later_source_beats_an_earlier_day() -> None:
    assert first_instant(["2023-04-18", None, "2023-04-18T08:12:00+02:00"]) == SIX


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", "18 April", "0001-01-01T00:00:00Z", "2023-13-45", "1970-01-01"),
        *("9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_what_is_no_date_or_a_placeholder_is_none(written: str) -> None:
    assert first_instant([written]) is None


@given(st.lists(st.text(max_size=40)))
def test_any_text_gives_an_instant_with_a_zone_or_none(written: list[str]) -> None:
    found = first_instant(written)
    assert found is None or found.tzinfo is UTC
