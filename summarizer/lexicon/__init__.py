"""Word lists, as text files beside this one: given names, roles, organisations, places, reporting verbs.

Light on purpose: the article itself says most of who is who. The lists break its ties.
"""

from functools import cache
from importlib.resources import files


@cache
def words(file: str, section: str = "") -> frozenset[str]:
    """The words under `[section]` of `file`.txt; "" is what stands before the first section.

    Words are lower case; "_" joins those of several words ("new_york") and is read as a space.
    """
    return _sections(file).get(section, frozenset())


def listed(line: str) -> frozenset[str]:
    """A short list, written where it is used: the words of one string."""
    return frozenset(line.split())


@cache
def given_name_genders() -> dict[str, str]:
    """Given name in lower case -> "m", "f", or "x" where both bear it."""
    return {name: gender for gender in "mfx" for name in words("given_names", gender)}


@cache
def roles() -> frozenset[str]:
    """What a person can be: offices, trades and ties, as heads of a noun phrase or before a name."""
    return words("roles", "roles") | words("roles", "titles") | {"vice-president", "secretary-general"}


@cache
def reporting_verbs() -> frozenset[str]:
    """Every form of a verb that can report what somebody said."""
    return words("cues", "strong") | words("cues", "weak") | words("cues", "participles")


@cache
def long_forms() -> dict[str, str]:
    """Abbreviation -> what it stands for, "fla." -> "florida"; a long form stands for itself."""
    text = files(__package__).joinpath("en", "abbreviations.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {short.replace("_", " "): row[0].replace("_", " ") for row in rows for short in row}


@cache
def _sections(file: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    section = ""
    text = files(__package__).joinpath("en", f"{file}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif not line.startswith("#"):
            found.setdefault(section, set()).update(word.replace("_", " ") for word in line.split())
    return {name: frozenset(members) for name, members in found.items()}
