"""Quotes and briefs stored with their article, and quotes found by speaker."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

import articles.search.fts5
import articles.search.tsvector
import summarizer.storage.store
from articles.database import Database
from articles.ingest import SaveAnalysis, ingest
from articles.model import Article, ArticleId, Span
from articles.store import ArticleStore
from summarizer.model import (
    Brief,
    Bullet,
    Edit,
    EditKind,
    KeyQuote,
    Quote,
    QuoteKind,
    Speaker,
    SpeakerId,
    SpeakerKind,
)
from summarizer.storage.store import AnalysisStore, QuoteStore
from tests.articles.newsroom import report
from tests.samples import NOW, article

MATTIS = Speaker(name="Jim Mattis", role="U.S. Secretary of Defense")
BULLET = Bullet(
    text="It is so.",
    spans=(Span(start=0, end=15),),
    evidence=(0,),
    edits=(Edit(span=Span(start=0, end=6), text="I", kind=EditKind.CONNECTIVE),),
)


def quote(start: int, end: int, speaker: Speaker | None = MATTIS) -> Quote:
    return Quote(
        content=(Span(start=start, end=end),),
        kind=QuoteKind.VERBATIM,
        cue=None,
        source=None,
        speaker=speaker,
        confidence=0.9 if speaker else 0,
    )


class Newsroom:
    """Stores articles with what is said in them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.articles, self.analyses = ArticleStore(database), AnalysisStore(database)
        self.quotes = QuoteStore(database)
        self.printed = 0

    def publish(self, *speakers: Speaker | None, about: str = "NATO", at: datetime | None = NOW) -> ArticleId:
        """An article in which each of the speakers says one thing."""
        self.printed += 1
        said = [f"Statement {number}." for number in range(len(speakers))]
        text = "\n\n".join((f"About {about}.", *said))
        found = [
            quote(text.index(words), text.index(words) + len(words), speaker)
            for words, speaker in zip(said, speakers, strict=True)
        ]
        return self.store(article(f"Article {self.printed}", text, published=at), found)

    def report(
        self,
        said: str,
        *,
        by: Speaker = MATTIS,
        at: datetime = NOW,
        publisher: str = "AP",
        url: str | None = None,
    ) -> ArticleId:
        """An account of always the same event, in which one thing is said."""
        text = f"{report(1)}\n\n{said}"
        start = text.index(said)
        written = article("Allies Meet", text, publisher=publisher, url=url, published=at)
        return self.store(written, [quote(start, len(text), by)])

    def store(self, written: Article, found: Sequence[Quote], key_quotes: Sequence[Quote] = ()) -> ArticleId:
        brief = Brief(
            headline=written.headline,
            bullets=(BULLET,),
            key_quotes=tuple(map(KeyQuote.whole, key_quotes)),
        )

        def analyse(_: Article) -> SaveAnalysis:
            return lambda connection, article_id: self.analyses.save_analysis(
                connection, article_id, found, brief
            )

        return ingest(written, database=self.database, store=self.articles, analyse=analyse, now=NOW).id

    def names(self, typed: str) -> list[str]:
        return [speaker.name for speaker in self.quotes.find_speakers(typed)]

    def id_of(self, name: str) -> SpeakerId:
        (only,) = self.quotes.find_speakers(name)
        return only.id


def person(name: str) -> Speaker:
    return Speaker(name=name, role=None)


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom(database)


def test_quotes_and_brief_come_back_as_they_were_saved(newsroom: Newsroom) -> None:
    broken = Quote(
        content=(Span(start=0, end=4), Span(start=10, end=15)),
        kind=QuoteKind.PARTIAL,
        cue=Span(start=5, end=9),
        source=Span(start=16, end=18),
        speaker=Speaker(name="John Kirby", role=None, speaks_for="the Pentagon"),
        confidence=0.5,
    )
    unnamed = quote(20, 25, Speaker(name="a senior official", role=None, kind=SpeakerKind.UNNAMED))
    found = (broken, unnamed, quote(26, 30, None))
    article_id = newsroom.store(article(), found, key_quotes=(unnamed, broken))
    assert newsroom.analyses.quotes_of(article_id) == found
    brief = newsroom.analyses.brief_of(article_id)
    assert brief is not None
    assert brief.headline == article().headline
    assert [key.quote for key in brief.key_quotes] == [unnamed, broken]
    assert brief.bullets == (BULLET,)


def test_an_article_without_quotes_is_no_error(newsroom: Newsroom) -> None:
    article_id = newsroom.publish()
    assert newsroom.analyses.quotes_of(article_id) == ()
    assert newsroom.analyses.brief_of(ArticleId(article_id + 1)) is None


def test_a_key_quote_from_elsewhere_stores_nothing_at_all(newsroom: Newsroom) -> None:
    with pytest.raises(ValueError, match="not in"):
        newsroom.store(article(), [quote(0, 4)], key_quotes=[quote(5, 9)])
    assert newsroom.articles.count() == 0
    assert newsroom.names("mattis") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed",
    ["mattis", "MATTIS", "Jim Mattis", "jim matis", "mattis's", "mattis’", "Máttis", "Gen. Mattis", "mathis",
     "Secretary of Defense Mattis", "U.S. Secretary of Defense Jim Mattis", "Jim N. Mattis", "  mattis?"],
)  # fmt: skip
def test_a_speaker_is_found_however_the_name_is_typed(newsroom: Newsroom, typed: str) -> None:
    newsroom.publish(MATTIS, person("Jens Stoltenberg"))
    assert newsroom.names(typed) == ["Jim Mattis"]


@pytest.mark.parametrize("typed", ["", "?", "zebra", "matthews", "general", "james mattis", "\ud800", "%"])
def test_who_is_not_quoted_is_not_found(newsroom: Newsroom, typed: str) -> None:
    newsroom.publish(MATTIS)
    assert newsroom.names(typed) == []


def test_of_several_people_of_one_name_the_most_quoted_comes_first(newsroom: Newsroom) -> None:
    newsroom.publish(person("Michelle Obama"), person("Barack Obama"))
    newsroom.publish(person("Barack Obama"))
    assert newsroom.names("obama") == ["Barack Obama", "Michelle Obama"]
    assert newsroom.names("michelle obama") == ["Michelle Obama"]
    assert [each.quote_count for each in newsroom.quotes.find_speakers("obama")] == [2, 1]


def test_a_surname_means_people_of_that_surname_before_those_of_that_first_name(newsroom: Newsroom) -> None:
    newsroom.publish(person("Jordan Peele"), person("Jordan Peele"), person("Michael Jordan"))
    assert newsroom.names("jordan") == ["Michael Jordan"]
    assert newsroom.names("peele") == ["Jordan Peele"]


def test_a_surname_in_a_later_article_is_the_person_of_the_earlier_one(newsroom: Newsroom) -> None:
    newsroom.publish(MATTIS)
    newsroom.publish(person("Gen. Mattis"))
    assert len(newsroom.quotes.quotes_by(newsroom.id_of("mattis"), limit=9)) == 2


def test_two_people_of_one_surname_are_never_made_one(newsroom: Newsroom) -> None:
    newsroom.publish(person("Donald Trump"), person("Ivanka Trump"), person("Trump"))
    assert sorted(newsroom.names("trump")) == ["Donald Trump", "Ivanka Trump", "Trump"]


def test_unnamed_officials_of_two_articles_are_not_one_speaker(newsroom: Newsroom) -> None:
    official = Speaker(name="a senior official", role=None, kind=SpeakerKind.UNNAMED)
    newsroom.publish(official)
    assert newsroom.names("senior official") == []


def test_an_organisation_is_found_by_its_name(newsroom: Newsroom) -> None:
    newsroom.publish(Speaker(name="the Pentagon", role=None, kind=SpeakerKind.ORGANISATION))
    assert newsroom.names("Pentagon") == ["the Pentagon"]


def test_speakers_can_be_listed_by_the_beginning_of_a_name(newsroom: Newsroom) -> None:
    newsroom.publish(MATTIS, MATTIS, person("Matteo Renzi"), person("Jens Stoltenberg"))
    names = [speaker.name for speaker in newsroom.quotes.speakers_like("mat")]
    assert names == ["Jim Mattis", "Matteo Renzi"]
    assert [speaker.name for speaker in newsroom.quotes.speakers_like("jim ma")] == ["Jim Mattis"]
    assert len(newsroom.quotes.speakers_like("")) == 3


def test_quotes_are_newest_first_and_in_text_order_within_an_article(newsroom: Newsroom) -> None:
    old = newsroom.publish(MATTIS, at=NOW - timedelta(days=9))
    undated = newsroom.publish(MATTIS, at=None)
    middle = newsroom.publish(MATTIS, person("Other"), MATTIS, at=NOW - timedelta(days=1))
    speaker = newsroom.id_of("mattis")
    found = newsroom.quotes.quotes_by(speaker, limit=9)
    assert [each.article.id for each in found] == [undated, middle, middle, old]
    assert [each.parts for each in found[1:3]] == [("Statement 0.",), ("Statement 2.",)]
    assert newsroom.quotes.quotes_by(speaker, limit=2, offset=1) == found[1:3]
    assert newsroom.quotes.quotes_by(speaker, limit=9, since=NOW - timedelta(days=2)) == found[:3]


def test_a_quote_brings_what_is_needed_to_cite_it(newsroom: Newsroom) -> None:
    written = article(text='"Now," Mattis said, "we wait."', url="https://voa/1")
    said = Quote(
        content=(Span(start=1, end=5), Span(start=21, end=29)),
        kind=QuoteKind.VERBATIM,
        cue=Span(start=14, end=18),
        source=Span(start=7, end=13),
        speaker=MATTIS,
        confidence=1.0,
    )
    newsroom.store(written, [said])
    (found,) = newsroom.quotes.quotes_by(newsroom.id_of("mattis"), limit=1)
    assert (found.parts, found.cue, found.quote) == (("Now,", "we wait."), "said", said)
    head = found.article
    assert (head.headline, head.url, head.publisher) == (written.headline, "https://voa/1", "VOA News")
    assert head.published == written.published


def test_quotes_can_be_about_a_topic_of_their_article(newsroom: Newsroom) -> None:
    newsroom.publish(MATTIS, about="budgets in Brussels")
    on_russia = newsroom.publish(MATTIS, about="Russia")
    speaker = newsroom.id_of("mattis")
    assert [q.article.id for q in newsroom.quotes.quotes_by(speaker, about="russia", limit=9)] == [on_russia]
    assert newsroom.quotes.quotes_by(speaker, about="the", limit=9) == ()
    assert newsroom.quotes.quotes_by(speaker, about="zebras", limit=9) == ()


@pytest.mark.slow
@pytest.mark.parametrize(("few", "window"), [(99, 99), (0, 1), (0, 3), (0, 99)])
def test_quotes_about_a_topic_are_the_same_whichever_is_looked_through_first(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, few: int, window: int
) -> None:
    monkeypatch.setattr(summarizer.storage.store, "FEW", few)
    monkeypatch.setattr(articles.search.fts5, "FIRST_WINDOW", window)
    monkeypatch.setattr(articles.search.tsvector, "FIRST_WINDOW", window)
    hours = [timedelta(hours=n // 2) for n in range(30)]  # two in each second
    published = [
        newsroom.publish(MATTIS, MATTIS, about="Russia" if n % 3 else "NATO", at=NOW - ago)
        for n, ago in enumerate(hours)
    ]
    speaker = newsroom.id_of("mattis")
    everything = newsroom.quotes.quotes_by(speaker, limit=99)
    assert len(everything) == 60
    on_russia = {article_id for n, article_id in enumerate(published) if n % 3}
    expected = [each for each in everything if each.article.id in on_russia]
    assert list(newsroom.quotes.quotes_by(speaker, about="russia", limit=99)) == expected
    pages = [newsroom.quotes.quotes_by(speaker, about="russia", limit=7, offset=at) for at in range(0, 49, 7)]
    assert [each for page in pages for each in page] == expected
    recent = newsroom.quotes.quotes_by(speaker, about="russia", since=NOW - timedelta(hours=5), limit=99)
    assert list(recent) == expected[: len(recent)]
    assert len(recent) == 2 * sum(1 for n in range(12) if n % 3)


def test_the_same_words_in_one_story_are_listed_once(newsroom: Newsroom) -> None:
    first = newsroom.report("“We wait!”", publisher="AP", at=NOW - timedelta(hours=3))
    newsroom.report("“We wait!”", publisher="Reuters")
    newsroom.report("“We wait!”", publisher="VOA News")
    (found,) = newsroom.quotes.quotes_by(newsroom.id_of("mattis"), limit=9)
    assert found.article.id == first
    assert newsroom.quotes.find_speakers("mattis")[0].quote_count == 1


def test_the_same_words_in_another_story_are_listed_again(newsroom: Newsroom) -> None:
    newsroom.publish(MATTIS)
    newsroom.publish(MATTIS)
    assert len(newsroom.quotes.quotes_by(newsroom.id_of("mattis"), limit=9)) == 2


def test_speakers_are_listed_with_the_newest_version_and_the_old_one_keeps_its_quotes(
    newsroom: Newsroom,
) -> None:
    old = newsroom.report("“We wait,” he said, “but not for long.”", url="https://voa/1")
    said = newsroom.analyses.quotes_of(old)
    new = newsroom.report("“We wait.”", url="https://voa/1")
    (found,) = newsroom.quotes.quotes_by(newsroom.id_of("mattis"), limit=9)
    assert (found.article.id, found.parts) == (new, ("“We wait.”",))
    assert newsroom.analyses.quotes_of(old) == said
    assert said[0].speaker == MATTIS
    assert newsroom.quotes.find_speakers("mattis")[0].quote_count == 1


def test_a_new_version_that_drops_a_speaker_drops_them_from_the_lists(newsroom: Newsroom) -> None:
    newsroom.report("“We wait.”", url="https://voa/1")
    newsroom.report("“We wait, all of us.”", url="https://voa/1", by=person("Jens Stoltenberg"))
    assert newsroom.names("mattis") == []
    assert newsroom.names("stoltenberg") == ["Jens Stoltenberg"]


def test_a_deleted_article_takes_its_quotes_along_and_the_count_stays_right(newsroom: Newsroom) -> None:
    first = newsroom.publish(MATTIS, MATTIS)
    newsroom.publish(MATTIS)
    speaker = newsroom.id_of("mattis")
    newsroom.articles.delete(first)
    assert len(newsroom.quotes.quotes_by(speaker, limit=9)) == 1
    assert newsroom.quotes.find_speakers("mattis")[0].quote_count == 1
    assert newsroom.analyses.brief_of(first) is None


def test_who_is_quoted_no_more_is_found_no_more(newsroom: Newsroom) -> None:
    newsroom.articles.delete(newsroom.publish(MATTIS))
    assert newsroom.names("mattis") == []


def test_a_copy_speaks_for_the_original_that_was_deleted(newsroom: Newsroom) -> None:
    first = newsroom.report("“We wait!”", publisher="AP")
    second = newsroom.report("“We wait!”", publisher="Reuters")
    newsroom.articles.delete(first)
    (found,) = newsroom.quotes.quotes_by(newsroom.id_of("mattis"), limit=9)
    assert found.article.id == second
    assert newsroom.quotes.find_speakers("mattis")[0].quote_count == 1
