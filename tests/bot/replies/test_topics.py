"""What is on a topic, as a person asks for it and reads it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from articles.model import Article
from bot.app.application import Application
from bot.reply import Items
from summarizer.analysis import Analyst
from tests.bot.talk import ask, words
from tests.samples import NOW, article

QUAKE = """A magnitude 6.8 earthquake struck the island of Sumbra before dawn, flattening homes and killing \
at least 40 people, the disaster agency said.

The worst damage was in Karang, where the hospital lost a wing."""
STORM = """Forecasters said that Hurricane Odile would reach the coast of Baja on Friday with winds of 200 \
kilometers an hour.

Families boarded up windows in La Paz and filled the shelters."""


@pytest.fixture
def ready(app: Application, analyst: Analyst) -> Application:
    """The app when its model and its index are loaded, as they are some seconds after its start."""
    app.load_in_background()
    app.loaded.wait(30)
    return app


def of(headline: str, text: str, *, publisher: str = "AP", hours_ago: float = 1) -> Article:
    published = NOW - timedelta(hours=hours_ago)
    url = f"https://{publisher.lower()}.example/{headline.replace(' ', '-').lower()}"
    return replace(article(headline, text, publisher=publisher, published=published), url=url)


@pytest.mark.slow
def test_a_topic_is_found_by_what_articles_mean_and_said_to_be(ready: Application) -> None:
    ready.ingest(of("Homes Flattened on Sumbra", QUAKE))
    ready.ingest(of("Odile Nears Baja", STORM))
    told = words(ask(ready, "/brief seismic disaster"))
    assert "Homes Flattened on Sumbra" in told
    assert "Near in meaning: not every word of “seismic disaster” is in this story." in told
    assert "Odile" not in told


@pytest.mark.slow
def test_until_the_model_is_loaded_words_alone_answer(app: Application) -> None:
    app.ingest(of("Homes Flattened on Sumbra", QUAKE))
    assert "No article on “seismic disaster”" in words(ask(app, "/brief seismic disaster"))
    assert "Homes Flattened on Sumbra" in words(ask(app, "/brief earthquake"))


def test_what_means_nothing_here_is_still_answered_with_what_is_there(ready: Application) -> None:
    told = words(ask(ready, "/brief sourdough bread recipe"))
    assert "No article on “sourdough bread recipe”. There is something on: " in told


def test_a_subscription_is_sent_what_has_its_words_alone(ready: Application) -> None:
    ready.ingest(of("Homes Flattened on Sumbra", QUAKE))
    told = words(ask(ready, "/subscribe seismic disaster daily 08:00"))
    assert "There is nothing on “seismic disaster” yet; what comes will be delivered." in told


@pytest.mark.slow
def test_the_name_that_an_acronym_stands_for_is_looked_for_and_said(app: Application) -> None:
    app.ingest(of("Allies Agree", "The North Atlantic Treaty Organization (NATO) met in Brussels today."))
    app.ingest(of("Budgets Grow", "The North Atlantic Treaty Organization spends more on defense budgets."))
    told = words(ask(app, "/brief nato budgets from:ap"))
    assert told.startswith("Also looked for: North Atlantic Treaty Organization")
    assert "Budgets Grow" in told


@pytest.mark.slow
def test_without_a_topic_the_story_of_most_publishers_leads(app: Application) -> None:
    for hours, publisher in enumerate(("AP", "Reuters", "AFP"), 2):
        text = QUAKE if publisher == "AP" else f"{publisher} reports. {QUAKE}"
        app.ingest(of("Homes Flattened on Sumbra", text, publisher=publisher, hours_ago=hours))
    app.ingest(of("Odile Nears Baja", STORM, hours_ago=0.5))
    brief = ask(app, "/brief")
    assert words(brief).startswith("Homes Flattened on Sumbra")
    listed = next(block for block in brief.blocks if isinstance(block, Items) and block.items[0].url)
    assert listed.items[0].text == "Odile Nears Baja"


BOMB = """A car bomb killed 12 people outside a bank in Kabul on Thursday, Mayor Ahmad Rahimi said.

The bomb held 90 kilograms of explosives and broke windows half a mile away.

Mayor Ahmad Rahimi said that the bank would open again on Saturday."""
BOMB_TOO = """At least 14 people died on Thursday when a car bomb went off outside a Kabul bank, police say.

Mayor Ahmad Rahimi visited the wounded in Kabul's main hospital in the afternoon."""


@pytest.fixture
def told_twice(app: Application) -> Application:
    app.ingest(of("Car Bomb in Kabul Kills 12 Outside Bank", BOMB, publisher="Reuters", hours_ago=1))
    app.ingest(of("Bomb Outside Kabul Bank Kills 14", BOMB_TOO, publisher="AP", hours_ago=2))
    return app


def test_numbers_in_which_publishers_differ_are_all_told(told_twice: Application) -> None:
    told = words(ask(told_twice, "/brief kabul"))
    assert "Reports differ: 12 dead (Reuters); at least 14 dead (AP)" in told
    assert "Also reported by AP" in told


def test_a_figure_that_one_publisher_alone_has_is_said_to_be_its_own(told_twice: Application) -> None:
    told = words(ask(told_twice, "/brief kabul"))
    assert "broke windows half a mile away. (according to Reuters)" in told
    assert "Saturday. (according to" not in told


def test_the_evidence_shows_every_paragraph_that_the_numbers_stand_in(told_twice: Application) -> None:
    ask_for, paragraphs = ask(told_twice, "/brief kabul"), (BOMB, BOMB_TOO)
    shown = words(ask(told_twice, f"/evidence #{ask_for.article}"))
    assert all(text.partition("\n\n")[0] in shown for text in paragraphs)
    assert "at least 14 dead (AP)" in shown


@pytest.mark.slow
def test_a_copy_is_no_second_report_to_differ_from(app: Application) -> None:
    app.ingest(of("Car Bomb in Kabul", BOMB, publisher="Reuters"))
    app.ingest(of("Kabul Bombed", BOMB.replace("12 people", "13 people"), publisher="Gazette"))
    told = words(ask(app, "/brief kabul"))
    assert "Also reported by Gazette" in told
    assert "differ" not in told
    assert "according to" not in told
