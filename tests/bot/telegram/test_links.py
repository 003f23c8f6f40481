"""Deep links: what they may ask, and that they say it back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.incoming import command_of, link, payload_of


@pytest.mark.parametrize(
    ("payload", "command"),
    [
        ("brief_nato", "/brief nato"),
        ("brief_defense_budgets", "/brief defense budgets"),
        ("BRIEF_NATO", "/brief NATO"),
        ("brief", "/brief"),
        ("quotes_mattis", "/quotes mattis"),
        ("quotes_12", "/quotes #12"),
        ("story_12", "/brief #12"),
        ("section_12_3", "/section #12 3"),
        ("search_cyber_attacks", "/search cyber attacks"),
        ("subscribe_nato", None),  # following a link changes nothing
        ("forget_yes", None),
        ("unsubscribe", None),
        ("story_x", None),
        ("brief nato", None),
        ("brief_" + "x" * 60, None),
        ("", None),
    ],
)
def test_a_payload_asks_only_what_reads(payload: str, command: str | None) -> None:
    assert command_of(payload) == command


@given(
    st.sampled_from(["/brief", "/sections", "/quotes", "/full", "/source", "/evidence", "/section"]),
    st.integers(1, 10**15 - 1),
)
def test_what_is_about_an_article_can_be_linked_to(name: str, number: int) -> None:
    command = f"{name} #{number} 3" if name == "/section" else f"{name} #{number}"
    payload = payload_of(command)
    assert payload is not None
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    assert command_of(payload) == command


@pytest.mark.parametrize(
    "command", ["/more", "/brief nato", "/unsubscribe #3", "/full #1 page:2", "/pause #1"]
)
def test_other_commands_have_no_link(command: str) -> None:
    assert payload_of(command) is None


def test_a_link_is_telegrams_own() -> None:
    assert link("pullquote_bot", "brief_nato") == "https://t.me/pullquote_bot?start=brief_nato"
