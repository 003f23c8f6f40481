"""Which set of sentences makes the brief."""

from summarizer.embedding import MiniLM
from summarizer.extractive.selection import Option, best_set, gain
from summarizer.extractive.word_model import words_of

CHANCES = {"storm": 0.9, "killed": 0.9, "ten": 0.8, "port": 0.7, "closed": 0.7, "the": 0.3, "soup": 0.01}


def options(*texts: str) -> list[Option]:
    return [Option(text, place) for place, text in enumerate(texts)]


def chosen(*texts: str, least: int = 2, most: int = 3, max_words: int = 60) -> tuple[int, ...]:
    return best_set(options(*texts), CHANCES, least=least, most=most, max_words=max_words)


def test_what_has_been_said_is_not_worth_saying_again() -> None:
    assert chosen("Storm killed ten", "Ten killed, storm", "Port closed", most=2) == (0, 2)


def test_a_sentence_of_words_that_nobody_would_keep_stays_out() -> None:
    assert chosen("Soup soup soup soup", "Storm killed ten", "Port closed") == (1, 2)


def test_of_two_that_say_the_same_the_first_is_taken() -> None:
    assert chosen("Port closed", "Killed, ten: storm", "Storm killed ten") == (0, 1)


def test_the_least_number_is_kept_even_where_one_would_do() -> None:
    assert chosen("Storm killed ten", "Soup soup soup", least=1) == (0,)
    assert chosen("Storm killed ten", "Soup soup soup", least=2) == (0, 1)


def test_the_budget_holds_where_it_can() -> None:
    assert chosen("Storm killed ten", "Port closed", "Soup", max_words=4) == (0, 2)
    assert chosen("Storm killed ten", "Port closed the port", max_words=4) == (0,)
    assert chosen("Storm killed ten", "The port closed", max_words=2) == (0,)


def test_nothing_to_choose_from_or_nothing_asked_for_gives_nothing() -> None:
    assert chosen() == ()
    assert chosen("Storm killed ten", least=0, most=0) == ()


def test_a_long_article_is_chosen_from_as_a_short_one_is() -> None:
    padding = [f"Soup {i} soup" for i in range(300)]
    assert chosen(*padding, "Storm killed ten", "Port closed", most=2) == (300, 301)


def test_words_that_are_likely_add_and_others_take_room() -> None:
    assert gain("storm killed", CHANCES) > 0 > gain("soup soup", CHANCES)


def test_two_sentences_that_mean_the_same_are_not_both_told(encoder: MiniLM) -> None:
    texts = (
        "A powerful earthquake struck Nepal overnight, killing dozens.",
        "Dozens died when a strong quake hit Nepal in the night.",
        "Farmers in the north face a third year of drought.",
    )
    three = [Option(text, place) for place, text in enumerate(texts)]
    chances = {word: 0.9 for text in texts[:2] for word in words_of(text)}
    chances |= dict.fromkeys(words_of(texts[2]), 0.3)
    by_words = best_set(three, chances, least=2, most=2, max_words=60)
    by_meaning = best_set(three, chances, least=2, most=2, max_words=60, encode=encoder.encode)
    assert by_words == (0, 1)
    assert 2 in by_meaning
