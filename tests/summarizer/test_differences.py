"""Where the publishers of one story give different numbers for the same thing."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.differences import Difference, Report, differences, has_figure_of_its_own
from tests.samples import article
from tests.summarizer.growth import growth

PUBLISHERS = ("Reuters", "AP", "VOA News")


def reports(*texts: str) -> tuple[Report, ...]:
    return tuple(
        Report(publisher=publisher, article=article("A headline", text, publisher=publisher))
        for publisher, text in zip(PUBLISHERS, texts, strict=False)
    )


def told(found: tuple[Difference, ...]) -> list[str]:
    return ["; ".join(f"{f.words} ({f.report.publisher})" for f in each.figures) for each in found]


@pytest.mark.parametrize(
    ("texts", "difference"),
    [
        (
            ("A quake struck Sumbra, killing at least 40 people.", "The death toll of the quake rose to 53."),
            "at least 40 dead (Reuters); 53 dead (AP)",
        ),
        (
            ("The bomb killed 12 people.", "Fourteen people were killed by a bomb, police said."),
            "12 dead (Reuters); fourteen dead (AP)",
        ),
        (
            ("The crash left 12 dead and 30 injured.", "Twelve people died and 45 were hurt in the crash."),
            "30 injured (Reuters); 45 injured (AP)",
        ),
        (
            ("Police arrested 30 marchers.", "More than 100 people were detained."),
            "30 arrested (Reuters); more than 100 arrested (AP)",
        ),
        (
            ("The storm destroyed 200 homes in the port of Karang.",
             "The storm destroyed 350 homes in Karang port, officials said."),
            "200 homes (Reuters); 350 homes (AP)",
        ),
        (
            ("The bomb killed 12 people.", "The bomb killed 12.", "The bomb killed 14 people."),
            "12 dead (Reuters); 14 dead (VOA News)",
        ),
    ],
)  # fmt: skip
def test_different_numbers_for_the_same_thing_are_both_told(texts: tuple[str, ...], difference: str) -> None:
    assert told(differences(reports(*texts))) == [difference]


@pytest.mark.parametrize(
    "texts",
    [
        ("The bomb killed 12 people.", "Twelve people were killed by the bomb."),
        ("Some 200 people were hurt.", "Officials said 198 people were injured."),
        ("The bomb killed 12 people.", "In 2004, a bomb killed 90 people there."),
        ("The bomb killed 12 people.", "It was the worst since a bomb killed 90 people."),
        ("It killed 12 people in the north and 9 died in the south.", "It killed 21 people."),
        ("The bomb killed 12 people.", "Three of the dead were children."),
        ("Twelve people were killed.", "Five were hurt when 40 cars collided."),
        ("The fund will hire 200 teachers in spring.", "Some 350 teachers went on strike in the capital."),
        ("A man, 40, was killed.", "A man, 41, was killed."),
        ("Two soldiers died on the second day.", "Two soldiers died on the third day."),
        ("The bomb killed 12 people.", "Officials feared that 100 people might have been killed."),
        ("It fell by 3 percent.", "It fell by 4 percent."),
        ("The bomb killed 12 people.",),
    ],
)  # fmt: skip
def test_numbers_that_may_count_different_things_are_no_difference(texts: tuple[str, ...]) -> None:
    assert differences(reports(*texts)) == ()


def test_a_figure_carries_the_paragraph_that_it_stands_in() -> None:
    first, second = reports(
        "A bomb went off.\n\nIt killed 12 people.",
        "A bomb went off.\n\nPolice came.\n\nFourteen people died.",
    )
    (difference,) = differences((first, second))
    assert [figure.paragraph for figure in difference.figures] == [1, 2]
    assert [figure.span.of(figure.report.article.text) for figure in difference.figures] == ["12", "Fourteen"]


def test_what_one_publisher_alone_has_is_known() -> None:
    reuters, ap = reports("The bomb killed 12 people. It held 90 kilos.", "Twelve people died in Kabul.")
    assert not has_figure_of_its_own("The bomb killed 12 people.", [ap])
    assert has_figure_of_its_own("It held 90 kilos.", [ap])
    assert not has_figure_of_its_own("It held 90 kilos.", [ap, reuters])
    assert not has_figure_of_its_own("It held 90 kilos.", [])


def test_a_date_that_a_bullet_has_written_out_is_no_figure_of_its_own() -> None:
    ap = reports("Jim Mattis ruled out a pact on Thursday.")
    assert not has_figure_of_its_own("Jim Mattis on Thursday 16 February ruled out a pact.", ap)


def test_a_sentence_without_a_figure_is_nobodys_alone() -> None:
    assert not has_figure_of_its_own("The bomb shook Kabul.", reports("Twelve people died."))


@pytest.mark.parametrize("number", ["1.2.3rd", "1,2.3.4th", "12th", "1.2.3"])
def test_a_number_that_is_none_is_read_as_some_number(number: str) -> None:
    told = reports(f"The bomb killed 12 people on the {number} floor.", "It killed 14 people.")
    assert len(differences(told)) == 1
    assert has_figure_of_its_own(f"It held {number} and 90 kilos.", [told[1]])


@pytest.mark.slow
def test_a_sentence_as_long_as_its_article_takes_no_longer_for_each_of_its_figures() -> None:
    run = count()  # what was read of an article is kept: each run needs one of its own

    def work(times: int) -> None:
        differences(reports("12 men died and " * times + f"left {next(run)}.", "It killed 14 people."))

    assert growth(work, 250, 2_000) < 30  # 8 where each takes as long, 64 where each is read with all others


WORDS = (
    "killed people 12 14 fourteen injured the in Kabul, and 2017 homes some \n\n . died of 3.5 $5 at least"
)


@given(st.lists(st.lists(st.sampled_from(WORDS.split(" ")), min_size=1, max_size=40), min_size=1, max_size=3))
def test_every_figure_stands_in_its_paragraph_and_every_publisher_is_named_once(
    texts: list[list[str]],
) -> None:
    written = [" ".join(words) for words in texts]
    for difference in differences(reports(*(f"{text} x" for text in written))):
        assert max(Counter(figure.report.publisher for figure in difference.figures).values()) == 1
        assert len({figure.value for figure in difference.figures}) == len(difference.figures)
        for figure in difference.figures:
            paragraphs = tuple(figure.report.article.paragraphs())
            whole = paragraphs[figure.paragraph].span
            assert whole.start <= figure.span.start < figure.span.end <= whole.end
            number = figure.span.of(figure.report.article.text)
            assert number.lower() in figure.words
