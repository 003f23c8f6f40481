import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.page.json_ld import read_linked_data
from articles.page.metadata import PageMetadata, read_metadata
from articles.page.page_parser import read_tree

HERE = "https://www.beacon.example/news/bridge?utm_source=x"


def metadata(head: str, body: str = "<p>x</p>", *, url: str | None = HERE, lang: str = "") -> PageMetadata:
    page = f"<!DOCTYPE html><html lang='{lang}'><head>{head}</head><body>{body}<p>Text.</p></body></html>"
    return read_metadata(read_tree(page.encode()), url=url)


def linked(node: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_the_headline_is_the_h1_that_the_title_knows_and_not_the_sites_name() -> None:
    found = metadata(
        "<title>Bridge to close for nine weeks - The Daily Beacon</title>",
        "<h1>The Daily Beacon</h1><h1>Bridge to close for nine weeks</h1>",
    )
    assert found.headline == "Bridge to close for nine weeks"


def test_a_title_loses_the_sites_name() -> None:
    assert metadata("<title>Bridge to close for nine weeks | The Daily Beacon</title>").headline == (
        "Bridge to close for nine weeks"
    )
    with_site = '<meta property="og:site_name" content="Beacon"><title>Bridge closes - Beacon</title>'
    assert metadata(with_site).headline == "Bridge closes"


def test_a_headline_cut_for_search_engines_gives_way_to_a_whole_one() -> None:
    node = {"@type": "NewsArticle", "headline": "Bridge to close for nine weeks after…"}
    whole = "Bridge to close for nine weeks after cracks found in two piers"
    assert metadata(linked(node) + f'<meta property="og:title" content="{whole}">').headline == whole


def test_references_in_a_graph_are_followed() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "Organization",
                "@id": "#org",
                "name": "The Daily Beacon",
                "url": "https://beacon.example",
            },
            {
                "@type": "Person",
                "@id": "#ellen",
                "name": "Ellen Tveit",
                "url": "https://beacon.example/ellen",
            },
            {
                "@type": "NewsArticle",
                "headline": "Bridge",
                "author": [{"@id": "#ellen"}],
                "publisher": {"@id": "#org"},
            },
        ],
    }
    found = metadata(linked(graph))
    assert (found.byline, found.publisher) == ("Ellen Tveit", "The Daily Beacon")


def test_a_live_blogs_own_entry_counts_and_not_its_posts() -> None:
    blog = {
        "@type": "LiveBlogPosting",
        "headline": "Final, live",
        "datePublished": "2023-05-28T18:00:00+02:00",
        "liveBlogUpdate": [
            {"@type": "BlogPosting", "headline": "Goal", "articleBody": "Goal for the home side."}
        ],
    }
    assert metadata(linked(blog)).headline == "Final, live"


def test_several_authors_are_one_byline() -> None:
    node = {"@type": ["Article", "NewsArticle"], "author": ["By Ellen Tveit", {"name": "Harald Moe"}]}
    assert metadata(linked(node)).byline == "Ellen Tveit, Harald Moe"


@pytest.mark.parametrize(
    "body",
    [
        '<a rel="author" href="/e">Ellen Tveit</a>',
        '<p class="story__byline">By Ellen Tveit</p>',
        '<span itemprop="author">Ellen Tveit</span>',
        '<div class="author-name">Ellen Tveit</div>',
    ],
)
def test_without_metadata_the_byline_is_read_from_the_page(body: str) -> None:
    assert metadata("", body).byline == "Ellen Tveit"


@pytest.mark.parametrize("body", ['<p class="author-box">Read all 214 stories by this author here</p>', ""])
def test_an_element_that_names_nobody_is_no_byline(body: str) -> None:
    assert metadata("", body).byline is None


@pytest.mark.parametrize(
    ("canonical", "stored"),
    [
        ("/news/bridge", "https://www.beacon.example/news/bridge"),
        ("https://beacon.example/news/bridge#top", "https://beacon.example/news/bridge"),
        ("https://www.beacon.example/", HERE),  # a template that names the front page everywhere
        ("https://rival.example/news/bridge", HERE),
        ("javascript:alert(1)", HERE),
        ("http://[broken", HERE),
    ],
)
def test_the_canonical_url_counts_within_the_pages_own_site(canonical: str, stored: str) -> None:
    assert metadata(f'<link rel="canonical" href="{canonical}">').url == stored


def test_an_amp_cache_may_name_the_publishers_page() -> None:
    cached = "https://beacon-example.cdn.ampproject.org/c/s/beacon.example/amp/bridge"
    found = metadata('<link rel="canonical" href="https://beacon.example/bridge">', url=cached)
    assert found.url == "https://beacon.example/bridge"


def test_the_publisher_is_the_host_where_nobody_is_named() -> None:
    assert metadata("").publisher == "beacon.example"
    assert metadata("", url=None).publisher is None


FIELDS = [
    *("@type", "@id", "@graph", "headline", "author", "name", "publisher", "datePublished"),
    *("wordCount", "isAccessibleForFree", "inLanguage", "mainEntityOfPage", "articleBody"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS), inner | st.sampled_from(["NewsArticle", "Article"]), max_size=5
        )
    ),
    max_leaves=20,
)


@pytest.mark.slow
@given(JSON)
def test_any_json_ld_is_read_without_an_exception(node: Any) -> None:
    tree = read_tree(f"<html><head>{linked(node)}</head><body><p>x</p></body></html>".encode())
    assert read_linked_data(tree).authors is not None
    read_metadata(tree, url=HERE)
