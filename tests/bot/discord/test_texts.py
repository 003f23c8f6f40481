"""Plain words to the bot: in a direct message, or with a mention."""

import time

from bot.chat import MessageId
from bot.commands.table import parse
from bot.ports import IncomingCommand
from bot.reply import Button, Reply, refusal
from tests.bot.discord.talking import READER, Scripted, happens, ref, say, serving
from tests.servers.discord import DiscordServer, User


async def test_words_in_a_direct_message_are_answered_there(server: DiscordServer) -> None:
    channel = server.add_channel(None)
    talk = Scripted({"2": say("Section two.", Button(label="More", command="/more")), "/more": say("More.")})
    async with serving(server, talk):
        await server.say(channel, READER, " 2 ")
        await happens(lambda: bool(talk.stands))
        _, answer = channel.shown
        pressed = await server.press(answer, READER, answer.button("More"))
        assert (await pressed.answer()).text == "More."
    assert answer.text == "Section two."
    assert talk.asked[0] == IncomingCommand(
        chat=ref(channel.id), user=str(READER.id), parsed=parse("2"), may_change=True
    )
    assert talk.stands[0] == (ref(channel.id), MessageId(str(answer.id)))
    assert server.refusals == []


async def test_an_answer_to_one_of_our_messages_is_about_that_one(server: DiscordServer) -> None:
    direct, channel = server.add_channel(None), server.add_channel(server.add_guild())
    talk = Scripted({"2": say("Section two."), "/brief": say("A brief.")})
    async with serving(server, talk):
        for place in (direct, channel):
            brief = await (await server.slash(place, READER, "brief")).answer()
            await server.say(place, READER, "2", replied_to=brief)
            await happens(lambda: talk.asked[-1].parsed.text == "2")
            assert talk.asked[-1].replied_to == str(brief.id)
            talk.asked.clear()
            await happens(lambda place=place: len(place.shown) == 3)  # type: ignore[misc]


async def test_in_a_server_a_mention_is_answered_and_all_else_is_left_alone(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    talk = Scripted({"nato": say("A brief."), "/help": say("Help.")})
    async with serving(server, talk):
        await server.say(channel, READER, "nato")
        await server.say(channel, READER, f"<@{server.bot.id}> nato")
        await happens(lambda: len(talk.stands) == 1)
        await server.say(channel, User("another bot", bot=True), f"<@{server.bot.id}> nato")
        await server.say(channel, READER, f"<@{server.bot.id}>")
        await happens(lambda: len(talk.stands) == 2)
    assert [request.parsed.text for request in talk.asked] == ["nato", "/help"]


async def test_who_writes_may_change_what_their_rights_allow(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    talk = Scripted({"/pause": say("On hold.")})
    async with serving(server, talk):
        for manages in (False, True):
            await server.say(channel, READER, f"<@{server.bot.id}> /pause", manages=manages)
            await happens(lambda manages=manages: len(talk.asked) == 1 + manages)  # type: ignore[misc]
    assert [request.may_change for request in talk.asked] == [False, True]


async def test_nobody_is_pinged_by_what_is_refused(server: DiscordServer) -> None:
    channel = server.add_channel(None)
    async with serving(server, Scripted({"x": refusal("No “@everyone” <@1>.")})):
        await server.say(channel, READER, "x")
        await happens(lambda: len(channel.shown) == 2)
    assert channel.shown[-1].pings == []


async def test_a_slow_answer_shows_that_it_is_being_written(server: DiscordServer) -> None:
    def slow() -> Reply:
        time.sleep(1.3)
        return say("At last.")

    channel = server.add_channel(None)
    async with serving(server, Scripted({"x": slow})):
        await server.say(channel, READER, "x")
        await happens(lambda: len(channel.shown) == 2)
    assert "POST /channels/{channel}/typing" in server.requests


async def test_a_lost_answer_to_words_is_not_posted_twice(server: DiscordServer) -> None:
    channel = server.add_channel(None)
    talk = Scripted({"x": say("Once.")})
    async with serving(server, talk):
        server.fail_with = [200, 500]  # the answer to the first try is an error after the posting
        await server.say(channel, READER, "x")
        await happens(lambda: bool(talk.stands))
    assert [message.text for message in channel.shown] == ["x", "Once."]


async def test_a_bug_is_said_plainly_and_a_closed_channel_is_borne(server: DiscordServer) -> None:
    def broken() -> Reply:
        raise RuntimeError("a secret detail")

    direct, channel = server.add_channel(None), server.add_channel(server.add_guild())
    talk = Scripted({"x": broken, "y": say("Here.")})
    async with serving(server, talk):
        await server.say(direct, READER, "x")
        await happens(lambda: len(direct.shown) == 2)
        channel.bot_permissions = 0
        await server.say(channel, READER, f"<@{server.bot.id}> y")
        await happens(lambda: len(talk.asked) == 2)
        await server.say(direct, READER, "y")
        await happens(lambda: len(direct.shown) == 4)
    assert direct.shown[1].content.startswith("Something went wrong")
    assert direct.shown[3].text == "Here."
