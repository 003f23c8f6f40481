"""The main job on Telegram: the sample article, the whole app, and python-telegram-bot as it is."""

import pytest

from bot.app.application import Application
from tests.bot.telegram.conftest import Serving
from tests.bot.telegram.main_job import COMMANDS, check_answers
from tests.servers.telegram import Posted, TelegramServer

ANN, BOB = 11, 12


@pytest.mark.slow
async def test_the_sample_article_is_briefed_quoted_and_read_by_section(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    ann = server.person(ANN)
    async with serving(app.service):
        for number, command in enumerate(COMMANDS):
            await server.say(ann, ANN, command)
            await server.next_post(ann, after=number)
    check_answers(*(posted.text for posted in server.posted))


@pytest.mark.slow
async def test_a_bare_number_and_a_button_open_the_section_of_the_brief_that_they_answer(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    group = server.group(-100)
    async with serving(app.service):
        await server.say(group, ANN, "/brief nato")
        brief = await server.next_post(group)
        await server.say(group, BOB, "4", reply_to=brief)
        section = await server.next_post(group, after=1)
        await server.press(brief, "Sections", BOB)
        await server.until(lambda: brief.edits == 1)
    assert section.text.startswith("Defense budgets")
    assert brief.labels()[3:] == ["4 Defense budgets"]


async def test_a_link_into_the_bot_opens_a_brief(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    ann = server.person(ANN)
    async with serving(app.service):
        for number, text in enumerate(
            ["/start brief_nato", "/start story_1", "/start sections_1", "/start x"]
        ):
            await server.say(ann, ANN, text)
            await server.next_post(ann, after=number)
    brief, story, sections, greeting = (posted.text for posted in server.posted)
    assert brief == story
    assert "4. Defense budgets" in sections
    assert greeting.startswith("Pullquote")


async def test_a_brief_is_offered_inline_in_any_chat(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    async with serving(app.service):
        found = await server.ask_inline(ANN, "nato")
        newest = await server.ask_inline(ANN, "")
        nothing = await server.ask_inline(ANN, "gardening & roses")
        await server.until(lambda: {found, newest, nothing} <= set(server.offered))
    (offer,) = server.offered[found]["results"]
    assert offer["title"] == "Mattis Rules Out Military Collaboration with Russia"
    assert "— Jim Mattis" in offer["input_message_content"]["message_text"]
    assert offer["reply_markup"]["inline_keyboard"][0][0]["url"] == (
        "https://t.me/pullquote_bot?start=story_1"
    )
    assert server.offered[newest]["results"] == [offer]
    assert server.offered[nothing].get("results", []) == []
    assert server.offered[nothing]["button"]["start_parameter"] == "brief_gardening_roses"


@pytest.mark.slow
async def test_an_order_ended_by_a_double_tap_is_ended_once_and_without_complaint(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    ann = server.person(ANN)
    async with serving(app.service):
        await server.say(ann, ANN, "/subscribe nato daily 08:00 Europe/Brussels")
        order = await server.next_post(ann)
        queries = [await server.press(order, "Unsubscribe", ANN) for _ in range(2)]
        await server.until(lambda: set(queries) <= set(server.acknowledged))
    assert order.text == "Ended: nato."
    assert not any("text" in server.acknowledged[query] for query in queries)


@pytest.mark.slow
async def test_in_a_channel_an_order_is_given_by_a_post_and_a_reader_does_not_change_what_all_see(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    channel = server.group(-200, kind="channel", admins=(ANN,))
    async with serving(app.service):
        await server.say(channel, ANN, "/subscribe nato daily 08:00")
        ordered = await server.next_post(channel)
        await server.say(channel, ANN, "/brief nato")
        brief = await server.next_post(channel, after=1)
        before = brief.text
        query = await server.press(brief, "Quotes", BOB)
        stopped = await server.press(ordered, "Unsubscribe", BOB)
        await server.until(lambda: {query, stopped} <= set(server.acknowledged))
    assert ordered.text.startswith("nato: new subscription")
    assert server.acknowledged[query]["url"] == "https://t.me/pullquote_bot?start=quotes_1"
    assert (brief.text, len(server.posted)) == (before, 2)
    assert "admins" in server.acknowledged[stopped]["text"]


@pytest.mark.slow
async def test_every_command_of_the_language_is_answered(
    server: TelegramServer, serving: Serving, app: Application
) -> None:
    said = [
        "/start",
        "/help",
        "/brief nato since:3650d",
        "/more",
        "/sections",
        "/section 1",
        "/full",
        "/evidence",
        "/source",
        "/search nato",
        "/subscribe nato weekdays 07:30 Europe/Brussels quiet 22:00-07:00",
        "/pause nato",
        "/resume nato",
        "/subscriptions",
        "/timezone Europe/Brussels",
        "/unsubscribe nato",
        "/status",
        "/export",
        "/forget",
        "/nonsense",
        "/quotes nobody at all",
    ]
    chats = [server.person(1_000 + number) for number in range(len(said))]
    answers: list[Posted] = []
    async with serving(app.service):
        one = server.person(ANN)
        for number, text in enumerate(said):
            # Spread over several chats where nothing hangs together: one chat gets a message a second.
            chat = one if text.split()[0] in ("/more", "/sections", "/source") else chats[number]
            if chat is one and number == 3:
                await server.say(one, ANN, "/brief nato")
                await server.next_post(one)
            before = sum(p.chat == chat.id for p in server.posted)
            await server.say(chat, chat.id, text)
            answers.append(await server.next_post(chat, after=before))
    assert all(answer.text for answer in answers)
    assert not any("went wrong" in answer.text for answer in answers)
