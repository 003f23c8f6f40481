"""The whole app on Discord: every command, everything that can be pressed, and digests through trouble."""

import asyncio
from datetime import timedelta

import pytest

from bot.app.application import Application
from bot.chat import ChatRef
from bot.commands.table import COMMANDS, Who
from bot.delivery.dispatcher import Dispatcher
from bot.discord import DiscordChat
from bot.schedules.schedule import Rhythm, Schedule, to_json
from bot.storage.outbox import DeliveryState
from tests.bot.clocks import HandClock
from tests.bot.discord.talking import READER, happens, ref, seen, serving, settled
from tests.bot.dispatchers import deliver_due
from tests.samples import article
from tests.servers.discord import Channel, DiscordServer, Interaction, Message
from tests.servers.discord.world import SEND_MESSAGES

GIVEN = {
    "brief": {"topic": "nato", "since": "52w", "from": "VOA"},
    "quotes": {"speaker": "mattis", "about": "russia"},
    "section": {"section": "1"},
    "search": {"words": "military"},
    "subscribe": {"topic": "nato", "schedule": "daily 20:00"},
    "pause": {"number": "nato"},
    "resume": {"number": "nato"},
    "unsubscribe": {"number": "nato"},
    "timezone": {"zone": "Europe/Brussels"},
    "follow": {"speaker": "mattis"},
    "unfollow": {"speaker": "mattis"},
}
HOURLY = to_json(Schedule(rhythm=Rhythm.HOURLY))
LAST = ("unsubscribe", "forget")  # after these there is less to ask about


def dispatcher_of(app: Application, chat: DiscordChat) -> Dispatcher:
    dispatcher = Dispatcher(
        outbox=app.outbox,
        digests=app.digests,
        conversation=app.service,
        platforms=[chat.capabilities],
        clock=app.clock,
    )
    dispatcher.connected(chat)
    return dispatcher


@pytest.mark.slow
@pytest.mark.parametrize("place", ["server", "direct"])
async def test_every_command_is_answered(server: DiscordServer, app: Application, place: str) -> None:
    channel = server.add_channel(server.add_guild() if place == "server" else None)
    before = app.clock() - timedelta(days=9)
    app.ingest(article(headline="NATO Met Before", text="NATO met in Rome.", published=before))
    names = [c.name for c in COMMANDS if c.name not in LAST and c.who is not Who.OWNERS]
    async with serving(server, app.service) as chat:
        for name in (*names, *LAST):
            if name == "more":  # goes on with a brief
                await (await server.slash(channel, READER, "brief", {"topic": "nato"})).answer()
                await settled(chat)
            given = await server.slash(channel, READER, name, GIVEN.get(name), manages=True)
            answer = await given.answer()
            assert answer.text, name
            assert not answer.ephemeral, f"/{name}: {answer.text}"
            await settled(chat)
    assert server.refusals == []


@pytest.mark.slow
async def test_everything_that_can_be_pressed_is_answered(server: DiscordServer, app: Application) -> None:
    """Followed from every command's answer, through pages and menus, until nothing new is offered."""
    sentence = "The alliance met on Monday, and its ministers spoke at great length of what they would do. "
    long = "\n\n".join(f"Paragraph {number} of it. " + sentence * 8 for number in range(8))
    app.ingest(article(headline="NATO, At Length", text=long, published=app.clock()))
    channel = server.add_channel(None)  # in a server the full text has a thread and no pages
    pressed: set[str] = set()
    async with serving(server, app.service) as chat:
        for name in ("brief", "sections", "subscribe", "subscriptions"):
            await (await server.slash(channel, READER, name, GIVEN.get(name))).answer()
            await settled(chat)
        await (await server.slash(channel, READER, "brief", {"topic": "alliance length"})).answer()
        while offered := [
            (message, part["custom_id"], value)
            for message in channel.shown
            for part in message.parts
            for value in ([option["value"] for option in part.get("options", [])] or [""])
            if _command(part["custom_id"], value) not in pressed
        ]:
            message, custom_id, value = offered[0]
            pressed.add(_command(custom_id, value))
            await _answered(await server.press(message, READER, custom_id, *filter(None, [value])))
    commands = {command.split(" ")[0] for command in pressed}
    assert commands >= {"/sections", "/section", "/quotes", "/full", "/source", "/pause", "/unsubscribe"}
    assert any("page:2" in command for command in pressed)
    assert any(command.startswith("/section ") and "page:" not in command for command in pressed)
    assert server.refusals == []


def _command(custom_id: str, value: str) -> str:
    return value or custom_id.split(":", 1)[1]


async def _answered(pressed: Interaction) -> Message:
    answer = await pressed.answer()
    assert answer.text
    assert "went wrong" not in answer.text
    return answer


async def test_what_is_typed_is_completed_from_what_is_stored(
    server: DiscordServer, app: Application
) -> None:
    channel = server.add_channel(None)
    async with serving(server, app.service) as chat:
        await (await server.slash(channel, READER, "brief", {"topic": "nato"})).answer()
        await settled(chat)
        assert "Jim Mattis" in await server.complete(channel, READER, "quotes", "speaker", "matt")
        assert await server.complete(channel, READER, "section", "section", "defense") == ["Defense budgets"]
        assert "Europe/Brussels" in await server.complete(channel, READER, "timezone", "zone", "brus")
        assert await server.complete(channel, READER, "brief", "topic", "nat")


async def test_a_number_in_a_direct_message_is_a_section_and_words_are_a_brief(
    server: DiscordServer, app: Application
) -> None:
    channel = server.add_channel(None)
    async with serving(server, app.service) as chat:
        await server.say(channel, READER, "nato")
        await happens(lambda: len(channel.shown) == 2)
        await settled(chat)
        await server.say(channel, READER, "2")
        await happens(lambda: len(channel.shown) == 4)
    assert "Mattis Rules Out" in channel.shown[1].text
    assert channel.shown[3].embeds[0]["title"] == "Islamic State"


async def test_a_view_on_screen_outlives_a_restart(server: DiscordServer, app: Application) -> None:
    channel = server.add_channel(server.add_guild())
    async with serving(server, app.service) as chat:
        brief = await (await server.slash(channel, READER, "brief", {"topic": "nato"})).answer()
        await settled(chat)
        listed = await (await server.slash(channel, READER, "sections")).answer()
    async with serving(server, app.service):
        for label in ("Sections", "Quotes", "Source"):
            await _answered(await server.press(brief, READER, brief.button(label)))
        menu = listed.parts[0]
        section = await _answered(
            await server.press(listed, READER, menu["custom_id"], menu["options"][1]["value"])
        )
    assert section.embeds[0]["title"] == "Islamic State"
    assert server.refusals == []


@pytest.mark.slow
async def test_a_gateway_cut_in_the_middle_of_a_digest_loses_and_doubles_nothing(
    server: DiscordServer, app: Application, clock: HandClock
) -> None:
    guild = server.add_guild()
    channels = [server.add_channel(guild, f"n{number}") for number in range(60)]
    subscribe(app, clock, channels)
    async with serving(server, app.service) as chat:
        delivering = asyncio.create_task(deliver_due(app, dispatcher_of(app, chat)))
        # What is asked below is about the digest in the first channel, so that has to be noted.
        first = ref(channels[0].id)
        await happens(
            lambda: app.chats.last_shown(first) is not None and sum(len(c.shown) for c in channels) > 10
        )
        await server.gateway.cut()
        server.lose_answers = 3
        asked = await server.slash(channels[0], READER, "sections")
        await asked.answer()
        await delivering
    assert [len(c.shown) for c in channels] == [1 + (channel is channels[0]) for channel in channels]
    assert app.outbox.states() == {DeliveryState.SENT: 60}
    assert server.gateway.resumed == 1
    assert server.refusals == []


def subscribe(app: Application, clock: HandClock, channels: list[Channel]) -> None:
    """Each to the sample article's topic, due at once."""
    for channel in channels:
        app.chats.add_subscription(
            ref(channel.id),
            topic="nato",
            schedule=HOURLY,
            timezone="UTC",
            next_due=clock.now,
            created_by=str(READER.id),
            now=clock.now,
        )


async def test_whoever_ordered_hears_that_we_may_not_write_and_the_digest_comes_when_we_may(
    server: DiscordServer, app: Application, clock: HandClock
) -> None:
    server.users.append(READER)
    channel = server.add_channel(server.add_guild("Newsroom"), "alliance")
    async with serving(server, app.service) as chat:
        await seen(server)
        dispatcher = dispatcher_of(app, chat)
        subscribe(app, clock, [channel])
        channel.bot_permissions &= ~SEND_MESSAGES
        for _ in range(3):
            await deliver_due(app, dispatcher)
            clock.now += timedelta(hours=1)
        [direct] = [c for c in server.channels.values() if READER in c.recipients]
        [told] = direct.shown
        assert "“nato” is ready, but I may not write in #alliance (Newsroom)." in told.text.replace("\\", "")
        assert channel.shown == []
        channel.bot_permissions |= SEND_MESSAGES
        await deliver_due(app, dispatcher)
    assert len(channel.shown) == 1
    assert len(direct.shown) == 1


@pytest.mark.parametrize("lost", ["channel", "server", "forum"])
async def test_orders_end_with_their_channel_their_forum_or_their_server(
    server: DiscordServer, app: Application, clock: HandClock, lost: str
) -> None:
    guild = server.add_guild()
    channel = server.add_channel(guild, type=15 if lost == "forum" else 0)
    place = server.add_channel(guild, "post", type=11, parent=channel) if lost == "forum" else channel
    subscribe(app, clock, [place])
    async with serving(server, app.service):
        await seen(server)
        await (server.remove_bot(guild) if lost == "server" else server.delete_channel(channel))
        await happens(lambda: app.chats.subscriptions(ref(place.id)) == ())


async def test_an_order_ends_where_its_channel_went_while_we_were_away(
    server: DiscordServer, app: Application, clock: HandClock
) -> None:
    away = ChatRef(platform="discord", chat="404")
    app.chats.add_subscription(
        away,
        topic="nato",
        schedule=HOURLY,
        timezone="UTC",
        next_due=clock.now,
        created_by="7",
        now=clock.now,
    )
    async with serving(server, app.service) as chat:
        await deliver_due(app, dispatcher_of(app, chat))
    assert app.chats.subscriptions(away) == ()
