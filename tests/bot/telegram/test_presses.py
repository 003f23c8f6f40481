"""Buttons under answers, as they are pressed."""

import asyncio

import pytest

from bot.ports import IncomingCommand
from bot.reply import Button, Reply, refusal
from bot.telegram.answering import DOUBLE_TAP_S
from tests.bot.telegram.conftest import Serving
from tests.bot.telegram.conversations import Scripted, prose
from tests.servers.telegram import Posted, TelegramServer

ANN, BOB = 11, 12


def paged(request: IncomingCommand) -> Reply:
    match request.parsed.text:
        case "/brief":
            button = Button(label="Sections", command="/sections")
            return prose("A brief", (button, Button(label="More", command="/more")))
        case "/sections":
            return prose("1. The lede", (Button(label="Sections", command="/sections"),))
        case "/more":
            return refusal("There is nothing more to that.")
        case _:
            return prose("something else")


async def brief_with_buttons(server: TelegramServer) -> Posted:
    await server.say(server.person(ANN), ANN, "/brief")
    return await server.next_post(server.person(ANN))


async def test_a_button_edits_its_message_in_place(server: TelegramServer, serving: Serving) -> None:
    talk = Scripted(paged)
    async with serving(talk):
        brief = await brief_with_buttons(server)
        query = await server.press(brief, "Sections", ANN)
        await server.until(lambda: query in server.acknowledged)
    assert (brief.text, brief.edits, len(server.posted)) == ("1. The lede", 1, 1)
    assert "text" not in server.acknowledged[query]
    assert talk.requests[-1].replied_to == str(brief.id)
    assert talk.posts[-1][2] == str(brief.id)


async def test_a_button_pressed_twice_does_nothing_twice(server: TelegramServer, serving: Serving) -> None:
    async with serving(Scripted(paged)):
        brief = await brief_with_buttons(server)
        queries = [await server.press(brief, "Sections", ANN) for _ in range(2)]
        await server.until(lambda: all(query in server.acknowledged for query in queries))
    assert (brief.edits, len(server.posted)) == (1, 1)
    assert not any("text" in server.acknowledged[query] for query in queries)


async def test_a_double_tap_on_more_goes_on_by_one(server: TelegramServer, serving: Serving) -> None:
    more = Button(label="More", command="/more")
    asked: list[str] = []

    def next_story(request: IncomingCommand) -> Reply:
        asked.append(request.parsed.text)
        return prose(f"Story {len(asked)}", (more,))

    ann = server.person(ANN)
    async with serving(Scripted(next_story)):
        await server.say(ann, ANN, "/brief")
        brief = await server.next_post(ann)
        queries = [await server.press(brief, "More", ANN) for _ in range(3)]
        await server.until(lambda: all(query in server.acknowledged for query in queries))
        assert brief.text == "Story 2"
        await asyncio.sleep(DOUBLE_TAP_S)
        await server.press(brief, "More", ANN)  # having read it
        await server.until(lambda: brief.edits == 2)
    assert brief.text == "Story 3"


async def test_a_forged_button_gets_a_polite_answer_and_reaches_nobody(
    server: TelegramServer, serving: Serving
) -> None:
    talk = Scripted(paged)
    group = server.group(-100)
    async with serving(talk):
        brief = await brief_with_buttons(server)
        await server.say(group, BOB, "/brief")
        elsewhere = await server.next_post(group)
        asked = len(talk.requests)
        forged = ["/unsubscribe #1", "x" * 64, brief.data("Sections")[:-1], brief.data("Sections")]
        queries = [await server.press(elsewhere, "Sections", BOB, data=data) for data in forged]
        await server.until(lambda: all(query in server.acknowledged for query in queries))
    assert {server.acknowledged[query]["text"] for query in queries} == {
        "This button no longer works here. Please ask again."
    }
    assert len(talk.requests) == asked
    assert elsewhere.edits == 0


async def test_what_a_button_cannot_do_is_said_to_who_pressed_it_alone(
    server: TelegramServer, serving: Serving
) -> None:
    async with serving(Scripted(paged)):
        brief = await brief_with_buttons(server)
        query = await server.press(brief, "More", ANN)
        await server.until(lambda: query in server.acknowledged)
    assert server.acknowledged[query]["text"] == "There is nothing more to that."
    assert (brief.text, len(server.posted)) == ("A brief", 1)


async def test_a_failure_of_ours_is_logged_and_told_in_one_polite_line(
    server: TelegramServer, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: IncomingCommand) -> Reply:
        if request.parsed.text == "/full":
            raise RuntimeError("the disk is full")
        return paged(request)

    button = Button(label="Full text", command="/full")
    async with serving(
        Scripted(lambda r: prose("A brief", (button,)) if r.parsed.text == "/brief" else fail(r))
    ):
        await server.say(server.person(ANN), ANN, "/full")
        posted = await server.next_post(server.person(ANN))
        await server.say(server.person(ANN), ANN, "/brief")
        query = await server.press(await server.next_post(server.person(ANN), after=1), "Full text", ANN)
        await server.until(lambda: query in server.acknowledged)
    assert posted.text.startswith("Something went wrong on my side")
    assert server.acknowledged[query]["text"] == posted.text
    assert [r.exc_info is not None for r in caplog.records if r.message == "telegram update failed"] == [
        True
    ] * 2
