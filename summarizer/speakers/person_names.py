"""Whether a run of capitalised words is a person's name, and the parts and the gender of a name."""

from collections.abc import Sequence

from summarizer import lexicon

BARE_TITLES = lexicon.words("names", "bare titles")
SUFFIXES = lexicon.words("names", "suffixes")
_PARTICLES = lexicon.words("names", "particles")
_ORGANISATION_LINKS = lexicon.words("names", "organisation links")
_WOMEN = lexicon.words("roles", "women")
_MEN = lexicon.words("roles", "men")
_PUBLISHERS = lexicon.words("organisations", "publishers")
_PLACES = lexicon.words("places")
_NOT_GIVEN = lexicon.words("not_given_names")
_FUNCTION = (lexicon.words("function_words") - lexicon.words("names", "function words")) | (
    lexicon.words("function_words", "auxiliaries") - lexicon.words("names", "auxiliaries")
)
_GIVEN = lexicon.given_name_genders()
# A given name before one of these is not a person: "Clinton Foundation", "Marshall University".
_NEVER_SURNAMES = lexicon.words("organisations", "words") - lexicon.words("names", "surnames")


def is_person_name(words: Sequence[str], *, titled: bool, described: bool) -> bool:
    """Whether a name is a person's. titled: a title is before it; described: a role is before it."""
    lowered = [word.lower() for word in words]
    if lowered[0].startswith("@"):
        return True
    if " ".join(lowered) in _PLACES or " ".join(lowered) in _PUBLISHERS:
        return False
    if not _ORGANISATION_LINKS.isdisjoint(lowered):
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
    """Whether a capitalised word cannot open a person's name: "White House", "Follow Jane Doe"."""
    return lower in _NOT_GIVEN or lower in _FUNCTION


def _is_no_name(lowered: Sequence[str]) -> bool:
    """Whether a single word shows that this is no name: "Black Lives Matter", "Trump Is Wrong"."""
    return lowered[0] in _NOT_GIVEN or any(word in _FUNCTION and word not in _PARTICLES for word in lowered)


def name_gender(words: Sequence[str], before: Sequence[str]) -> str | None:
    """ "m" or "f", if the words before a name or its given name show it."""
    for lower in reversed(before):
        if lower in _WOMEN:
            return "f"
        if lower in _MEN:
            return "m"
    given = _GIVEN.get(words[0].lower(), "x") if len(words) > 1 else "x"
    return given if given != "x" else None


def surname_of(words: Sequence[str]) -> str:
    """The last word of a name that is not a suffix such as "Jr."."""
    return words[-2] if len(words) > 1 and words[-1].lower() in SUFFIXES else words[-1]


def is_possessive(word: str) -> bool:
    return word.endswith(("'s", "’s", "s'", "s’"))


def bare(word: str) -> str:
    """A word without its possessive ending."""
    return word[:-2] if word.endswith(("'s", "’s")) else word.rstrip("'’")


def stem(lower: str) -> str:
    """A word in lower case without its possessive ending, also of a plural."""
    return lower[:-2] if lower.endswith("'s") else lower.rstrip("'")
