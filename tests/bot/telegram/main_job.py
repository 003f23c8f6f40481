"""The main job on the sample article: four commands, and what a reader must see."""

from tests.servers.telegram.html import parse

COMMANDS = ("/brief nato", "/quotes mattis", "/sections", "/section defense budgets")

SAID_BY_MATTIS = (
    "“right now.”",
    "“We are not in a position right now to collaborate on a military level. But our political leaders will"
    " engage and try to find common ground”",
    "“prove itself”",
    "“Once I get current…we’ll carve out where we want to go and at that point I can give you a much more"
    " steady answer. Right now I would be concerned with giving you kind of a half-baked one”",
    "“We thoroughly discussed the increased threats facing our alliance, and unified by the threats to our"
    " democracies I found strong alliance resolve to address these growing threats”",
    "“moderate its commitment”",
    "“America will meet its responsibilities, but if your nations do not want to see America moderate its"
    " commitment to the alliance, each of your capitals needs to show its support for our common defense”",
)


def text_of(html: str) -> str:
    """What a reader sees of a message as the bot sent it."""
    return parse(html)[0]


def check_answers(brief: str, quotes: str, sections: str, section: str) -> None:
    """The texts of the four answers."""
    headline, note, *rest = [line for line in brief.split("\n") if line]
    assert headline == "Mattis Rules Out Military Collaboration with Russia"
    assert note.startswith("VOA")
    assert 2 <= sum(line.startswith("• ") for line in rest) <= 3
    assert "— Jim Mattis, " in brief

    assert tuple(line for line in quotes.split("\n") if line.startswith("“")) == SAID_BY_MATTIS
    assert quotes.count("— Jim Mattis") == 7
    assert not any(f"— {name}" in quotes for name in ("Sergei Shoigu", "Jens Stoltenberg", "Donald Trump"))

    assert [line.split(". ", 1)[0] for line in sections.split("\n") if line][1:] == ["1", "2", "3", "4"]

    assert section.startswith("Defense budgets\n\nOn Wednesday, Mattis warned NATO ministers")
    assert section.endswith("The United States pays more than 3.6 percent.")
