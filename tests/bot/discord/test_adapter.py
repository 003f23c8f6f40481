"""The Discord adapter: unmodified discord.py on the tests' own Discord."""

import asyncio
import time
from pathlib import Path

import pytest

from bot.chat import ChatError, ChatGone, MessageId, NotAllowed, SendFailed, SendRefused, SendUnknown
from bot.commands.table import parse
from bot.discord import DiscordChat
from bot.ports import IncomingCommand
from bot.reply import Button, Note, Prose, Reply, Title, refusal
from tests.bot.discord.talking import READER, Scripted, happens, ref, say, seen, serving
from tests.bot.talk import Counted
from tests.servers.discord import DiscordServer, User
from tests.servers.discord.world import EMBED_LINKS, SEND_MESSAGES, VIEW_CHANNEL


async def test_a_slash_command_reaches_the_conversation_as_a_line_of_text(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    talk = Scripted({"/brief nato since:7d from:voa": say("One story.")})
    async with serving(server, talk):
        asked = await server.slash(channel, READER, "brief", {"topic": "nato", "since": "7d", "from": "voa"})
        answer = await asked.answer()
    assert answer.text == "One story."
    assert talk.asked == [
        IncomingCommand(
            chat=ref(channel.id),
            user=str(READER.id),
            parsed=parse("/brief nato since:7d from:voa"),
            may_change=False,
        )
    ]
    assert talk.stands == [(ref(channel.id), MessageId(str(answer.id)))]
    assert server.refusals == []


async def test_no_privileged_intent_is_asked_for(server: DiscordServer) -> None:
    async with serving(server, Scripted()):
        assert server.gateway.intents == 1 | 1 << 9 | 1 << 12  # servers, their messages, direct messages


@pytest.mark.slow
async def test_an_answer_that_takes_long_is_acknowledged_in_time(server: DiscordServer) -> None:
    def slow() -> Reply:
        time.sleep(3.2)
        return say("At last.")

    server.deadline_s = 3.0
    channel = server.add_channel(None)
    async with serving(server, Scripted({"/brief": slow})):
        asked = await server.slash(channel, READER, "brief")
        answer = await asked.answer()
    assert asked.acknowledged_after_s is not None
    assert asked.acknowledged_after_s < server.deadline_s
    assert (answer.text, answer.ephemeral) == ("At last.", False)
    assert server.refusals == []


@pytest.mark.parametrize("pause_s", [0.0, 1.2])
async def test_an_error_is_plain_and_seen_by_the_asker_alone(server: DiscordServer, pause_s: float) -> None:
    def fails() -> Reply:
        time.sleep(pause_s)
        return refusal("No *such* speaker. @everyone")

    channel = server.add_channel(server.add_guild())
    talk = Scripted({"/quotes nobody": fails})
    async with serving(server, talk):
        answer = await (await server.slash(channel, READER, "quotes", {"speaker": "nobody"})).answer()
    assert answer.content == r"No \*such\* speaker. \@everyone"
    assert (answer.ephemeral, answer.embeds, answer.pings) == (True, [], [])
    assert channel.shown == []
    assert talk.stands == []


async def test_a_bug_is_said_plainly_and_logged(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Reply:
        raise RuntimeError("a secret detail")

    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted({"/more": broken})):
        answer = await (await server.slash(channel, READER, "more")).answer()
    assert answer.ephemeral
    assert "secret" not in answer.content
    assert "command failed" in caplog.text


async def test_only_who_manages_the_server_or_writes_directly_may_change_things(
    server: DiscordServer,
) -> None:
    channel, direct = server.add_channel(server.add_guild()), server.add_channel(None)
    talk = Scripted({"/subscribe nato": say("Done.")})
    async with serving(server, talk):
        with pytest.raises(PermissionError):  # Discord does not even offer it
            await server.slash(channel, READER, "subscribe", {"topic": "nato"})
        await (await server.slash(channel, READER, "subscribe", {"topic": "nato"}, manages=True)).answer()
        await (await server.slash(direct, READER, "subscribe", {"topic": "nato"})).answer()
    assert [request.may_change for request in talk.asked] == [True, True]


async def test_a_button_posts_a_new_answer_by_whoever_pressed_it(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    talk = Scripted(
        {
            "/brief nato": say("A story.", Button(label="Quotes", command="/quotes #1")),
            "/quotes #1": say("A quote."),
        }
    )
    async with serving(server, talk):
        brief = await (await server.slash(channel, READER, "brief", {"topic": "nato"})).answer()
        other = User("other")
        answer = await (await server.press(brief, other, brief.button("Quotes"))).answer()
    assert [message.text for message in channel.shown] == ["A story.", "A quote."]
    assert answer is channel.shown[-1]
    assert (talk.asked[1].user, talk.asked[1].replied_to) == (str(other.id), str(brief.id))


async def test_turning_a_page_changes_the_message_in_place(server: DiscordServer) -> None:
    def second() -> Reply:
        time.sleep(1.2)  # long enough to be deferred
        return say("Page two.", Button(label="Back", command="/full #1 page:1"))

    first = say("Page one.", Button(label="Next", command="/full #1 page:2"))
    channel = server.add_channel(None)
    talk = Scripted({"/full": first, "/full #1 page:2": second, "/full #1 page:1": first})
    async with serving(server, talk):
        message = await (await server.slash(channel, READER, "full")).answer()
        await (await server.press(message, READER, message.button("Next"))).answer()
        assert message.text == "Page two."
        await (await server.press(message, READER, message.button("Back"))).answer()
        assert message.text == "Page one."
    assert channel.shown == [message]
    assert [stands for _, stands in talk.stands] == [str(message.id)] * 3


async def test_sections_are_a_menu_and_a_choice_replaces_the_list(server: DiscordServer) -> None:
    buttons = [Button(label=f"{n}. Section {n}", command=f"/section {n} #1") for n in range(1, 31)]
    talk = Scripted({"/sections": say("The sections.", *buttons), "/section 30 #1": say("The last.")})
    channel = server.add_channel(server.add_guild())
    async with serving(server, talk):
        listed = await (await server.slash(channel, READER, "sections")).answer()
        first, second = listed.parts
        assert (len(first["options"]), len(second["options"])) == (25, 5)
        await (await server.press(listed, READER, second["custom_id"], "/section 30 #1")).answer()
    assert listed.text == "The last."
    assert listed.parts == []


async def test_buttons_still_work_after_a_restart(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    button = Button(label="More", command="/more")
    async with serving(server, Scripted({"/brief": say("Before.", button)})):
        message = await (await server.slash(channel, READER, "brief")).answer()
    async with serving(server, Scripted({"/more": say("After.")})):
        answer = await (await server.press(message, READER, message.button("More"))).answer()
    assert answer.text == "After."


async def test_what_is_being_typed_is_completed(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    endings = ("Jim Mattis", "x" * 101, *(f"Matt {n}" for n in range(30)))
    async with serving(server, Scripted(endings={("speaker", "mat"): endings})):
        offered = await server.complete(channel, READER, "quotes", "speaker", "mat")
        assert offered == ["Jim Mattis", *(f"Matt {n}" for n in range(24))]
        assert await server.complete(channel, READER, "quotes", "speaker", "?") == []
    assert server.refusals == []


async def test_commands_are_synced_only_when_they_changed(server: DiscordServer, tmp_path: Path) -> None:
    remembered = tmp_path / "state" / "commands"
    for _ in range(2):
        async with serving(server, Scripted(), remembered):
            pass
    assert server.syncs == 1
    remembered.write_text("another version")
    async with serving(server, Scripted(), remembered):
        pass
    assert server.syncs == 2


async def test_a_delivery_is_posted_with_its_buttons(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    reply = Reply(
        blocks=(
            Title(text="Ready *now*", url="https://news.example/a"),
            Note(text="VOA · today"),
            Prose(text="Text."),
        ),
        buttons=((Button(label="More", command="/more"),),),
    )
    async with serving(server, Scripted()) as chat:
        posted = await chat.send(ref(channel.id), reply, key="1@8")
    [message] = channel.shown
    [embed] = message.embeds
    assert posted == str(message.id)
    assert embed["title"] == r"Ready \*now\*"
    assert (embed["url"], embed["footer"]["text"]) == ("https://news.example/a", "VOA · today")
    assert message.button("More")


async def test_a_lost_answer_does_not_post_twice(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    server.lose_answers = 1
    async with serving(server, Scripted()) as chat:
        posted = await chat.send(ref(channel.id), say("Once."), key="1@8")
    assert [str(message.id) for message in channel.shown] == [posted]


async def test_where_no_answer_ever_comes_it_is_not_known_whether_it_was_posted(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.adapter._ASK_AGAIN_AFTER_S", (0.0, 0.0))
    channel = server.add_channel(server.add_guild())
    server.lose_answers = 9
    async with serving(server, Scripted()) as chat:
        with pytest.raises(SendUnknown):
            await chat.send(ref(channel.id), say("Perhaps."), key="1@8")
    assert len(channel.shown) == 1


@pytest.mark.parametrize("remembered", [True, False])
async def test_the_rest_of_a_long_delivery_follows_when_it_is_tried_again(
    server: DiscordServer, remembered: bool
) -> None:
    channel = server.add_channel(server.add_guild())
    reply = say("One sentence of it. " * 500)
    async with serving(server, Scripted()) as chat:
        server.fail_with = [200, 503]
        with pytest.raises(SendFailed):
            await chat.send(ref(channel.id), reply, key="1@8", hooks=(hooks := Counted()))
        assert len(channel.shown) == 1
        asked = server.requests.count("POST /channels/{channel}/messages")
        again = hooks if remembered else Counted()  # then Discord refuses the copy of the first
        await chat.send(ref(channel.id), reply, key="1@8", hooks=again)
    again_asked = server.requests.count("POST /channels/{channel}/messages") - asked
    assert again_asked == len(channel.shown) - (1 if remembered else 0)
    said = " ".join(message.text for message in channel.shown)
    assert said.split() == ("One sentence of it. " * 500).split()


async def test_a_deleted_channel_is_gone(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted()) as chat:
        await server.delete_channel(channel)
        with pytest.raises(ChatGone):
            await chat.send(ref(channel.id), say("Hello?"), key="1@8")


@pytest.mark.parametrize("lacking", [VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS])
async def test_a_channel_where_we_may_not_write_is_named(server: DiscordServer, lacking: int) -> None:
    channel = server.add_channel(server.add_guild("Newsroom"), "alliance")
    async with serving(server, Scripted()) as chat:
        await seen(server)
        channel.bot_permissions &= ~lacking
        with pytest.raises(NotAllowed) as refused:
            await chat.send(ref(channel.id), say("Hello?"), key="1@8")
        assert refused.value.where == "#alliance (Newsroom)"
        channel.bot_permissions |= lacking
        await chat.send(ref(channel.id), say("Hello?"), key="1@8")
    assert [message.text for message in channel.shown] == ["Hello?"]


async def test_whoever_ordered_can_be_written_to(server: DiscordServer) -> None:
    person, closed = User("person"), User("closed", takes_direct=False)
    server.users += [person, closed]
    async with serving(server, Scripted()) as chat:
        await chat.send(await chat.direct(str(person.id)), say("I may not."), key="barred")
        with pytest.raises(ChatGone):
            await chat.send(await chat.direct(str(closed.id)), say("I may not."), key="barred2")
        with pytest.raises(ChatError):
            await chat.direct("1")
    [message] = [m for c in server.channels.values() if c.recipients == [person] for m in c.shown]
    assert message.text == "I may not."


async def test_what_discord_refuses_is_not_tried_again(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    server.fail_with = [400]
    async with serving(server, Scripted()) as chat:
        with pytest.raises(SendRefused):
            await chat.send(ref(channel.id), say("No."), key="1@8")
    assert channel.shown == []


async def test_without_a_connection_nothing_was_sent(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted()) as chat:
        await server.stop()
        with pytest.raises(SendFailed):
            await chat.send(ref(channel.id), say("Hello?"), key="1@8")
        await server.start()


async def test_deleted_channels_and_left_servers_end_their_chats(server: DiscordServer) -> None:
    guild, talk = server.add_guild(), Scripted()
    one, two = server.add_channel(guild, "one"), server.add_channel(guild, "two")
    thread = server.add_channel(guild, "thread", type=11, parent=one)
    async with serving(server, talk):
        await seen(server)
        await server.delete_channel(thread)
        await happens(lambda: talk.ended == [str(thread.id)])
        await server.delete_channel(one)
        await happens(lambda: talk.ended[1:] == [str(one.id)])
        await server.remove_bot(guild)
        await happens(lambda: talk.ended[2:] == [str(two.id)])


async def test_commands_given_while_the_gateway_was_cut_are_answered_after_the_resume(
    server: DiscordServer,
) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted({"/brief": say("Here.")})):
        await server.gateway.cut()
        asked = await server.slash(channel, READER, "brief")
        assert (await asked.answer()).text == "Here."
    assert (server.gateway.identified, server.gateway.resumed) == (1, 1)


async def test_a_reconnect_is_followed_and_an_invalid_session_begins_anew(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, Scripted({"/brief": say("Here.")})):
        await server.gateway.ask_to_reconnect()
        await happens(lambda: server.gateway.resumed == 1)
        await server.gateway.invalidate()
        await happens(lambda: server.gateway.identified == 2)
        assert (await (await server.slash(channel, READER, "brief")).answer()).text == "Here."


async def test_a_wrong_token_is_said_in_one_line(server: DiscordServer) -> None:
    chat = DiscordChat(token="wrong", api_url=server.api_url, gateway_url=server.gateway_url)
    with pytest.raises(ChatError, match="refused the token"):
        await chat.serve(Scripted())


async def test_the_adapter_waits_for_a_discord_that_is_not_there_yet(server: DiscordServer) -> None:
    await server.stop()
    chat = DiscordChat(token=server.token, api_url=server.api_url, gateway_url=server.gateway_url)
    running = asyncio.create_task(chat.serve(Scripted()))
    await asyncio.sleep(0.2)
    await server.start()
    async with asyncio.timeout(60):
        await chat.ready()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_under_way_is_given_before_the_adapter_stops(server: DiscordServer) -> None:
    def slow() -> Reply:
        time.sleep(0.5)
        return say("Still here.")

    channel, talk = server.add_channel(server.add_guild()), Scripted({"/brief": slow})
    async with serving(server, talk):
        await server.slash(channel, READER, "brief")
        await happens(lambda: bool(talk.asked))
    assert [message.text for message in channel.shown] == ["Still here."]
