"""Deep links: t.me/the_bot?start=..., which opens a chat with the bot and gives it a command.

Telegram passes on 1 to 64 of A-Z, a-z, 0-9, _ and -. `brief_nato` is /brief nato, and words are parted by _;
`sections_12` is about article 12, and so is `story_12`, its brief. Only what reads can be asked in this way:
following somebody's link must not change anything.
"""

import re

_WORDS = ("brief", "quotes", "search")
_ABOUT_ARTICLE = ("sections", "section", "quotes", "full", "source", "evidence")
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ABOUT = re.compile(r"/([a-z]+) #([0-9]{1,15})(?: ([0-9]{1,4}))?")


def command_of(payload: str) -> str | None:
    """The command that a link's payload stands for; None if it stands for none."""
    if not _PAYLOAD.fullmatch(payload):
        return None
    name, *words = payload.split("_")
    name = name.lower()
    if name == "story" and len(words) == 1 and words[0].isdigit():
        return f"/brief #{words[0]}"
    if name in _ABOUT_ARTICLE and words and all(word.isdigit() for word in words):
        return " ".join([f"/{name}", f"#{words[0]}", *words[1:]])
    if name in _WORDS:
        return " ".join([f"/{name}", *filter(None, words)])
    return None


def payload_of(command: str) -> str | None:
    """The payload of a link that gives this command; None if it is not one about an article."""
    found = _ABOUT.fullmatch(command)
    if found is None:
        return None
    name = "story" if found[1] == "brief" else found[1]
    if name != "story" and name not in _ABOUT_ARTICLE:
        return None
    return "_".join(filter(None, (name, found[2], found[3])))


def link(bot_name: str, payload: str) -> str:
    """The link's URL."""
    return f"https://t.me/{bot_name}?start={payload}"
