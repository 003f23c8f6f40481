from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.model import ArticleId
from bot.commands.requests import (
    READERS,
    ArticleBriefRequest,
    ArticleQuotesRequest,
    BriefRequest,
    ChangeSubscriptionRequest,
    Filters,
    ForgetRequest,
    FullRequest,
    InvalidRequest,
    QuotesRequest,
    Request,
    SectionRequest,
    SectionsRequest,
    TimezoneRequest,
)
from bot.commands.table import COMMANDS, Who, parse
from summarizer.model import SpeakerId

WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/brief", BriefRequest(topic="")),
        ("/brief nato", BriefRequest(topic="nato")),
        ("/BRIEF@pullquote_bot nato", BriefRequest(topic="nato")),
        ("/brief\nnato", BriefRequest(topic="nato")),
        ("nato russia", BriefRequest(topic="nato russia")),
        (
            '/brief "cyber attacks" since:7d from:voa lang:EN',
            BriefRequest(
                topic='"cyber attacks"', filters=Filters(since=WEEK, publisher="voa", language="en")
            ),
        ),
        ("/brief #12", ArticleBriefRequest(article=ArticleId(12))),
        ("/quotes mattis", QuotesRequest(speaker="mattis")),
        (
            "/quotes jim mattis about russia since:1w",
            QuotesRequest(speaker="jim mattis", about="russia", since=WEEK),
        ),
        ("/quotes @3 page:2", QuotesRequest(speaker=SpeakerId(3), page=2)),
        ("/quotes #12", ArticleQuotesRequest(article=ArticleId(12))),
        ("/quotes", ArticleQuotesRequest()),
        ("/sections", SectionsRequest()),
        ("/section 2", SectionRequest(section=2)),
        ("2", SectionRequest(section=2)),
        ("/section defense budgets", SectionRequest(section="defense budgets")),
        ("/section #12 3 page:2", SectionRequest(section=3, article=ArticleId(12), page=2)),
        ("/full #12 page:3", FullRequest(article=ArticleId(12), page=3)),
        ("/unsubscribe #4", ChangeSubscriptionRequest(change="unsubscribe", which="#4")),
        ("/timezone", TimezoneRequest(zone="")),
        ("/forget", ForgetRequest(sure=False)),
        ("/forget YES", ForgetRequest(sure=True)),
    ],
)
def test_a_line_is_read_as_what_it_asks(line: str, expected: Request) -> None:
    assert parse(line).request == expected


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("/breif nato", "Did you mean /brief?"),
        ("/xyzzy", "There is no command /xyzzy."),
        ("/", "A command is a slash and a word"),
        ("  ", "Say what to brief you on"),
        ("/section", "Try: /section defense budgets"),
        ("/search", "Try"),
        ("/subscribe", "Try"),
        ("/brief nato since:yesterday", "since:yesterday is not a span of time"),
        ("/brief nato since:0d", "not a span of time"),
        ("/full page:0", "not a page"),
        ("/brief " + "x" * 2_000, "too long"),
        ("/full 3", "/full does not take “3”. Try: /full"),
        ("/sections 2 page:3", "/sections does not take “2 page:3”."),
        ("/source voa", "/source does not take “voa”."),
        ("/more now", "/more does not take “now”."),
        ("/subscriptions nato", "/subscriptions does not take “nato”."),
        ("/feeds voa page:2", "/feeds does not take “voa”."),
        ("/forget me", "/forget does not take “me”."),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(line: str, complaint: str) -> None:
    refused = parse(line).request
    assert isinstance(refused, InvalidRequest)
    assert complaint in refused.reason
    assert "\n" not in refused.reason


def test_every_command_of_the_table_is_understood_by_its_own_example() -> None:
    for command in COMMANDS:
        parsed = parse(command.example)
        assert parsed.command == command
        assert not isinstance(parsed.request, InvalidRequest)


def test_every_command_of_the_language_is_in_the_table() -> None:
    assert set(READERS) == {command.name for command in COMMANDS}


def test_what_needs_rights_says_so_even_where_it_cannot_be_read() -> None:
    assert parse("/subscribe").who is Who.ADMINS
    assert parse("/addfeed two words").who is Who.OWNERS
    assert (parse("/timezone").who, parse("/timezone Berlin").who) == (Who.ANYONE, Who.ADMINS)
    assert (parse("subscribe nato").command, parse("subscribe nato").who) == (None, Who.ANYONE)


def test_no_two_commands_share_a_button_code() -> None:
    codes = [command.code for command in COMMANDS]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 1 and code.isascii() and code.isalpha() for code in codes)


def test_typed_options_make_the_line_that_a_person_would_type() -> None:
    quotes = next(command for command in COMMANDS if command.name == "quotes")
    line = quotes.line(speaker="mattis", about="russia", since="7d")
    assert parse(line).request == QuotesRequest(speaker="mattis", about="russia", since=WEEK)


def test_a_typed_option_of_several_words_stays_one_value() -> None:
    brief = next(command for command in COMMANDS if command.name == "brief")
    asked = parse(brief.line(topic="nato", **{"from": "Voice of America"})).request
    assert asked == BriefRequest(topic="nato", filters=Filters(publisher="Voice of America"))


@given(
    st.text() | st.text().map(lambda text: f"/brief {text}") | st.text().map(lambda text: f"/quotes {text}")
)
def test_any_line_is_understood_or_refused(line: str) -> None:
    assert parse(line).text == line
