from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.paragraphs import paragraphs_of
from summarizer.model import Quote, QuoteKind, SpeakerKind
from summarizer.quotes import find_quotes

SEED = Path(__file__).parents[3] / "config" / "sample" / "voa-mattis-russia-2017.txt"


def quotes_of(text: str) -> tuple[Quote, ...]:
    """The quotes in quotation marks."""
    found = find_quotes(text, paragraphs_of(text))
    return tuple(quote for quote in found if quote.kind is not QuoteKind.PARAPHRASED)


def paraphrases_of(text: str) -> list[tuple[str, str, str]]:
    """Speaker, cue and content of each indirect quote."""
    return [
        (
            quote.speaker.name if quote.speaker is not None else "",
            quote.cue.of(text) if quote.cue is not None else "",
            quote.content[0].of(text),
        )
        for quote in find_quotes(text, paragraphs_of(text))
        if quote.kind is QuoteKind.PARAPHRASED
    ]


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


def test_what_the_reporter_says_that_somebody_said_is_a_paraphrase(seed: str) -> None:
    assert [(speaker, content[:30]) for speaker, _, content in paraphrases_of(seed)] == [
        ("Jim Mattis", "he didn't think the fight agai"),
        ("Jim Mattis", "he hadn't yet had enough time "),
        ("Jens Stoltenberg", "they will discuss ways to comb"),
        ("Donald Trump", "the United States might not de"),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Gen. Jim Mattis warned that the fight is not over.",
        "Gen. Jim Mattis said the fight is not over.",
        "Gen. Jim Mattis told reporters that the fight is not over.",
        "The fight is not over, Gen. Jim Mattis said on Friday.",
        "According to Gen. Jim Mattis, the fight is not over.",
    ],
)
def test_a_paraphrase_is_found_however_its_cue_stands(sentence: str) -> None:
    ((speaker, _, content),) = paraphrases_of(sentence)
    assert (speaker, content.casefold()) == ("Jim Mattis", "the fight is not over")


def test_a_sentence_with_quotation_marks_is_no_paraphrase() -> None:
    assert paraphrases_of("Gen. Jim Mattis said that “the fight is not over.”") == []


@pytest.mark.parametrize(
    ("source", "name", "principal"),
    [
        ("a spokesman for the Pentagon", "a spokesman for the Pentagon", "Pentagon"),
        ("Trump spokeswoman Hope Hicks", "Hope Hicks", "Trump"),
        ("Jane Doe, a spokeswoman for the Ministry of Defence", "Jane Doe", "Ministry of Defence"),
        ("Sen. Jane Doe", "Jane Doe", None),
    ],
)
def test_a_spokesperson_speaks_for_somebody_else(source: str, name: str, principal: str | None) -> None:
    (quote,) = quotes_of(f"“We will have nothing to say today,” said {source}.")
    assert quote.speaker is not None
    assert (quote.speaker.name, quote.speaker.speaks_for) == (name, principal)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Trump's attorney, Alan Garten", "Alan Garten"),
        ("former secretary of state Hillary Clinton", "Hillary Clinton"),
        ("Sen. Jeff Merkley of Oregon, who is on the committee", "Jeff Merkley"),
        ("Iowa State University's Dianne Bystrom", "Dianne Bystrom"),
        ("Archbishop John Roe of the Armenian Patriarchate of Jerusalem", "John Roe"),
        ("Jane Doe of Madison, Alabama", "Jane Doe"),
        ("Rep. Jane Doe (D-Md.), chair of the harbor committee", "Jane Doe"),
        ("the leader of the Harbor League, Jane Doe", "Jane Doe"),
        ("Air Force 1st Lt. Jane Doe", "Jane Doe"),
        ("a senior official", "a senior official"),
        ("a longtime adviser to Jane Doe", "a longtime adviser to Jane Doe"),
        ("one commenter", "one commenter"),
        ("the impostor", "the impostor"),
        ("the 46-year-old", "the 46-year-old"),
        ("the Justice Department", "Justice Department"),
    ],
)
def test_the_speaker_is_whom_a_description_names(source: str, name: str) -> None:
    (quote,) = quotes_of(f"“We will have nothing to say today,” said {source}.")
    assert quote.speaker is not None
    assert quote.speaker.name == name


@pytest.mark.parametrize("source", ["Another", "Others", "14 percent", "The radioman", "Some"])
def test_whoever_stands_before_a_reporting_verb_is_a_speaker(source: str) -> None:
    (quote,) = quotes_of(f"{source} said, “We will have nothing to say today.”")
    assert quote.speaker is not None
    assert (quote.speaker.name, quote.speaker.kind) == (source, SpeakerKind.UNNAMED)


def test_a_surname_that_is_a_small_word_speaks_too() -> None:
    text = "George Will came to the harbor on Monday.\n\n“It is a fine harbor,” Will wrote."
    assert said_by(quotes_of(text), "George Will", text) == ["It is a fine harbor,"]


@pytest.mark.parametrize(
    ("headline", "name"),
    [
        ("Jane Doe Says Harbor Town Must Wait", "Jane Doe"),
        ("Follow Jane Doe", "Jane Doe"),
        ("Doe Train Rolls On", "Jane Doe"),
        ("White House Is Silent", "Jane Doe"),
    ],
)
def test_capitals_of_a_headline_give_nobody_another_name(headline: str, name: str) -> None:
    text = (
        f"{headline}\n\n“We will have nothing to say today,” said Sen. Jane Doe.\n\n“Not a word,” Doe said."
    )
    assert [quote.speaker.name for quote in quotes_of(text) if quote.speaker is not None] == [name, name]


def test_a_quotation_whose_closing_mark_is_missing_ends_at_its_cue() -> None:
    text = "“We will stay here for good, said Jane Doe, who runs the port.\n\nThe port opened in 1990."
    assert said_by(quotes_of(text), "Jane Doe", text) == ["We will stay here for good,"]


def test_a_quotation_that_goes_on_in_the_next_paragraph_is_cut_at_no_cue_inside_it() -> None:
    text = "Jane Doe said: “We met in May, she told me, and left.\n\n“And we will come back.”"
    assert said_by(quotes_of(text), "Jane Doe", text) == [
        "We met in May, she told me, and left. … And we will come back."
    ]


def test_a_mark_without_its_space_still_closes() -> None:
    text = '"We will stay here for good,"Jane Doe said in a statement. "More of us will come."'
    assert said_by(quotes_of(text), "Jane Doe", text) == [
        "We will stay here for good, … More of us will come."
    ]


SENATORS = (
    "Sen. Jane Doe (R-Fla.) met Ohio Sen. John Roe on Monday. Mary Major, the mayor, came too.\n\n"
    "“We will have nothing to say today,” {source} said."
)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("the Florida senator", "Jane Doe"),
        ("the senator from Ohio", "John Roe"),
        ("the Republican senator", "Jane Doe"),
        ("the mayor", "Mary Major"),
        ("the senator", "the senator"),  # there are two
        ("the Texas senator", "the Texas senator"),  # and neither is from there
        ("the governor", "the governor"),
        ("a senator", "a senator"),
    ],
)
def test_a_role_is_the_person_whom_the_article_gave_it(source: str, name: str) -> None:
    (quote,) = quotes_of(SENATORS.format(source=source))
    assert quote.speaker is not None
    assert quote.speaker.name == name


def test_a_role_of_the_other_gender_is_somebody_else() -> None:
    text = "John Roe, the chairman, left.\n\n“We will have nothing to say today,” said the chairwoman."
    assert [quote.speaker.name for quote in quotes_of(text) if quote.speaker is not None] == [
        "the chairwoman"
    ]


def test_his_spokeswoman_is_shown_with_whose_she_is() -> None:
    text = "Sen. John Roe came home on Monday. He was tired.\n\n“He will rest,” his spokeswoman said."
    (quote,) = quotes_of(text)
    assert quote.speaker is not None
    assert (quote.speaker.name, quote.speaker.speaks_for) == ("John Roe’s spokeswoman", "John Roe")


def test_two_people_of_one_surname_are_kept_apart() -> None:
    text = (
        "Ivanka Trump introduced her father, Donald Trump, on Thursday.\n\n“He is a fighter,” she said.\n\n"
        "“I am honored,” Donald Trump said.\n\n“Thank you all,” said Ivanka Trump."
    )
    names = [quote.speaker.name for quote in quotes_of(text) if quote.speaker is not None]
    assert names == ["Ivanka Trump", "Donald Trump", "Ivanka Trump"]


def test_quotation_marks_that_nobody_speaks_in_are_no_quotes() -> None:
    text = (
        "The film, called “The Last Harbor Light,” opens on Friday.\n\n"
        "A 6'2\" guard in a so-called “safe space” said nothing."
    )
    assert quotes_of(text) == ()


def test_without_weights_the_rules_still_find_who_spoke(seed: str) -> None:
    found = find_quotes(seed, paragraphs_of(seed), rules_alone=True)
    marked = [quote for quote in found if quote.kind is not QuoteKind.PARAPHRASED]
    assert len(said_by(marked, "Jim Mattis", seed)) == 7


_ALPHABET = "He said that Trump. ,:;?!\"“”‘’'«»„—-\n"


@given(st.one_of(st.text(), st.text(alphabet=_ALPHABET, max_size=300)))
def test_any_text_gives_quotes_in_order_that_do_not_overlap_in_one_kind(text: str) -> None:
    ends = dict.fromkeys((True, False), 0)
    start = 0
    for quote in find_quotes(text, paragraphs_of(text)):
        paraphrased = quote.kind is QuoteKind.PARAPHRASED
        assert start <= quote.hull.start
        start = quote.hull.start
        assert (quote.speaker is None) == (quote.confidence == 0)
        for span in quote.content:
            assert ends[paraphrased] <= span.start < span.end <= len(text)
            ends[paraphrased] = span.end
