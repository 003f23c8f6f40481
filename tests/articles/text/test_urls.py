import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.errors import FetchRefused
from articles.text.urls import canonical_url

STORY = "https://example.org/2017/02/mattis-nato"


@pytest.mark.parametrize(
    "spelling",
    [
        STORY,
        f"  {STORY}\n",
        "http://example.org/2017/02/mattis-nato",
        "https://www.example.org/2017/02/mattis-nato/",
        "HTTPS://Example.ORG/2017/02/mattis-nato",
        "https://example.org:443/2017/02/mattis-nato",
        "http://example.org:80/2017/02/mattis-nato",
        "https://example.org./2017/02/mattis-nato",
        "https://reader:secret@example.org/2017/02/mattis-nato",
        "https://m.example.org/2017/02/mattis-nato",
        "https://amp.example.org/2017/02/mattis-nato",
        f"{STORY}#comments",
        f"{STORY}#:~:text=ready%20to",
        f"{STORY}?",
        f"{STORY}?utm_source=feed&utm_medium=rss",
        f"{STORY}?fbclid=IwAR0&gclid=x&CMP=tw&smid=nytcore-ios-share",
        f"{STORY}?source=rss&ref=homepage",
        f"{STORY}?outputType=amp",
        f"{STORY}?amp=1&usqp=mq331AQ",
        f"{STORY}/amp",
        f"{STORY}/amp/",
        "https://example.org/amp/2017/02/mattis-nato",
        f"{STORY}/index.html",
        f"{STORY}.amp",
        "https://example.org/2017//02/./x/../mattis-nato",
        "https://example.org/2017/02/%6Dattis%2Dnato",
        "https://www.google.com/amp/s/www.example.org/2017/02/mattis-nato/amp/",
        "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/2017/02/mattis-nato?amp_js_v=0.1",
    ],
)
def test_the_spellings_of_one_address_are_one(spelling: str) -> None:
    assert canonical_url(spelling) == STORY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{STORY}?id=1", f"{STORY}?id=2"),
        (f"{STORY}?source=17", f"{STORY}?source=18"),
        (STORY, "https://example.org/2017/02/Mattis-nato"),
        (STORY, f"{STORY}-2"),
        (STORY, "https://edition.example.org/2017/02/mattis-nato"),
        (STORY, "https://example.org:8443/2017/02/mattis-nato"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/#!/story/1", "https://example.org/#!/story/2"),
        ("https://example.org/amplify", "https://example.org/lify"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


def test_parameters_are_in_one_order_and_escapes_in_one_case() -> None:
    assert canonical_url(f"{STORY}?b=caf%c3%a9&a=1+2") == canonical_url(f"{STORY}?a=1%202&b=café")


def test_a_name_in_another_script_is_the_name_that_goes_over_the_wire() -> None:
    assert canonical_url("https://Bücher.example/") == canonical_url("https://xn--bcher-kva.example")


def test_a_registry_is_not_left_as_the_host() -> None:
    assert canonical_url("https://m.co.uk/x") == "https://m.co.uk/x"
    assert canonical_url("https://en.m.example.org/x") == "https://en.example.org/x"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/story",
        "ftp://example.org/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://[::1",
        "https://exam<ple.org/",
        "https://" + "a" * 5000 + ".org/",
    ],
)
def test_what_is_no_web_address_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(FetchRefused) as raised:
        canonical_url(url)
    assert len(str(raised.value)) < 200


addresses = st.builds(
    "{}://{}{}{}/{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(
        ["", "www.", "m.", "user@", "WWW.m.", "amp.", "www-x.cdn.ampproject.org/c/s/", "google.com/amp/"]
    ),
    st.sampled_from(
        ["example.org", "Bücher.example", "[2001:db8::1]", "192.0.2.1", "example.co.uk", "example.org."]
    ),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.text(alphabet="ab/.%2fFeEamp-é&=? ;:@\\", max_size=40),
    st.text(alphabet="?#&=a%2utm_é+!/", max_size=30),
)


@given(st.one_of(addresses, st.text(), st.text().map("https://example.org/{}".format)))
def test_any_text_has_one_canonical_address_that_stays_as_it_is_or_is_refused(url: str) -> None:
    try:
        once = canonical_url(url)
    except FetchRefused:
        return
    assert canonical_url(once) == once
    assert once.startswith("https://")
    assert once.isascii()
    assert " " not in once
