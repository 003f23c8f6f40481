"""Which quotes a reader is shown."""

from articles.model import Article, Span
from summarizer.key_quotes import choose_key_quotes
from summarizer.model import Bullet, Quote, QuoteKind
from tests.summarizer import made

PLAIN = "Our political leaders will engage and try to find common ground with everybody"
LEANING = "That would be a very good thing for all of us who are in this room today"
LONG = "We will go on " * 30
SHORT = "prove itself"


def chosen(source: Article, *quotes: Quote, bullets: tuple[Bullet, ...] = ()) -> list[str]:
    return [quote.hull.of(source.text) for quote in choose_key_quotes(source, quotes, bullets=bullets)]


def test_a_quote_that_needs_the_sentence_before_it_loses_to_one_that_does_not() -> None:
    source = made.article(f"“{LEANING},” Mattis said.", f"“{PLAIN},” Dunford said.")
    leaning = made.quote(source, LEANING, by="Jim Mattis")
    plain = made.quote(source, PLAIN, by="Joseph Dunford")
    assert choose_key_quotes(source, [leaning, plain], bullets=(), limit=1) == (plain,)


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
    assert choose_key_quotes(source, [dunford, mattis], bullets=(), limit=1) == (mattis,)


def test_two_speakers_are_heard_rather_than_one_twice_and_in_text_order() -> None:
    words = [PLAIN, PLAIN.replace("engage", "talk"), PLAIN.replace("engage", "meet")]
    source = made.article(*(f"“{w}.”" for w in words))
    mattis, again, dunford = (
        made.quote(source, w, by=by)
        for w, by in zip(words, ("Jim Mattis", "Jim Mattis", "Joe Dunford"), strict=True)
    )
    assert choose_key_quotes(source, [mattis, again, dunford], bullets=()) == (mattis, dunford)
