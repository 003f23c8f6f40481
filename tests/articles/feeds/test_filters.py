import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.feeds.filters import Match, Rule, Where, accepts, rules_from_json, rules_to_json

TITLE = "Mattis Rules Out Military Collaboration with Russia"
TEXT = "NATO allies met in Brussels. Defense\n\nbudgets were on the table; the Straße was closed."


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        (Rule(match=Match.ANY, words=("nato", "china")), True),
        (Rule(match=Match.ALL, words=("nato", "china")), False),
        (Rule(match=Match.ALL, words=("NATO", "russia")), True),
        (Rule(match=Match.NONE, words=("china",)), True),
        (Rule(match=Match.NONE, words=("china", "brussels")), False),
        (Rule(match=Match.ANY, words=("defense budgets",)), True),  # across a line break
        (Rule(match=Match.ANY, words=("budgets defense",)), False),
        (Rule(match=Match.ANY, words=("russia nato",)), False),  # not across title and text
        (Rule(match=Match.ANY, words=("nat",)), False),  # whole words
        (Rule(match=Match.ANY, words=("STRASSE",)), True),
        (Rule(match=Match.ANY, where=Where.TITLE, words=("nato",)), False),
        (Rule(match=Match.ANY, where=Where.TEXT, words=("mattis",)), False),
        (Rule(match=Match.ANY, where=Where.TEXT, words=("brussels",)), True),
        (Rule(match=Match.ANY, patterns=(r"brussels\.\s+def[ae]n[cs]e",)), True),
        (Rule(match=Match.ALL, words=("nato",), patterns=("^mattis",)), True),
    ],
)
def test_a_rule_holds_as_it_reads(rule: Rule, accepted: bool) -> None:
    assert rule.accepts(title=TITLE, text=TEXT) is accepted


def test_all_rules_have_to_hold() -> None:
    wanted = Rule(match=Match.ANY, words=("nato",))
    unwanted = Rule(match=Match.NONE, words=("russia",))
    assert accepts([], title=TITLE, text=TEXT)
    assert accepts([wanted], title=TITLE, text=TEXT)
    assert not accepts([wanted, unwanted], title=TITLE, text=TEXT)


def test_a_pattern_made_to_hurt_is_done_in_linear_time() -> None:
    """Python's own `re` would need 2 ** 50,000 steps; the suite's time limit is the proof."""
    rule = Rule(match=Match.ANY, patterns=("(a+)+$", "(a|a)*b", "(.*a){12}x"))
    assert not rule.accepts(title="", text="a" * 50_000 + "!")


@pytest.mark.parametrize("pattern", ["(", r"(?=x)", r"\1", "a{100000}", "((a{100}){100}){100}", "\ud800"])
def test_a_pattern_that_re2_does_not_take_is_named(pattern: str) -> None:
    with pytest.raises(ValueError, match="RE2"):
        Rule(match=Match.ANY, patterns=(pattern,))


@pytest.mark.parametrize("words", [(), ("",), ("...",), ("x" * 501,), ("x",) * 101])
def test_a_rule_that_could_not_work_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"filter|word"):
        Rule(match=Match.ANY, words=words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[1]",
        '[{"words": "nato"}]',
        '[{"match": "some", "words": ["a"]}]',
        '[{"wrods": ["a"]}]',
        "[" * 9999,
    ],
)
def test_filters_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"filter|Expecting|Match"):
        rules_from_json(text)


rules = st.builds(
    Rule,
    match=st.sampled_from(Match),
    where=st.sampled_from(Where),
    words=st.lists(st.text().map("w{}".format), min_size=1, max_size=3).map(tuple),
    patterns=st.lists(st.sampled_from(["a+", "^b", r"\d"]), max_size=2).map(tuple),
)


@given(st.lists(rules, max_size=3).map(tuple))
def test_rules_come_back_from_json_as_they_were(some: tuple[Rule, ...]) -> None:
    assert rules_from_json(json.dumps(rules_to_json(some))) == some
