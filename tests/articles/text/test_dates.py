from articles.text.dates import find_dates, find_weekday


def test_letters_that_only_case_folding_finds_break_no_date() -> None:
    assert find_weekday("Officials met on frıday.") == 4
    assert [(date.month, date.day) for date in find_dates("It opened on ſeptember 5.")] == [(9, 5)]


def test_the_first_weekday_counts_from_monday() -> None:
    assert find_weekday("on Sunday and on Monday") == 6
    assert find_weekday("on a holiday") is None
