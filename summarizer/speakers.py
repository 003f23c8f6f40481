"""Names of people: what is a name, what are its parts, and which names can be one speaker's."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest

from rapidfuzz.distance import OSA

from summarizer import lexicon
from summarizer.model import SpeakerId, SpeakerKind

_TITLES = lexicon.words("names", "titles")
SUFFIXES = lexicon.words("names", "suffixes")
BARE_TITLES = lexicon.words("names", "bare titles")
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
_POSSESSIVE = re.compile(r"['’‘`´]s?(?=\s|$)", re.IGNORECASE)
_APOSTROPHE = re.compile(r"['’‘`´]")
_WORD = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b([^\W\d_])\.(?=[^\W\d_]\.)")  # "U.S." is one word, "us"
# Letters that Unicode does not decompose into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
MIN_TYPO = 4  # letters; in a shorter word one typo makes another name


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


def is_possessive(word: str) -> bool:
    return word.endswith(("'s", "’s", "s'", "s’"))


def bare(word: str) -> str:
    """A word without its possessive ending."""
    return word[:-2] if word.endswith(("'s", "’s")) else word.rstrip("'’")


def stem(lower: str) -> str:
    """A word in lower case without its possessive ending, also of a plural."""
    return lower[:-2] if lower.endswith("'s") else lower.rstrip("'")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSpeaker:
    """A speaker of earlier articles."""

    id: SpeakerId
    name_key: str
    kind: SpeakerKind


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name without case, accents, possessive endings and punctuation. Takes any text."""
    plain = _POSSESSIVE.sub("", unicodedata.normalize("NFC", name).strip())
    plain = _DOTTED.sub(r"\1", _APOSTROPHE.sub("", plain)).casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", plain)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(_WORD.findall(letters.casefold()))


def without_titles(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without titles at the start, at least one: "defense secretary jim mattis" -> "jim mattis"."""
    start = next((start for start, word in enumerate(words) if word not in _TITLES), -1)
    return words[start:]


def surname(words: Sequence[str]) -> str:
    """The last word that is not a suffix such as "Jr."."""
    return next((word for word in reversed(words) if word.lower() not in SUFFIXES), words[-1])


def name_key(name: str, kind: SpeakerKind) -> str:
    """A key that is equal for two spellings of one name; empty if the name has no letter."""
    words = name_words(name)
    if kind is SpeakerKind.PERSON:
        words = without_titles(words)
    return " ".join(words[1:] if words[:1] == ("the",) else words)


def same_name(typed: str, name: str) -> bool:
    """Whether the typed name can mean `name`: each word but titles is in it, with at most one typo."""
    wanted, words = without_titles(name_words(typed)), name_words(name)
    return bool(wanted) and all(any(w == word or is_typo(w, word) for word in words) for w in wanted)


def is_typo(typed: str, word: str) -> bool:
    """Whether one typo (a letter more, less or other, or two swapped) turns one word into the other."""
    return len(typed) >= MIN_TYPO and OSA.distance(typed, word, score_cutoff=1) <= 1


def identify(key: str, kind: SpeakerKind, namesakes: Sequence[KnownSpeaker]) -> SpeakerId | None:
    """The known speaker that a name means; None: a new one.

    key: the name's `name_key`. namesakes: the known speakers with that key or that surname. The same name is
    the same speaker. For persons, a name that can be one person's (`can_be_one`) or a surname alone means the
    only namesake that fits; if two fit, it means neither.
    """
    known = [one for one in namesakes if one.kind is kind]
    same = next((one for one in known if one.name_key == key), None)
    if same is not None or kind is not SpeakerKind.PERSON:
        return same.id if same is not None else None
    if " " in key:
        known = [one for one in known if " " in one.name_key and can_be_one(key, one.name_key)]
    return known[0].id if len(known) == 1 else None


def can_be_one(key: str, other: str) -> bool:
    """Whether two full names, as keys, can be one person's.

    Jim, James and James N. Mattis can; Michelle and Barack Obama, Donald Trump and Donald Trump Jr. cannot.
    """
    words, others = tuple(key.split()), tuple(other.split())
    if surname(words) != surname(others) or set(words) & SUFFIXES != set(others) & SUFFIXES:
        return False
    return same_given_names(_given(words), _given(others))


def same_given_names(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether given names in lower case can be one person's. A missing middle name fits any."""
    if not names or not others or not _fits(names[0], others[0]):
        return False
    rest = zip_longest(names[1:], others[1:])
    return all(name is None or other is None or _fits(name, other) for name, other in rest)


def _given(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in SUFFIXES)[:-1]


def _fits(name: str, other: str) -> bool:
    """The same name, its initial, or a short form of it."""
    name, other = name.rstrip("."), other.rstrip(".")
    if name == other:
        return True
    if min(len(name), len(other)) == 1:
        return name[:1] == other[:1]
    return not _nickname_groups().get(name, set()).isdisjoint(_nickname_groups().get(other, set()))


@cache
def _nickname_groups() -> dict[str, set[int]]:
    """Given name -> the numbers of its groups in the list of nicknames."""
    found: dict[str, set[int]] = {}
    for number, names in enumerate(lexicon.rows("nicknames")):
        for name in names:
            found.setdefault(name, set()).add(number)
    return found
