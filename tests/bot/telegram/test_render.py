"""The renderer against a strict parser of Telegram's HTML."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.model import ParagraphKind, lay_out
from bot.replies.compose import pages as paged_blocks
from bot.replies.stories import full_blocks, full_text
from bot.reply import Block, Item, Items, Note, Prose, Quotation, Reply, Title
from bot.telegram.render import MAX_ENTITIES, MAX_UNITS, one_line, render
from tests.samples import article
from tests.servers.telegram.html import Entity, clean, parse, units

WORD_JOINER = "\N{WORD JOINER}"

texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="ab <>&\"'.!?\n@/😀é“”\u202e\r", max_size=400),
    st.lists(st.sampled_from(["NATO.", "said", "“no”", "😀😀", "a<b>", "&amp;", "\n\n"]), max_size=3000).map(
        " ".join
    ),
)
urls = st.one_of(st.none(), st.just('https://example.org/a?b=1&c="2"'), st.text(max_size=30))
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Title, text=texts, url=urls),
    st.builds(Note, text=texts, url=urls),
    st.builds(Prose, text=texts),
    st.builds(
        Items,
        items=st.lists(st.builds(Item, text=texts, url=urls), max_size=120).map(tuple),
        numbered=st.booleans(),
    ),
    st.builds(
        Quotation,
        parts=st.lists(texts, min_size=1, max_size=3).map(tuple),
        speaker=st.one_of(st.none(), texts),
        role=st.one_of(st.none(), texts),
        cue=st.one_of(st.none(), texts),
        label=st.one_of(st.none(), st.just("partial")),
        verbatim=st.booleans(),
    ),
)
replies = st.builds(Reply, blocks=st.lists(blocks, max_size=8).map(tuple))


def shown(reply: Reply) -> list[tuple[str, tuple[Entity, ...]]]:
    return [parse(clean(html)) for html in render(reply)]


def source_texts(reply: Reply) -> list[str]:
    """The texts that the reply was made of, in order."""
    found: list[str] = []
    for block in reply.blocks:
        match block:
            case Items(items=items):
                found.extend(item.text for item in items)
            case Quotation(parts=parts, speaker=speaker, role=role, cue=cue):
                found.extend([*parts, speaker or "", role or "", cue or ""])
            case _:
                found.append(block.text)
    return found


def squeezed(text: str) -> str:
    """Only what can be seen of it."""
    return "".join(c for c in clean(text.replace(WORD_JOINER, "")) if c.isprintable() and not c.isspace())


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(replies)
def test_every_message_is_markup_that_telegram_accepts_within_its_limits(reply: Reply) -> None:
    for text, entities in shown(reply):
        assert text.strip()
        assert units(text) <= MAX_UNITS
        assert len(entities) <= MAX_ENTITIES


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(replies)
def test_no_word_is_lost_or_moved_on_the_way_into_messages(reply: Reply) -> None:
    everything = squeezed("".join(text for text, _ in shown(reply)))
    at = 0
    for text in source_texts(reply):
        wanted = squeezed(text)
        found = everything.find(wanted, at)
        assert found >= 0, wanted
        at = found + len(wanted)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, max_size=6))
def test_paragraphs_come_out_as_exactly_their_own_text(paragraphs: list[str]) -> None:
    reply = Reply(blocks=tuple(Prose(text=paragraph) for paragraph in paragraphs))
    everything = "".join(text for text, _ in shown(reply))
    assert squeezed(everything) == squeezed("".join(paragraphs))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(replies)
def test_nobody_is_mentioned_by_what_an_article_says(reply: Reply) -> None:
    for text, _ in shown(reply):
        assert not re.search(r"(?<!\w)@\w", text)


kinds = st.sampled_from(ParagraphKind)
paragraphs = st.lists(st.tuples(texts.filter(lambda text: bool(text.strip())), kinds), min_size=1, max_size=6)
articles = st.lists(st.tuples(st.one_of(st.none(), texts), paragraphs), min_size=1, max_size=4)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(articles, st.one_of(st.none(), st.integers(100, 4_000)))
@example([(None, [("\x1b", ParagraphKind.BODY)])], None)  # nothing of it can be seen
def test_any_article_in_full_is_its_own_text_page_by_page(
    sections: list[tuple[str | None, list[tuple[str, ParagraphKind]]]], page_chars: int | None
) -> None:
    text, laid = lay_out(sections)
    whole = replace(article(headline="H"), text=text, sections=laid)
    pages = len(paged_blocks(list(full_blocks(whole)), page_chars))
    found = ""
    for page in range(1, pages + 1):
        for message, entities in shown(full_text(whole, page=page, page_chars=page_chars)):
            assert units(message) <= MAX_UNITS
            assert len(entities) <= MAX_ENTITIES
            found += message.removeprefix("H") if f"{message}\n\n".startswith("H\n\n") else message
    headed = [
        squeezed((section.heading or "") + "".join(p.span.of(text) for p in section.paragraphs))
        for section in laid
    ]
    assert squeezed(found.replace("• ", "")) == "".join(headed).replace("•", "")


def test_a_brief_reads_as_a_person_expects() -> None:
    reply = Reply(
        blocks=(
            Title(text="Mattis: U.S. & Russia <not> there", url="https://example.org/a?b=1&c=2"),
            Note(text="VOA News, 16 February 2017"),
            Items(items=(Item(text="First bullet."), Item(text="Second.", url="https://example.org/2"))),
            Quotation(
                parts=("We are not in a position", "right now."),
                speaker="Jim Mattis",
                role="Defense Secretary",
            ),
            Quotation(
                parts=("He doubts it.",),
                speaker="Sergei Shoigu",
                role=None,
                label="paraphrased",
                verbatim=False,
            ),
            Note(text="Reuters", url="https://example.org/3"),
            Quotation(parts=("Who knows",), speaker=None, role=None, cue="asked", label="partial"),
        )
    )
    (html,) = render(reply)
    assert html == (
        '<a href="https://example.org/a?b=1&amp;c=2"><b>Mattis: U.S. &amp; Russia &lt;not&gt; there</b></a>\n'
        "<i>VOA News, 16 February 2017</i>\n\n"
        "• First bullet.\n"
        '• <a href="https://example.org/2">Second.</a>\n\n'
        "<blockquote>“We are not in a position” … “right now.”\n"
        "<i>— Jim Mattis, Defense Secretary</i></blockquote>\n\n"
        "<blockquote>He doubts it.\n<i>— Sergei Shoigu (paraphrased)</i></blockquote>\n\n"
        '<a href="https://example.org/3"><i>Reuters</i></a>\n\n'
        "<blockquote>“Who knows”\n<i>— speaker not named (asked, partial)</i></blockquote>"
    )


def test_a_long_text_is_cut_at_sentence_ends() -> None:
    sentence = "The alliance will not stop at words, the minister said on Thursday in Brussels."
    messages = shown(Reply(blocks=(Prose(text=" ".join([sentence] * 200)),)))
    assert len(messages) == 4
    assert all(text.endswith("Brussels.") and text.startswith("The alliance") for text, _ in messages)


def test_paragraphs_are_not_cut_where_a_message_can_hold_them() -> None:
    paragraphs = [f"{number}: {'word ' * 150}".strip() for number in range(20)]
    messages = [text for text, _ in shown(Reply(blocks=tuple(Prose(text=p) for p in paragraphs)))]
    assert "\n\n".join(messages).split("\n\n") == paragraphs


def test_a_quote_that_a_message_can_hold_is_never_split_between_two() -> None:
    words = "We will take further steps. " * 100
    quotation = Quotation(parts=(words.strip(),), speaker="Jens Stoltenberg", role=None)
    messages = shown(Reply(blocks=(Prose(text="x" * 2000), quotation, quotation)))
    assert [text.count("Jens Stoltenberg") for text, _ in messages] == [0, 1, 1]
    assert [[entity.type for entity in entities] for _, entities in messages[1:]] == [
        ["italic", "expandable_blockquote"],
        ["italic", "expandable_blockquote"],
    ]


def test_a_headline_goes_with_what_it_is_the_headline_of() -> None:
    headline = (Title(text="Next story"), Note(text="VOA"))
    reply = Reply(blocks=(Prose(text="x" * 3000), *headline, Prose(text="y" * 2000)))
    messages = [text for text, _ in shown(reply)]
    assert messages[1].startswith("Next story\nVOA\n\nyyy")


def test_a_surrogate_pair_is_never_split() -> None:
    messages = shown(Reply(blocks=(Prose(text="😀" * 5000),)))
    assert [units(text) for text, _ in messages] == [4096, 4096, 1808]


def test_half_a_surrogate_pair_from_a_broken_page_is_replaced() -> None:
    (html,) = render(Reply(blocks=(Prose(text="broken \ud83d page"),)))
    assert html == "broken \N{REPLACEMENT CHARACTER} page"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "tg://user?id=1", "https://", "http://[", "https://a b.org"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert render(Reply(blocks=(Title(text="Headline", url=url),))) == ("<b>Headline</b>",)


@pytest.mark.parametrize("text", ["", " \n ", "\u202e\x00"])
def test_a_reply_with_nothing_to_see_is_no_message(text: str) -> None:
    assert render(Reply(blocks=(Prose(text=text), Title(text=text)))) == ()


def test_one_line_is_cut_to_its_limit() -> None:
    reply = Reply(blocks=(Title(text="No article on\n“x”"), Prose(text="Try " * 100)))
    line = one_line(reply, max_chars=200)
    assert line.startswith("No article on “x” Try Try")
    assert len(line) == 200
    assert line.endswith("…")
