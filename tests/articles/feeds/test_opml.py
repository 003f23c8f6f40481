import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.errors import Unreadable
from articles.feeds.filters import Match, Rule
from articles.feeds.opml import Outline, read_opml, write_opml

legal = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, range(32))) + "\ufffe\uffff")
    | st.sampled_from("\t\n\r"),
    max_size=20,
)
named = legal.filter(bool)
rules = st.lists(
    st.builds(Rule, match=st.sampled_from(Match), words=st.just(("nato", "a & b"))), max_size=2
).map(tuple)
outlines = st.lists(
    st.builds(
        Outline,
        url=named.filter(str.strip),
        title=st.none() | legal,
        site_url=st.none() | legal,
        language=st.none() | legal,
        folder=st.lists(named, max_size=3).map(tuple),
        rules=rules,
    ),
    max_size=8,
).map(tuple)


@pytest.mark.slow
@given(outlines)
def test_what_is_written_is_read_back_without_loss(feeds: tuple[Outline, ...]) -> None:
    assert read_opml(write_opml(feeds)) == feeds


def test_another_readers_file_is_understood() -> None:
    body = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
    <opml version="1.0"><head><title>Subscriptions</title></head><body>
      <outline title="News" text="News">
        <outline text="Le Monde \xe9tranger" xmlurl="https://lemonde.example/rss" htmlUrl="https://lemonde.example/"/>
        <outline text="Deeper"><outline type="rss" text="VOA" title="VOA News" xmlUrl="https://voa.example/rss"/></outline>
      </outline>
      <outline text="A note"/><outline type="link" url="https://example.org/"/>
      <outline xmlUrl="https://bare.example/feed" pullquoteFilters="broken"/>
    </body></opml>"""
    assert read_opml(body) == (
        Outline(
            url="https://lemonde.example/rss",
            title="Le Monde étranger",
            site_url="https://lemonde.example/",
            folder=("News",),
        ),
        Outline(url="https://voa.example/rss", title="VOA News", folder=("News", "Deeper")),
        Outline(url="https://bare.example/feed"),
    )


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not valid XML"),
        (b"<opml", "not valid XML"),
        (b"<?xml version='1.0' encoding='no-such'?><opml/>", "not valid XML"),
        (b"<html/>", "not OPML"),
        (b"<opml/>", "not OPML"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml><body><outline xmlUrl="&a;"/></body></opml>', "entities"),
        (b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body/></opml>', "entities"),
    ],
)
def test_what_is_no_opml_is_refused_in_one_sentence(body: bytes, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        read_opml(body)


def test_a_file_nested_without_end_is_read_as_deep_as_is_reasonable() -> None:
    depth = 20_000
    body = b"<opml><body>" + b'<outline text="f">' * depth + b'<outline xmlUrl="https://a.example/"/>'
    (found,) = read_opml(body + b"</outline>" * depth + b"</body></opml>")
    assert len(found.folder) == 50


@given(st.binary(max_size=200) | st.text().map("<opml><body>{}</body></opml>".format).map(str.encode))
def test_any_file_is_read_or_refused(body: bytes) -> None:
    try:
        read_opml(body)
    except Unreadable:
        return


@pytest.mark.parametrize("outline", [{"url": "\0"}, {"url": " "}, {"url": "https://a/", "folder": ("",)}])
def test_what_opml_cannot_carry_is_refused_when_it_is_made(outline: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"XML|URL"):
        Outline(**outline)  # type: ignore[arg-type]


def test_filters_travel_along() -> None:
    rule = Rule(match=Match.NONE, words=("crossword",), patterns=("^live:",))
    assert read_opml(write_opml([Outline(url="https://a.example/", rules=(rule,))]))[0].rules == (rule,)
