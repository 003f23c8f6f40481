"""Full text in a thread of its own, where that is allowed."""

import re

import pytest
from hypothesis import given

from bot.discord.client import thread_name
from bot.reply import Button, Prose, Reply, Title, refusal, utf16_length
from tests.bot.discord.talking import READER, Scripted, happens, ref, say, serving
from tests.bot.discord.test_markdown import TEXTS
from tests.servers.discord import Channel, DiscordServer, Message
from tests.servers.discord.world import CREATE_PUBLIC_THREADS, FORUM, PUBLIC_THREAD, SEND_MESSAGES_IN_THREADS

BRIEF = say("A story.", Button(label="Full text", command="/full #1"))
PARAGRAPHS = [f"Paragraph {number}. " + "It goes on. " * 120 for number in range(12)]
WHOLE = Reply(blocks=(Title(text="Ready <@1> @everyone *now*"), *(Prose(text=text) for text in PARAGRAPHS)))
TALK = {"/brief": BRIEF, "/full #1": WHOLE, "/full": WHOLE}


def threads_of(server: DiscordServer, channel: Channel) -> list[Channel]:
    return [one for one in server.channels.values() if one.parent is channel]


def shown_in_threads(server: DiscordServer, channel: Channel) -> list[Message]:
    return [message for thread in threads_of(server, channel) for message in thread.shown]


async def test_full_text_opens_a_thread_under_its_brief_with_all_of_the_article(
    server: DiscordServer,
) -> None:
    channel, talk = server.add_channel(server.add_guild()), Scripted(TALK)
    async with serving(server, talk):
        brief = await (await server.slash(channel, READER, "brief")).answer()
        pressed = await server.press(brief, READER, brief.button("Full text"))
        answer = await pressed.answer()
    [thread] = threads_of(server, channel)
    assert (thread.id, thread.name) == (brief.id, "Ready ‹@1> @\u200beveryone *now*")
    assert " ".join("\n".join(m.text for m in thread.shown).split()).endswith(
        " ".join(" ".join(PARAGRAPHS).split())
    )
    assert not any(message.pings for message in thread.shown)
    assert (answer.content, answer.ephemeral) == (f"The full text is in <#{thread.id}>.", True)
    assert channel.shown == [brief]
    assert talk.asked[-1].page_chars is None
    assert talk.stands[-1] == (ref(thread.id), str(thread.shown[-1].id))
    assert server.refusals == []


async def test_a_second_press_leads_to_the_same_thread(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted(TALK)):
        brief = await (await server.slash(channel, READER, "brief")).answer()
        answers = [
            await (await server.press(brief, READER, brief.button("Full text"))).answer() for _ in range(2)
        ]
    [thread] = threads_of(server, channel)
    assert [answer.content for answer in answers] == [f"The full text is in <#{thread.id}>."] * 2
    assert len({message.text for message in thread.shown}) == len(thread.shown)


async def test_each_article_of_a_digest_has_a_thread_of_its_own(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    digest = say("Two stories.", *(Button(label=f"{n} · Full text", command=f"/full #{n}") for n in (1, 2)))
    other = Reply(blocks=(Title(text="Another"), Prose(text="All of it.")))
    async with serving(server, Scripted({"/brief": digest, "/full #1": WHOLE, "/full #2": other})):
        shown = await (await server.slash(channel, READER, "brief")).answer()
        answers = [
            await (await server.press(shown, READER, shown.button(f"{n} · Full text"))).answer()
            for n in (1, 2, 1)
        ]
    first, second = threads_of(server, channel)
    assert (first.id, second.name) == (shown.id, "Another")
    assert [message.id for message in channel.shown] == [shown.id, second.id]
    pointers = [f"The full text is in <#{thread.id}>." for thread in (first, second, first)]
    assert [answer.content for answer in answers] == pointers


async def test_the_command_puts_the_thread_under_its_own_answer(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted(TALK)):
        await (await server.slash(channel, READER, "full")).answer()
        await happens(lambda: any("Paragraph 11" in m.text for m in shown_in_threads(server, channel)))
    [card] = channel.shown
    assert "The full text is in the thread below." in card.text
    [thread] = threads_of(server, channel)
    assert thread.id == card.id


@pytest.mark.parametrize("lacking", [CREATE_PUBLIC_THREADS, SEND_MESSAGES_IN_THREADS])
async def test_without_the_right_to_it_the_full_text_is_paged_in_the_channel(
    server: DiscordServer, lacking: int
) -> None:
    channel, talk = server.add_channel(server.add_guild()), Scripted({"/full": say("Page one.")})
    channel.bot_permissions &= ~lacking
    async with serving(server, talk):
        answer = await (await server.slash(channel, READER, "full")).answer()
    assert answer.text == "Page one."
    assert threads_of(server, channel) == []
    assert talk.asked[-1].page_chars is not None


async def test_in_a_thread_a_forum_post_and_a_direct_message_the_full_text_is_paged_there(
    server: DiscordServer,
) -> None:
    guild = server.add_guild()
    text, forum = server.add_channel(guild), server.add_channel(guild, "forum", type=FORUM)
    places = [
        server.add_channel(guild, "thread", type=PUBLIC_THREAD, parent=text),
        server.add_channel(guild, "post", type=PUBLIC_THREAD, parent=forum),
        server.add_channel(None),
    ]
    async with serving(server, Scripted({"/full": say("Page one.")})):
        for place in places:
            assert (await (await server.slash(place, READER, "full")).answer()).text == "Page one."
    assert [len(place.shown) for place in places] == [1, 1, 1]


async def test_a_right_lost_on_the_way_falls_back_to_pages(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())

    def whole() -> Reply:
        channel.bot_permissions &= ~CREATE_PUBLIC_THREADS
        return WHOLE if len(talk.asked) == 1 else say("Page one.")

    talk = Scripted({"/full": whole})
    async with serving(server, talk):
        await server.slash(channel, READER, "full")
        await happens(lambda: any(message.text == "Page one." for message in channel.shown))
    assert [message.text for message in channel.shown] == ["Page one."]


async def test_an_article_that_is_gone_is_said_to_the_asker_alone(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    talk = Scripted({"/brief": BRIEF, "/full #1": refusal("That article is no longer stored.")})
    async with serving(server, talk):
        brief = await (await server.slash(channel, READER, "brief")).answer()
        answer = await (await server.press(brief, READER, brief.button("Full text"))).answer()
    assert (answer.content, answer.ephemeral) == ("That article is no longer stored.", True)
    assert threads_of(server, channel) == []


@pytest.mark.slow
@given(TEXTS)
def test_a_threads_name_is_seen_fits_and_mentions_nobody(headline: str) -> None:
    name = thread_name(headline)
    assert 1 <= utf16_length(name) <= 100
    assert name == name.strip()
    assert not re.search(r"@(everyone|here)|<[@#:/]|<(a|t|id):", name)


def test_a_threads_name_is_the_headline_where_that_fits() -> None:
    assert thread_name("Mattis: NATO Is\n\u202eReady") == "Mattis: NATO Is Ready"
    assert thread_name("x" * 200) == "x" * 99 + "…"
    assert thread_name("\u200b \n") == "Full text"
