"""The adapter, on the unmodified client, against a Bot API server that refuses what Telegram refuses."""

import asyncio
import logging
import threading
import traceback
from datetime import timedelta
from typing import Any

import pytest

from bot.chat import ChatError, ChatGone, SendFailed
from bot.commands.table import BY_NAME, COMMANDS, Who, parse
from bot.ports import IncomingCommand
from bot.reply import Button, Reply
from bot.telegram.outbound import limits_of
from tests.bot.telegram.conftest import Serving, make_chat, served
from tests.bot.telegram.conversations import Scripted, prose, ref
from tests.servers.telegram import BOT_NAME, TOKEN, Fault, Flood, Refused, TelegramServer

ANN, BOB = 11, 12


async def test_a_command_is_answered_and_the_answer_is_known_by_its_id(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    async with serving(talk):
        await server.say(server.person(ANN), ANN, "/brief nato")
        posted = await server.next_post(server.person(ANN))
    assert posted.text == "re: /brief nato"
    assert not posted.preview
    assert talk.requests == [
        IncomingCommand(chat=ref(ANN), user=str(ANN), parsed=parse("/brief nato"), may_change=True)
    ]
    assert talk.posts[0][2] == str(posted.id)


async def test_menus_are_made_from_the_table_of_commands_by_who_may_use_them(
    server: TelegramServer, serving: Serving
) -> None:
    async with serving(Scripted()):
        await server.until(lambda: "short_description" in server.descriptions)
    menus = {scope: [command["command"] for command in menu] for scope, menu in server.commands.items()}
    everything = [c.name for c in COMMANDS if c.name != "start" and c.who is not Who.OWNERS]
    for_anyone = [name for name in everything if BY_NAME[name].who is Who.ANYONE]
    assert menus == {
        "default": for_anyone,
        "all_private_chats": everything,
        "all_group_chats": for_anyone,
        "all_chat_administrators": everything,
    }
    assert "word for word" in server.descriptions["short_description"]


async def test_a_profile_that_is_as_it_should_be_is_not_written_again(server: TelegramServer) -> None:
    for _ in range(2):
        async with served(make_chat(server.base_url), Scripted()):
            await server.until(lambda: "short_description" in server.descriptions)
    assert (server.called("setMyCommands"), server.called("setMyDescription")) == (4, 1)


async def test_a_server_without_menus_is_served_all_the_same(
    server: TelegramServer, serving: Serving
) -> None:
    server.faults.append(Fault(method="setMyCommands", error=Refused(404, "Not Found: method not found")))
    async with serving(Scripted()):
        await server.say(server.person(ANN), ANN, "/help")
        await server.next_post(server.person(ANN))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "passed_on"),
    [
        ("/brief nato", "/brief nato"),
        (f"/brief@{BOT_NAME} nato", "/brief nato"),
        (f"/brief@{BOT_NAME.upper()}", "/brief"),
        (f"@{BOT_NAME} quotes mattis", "quotes mattis"),
        ("/brief@otherbot nato", None),
        ("good morning everybody", None),
        (f"@{BOT_NAME}_fan hello", None),
    ],
)
async def test_in_a_group_only_what_is_addressed_to_the_bot_is_answered(
    server: TelegramServer, serving: Serving, text: str, passed_on: str | None
) -> None:
    talk = Scripted()
    group = server.group(-100)
    async with serving(talk):
        await server.say(group, ANN, text)
        asked = await server.say(group, ANN, "/help")
        last = 0 if passed_on is None else 1
        post = await server.next_post(group, after=last)
    assert [request.parsed.text for request in talk.requests] == [
        *([passed_on] if passed_on else []),
        "/help",
    ]
    assert post.reply_to == asked


async def test_plain_words_are_for_the_bot_in_private_and_as_an_answer_to_it(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    group = server.group(-100)
    async with serving(talk):
        await server.say(server.person(ANN), ANN, "2")
        await server.say(group, ANN, "/brief")
        brief = await server.next_post(group)
        await server.say(group, BOB, "2", reply_to=brief)
        await server.next_post(group, after=1)
    assert [(request.parsed.text, request.replied_to) for request in talk.requests] == [
        ("2", None),
        ("/brief", None),
        ("2", str(brief.id)),
    ]


async def test_an_answer_goes_to_the_topic_that_it_was_asked_in(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    forum = server.group(-100, topics={7})
    async with serving(talk):
        await server.say(forum, ANN, "/brief", thread=7)
        posted = await server.next_post(forum)
    assert posted.thread == 7
    assert talk.requests[0].chat == ref(-100, "7")


async def test_answers_in_one_chat_come_in_the_order_of_the_questions(
    server: TelegramServer, serving: Serving
) -> None:
    release = threading.Event()

    def slow_first(request: IncomingCommand) -> Reply:
        if request.parsed.text == "/brief":
            release.wait(60)
        return prose(request.parsed.text)

    async with serving(Scripted(slow_first)):
        await server.say(server.person(ANN), ANN, "/brief")
        await server.say(server.person(ANN), ANN, "/sections")
        await server.say(server.person(BOB), BOB, "/help")
        await server.next_post(server.person(BOB))  # another chat does not wait
        release.set()
        await server.next_post(server.person(ANN), after=1)
    assert [p.text for p in server.posted] == ["/help", "/brief", "/sections"]


async def test_administrators_may_change_a_group_and_are_looked_up_once(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    group = server.group(-100, admins=(ANN,))
    async with serving(talk):
        for user, text in [
            (ANN, "/subscribe nato"),
            (BOB, "/subscribe nato"),
            (ANN, "/pause"),
            (BOB, "/brief"),
        ]:
            await server.say(group, user, text)
        await server.next_post(group, after=3)
    assert [request.may_change for request in talk.requests] == [True, False, True, False]
    assert [method for method, _ in server.calls].count("getChatMember") == 2


async def test_who_has_become_an_administrator_may_change_the_group_at_once(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    group = server.group(-100, admins=(ANN,))
    async with serving(talk):
        await server.say(group, BOB, "/pause")
        await server.next_post(group)
        await server.promote(group, BOB, "administrator", by=ANN)
        await server.say(group, BOB, "/pause")
        await server.next_post(group, after=1)
    assert [request.may_change for request in talk.requests] == [False, True]


@pytest.mark.parametrize("setting", [{"owners": (BOB,)}, {"everyone_may_change": True}])
async def test_owners_may_change_any_group_and_by_a_setting_everyone_may(
    server: TelegramServer, setting: dict[str, Any]
) -> None:
    talk = Scripted()
    group = server.group(-100)
    async with served(make_chat(server.base_url, **setting), talk):
        await server.say(group, BOB, "/pause")
        await server.next_post(group)
    assert [request.may_change for request in talk.requests] == [True]
    assert server.called("getChatMember") == 0


async def test_only_those_named_in_the_settings_run_the_bot(server: TelegramServer) -> None:
    add = Button(label="Add", command="/addfeed a.example")
    talk = Scripted(
        lambda request: prose("Feeds", (add,)) if request.parsed.text == "/feeds" else prose("Added")
    )
    chat = make_chat(server.base_url, owners=(BOB,), everyone_may_change=True)

    async def ask_and_press(person: int) -> None:
        await server.say(server.person(person), person, "/feeds")
        shown = await server.next_post(server.person(person))
        await server.press(shown, "Add", person)
        await server.until(lambda: shown.edits == 1)

    async with served(chat, talk):
        for person in (ANN, BOB):  # each is alone with the bot, and so in charge of the chat
            await ask_and_press(person)
    assert [request.is_owner for request in talk.requests] == [False, False, True, True]


async def test_who_has_left_a_group_may_not_change_it(server: TelegramServer, serving: Serving) -> None:
    pause = Button(label="Pause", command="/pause #1")
    talk = Scripted(
        lambda r: prose("An order", (pause,)) if r.parsed.text == "/help" else prose(str(r.may_change))
    )
    group = server.group(-100)
    async with serving(talk):
        await server.say(group, ANN, "/help")
        order = await server.next_post(group)
        del group.members[ANN]
        await server.press(order, "Pause", ANN)
        await server.until(lambda: order.edits == 1)
    assert order.text == "False"


async def test_an_answer_that_takes_long_is_announced_by_typing(server: TelegramServer) -> None:
    release = threading.Event()

    def slow(request: IncomingCommand) -> Reply:
        if request.parsed.text == "/brief":
            release.wait(60)
        return prose(request.parsed.text)

    async with served(make_chat(server.base_url, typing_after=timedelta(seconds=0.3)), Scripted(slow)):
        await server.say(server.person(BOB), BOB, "/help")
        await server.next_post(server.person(BOB))
        await server.say(server.person(ANN), ANN, "/brief")
        await server.until(lambda: bool(server.actions))
        release.set()
        await server.next_post(server.person(ANN))
    assert server.actions == [(ANN, "typing")]


@pytest.mark.slow
async def test_a_burst_of_questions_is_answered_within_the_limits(server: TelegramServer) -> None:
    server.flood = Flood()
    people = [server.person(100 + number) for number in range(45)]
    group = server.group(-100)
    async with served(make_chat(server.base_url, chat_limits=limits_of), Scripted()):
        for person in people:
            await server.say(person, person.id, "/brief")
        for _ in range(3):
            await server.say(group, ANN, "/brief")
        await server.next_post(group, after=2)
        await server.until(lambda: len(server.posted) == 48)
    assert server.flood.refused == 0


async def test_an_answer_longer_than_a_message_has_its_buttons_under_the_last(
    server: TelegramServer, serving: Serving
) -> None:
    sections = Button(label="Sections", command="/sections")
    talk = Scripted(lambda _: prose("A sentence of words. " * 400, (sections,)))
    ann = server.person(ANN)
    async with serving(talk):
        await server.say(ann, ANN, "/full")
        last = await server.next_post(ann, after=2)
    assert [p.labels() for p in server.posted] == [[], [], ["Sections"]]
    assert talk.posts[0][2] == str(last.id)


async def test_a_removal_ends_the_chat_and_a_migration_moves_it(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    left, old = server.group(-1, kind="group"), server.group(-2, kind="group")
    async with serving(talk):
        await server.bot_becomes(left, "kicked", by=ANN)
        await server.migrate(old, -1002)
        await server.bot_becomes(server.person(BOB), "kicked", by=BOB)
        await server.say(server.person(ANN), ANN, "/help")
        await server.next_post(server.person(ANN))
    assert set(talk.ended) == {ref(-1), ref(BOB)}
    assert talk.moves == [(ref(-2), ref(-1002))]


async def test_an_answer_follows_a_group_that_has_moved_unnoticed(
    server: TelegramServer, serving: Serving
) -> None:
    old = server.group(-2, kind="group")
    release = threading.Event()

    def slow(request: IncomingCommand) -> Reply:
        release.wait(60)
        return prose("done")

    talk = Scripted(slow)
    async with serving(talk):
        await server.say(old, ANN, "/brief")
        await server.until(lambda: bool(server._updates) is False)
        new = await server.migrate(old, -1002, told=False)
        release.set()
        posted = await server.next_post(new)
    assert (posted.text, posted.reply_to) == ("done", None)
    assert talk.moves == [(ref(-2), ref(-1002))]
    assert [chat for chat, _, _ in talk.posts] == [ref(-1002)]


async def test_a_chat_that_blocks_the_bot_while_it_answers_has_ended(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted()
    ann = server.person(ANN)
    async with serving(talk):
        ann.bot_status = "kicked"
        await server.say(ann, ANN, "/brief")
        await server.until(lambda: server.called("sendMessage") == 1)
        await server.say(server.person(BOB), BOB, "/help")
        await server.next_post(server.person(BOB))
    assert talk.ended == [ref(ANN)]
    assert server.called("sendMessage") == 2  # nothing is tried again


async def test_a_deleted_topic_ends_alone(server: TelegramServer, serving: Serving) -> None:
    forum = server.group(-100, topics={7})
    async with serving(Scripted()) as chat:
        with pytest.raises(ChatGone):
            await chat.send(ref(-100, "8"), prose("digest"), key="1")
        await chat.send(ref(-100, "7"), prose("digest"), key="2")
    assert [p.thread for p in server.posted if p.chat == forum.id] == [7]


@pytest.mark.slow
async def test_the_token_is_in_no_log_and_no_error(
    server: TelegramServer, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.append(Fault(method="getMe", silent=False))  # the connection is closed under the client
    async with serving(Scripted()) as chat:
        await server.say(server.person(ANN), ANN, "/brief")
        await server.next_post(server.person(ANN))
        server.faults.append(Fault(method="sendMessage", error=Refused(500, "Internal Server Error")))
        with pytest.raises(SendFailed) as failed:
            await chat.send(ref(ANN), prose("digest"), key="1")
    assert "HTTP Request" in caplog.text  # httpx does log URLs
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(traceback.format_exception(failed.value))


async def test_a_wrong_token_is_one_clear_line_without_the_token(server: TelegramServer) -> None:
    chat = make_chat(server.base_url, token="1:wrong")
    with pytest.raises(ChatError, match="does not accept the bot's token") as failed:
        await chat.serve(Scripted())
    assert "1:wrong" not in "".join(traceback.format_exception(failed.value))


@pytest.mark.slow
async def test_what_was_handled_is_not_sent_again_after_a_restart(server: TelegramServer) -> None:
    talk = Scripted()
    for _ in range(2):
        async with served(make_chat(server.base_url), talk):
            if not server.posted:
                await server.say(server.person(ANN), ANN, "/brief")
                await server.next_post(server.person(ANN))
    async with served(make_chat(server.base_url), talk):
        await server.say(server.person(BOB), BOB, "/brief")
        await server.next_post(server.person(BOB))
    assert [request.user for request in talk.requests] == [str(ANN), str(BOB)]


async def test_an_answer_in_the_making_is_finished_when_the_bot_stops(
    server: TelegramServer, serving: Serving
) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(request: IncomingCommand) -> Reply:
        asked.set()
        release.wait(60)
        return prose("done")

    async with serving(Scripted(slow)):
        await server.say(server.person(ANN), ANN, "/brief")
        await asyncio.to_thread(asked.wait, 60)
        asyncio.get_running_loop().call_later(0.1, release.set)
    assert [p.text for p in server.posted] == ["done"]


@pytest.mark.slow
async def test_two_processes_that_poll_with_one_token_say_so_once_each(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="bot.telegram.updates"):
        async with (
            served(make_chat(server.base_url, poll_timeout=timedelta(seconds=1)), Scripted()),
            served(make_chat(server.base_url, poll_timeout=timedelta(seconds=1)), Scripted()),
        ):
            await server.until(lambda: server.called("getUpdates") > 6)
    said = [record.message for record in caplog.records if "another process" in record.message]
    assert 1 <= len(said) <= 2
    assert said[0] == "another process polls telegram with the same token"
