import re

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.render import Message, render
from bot.reply import Block, Item, Items, Note, Prose, Quotation, Reply, Title, refusal
from tests.bot.discord.test_markdown import TEXTS, unescape
from tests.servers.discord.checks import is_empty, message_faults

LONG = st.one_of(TEXTS, st.tuples(TEXTS, st.integers(1, 400)).map(lambda pair: pair[0] * pair[1]))
URLS = st.none() | st.sampled_from(
    ["https://news.example/a(b)", "javascript:x", "https://x.example/" + "a" * 600]
)
ITEMS = st.builds(Item, text=LONG, url=URLS)
BLOCKS = st.one_of(
    st.builds(Title, text=LONG, url=URLS),
    st.builds(Note, text=LONG, url=URLS),
    st.builds(Prose, text=LONG),
    st.builds(Items, items=st.lists(ITEMS, max_size=5).map(tuple), numbered=st.booleans()),
    st.builds(
        Quotation,
        parts=st.lists(LONG, min_size=1, max_size=3).map(tuple),
        speaker=st.none() | LONG,
        role=st.none() | LONG,
        verbatim=st.booleans(),
    ),
)
REPLIES = st.builds(Reply, blocks=st.lists(BLOCKS, max_size=6).map(tuple), error=st.booleans())


def body(message: Message) -> dict[str, object]:
    return {"content": message.content, "embeds": [embed.to_dict() for embed in message.embeds]}


def seen(messages: tuple[Message, ...]) -> str:
    """All texts of the messages as a reader sees them, without the marks of lists and quotes, and spaces."""
    texts: list[str] = []
    for message in messages:
        texts.append(message.content or "")
        for embed in message.embeds:
            texts += [embed.title or "", embed.description or ""]
    lines = [re.sub(r"^(> |-# |- |\d+\. )", "", line) for text in texts for line in text.split("\n")]
    lines = [re.sub(r"^\*\*(.*)\*\*$", r"\1", line) for line in lines]
    footers = [embed.footer.text or "" for message in messages for embed in message.embeds]
    return squeezed("\n".join([*map(unescape, lines), *footers]))


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(deadline=None)
@given(REPLIES)
def test_every_message_is_one_that_discord_accepts(reply: Reply) -> None:
    messages = render(reply)
    assert messages
    for message in messages:
        assert message_faults(body(message)) == []
        assert not is_empty(body(message))


@pytest.mark.slow
@settings(deadline=None)
@given(LONG, st.lists(LONG, max_size=8))
def test_of_an_article_nothing_is_lost_across_messages(headline: str, paragraphs: list[str]) -> None:
    blocks: list[Block] = [Title(text=headline), *(Prose(text=text) for text in paragraphs)]
    shown = seen(render(Reply(blocks=tuple(blocks))))
    assert shown == squeezed(headline + " ".join(paragraphs)) or shown == squeezed("Nothing to show.")


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(BLOCKS, max_size=4))
def test_no_text_of_a_reply_is_lost(blocks: list[Block]) -> None:
    shown = seen(render(Reply(blocks=tuple(blocks))))
    for block in blocks:
        match block:
            case Title(text=text) | Prose(text=text):
                assert squeezed(text) in shown
            case Note(text=text, url=None):
                assert squeezed(text) in shown
            case Quotation(parts=parts):
                assert all(squeezed(part) in shown for part in parts)
            case Items(items=items):
                assert all(squeezed(item.text) in shown for item in items if item.url is None)


def test_a_story_is_an_embed_with_its_headline_linked_and_its_publisher_in_the_footer() -> None:
    story = (
        Title(text="Mattis: NATO Is Ready", url="https://voa.example/1"),
        Note(text="VOA · 3 November 2017"),
        Items(items=(Item(text="NATO is [ready]."), Item(text="Russia isn't.", url="https://voa.example/2"))),
        Quotation(parts=("We will not", "stop"), speaker="Jim Mattis", role="Secretary of Defense"),
        Quotation(parts=("right now.",), speaker=None, role=None, cue="said", label="partial"),
        Note(text="1 of 3 stories"),
    )
    [message] = render(Reply(blocks=(*story, Title(text="Another", url="ftp://x.example"))))
    first, second = message.embeds
    assert (first.title, first.url) == ("Mattis: NATO Is Ready", "https://voa.example/1")
    assert first.footer.text == "VOA · 3 November 2017"
    assert first.description == "\n".join(
        [
            r"- NATO is \[ready\].",
            "- [Russia isn't.](https://voa.example/2)",
            "",
            "> “We will not” … “stop”",
            "> — **Jim Mattis**, Secretary of Defense",
            "",
            "> “right now.”",
            "> — speaker not named, said (partial)",
            "",
            "-# 1 of 3 stories",
        ]
    )
    assert (second.title, second.url, second.description) == ("Another", None, None)


def test_a_refusal_is_plain_content() -> None:
    assert render(refusal("No article on “*x*”.")) == (Message(content=r"No article on “\*x\*”."),)


def test_a_reply_without_any_text_still_says_something() -> None:
    assert render(Reply(blocks=(Prose(text=" "),))) == (Message(content="Nothing to show."),)


def test_no_more_than_ten_embeds_go_into_a_message() -> None:
    messages = render(Reply(blocks=tuple(Title(text=f"Story {n}") for n in range(11))))
    assert [len(message.embeds) for message in messages] == [10, 1]
    assert isinstance(messages[0].embeds[0], discord.Embed)
