"""What the scorer of quotes is given."""

from bench.quotes import predict_quotes


def test_a_person_whom_the_source_only_describes_is_given_with_the_description() -> None:
    text = "Florida Sen. Jane Doe came on Monday.\n\n“We will have nothing to say today,” the senator said."
    assert [quote["speaker"] for quote in predict_quotes(text)] == ["the senator Jane Doe"]


def test_a_person_whom_the_source_names_is_given_by_name_alone() -> None:
    text = "Florida Sen. Jane Doe came on Monday.\n\n“We will have nothing to say today,” she said."
    assert [quote["speaker"] for quote in predict_quotes(text)] == ["Jane Doe"]


def test_whoever_speaks_for_somebody_is_not_given_as_that_somebody() -> None:
    text = "Jane Doe came on Monday.\n\n“We will have nothing to say today,” Doe’s office said."
    assert [quote["speaker"] for quote in predict_quotes(text)] == ["Doe’s office"]
