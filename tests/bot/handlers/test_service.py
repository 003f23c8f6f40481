"""The main job on the sample article: whole answers, as every platform is given them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from articles.model import Article, Completeness
from bot.app.application import Application
from bot.chat import ChatRef
from bot.reply import Items, Note, Prose, Title
from tests.bot.clocks import HandClock
from tests.bot.talk import ask, commands, post, quotations, words
from tests.samples import CHAT, article

HEADLINE = "Mattis Rules Out Military Collaboration with Russia"
OTHER_CHAT = ChatRef(platform="telegram", chat="other")
MATTIS = (
    "right now.",
    "We are not in a position right now to collaborate on a military level. But our political leaders will "
    "engage and try to find common ground",
    "prove itself",
    "Once I get current…we’ll carve out where we want to go and at that point I can give you a much more "
    "steady answer. Right now I would be concerned with giving you kind of a half-baked one",
    "We thoroughly discussed the increased threats facing our alliance, and unified by the threats to our "
    "democracies I found strong alliance resolve to address these growing threats",
    "moderate its commitment",
    "America will meet its responsibilities, but if your nations do not want to see America moderate its "
    "commitment to the alliance, each of your capitals needs to show its support for our common defense",
)


def test_a_brief_has_headline_origin_bullets_and_key_quotes_with_role(app: Application) -> None:
    reply = ask(app, "/brief nato")
    title, origin, bullets = reply.blocks[:3]
    assert title == Title(text=HEADLINE)
    assert origin == Note(text="VOA News · 16 Feb 2017")
    assert isinstance(bullets, Items)
    assert 2 <= len(bullets.items) <= 3
    key = quotations(reply)
    assert 1 <= len(key) <= 2
    assert key[0].speaker == "Jim Mattis"
    assert key[0].role == "United States Secretary of Defense"
    assert [button.label for row in reply.buttons for button in row] == [
        "Sections",
        "Quotes",
        "Full text",
        "Source",
        "Evidence",
    ]


def test_every_bullet_and_key_quote_stands_in_the_article(app: Application, seed: Article) -> None:
    reply = ask(app, "/brief nato")
    bullets = next(block for block in reply.blocks if isinstance(block, Items))
    assert "on Thursday 16 February ruled out" in bullets.items[0].text
    for item in bullets.items:
        assert item.text.replace("Thursday 16 February", "Thursday") in seed.text
    for quotation in quotations(reply):
        assert all(part in seed.text for part in quotation.parts)


def test_quotes_lists_all_of_a_speakers_passages_and_nobody_elses(app: Application) -> None:
    reply = ask(app, "/quotes mattis")
    assert tuple(part for quotation in quotations(reply) for part in quotation.parts) == MATTIS
    assert {quotation.speaker for quotation in quotations(reply)} == {"Jim Mattis"}
    assert f"{HEADLINE} · VOA News · 16 Feb 2017" in words(reply)
    partial = [quotation.parts[0] for quotation in quotations(reply) if quotation.label == "partial"]
    assert partial == ["right now.", "prove itself", "moderate its commitment"]


@pytest.mark.parametrize("name", ["MATTIS", "Jim Mattis", "mattis's", "Gen. Mattis", "matis", "@1"])
def test_a_speaker_is_found_as_people_type_the_name(app: Application, name: str) -> None:
    assert len(quotations(ask(app, f"/quotes {name}"))) == len(MATTIS)


def test_a_quote_goes_to_whom_the_next_paragraph_names(app: Application) -> None:
    (quotation,) = quotations(ask(app, "/quotes stoltenberg"))
    assert quotation.parts[0].startswith("Today, we will take further steps")
    assert (quotation.speaker, quotation.role) == ("Jens Stoltenberg", "NATO Secretary-General")


def test_sections_are_listed_and_one_is_shown_whole_and_alone(app: Application, seed: Article) -> None:
    ask(app, "/brief nato")
    sections = ask(app, "/sections")
    assert words(sections).splitlines() == [
        HEADLINE,
        "Lede",
        "Islamic State",
        "Dealing with cyber-attacks",
        "Defense budgets",
    ]
    section = ask(app, "/section defense budgets")
    paragraphs = [paragraph.span.of(seed.text) for paragraph in seed.sections[3].paragraphs]
    assert section.blocks == (Title(text="Defense budgets"), *(Prose(text=text) for text in paragraphs))


@pytest.mark.parametrize("line", ["4", "/section 4", "/section Defence budget", "/section DEFENSE"])
def test_a_section_is_found_by_number_or_part_of_its_name(app: Application, line: str) -> None:
    ask(app, "/brief nato")
    assert ask(app, line).blocks[0] == Title(text="Defense budgets")


def test_full_text_comes_in_pages_that_leave_nothing_out(app: Application, seed: Article) -> None:
    ask(app, "/brief nato")
    page, pages = ask(app, "/full", page_chars=800), []
    while True:
        pages.append(words(page).splitlines()[1:])
        following = [command for command in commands(page) if command.endswith(f"page:{len(pages) + 1}")]
        if not following:
            break
        page = ask(app, following[0], page_chars=800)
    told = [line for lines in pages for line in lines]
    headings = [section.heading for section in seed.sections if section.heading]
    assert [line for line in told if line not in headings] == seed.text.split("\n\n")
    assert [line for line in told if line in headings] == headings
    assert len(pages) > 2


def test_evidence_shows_the_paragraph_under_each_bullet(app: Application, seed: Article) -> None:
    ask(app, "/brief nato")
    reply = ask(app, "/evidence")
    shown = [block.text for block in reply.blocks if isinstance(block, Prose)]
    assert shown
    assert set(shown) <= set(seed.text.split("\n\n"))


def test_a_follow_up_to_a_message_is_about_what_that_message_showed(app: Application) -> None:
    app.ingest(article(headline="Storm Hits Coast", text="A storm hit the coast on Monday, officials said."))
    nato = post(app, ask(app, "/brief nato"))
    ask(app, "/brief storm")
    assert "Storm Hits Coast" in words(ask(app, "/source"))
    assert HEADLINE in words(ask(app, "/source", replied_to=nato))


@pytest.mark.parametrize("topic", ["na\ud800to", "\ud83d", "\x00"])
def test_a_topic_with_half_a_character_is_taken_as_any_other(app: Application, topic: str) -> None:
    for command in ("brief", "search", "quotes", "subscribe", "section"):
        assert ask(app, f"/{command} {topic}").blocks
    assert ask(app, "/subscriptions").blocks
    assert ask(app, "/export").blocks


@pytest.mark.slow
def test_a_story_that_others_publish_too_is_told_once_with_who_they_are(
    app: Application, seed: Article
) -> None:
    app.ingest(replace(seed, publisher="Reuters", url="https://reuters.example/1"))
    edited = f"An edited copy. {seed.text}"
    paragraph, end = seed.sections[0].paragraphs[0], len(edited)
    whole = replace(paragraph, span=replace(paragraph.span, start=0, end=end))
    app.ingest(
        replace(
            seed,
            publisher="AP",
            url="https://ap.example/1",
            headline="No Collaboration, Says Mattis",
            text=edited,
            sections=(replace(seed.sections[0], paragraphs=(whole,)),),
        )
    )
    brief = ask(app, "/brief nato")
    assert "Also reported by Reuters, AP" in words(brief)
    assert "That was the last story" in words(ask(app, "/more"))
    assert len(quotations(ask(app, "/quotes mattis"))) == 7
    listed = [block for block in ask(app, "/source").blocks if isinstance(block, Items)][-1]
    assert [item.url for item in listed.items] == ["https://reuters.example/1", "https://ap.example/1"]


def test_chats_do_not_see_what_others_were_shown(app: Application) -> None:
    ask(app, "/brief nato")
    assert "No brief has been shown here yet" in words(ask(app, "/sections", chat=OTHER_CHAT))


def test_more_goes_on_to_the_next_story_and_ends(app: Application) -> None:
    app.ingest(
        replace(
            article(
                headline="NATO Opens Cyber Center",
                text="In Tallinn, President Kersti Kaljulaid and NATO opened a center against hackers.",
            ),
            published=datetime(2017, 2, 16, 15, tzinfo=UTC),
        )
    )
    first = ask(app, "/brief nato")
    second = ask(app, "/more")
    titles = {str(reply.blocks[0].text) for reply in (first, second) if isinstance(reply.blocks[0], Title)}
    assert titles == {HEADLINE, "NATO Opens Cyber Center"}
    assert "That was the last story" in words(ask(app, "/more"))


def test_more_goes_on_with_the_brief_after_a_look_at_its_sections(app: Application) -> None:
    for number in (1, 2):
        told = f"Bridge {number * 31} was closed after ship {number * 17} struck it, engineers said."
        app.ingest(article(headline=f"Bridge {number} closed", text=told))
    first = ask(app, "/brief bridge")
    ask(app, "/full")
    second = ask(app, "/more")
    assert not second.error
    assert first.blocks[0] != second.blocks[0]


def test_a_brief_of_a_part_says_that_it_is_one(app: Application) -> None:
    whole = article(headline="Dam Opens", text="The dam in the hills opened on Monday, its builders said.")
    app.ingest(replace(whole, completeness=Completeness.STUB))
    assert "Only the opening could be read" in words(ask(app, "/brief dam"))


def test_filters_narrow_a_brief(app: Application, clock: HandClock) -> None:
    assert not ask(app, "/brief nato since:2d from:voa lang:en").error
    clock.now += timedelta(days=30)
    assert words(ask(app, "/brief nato since:2d")).startswith("No article on “nato” in the last 2 days.")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/brief xyzzy", "No article on “xyzzy”. There is something on: "),
        ("/quotes nobody", "Nobody called “nobody” is quoted here. Quoted are: Jim Mattis, "),
        ("/quotes mattis about xyzzy", "No quotes by Jim Mattis about “xyzzy”."),
        ("/frobnicate", "There is no command /frobnicate."),
        ("/section #1 nowhere", "There is no section “nowhere” in"),
        ("/full #999", "That article is no longer stored."),
        ("/quotes @999", "That speaker is no longer stored."),
        ("/unsubscribe 3", "This chat has no subscriptions."),
        ("/timezone Atlantis", "“Atlantis” is not a time zone"),
        ("/subscribe nato since:7d daily", "since:, from: and lang: are for /brief"),
        ("/subscribe daily", "Try: /subscribe nato"),
        ("/subscribe nato match:( daily", "“match:(” is not a filter"),
        ("/quotes about russia", "Try: /quotes mattis"),
        ("/quotes since:7d", "Try: /quotes mattis"),
        ("/brief nato since:9999w", "since:9999w is not a span of time"),
        ("/section #1 e", "There is no section “e”"),
        ("/more\n", "No brief has been shown here yet"),
        ("/subscribe nato every 5h", "“every 5h” is not possible"),
    ],
)
def test_what_cannot_be_answered_is_one_line_with_what_is_there(
    app: Application, line: str, answer: str
) -> None:
    reply = ask(app, line)
    assert reply.error
    assert words(reply).startswith(answer)
    assert len(words(reply).splitlines()) == 1


def test_a_subscription_is_said_back_with_its_next_times(app: Application) -> None:
    reply = ask(app, "/subscribe nato weekdays 08:00 Europe/Brussels")
    assert words(reply).splitlines() == [
        "nato: new subscription",
        "Weekdays at 08:00, Europe/Brussels time.",
        "Next: Fri 17 Feb 08:00, Mon 20 Feb 08:00, Tue 21 Feb 08:00",
    ]
    listed = words(ask(app, "/subscriptions"))
    assert "nato: weekdays at 08:00, Europe/Brussels; next Fri 17 Feb 08:00" in listed


def test_a_topic_in_other_letters_is_the_same_subscription(app: Application) -> None:
    ask(app, "/subscribe nato daily 08:00")
    ask(app, "/subscribe NATO daily 09:00")
    assert [each.topic for each in app.chats.subscriptions(CHAT)] == ["nato"]


def test_resume_leaves_alone_what_is_not_paused(app: Application) -> None:
    ask(app, "/subscribe nato daily 08:00")
    assert words(ask(app, "/resume")) == "No subscription here is paused."


def test_a_subscription_made_again_is_changed_not_doubled(app: Application) -> None:
    ask(app, "/subscribe nato daily 08:00")
    assert "subscription changed" in words(ask(app, "/subscribe nato hourly"))
    assert len(app.chats.subscriptions(CHAT)) == 1


def test_subscriptions_are_paused_resumed_and_ended_by_number_topic_or_button(app: Application) -> None:
    for topic in ("nato", "russia", "fed"):
        ask(app, f"/subscribe {topic} daily 08:00")
    assert words(ask(app, "/pause russia")) == "Paused: russia."
    assert "russia: daily at 08:00, UTC; paused" in words(ask(app, "/subscriptions"))
    assert words(ask(app, "/resume 2")) == "Resumed: russia."
    end_nato = next(c for c in commands(ask(app, "/subscriptions")) if c.startswith("/unsubscribe"))
    assert words(ask(app, end_nato)) == "Ended: nato."
    assert words(ask(app, end_nato)).startswith("There is no subscription")
    assert [each.topic for each in app.chats.subscriptions(CHAT)] == ["russia", "fed"]
    assert ask(app, "/unsubscribe").error
    assert words(ask(app, "/pause")) == "Paused: russia, fed."


def test_another_chats_subscription_cannot_be_ended_by_its_button(app: Application) -> None:
    reply = ask(app, "/subscribe nato daily 08:00")
    ask(app, "/subscribe russia", chat=OTHER_CHAT)
    button = next(c for c in commands(reply) if c.startswith("/unsubscribe"))
    assert ask(app, button, chat=OTHER_CHAT).error
    assert len(app.chats.subscriptions(CHAT)) == 1


@pytest.mark.parametrize(
    "line", ["/subscribe nato", "/unsubscribe nato", "/pause", "/forget yes", "/timezone Europe/Paris"]
)
def test_who_may_not_change_a_chat_changes_nothing(app: Application, line: str) -> None:
    ask(app, "/subscribe nato daily 08:00")
    before = app.chats.export(CHAT)
    reply = ask(app, line, may_change=False)
    assert "Only this chat's admins" in words(reply)
    assert app.chats.export(CHAT) == before


def test_what_had_to_be_guessed_is_asked_before_it_is_stored(app: Application) -> None:
    reply = ask(app, "/subscribe nato every weekday morning Berlin")
    assert words(reply).splitlines() == [
        "nato: is this what you mean?",
        "Weekdays at 08:00, Europe/Berlin time.",
        "Next: Fri 17 Feb 08:00, Mon 20 Feb 08:00, Tue 21 Feb 08:00",
        "I read “morning” as 08:00.",
        "Not subscribed yet.",
    ]
    assert app.chats.subscriptions(CHAT) == ()
    (command,) = commands(reply)
    assert words(ask(app, command)).startswith("nato: new subscription\nWeekdays at 08:00, Europe/Berlin")
    assert len(app.chats.subscriptions(CHAT)) == 1


def test_a_guess_too_long_for_a_button_is_confirmed_by_sending_it(app: Application) -> None:
    topic = "a long topic of many words that goes on for quite a while"
    reply = ask(app, f"/subscribe {topic} every morning")
    assert commands(reply) == []
    assert f"send /subscribe {topic} daily 08:00" in words(reply)


def test_an_ambiguous_zone_is_asked_for_and_set_by_a_button(app: Application) -> None:
    reply = ask(app, "/timezone CST")
    assert words(reply) == "Which time zone is “CST”?"
    assert commands(reply) == [
        "/timezone America/Chicago",
        "/timezone Asia/Shanghai",
        "/timezone America/Havana",
    ]
    assert "it is 02:00 there" in words(ask(app, commands(reply)[1]))
    choice = ask(app, "/subscribe nato 08:00 IST")
    assert app.chats.subscriptions(CHAT) == ()
    assert "Asia/Kolkata time" in words(ask(app, commands(choice)[2]))


def test_a_fixed_offset_is_a_zone_of_its_own(app: Application) -> None:
    assert "Times here are in UTC+02:00 from now on; it is 20:00" in words(ask(app, "/timezone +02:00"))
    assert "UTC+02:00 time" in words(ask(app, "/subscribe nato 08:00"))


def test_anyone_may_ask_for_the_zone_that_admins_alone_may_set(app: Application) -> None:
    assert words(ask(app, "/timezone", may_change=False)).startswith("Times here are in UTC")


def test_times_are_in_the_zone_that_the_chat_sets(app: Application) -> None:
    ask(app, "/timezone berlin")
    assert "Europe/Berlin" in words(ask(app, "/subscribe nato daily 08:00"))
    assert words(ask(app, "/timezone")).startswith("Times here are in Europe/Berlin; it is 19:00 now.")


def test_forget_asks_first_and_then_leaves_nothing(app: Application) -> None:
    ask(app, "/subscribe nato daily 08:00")
    assert commands(ask(app, "/forget")) == ["/forget yes"]
    assert app.chats.subscriptions(CHAT)
    ask(app, "/forget yes")
    assert app.chats.export(CHAT) is None


def test_help_shows_an_example_of_every_command(app: Application) -> None:
    assert "/quotes mattis about russia" in words(ask(app, "/help"))
    assert "every quote is the article's own words" in words(ask(app, "/start"))


def test_completions_come_from_what_is_stored(app: Application) -> None:
    ask(app, "/brief nato")
    ask(app, "/subscribe cyber attacks")
    service = app.service
    assert service.complete(CHAT, "speaker", "matt") == ("Jim Mattis",)
    assert "Islamic State" in service.complete(CHAT, "topic", "isl")
    assert service.complete(CHAT, "section", "def") == ("Defense budgets",)
    assert service.complete(CHAT, "number", "cyb") == ("cyber attacks",)
    assert service.complete(CHAT, "from", "voa") == ("VOA News",)
    assert service.complete(CHAT, "zone", "brussels") == ("Europe/Brussels",)
    assert service.complete(CHAT, "words", "x") == ()


def test_a_chat_that_moves_takes_its_subscriptions_along_and_a_closed_one_loses_them(
    app: Application,
) -> None:
    ask(app, "/subscribe nato")
    app.service.moved(CHAT, OTHER_CHAT)
    assert [each.topic for each in app.chats.subscriptions(OTHER_CHAT)] == ["nato"]
    app.service.gone(OTHER_CHAT)
    assert app.chats.subscriptions(OTHER_CHAT) == ()
