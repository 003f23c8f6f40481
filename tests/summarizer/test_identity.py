"""Who is who across articles."""

from datetime import timedelta

import pytest

from articles.database import Database
from summarizer.model import Speaker, SpeakerId, SpeakerKind
from summarizer.speakers import KnownSpeaker, can_be_one, identify, name_key
from tests.samples import NOW
from tests.summarizer.storage.test_store import Newsroom

PERSON = SpeakerKind.PERSON


def known(number: int, key: str, kind: SpeakerKind = PERSON) -> KnownSpeaker:
    return KnownSpeaker(id=SpeakerId(number), name_key=key, kind=kind)


@pytest.mark.parametrize(
    ("key", "namesakes", "means"),
    [
        ("jim mattis", [], None),
        ("jim mattis", [known(1, "jim mattis")], 1),
        ("mattis", [known(1, "jim mattis")], 1),
        ("obama", [known(1, "michelle obama"), known(2, "barack obama")], None),
        ("obama", [known(1, "michelle obama"), known(2, "barack obama"), known(3, "obama")], 3),
        ("michelle obama", [known(2, "barack obama")], None),
        ("ford", [known(1, "ford", SpeakerKind.ORGANISATION)], None),
    ],
)
def test_a_surname_means_the_only_one_who_has_it(
    key: str, namesakes: list[KnownSpeaker], means: int | None
) -> None:
    assert identify(key, PERSON, namesakes) == means


@pytest.mark.parametrize(
    "name",
    [
        "Mattis",
        "Jim Mattis",
        "Gen. Mattis",
        "U.S. Secretary of Defense Jim Mattis",
        "James N. Mattis",
        "J. Mattis",
        "James Mattis's",
    ],
)
def test_mattis_is_one_person_however_he_is_named(name: str) -> None:
    assert identify(name_key(name, PERSON), PERSON, [known(1, "jim mattis")]) == 1


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("michelle obama", "barack obama"),
        ("ivanka trump", "donald trump"),
        ("donald trump", "donald trump jr"),
        ("george w bush", "george h w bush"),
        ("john r smith", "john q smith"),
        ("pat brown", "paul brown"),
    ],
)
def test_two_persons_of_one_surname_stay_two(name: str, other: str) -> None:
    assert not can_be_one(name, other)
    assert not can_be_one(other, name)
    assert identify(name, PERSON, [known(1, other)]) is None


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("bill clinton", "william jefferson clinton"),
        ("bob dole", "robert dole"),
        ("donald j trump", "donald trump"),
        ("liz cheney", "elizabeth cheney"),
        ("ted cruz", "edward cruz"),
    ],
)
def test_short_forms_and_middle_names_make_nobody_else(name: str, other: str) -> None:
    assert can_be_one(name, other)
    assert can_be_one(other, name)


def test_a_name_that_two_known_persons_could_bear_is_a_third() -> None:
    assert identify("j mattis", PERSON, [known(1, "jim mattis"), known(2, "john mattis")]) is None


def test_who_was_stored_as_jim_is_found_as_james_once_an_article_says_so(database: Database) -> None:
    room = Newsroom(database)
    room.publish(Speaker(name="Jim Mattis", role=None))
    room.publish(Speaker(name="James N. Mattis", role=None))
    (found,) = room.quotes.find_speakers("James Mattis")
    assert (found.name, found.quote_count) == ("Jim Mattis", 2)


def test_a_speakers_roles_have_the_dates_at_which_they_were_seen(database: Database) -> None:
    room = Newsroom(database)
    later = NOW + timedelta(days=400)
    room.publish(Speaker(name="Jim Mattis", role="retired general"), at=NOW)
    room.publish(Speaker(name="Jim Mattis", role="Secretary of Defense"), about="Syria", at=later)
    (found,) = room.quotes.find_speakers("Mattis")
    seen = [(one.quote.speaker, one.article.published) for one in room.quotes.quotes_by(found.id, limit=9)]
    assert [(speaker and speaker.role, published) for speaker, published in seen] == [
        ("Secretary of Defense", later),
        ("retired general", NOW),
    ]
