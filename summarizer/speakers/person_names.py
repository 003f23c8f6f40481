"""What a run of capitalised words names: a person or something else, of which gender."""

from collections.abc import Sequence

from summarizer import lexicon

BARE_TITLES = lexicon.listed("mr mr. mrs mrs. ms ms. miss mx. dr dr. sir dame lord lady")
_PARTICLES = lexicon.listed("van von der de del la le el al bin ibn ben du")
SUFFIXES = frozenset(("jr.", "jr", "sr.", "sr", "ii", "iii", "iv"))
_WOMEN = lexicon.words("roles", "women")
_MEN = lexicon.words("roles", "men")
_PUBLISHERS = lexicon.words("organisations", "publishers")
_PLACES = lexicon.words("places")
_NOT_GIVEN = lexicon.words("not_given_names")
_SMALL = (
    lexicon.words("function_words") - lexicon.listed("will may mark august january april june")
) | lexicon.words("function_words", "auxiliaries") - lexicon.listed("will may")
_GIVEN = lexicon.given_name_genders()
# A given name in front does not make a person of these: "Clinton Foundation", "Marshall University".
_NEVER_SURNAMES = frozenset(
    lexicon.words("organisations", "words")
    - lexicon.listed("hall hill lake west law park bay beach church bridge woods day house power king rivers")
)


def is_person_name(words: Sequence[str], *, titled: bool, described: bool) -> bool:
    """Whether a name is a person's. titled: a title stands before it; described: a role does."""
    lowered = [word.lower() for word in words]
    if lowered[0].startswith("@"):
        return True
    if " ".join(lowered) in _PLACES or " ".join(lowered) in _PUBLISHERS:
        return False
    if any(link in lowered for link in ("of", "the", "for", "&")):
        return False
    if len(words) > 1 and not titled and _is_no_name(lowered):
        return False
    if lowered[0] in _GIVEN and 1 < len(words) <= 4:
        return lowered[-1] not in _NEVER_SURNAMES
    if any(word in _NEVER_SURNAMES for word in lowered) or (len(words) > 1 and lowered[0] in _PUBLISHERS):
        return False
    if len(words) == 1:
        return titled or (described and lowered[0] not in _PUBLISHERS)
    acronym = any(len(word) > 1 and word.isupper() for word in words)
    return titled or (len(words) <= 4 and not acronym and lowered[0] not in _PLACES)


def opens_no_name(lower: str) -> bool:
    """Whether a capitalised word opens no person's name: "White House", "Follow Jane Doe"."""
    return lower in _NOT_GIVEN or lower in _SMALL


def _is_no_name(lowered: Sequence[str]) -> bool:
    """Whether one word gives a run of capitals away: "Black Lives Matter", "Trump Is Wrong"."""
    return lowered[0] in _NOT_GIVEN or any(word in _SMALL and word not in _PARTICLES for word in lowered)


def name_gender(words: Sequence[str], before: Sequence[str]) -> str | None:
    """Where the words before a name or its given name show it: "m" or "f"."""
    for lower in reversed(before):
        if lower in _WOMEN:
            return "f"
        if lower in _MEN:
            return "m"
    given = _GIVEN.get(words[0].lower(), "x") if len(words) > 1 else "x"
    return given if given != "x" else None


def surname_of(words: Sequence[str]) -> str:
    """The last word of a name but for "Jr." and its like."""
    return words[-2] if len(words) > 1 and words[-1].lower() in SUFFIXES else words[-1]


def is_possessive(word: str) -> bool:
    return word.endswith(("'s", "’s", "s'", "s’"))


def bare(word: str) -> str:
    """A word without its possessive ending."""
    return word[:-2] if word.endswith(("'s", "’s")) else word.rstrip("'’")


def stem(lower: str) -> str:
    """A word in lower case without its possessive ending, a plural's too."""
    return lower[:-2] if lower.endswith("'s") else lower.rstrip("'")
