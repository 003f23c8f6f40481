import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.render import escape, masked_link, pieces, title_link
from bot.reply import utf16_length

SIGNS = [*"*_~|`[]()<>#-+:@\\.1! \n", "**", "__", "> ", "# ", "-# ", "1. ", "  - ", ":x:", "😀", "\u2028"]
WORDS = ["word", "Ünïcode", "@everyone", "<@1>", "[a](https://evil.example)", "https://news.example/a_b_c"]
MARKUP = st.sampled_from(SIGNS + WORDS)
TEXTS = st.one_of(st.text(), st.lists(MARKUP, max_size=40).map("".join))


def unescape(text: str) -> str:
    """Escaped text as a reader sees it."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*bold* _it_ ~~no~~ ||secret|| `code`", r"\*bold\* \_it\_ \~\~no\~\~ \|\|secret\|\| \`code\`"),
        ("[safe](https://evil.example)", r"\[safe\](https://evil.example)"),
        ("[[x](https://evil.example)", r"\[\[x\](https://evil.example)"),
        ("<@123> <#4> </brief:5> <t:0:R> <:e:6>", r"\<@123> \<#4> \</brief:5> \<t\:0:R> \<\:e:6>"),
        ("@everyone @here me@home", r"\@everyone \@here me@home"),
        ("# A\n## B\n-# c\n> d\n>>> e", "\\# A\n\\## B\n\\-# c\n\\> d\n\\>>> e"),
        ("- a\n  - b\n1. c\n2) d", "\\- a\n  \\- b\n1\\. c\n2\\) d"),
        (":smile: at 10:30:15", r"\:smile: at 10\:30:15"),
        ("See https://x.example/a_b?c=d_e.", "See https://x.example/a_b?c=d_e."),
        ("well-known #1 3.5 a > b", "well-known #1 3.5 a > b"),
        (r"C:\new", r"C:\\new"),
    ],
)
def test_markup_in_a_text_is_shown_and_not_obeyed(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert unescape(escaped) == text


@settings(deadline=None)
@given(TEXTS)
def test_a_reader_sees_every_text_as_it_was_written(text: str) -> None:
    assert unescape(escape(text)) == text


@settings(deadline=None)
@given(TEXTS)
def test_no_markup_is_left_alive(text: str) -> None:
    alive = re.sub(r"\\[^0-9A-Za-z\s]", "x", escape(text))
    alive = re.sub(r"https?://\S+", "x", alive)
    assert not re.search(r"[*_~|`\[\]<\\]|@(everyone|here)", alive)
    for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]", alive):
        assert not re.match(r"\s*(-# |- |#{1,3} |> |>>> |[0-9]+[.)] )", line)


@settings(deadline=None)
@given(TEXTS, st.integers(min_value=8, max_value=60))
def test_pieces_fit_and_nothing_is_lost_between_them(text: str, longest: int) -> None:
    parts = list(pieces(text, escape, longest=longest))
    assert all(0 < utf16_length(part) <= longest for part in parts)
    assert "".join("".join(map(unescape, parts)).split()) == "".join(text.split())


def test_a_text_is_cut_at_the_end_of_a_paragraph_else_of_a_sentence_else_of_a_word() -> None:
    assert list(pieces("One two.\n\nThree four. Five", escape, longest=16)) == [
        "One two.",
        "Three four. Five",
    ]
    assert list(pieces("One two. Three four. Five", escape, longest=22)) == ["One two. Three four.", "Five"]
    assert list(pieces("One two three", escape, longest=9)) == ["One two", "three"]
    assert list(pieces("Onetwothree", escape, longest=6)) == ["Onetwo", "three"]


def test_only_web_addresses_become_links() -> None:
    assert title_link("https://news.example/a(b)") == "https://news.example/a(b)"
    assert title_link("https://news.example/ä b") == "https://news.example/%C3%A4%20b"
    refused = ["javascript:alert(1)", "https://", "http://[", "https://voa@evil.example/", "x" * 9, None]
    assert [title_link(url) for url in refused] == [None] * 6
    assert title_link("https://news.example/" + "a" * 2048) is None


def test_a_masked_link_cannot_be_broken_out_of() -> None:
    assert masked_link("a *b*", "https://x.example/(c)") == r"[a \*b\*](https://x.example/%28c%29)"
    assert masked_link("a]", "https://x.example/") == r"a\] [↗](https://x.example/)"
    assert (
        masked_link("https://y.example", "https://x.example/") == "https://y.example [↗](https://x.example/)"
    )
    assert masked_link("a", "javascript:alert(1)") == "a"
