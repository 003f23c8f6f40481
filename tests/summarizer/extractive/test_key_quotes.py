"""Which quotes a reader is shown."""

from articles.model import Article, Span
from summarizer.extractive.key_quotes import choose_key_quotes
from summarizer.model import Bullet, KeyQuote, Quote, QuoteKind
from tests.summarizer import made

PLAIN = "Our political leaders will engage and try to find common ground with everybody"
LEANING = "That would be a very good thing for all of us who are in this room today"
LONG = "We will go on " * 30
SHORT = "prove itself"


def chosen(source: Article, *quotes: Quote, bullets: tuple[Bullet, ...] = ()) -> list[str]:
    shown = choose_key_quotes(source, quotes, bullets=bullets)
    return [" ".join(span.of(source.text) for span in key.shown) for key in shown]


def test_a_quote_that_needs_the_sentence_before_it_loses_to_one_that_does_not() -> None:
    source = made.article(f"“{LEANING},” Mattis said.", f"“{PLAIN},” Dunford said.")
    leaning = made.quote(source, LEANING, by="Jim Mattis")
    plain = made.quote(source, PLAIN, by="Joseph Dunford")
    assert choose_key_quotes(source, [leaning, plain], bullets=(), limit=1) == (KeyQuote.whole(plain),)


def test_fragments_paraphrases_speeches_and_quotes_by_nobody_are_never_shown() -> None:
    source = made.article(f"“{PLAIN}.” “{LONG}.” “{SHORT}”")
    assert not chosen(
        source,
        made.quote(source, PLAIN, by=None),
        made.quote(source, PLAIN, by="Jim Mattis", kind=QuoteKind.PARAPHRASED),
        made.quote(source, PLAIN, by="Jim Mattis", kind=QuoteKind.PARTIAL),
        made.quote(source, LONG, by="Jim Mattis"),
        made.quote(source, SHORT, by="Jim Mattis"),
    )


def test_a_quote_that_stands_in_a_bullet_is_not_shown_again() -> None:
    source = made.article(f"“{PLAIN},” Mattis said.")
    spoken = made.quote(source, PLAIN, by="Jim Mattis")
    bullet = Bullet(text=source.text, spans=(Span(start=0, end=len(source.text)),), evidence=(0,))
    assert chosen(source, spoken) == [PLAIN]
    assert chosen(source, spoken, bullets=(bullet,)) == []


def test_the_speaker_of_the_headline_comes_before_one_who_is_merely_quoted() -> None:
    other = PLAIN.replace("engage", "meet")
    source = made.article(
        "Talks.", f"“{other},” Dunford said.", f"“{PLAIN},” Mattis said.", headline="Mattis Hopes"
    )
    mattis = made.quote(source, PLAIN, by="Jim Mattis")
    dunford = made.quote(source, other, by="Joseph Dunford")
    assert choose_key_quotes(source, [dunford, mattis], bullets=(), limit=1) == (KeyQuote.whole(mattis),)


def test_two_speakers_are_heard_rather_than_one_twice_and_in_text_order() -> None:
    words = [PLAIN, PLAIN.replace("engage", "talk"), PLAIN.replace("engage", "meet")]
    source = made.article(*(f"“{w}.”" for w in words))
    mattis, again, dunford = (
        made.quote(source, w, by=by)
        for w, by in zip(words, ("Jim Mattis", "Jim Mattis", "Joe Dunford"), strict=True)
    )
    assert choose_key_quotes(source, [mattis, again, dunford], bullets=()) == (
        KeyQuote.whole(mattis),
        KeyQuote.whole(dunford),
    )


FIRST = "We have a plan for the harbour, and those who use it will pay for it, not those who live there."
SECOND = "Every port of this size on the coast has done the same, and not one of them has lost a single ship."
THIRD = "It is for the council to say when, and I will not say it for them here, whatever I am asked today."


def test_of_a_long_quote_whole_sentences_are_shown_each_a_slice_of_the_article() -> None:
    said = f"{FIRST} {SECOND} {THIRD}"
    source = made.article(f"“{said}” Mayor Jane Doe said.")
    (key,) = choose_key_quotes(source, [made.quote(source, said, by="Jane Doe")], bullets=())
    assert [span.of(source.text) for span in key.shown] == [FIRST]
    assert (key.starts_late, key.ends_early) == (False, True)


def test_a_run_over_the_cue_that_breaks_a_quote_is_cut_at_sentence_ends_alone() -> None:
    broken = ("It is nothing new, and nobody who was there can say that it is new to them,", "nobody at all.")
    source = made.article(f"“{broken[0]}” Doe said, “{broken[1]} {FIRST} {SECOND}”")
    quote = made.quote(source, broken[0], f"{broken[1]} {FIRST} {SECOND}", by="Jane Doe")
    (key,) = choose_key_quotes(source, [quote], bullets=())
    assert [span.of(source.text) for span in key.shown] == [FIRST]
    assert (key.starts_late, key.ends_early) == (True, True)


def test_a_long_quote_that_is_one_sentence_is_whole_or_not_shown() -> None:
    for words, count in ((50, 1), (61, 0)):
        said = "We " + "will " * (words - 2) + "win."
        source = made.article(f"“{said}” Doe said.")
        assert chosen(source, made.quote(source, said, by="Jane Doe")) == [said] * count


def test_a_quote_is_told_only_where_a_model_wrote_its_very_words() -> None:
    source = made.article(f"“{PLAIN},” Mattis said.")
    spoken = made.quote(source, PLAIN, by="Jim Mattis")
    whole = (Span(start=0, end=len(source.text)),)
    bullet = Bullet(text="Mattis hopes for common ground.", spans=whole, evidence=(0,), generated=True)
    assert chosen(source, spoken, bullets=(bullet,)) == [PLAIN]
    bullet = Bullet(text=f"Mattis: “{PLAIN}.”", spans=whole, evidence=(0,), generated=True)
    assert chosen(source, spoken, bullets=(bullet,)) == []
