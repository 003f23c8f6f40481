"""Who is who across articles: which known speaker a name in another article means."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import zip_longest

from summarizer.model import SpeakerId, SpeakerKind
from summarizer.speakers.names import SUFFIXES, KnownSpeaker, surname


def identify(key: str, kind: SpeakerKind, namesakes: Sequence[KnownSpeaker]) -> SpeakerId | None:
    """Which known speaker a name means; None: somebody new.

    key: the name's `name_key`. namesakes: the known speakers of that key or that surname. The same name is
    the same speaker. For persons, so are names that can be one person's (`can_be_one`), and a surname alone
    is the only known person who bears it; where two are known, it is neither.
    """
    alike = [known for known in namesakes if known.kind is kind]
    for known in alike:
        if known.name_key == key:
            return known.id
    if kind is not SpeakerKind.PERSON:
        return None
    if " " in key:
        alike = [known for known in alike if " " in known.name_key and can_be_one(key, known.name_key)]
    return alike[0].id if len(alike) == 1 else None


def can_be_one(key: str, other: str) -> bool:
    """Whether two full names, as `name_key` gives them, can be one person's.

    Jim, James and James N. Mattis can; Michelle and Barack Obama, Donald Trump and Donald Trump Jr. cannot.
    """
    words, others = tuple(key.split()), tuple(other.split())
    if surname(words) != surname(others) or set(words) & SUFFIXES != set(others) & SUFFIXES:
        return False
    return same_given_names(_given(words), _given(others))


def same_given_names(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two runs of given names, in lower case, can be one person's; a missing middle name fits any."""
    if not names or not others or not _fits(names[0], others[0]):
        return False
    rest = zip_longest(names[1:], others[1:])
    return all(name is None or other is None or _fits(name, other) for name, other in rest)


def _given(words: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(word for word in words if word not in SUFFIXES)
    return kept[:-1]


def _fits(name: str, other: str) -> bool:
    """The same name, its initial, or a short form of it."""
    name, other = name.rstrip("."), other.rstrip(".")
    if name == other:
        return True
    if min(len(name), len(other)) == 1:
        return name[:1] == other[:1]
    return not _groups().get(name, frozenset()).isdisjoint(_groups().get(other, frozenset()))


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Given name -> the lines of the list of nicknames that it stands in."""
    found: dict[str, set[int]] = {}
    lines = (
        files("summarizer.lexicon").joinpath("en", "nicknames.txt").read_text(encoding="utf-8").splitlines()
    )
    for number, line in enumerate(lines):
        for name in line.split() if not line.startswith("#") else ():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}
