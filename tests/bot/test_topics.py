"""What is on a topic, as a person asks for it and reads it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from articles.model import Article
from bot.house import Analyst, House
from bot.reply import Items
from tests.bot.talk import ask, words
from tests.samples import NOW, article

QUAKE = """A magnitude 6.8 earthquake struck the island of Sumbra before dawn, flattening homes and killing \
at least 40 people, the disaster agency said.

The worst damage was in Karang, where the hospital lost a wing."""
STORM = """Forecasters said that Hurricane Odile would reach the coast of Baja on Friday with winds of 200 \
kilometers an hour.

Families boarded up windows in La Paz and filled the shelters."""


@pytest.fixture
def ready(house: House, analyst: Analyst) -> House:
    """The house when its model and its index are loaded, as they are some seconds after its start."""
    house.load_soon()
    house.loaded.wait(30)
    return house


def of(headline: str, text: str, *, publisher: str = "AP", hours_ago: float = 1) -> Article:
    published = NOW - timedelta(hours=hours_ago)
    url = f"https://{publisher.lower()}.example/{headline.replace(' ', '-').lower()}"
    return replace(article(headline, text, publisher=publisher, published=published), url=url)


def test_a_topic_is_found_by_what_articles_mean_and_said_to_be(ready: House) -> None:
    ready.ingest(of("Homes Flattened on Sumbra", QUAKE))
    ready.ingest(of("Odile Nears Baja", STORM))
    told = words(ask(ready, "/brief seismic disaster"))
    assert "Homes Flattened on Sumbra" in told
    assert "Near in meaning: not every word of “seismic disaster” is in this story." in told
    assert "Odile" not in told


def test_until_the_model_is_loaded_words_alone_answer(house: House) -> None:
    house.ingest(of("Homes Flattened on Sumbra", QUAKE))
    assert "No article on “seismic disaster”" in words(ask(house, "/brief seismic disaster"))
    assert "Homes Flattened on Sumbra" in words(ask(house, "/brief earthquake"))


def test_what_means_nothing_here_is_still_answered_with_what_is_there(ready: House) -> None:
    told = words(ask(ready, "/brief sourdough bread recipe"))
    assert "No article on “sourdough bread recipe”. There is something on: " in told


def test_a_standing_order_is_sent_what_has_its_words_alone(ready: House) -> None:
    ready.ingest(of("Homes Flattened on Sumbra", QUAKE))
    told = words(ask(ready, "/subscribe seismic disaster daily 08:00"))
    assert "There is nothing on “seismic disaster” yet; what comes will be delivered." in told


def test_the_name_that_an_acronym_stands_for_is_looked_for_and_said(house: House) -> None:
    house.ingest(of("Allies Agree", "The North Atlantic Treaty Organization (NATO) met in Brussels today."))
    house.ingest(of("Budgets Grow", "The North Atlantic Treaty Organization spends more on defense budgets."))
    told = words(ask(house, "/brief nato budgets from:ap"))
    assert told.startswith("Also looked for: North Atlantic Treaty Organization")
    assert "Budgets Grow" in told


def test_without_a_topic_the_story_of_most_publishers_leads(house: House) -> None:
    for hours, publisher in enumerate(("AP", "Reuters", "AFP"), 2):
        text = QUAKE if publisher == "AP" else f"{publisher} reports. {QUAKE}"
        house.ingest(of("Homes Flattened on Sumbra", text, publisher=publisher, hours_ago=hours))
    house.ingest(of("Odile Nears Baja", STORM, hours_ago=0.5))
    brief = ask(house, "/brief")
    assert words(brief).startswith("Homes Flattened on Sumbra")
    listed = next(block for block in brief.blocks if isinstance(block, Items) and block.items[0].url)
    assert listed.items[0].text == "Odile Nears Baja"
