"""Where commands are offered, and what may be ordered there: servers, groups, other people's servers."""

import pytest

from bot.commands.table import COMMANDS, Who
from bot.reply import Button
from tests.bot.discord.talking import READER, Scripted, say, serving
from tests.servers.discord import DiscordServer
from tests.servers.discord.world import EMBED_LINKS, GROUP_DM, PUBLIC_THREAD, SEND_MESSAGES
from tests.servers.discord.world import SEND_MESSAGES_IN_THREADS as IN_THREADS

ORDERED = {"/subscribe nato": say("Ordered.")}


async def test_commands_are_offered_to_servers_and_to_people(server: DiscordServer) -> None:
    async with serving(server, Scripted()):
        offered = {command["name"]: command for command in server.commands}
    assert set(offered) == {command.name for command in COMMANDS}
    for command in COMMANDS:
        changes = command.who is not Who.ANYONE
        assert offered[command.name]["integration_types"] == [0, 1]
        assert offered[command.name]["contexts"] == ([0, 1] if changes else [0, 1, 2])
        assert offered[command.name]["default_member_permissions"] == (32 if changes else None)


@pytest.mark.parametrize("place", ["group", "foreign server"])
async def test_where_people_bring_us_along_we_answer_and_take_no_orders(
    server: DiscordServer, place: str
) -> None:
    if place == "group":
        channel = server.add_channel(None, type=GROUP_DM)
    else:
        channel = server.add_channel(server.add_guild(has_bot=False))
    orders = say("Your orders.", Button(label="Pause", command="/pause #1"))
    talk = Scripted({"/brief": say("A brief."), "/subscriptions": orders, "/full": say("Page one.")})
    async with serving(server, talk):
        assert (await (await server.slash(channel, READER, "brief")).answer()).text == "A brief."
        assert (await (await server.slash(channel, READER, "full")).answer()).text == "Page one."
        listed = await (await server.slash(channel, READER, "subscriptions")).answer()
        refused = await (await server.press(listed, READER, listed.button("Pause"), manages=True)).answer()
        if place == "group":
            with pytest.raises(LookupError):
                await server.slash(channel, READER, "subscribe", {"topic": "nato"})
    assert refused.content.startswith("I am no member here")
    assert refused.ephemeral
    assert not any(request.may_change for request in talk.asked)
    assert server.refusals == []


@pytest.mark.parametrize(
    ("lacking", "said"),
    [(0, None), (SEND_MESSAGES, "“Send Messages”"), (EMBED_LINKS | SEND_MESSAGES, "“Embed Links”")],
)
async def test_whoever_orders_hears_what_we_lack_to_deliver_there(
    server: DiscordServer, lacking: int, said: str | None
) -> None:
    channel = server.add_channel(server.add_guild())
    channel.bot_permissions &= ~lacking
    async with serving(server, Scripted(ORDERED)):
        ordered = await server.slash(channel, READER, "subscribe", {"topic": "nato"}, manages=True)
        await ordered.answer()
    assert channel.shown[0].text == "Ordered."
    hints = [message for message in ordered.followups if message.ephemeral]
    assert [said in hint.content for hint in hints if said] == ([True] if said else [])
    assert len(hints) == (1 if said else 0)


async def test_in_a_thread_the_right_to_write_in_threads_is_what_counts(server: DiscordServer) -> None:
    guild = server.add_guild()
    parent = server.add_channel(guild)
    thread = server.add_channel(guild, "thread", type=PUBLIC_THREAD, parent=parent)
    thread.bot_permissions &= ~IN_THREADS
    async with serving(server, Scripted(ORDERED)):
        ordered = await server.slash(thread, READER, "subscribe", {"topic": "nato"}, manages=True)
        await ordered.answer()
    assert "“Send Messages In Threads”" in ordered.followups[0].content


async def test_a_button_grants_nobody_a_right_that_they_lack(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    orders = say("The orders.", Button(label="Pause", command="/pause #1"))
    talk = Scripted({"/subscriptions": orders, "/pause #1": say("Asked.")})
    async with serving(server, talk):
        listed = await (await server.slash(channel, READER, "subscriptions")).answer()
        for manages in (False, True):
            pressed = await server.press(listed, READER, listed.button("Pause"), manages=manages)
            await pressed.answer()
    assert [request.may_change for request in talk.asked] == [False, False, True]


async def test_only_those_named_in_the_settings_run_the_bot(server: DiscordServer) -> None:
    channel = server.add_channel(server.add_guild())
    talk = Scripted({"/addfeed a.example": say("Added."), "/feeds": say("Feeds.")})
    for owners in ((), (READER.id,)):
        async with serving(server, talk, owners=owners):
            for name, given in (("addfeed", {"url": "a.example"}), ("feeds", None)):
                await (await server.slash(channel, READER, name, given, manages=True)).answer()
    assert [request.is_owner for request in talk.asked] == [False, False, True, True]
