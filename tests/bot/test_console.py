import asyncio
import io

from bot.app.application import Application
from bot.console import ConsoleChat, print_reply
from bot.reply import Button, Item, Items, Prose, Quotation, Reply, Title


def shown(reply: Reply) -> str:
    sink = io.StringIO()
    print_reply(reply, sink)
    return sink.getvalue()


async def chat(app: Application, *lines: str) -> tuple[str, ConsoleChat]:
    sink = io.StringIO()
    console = ConsoleChat(io.StringIO("".join(f"{line}\n" for line in lines)), sink)
    async with asyncio.timeout(60):
        await console.serve(app.service)
    return sink.getvalue(), console


async def test_piped_commands_are_answered_in_turn(app: Application) -> None:
    told, console = await chat(app, "/brief nato", "", "/sections", "4")
    assert told.startswith(
        "Mattis Rules Out Military Collaboration with Russia\nVOA News · 16 Feb 2017\n  • "
    )
    assert "  4. Defense budgets\na number shows that section\n\nDefense budgets\nOn Wednesday" in told
    assert console.refused == 0


async def test_refused_commands_are_counted_and_the_rest_is_answered(app: Application) -> None:
    told, console = await chat(app, "/brief xyzzy", "/nope", "/brief nato")
    assert console.refused == 2
    assert "There is no command /nope." in told
    assert "Jim Mattis, United States Secretary of Defense" in told


def test_a_reply_in_plain_text() -> None:
    reply = Reply(
        blocks=(
            Title(text="Headline", url="https://example.org/a"),
            Items(items=(Item(text="One"), Item(text="Two"))),
            Quotation(parts=("We will go", "and win"), speaker="Ann Lee", role="minister", cue="said"),
            Quotation(parts=("she would go",), speaker=None, role=None, label="paraphrased", verbatim=False),
        ),
        buttons=(
            (Button(label="Sections", command="/sections #3"), Button(label="Ann", command="/quotes @1")),
        ),
    )
    assert shown(reply) == (
        "Headline <https://example.org/a>\n"
        "  • One\n"
        "  • Two\n"
        "    “We will go” … “and win”\n"
        "      — Ann Lee, minister (said)\n"
        "    she would go\n"
        "      — speaker not named (paraphrased)\n"
        "Sections: /sections #3 · Ann: /quotes @1\n"
        "\n"
    )


def test_an_article_cannot_steer_the_terminal() -> None:
    told = shown(Reply(blocks=(Prose(text="a\x1b[2Jb\x07c\u202ed [bold]e[/bold] :smile:"),)))
    assert told == "a[2Jbcd [bold]e[/bold] :smile:\n\n\n"
