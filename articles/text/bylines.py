"""Bylines, sign-offs and datelines: who wrote an article, and where and when it was filed."""

import re
from dataclasses import dataclass

from articles.text.dates import WrittenDate, find_dates
from articles.text.phrases import any_of

_BY = re.compile(
    r"(?:(?:written|reported|story|words|text|posted|compiled|report) )?by:? (?P<names>\S.{1,100})",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"\(?(?:additional )?(?:reporting|writing) by (?P<names>[^;()]+?)(?:[;.)]|$)", re.IGNORECASE
)
# What follows the names: "Jane Roe, Associated Press", "Jane Roe | Staff Writer", "Jane Roe in Brussels".
_AFTER_NAMES = re.compile(
    r"\s*(?:[|/•·—–]|\s-\s"
    rf"|,\s*(?=(?:(?:the|a|an|special|for|of)\b|[^,]*\b{any_of('press_word')}\b))"
    r"|\s+(?:in|for|of|at|with)\s+(?=[A-Z])).*$",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"[^\W\d_][\w.'’-]*,?")
_NAME_PARTICLE = re.compile(any_of("name_particle"), re.IGNORECASE)
_JOB = re.compile(rf"(?:{any_of('job_adjective')}[ ,]+)*{any_of('job')}", re.IGNORECASE)
_AGENCIES = re.compile(rf"(?:the )?{any_of('agency')}", re.IGNORECASE)
MAX_BYLINE_WORDS = 14


def read_byline(line: str) -> str | None:
    """The names in a line such as "By Jane Roe and Max Poe, Associated Press"; None if it is no byline."""
    return _names(_BY.fullmatch(line.strip("*_ "))) if len(line.split()) <= MAX_BYLINE_WORDS else None


def read_sign_off(line: str) -> str | None:
    """The reporters in a line such as "(Reporting by Jane Roe; Editing by Max Poe)"; None if it is none."""
    return _names(_SIGN_OFF.match(line))


def _names(match: re.Match[str] | None) -> str | None:
    names = "" if match is None else _AFTER_NAMES.sub("", match["names"]).strip(" ,")
    return names if _are_names(names) else None


def is_job(line: str) -> bool:
    """Whether the line is only a journalist's job, as below a byline: "AP Diplomatic Writer"."""
    return _JOB.fullmatch(line.strip(" ,|")) is not None


def is_agency(line: str) -> bool:
    """Whether the line is only a news agency's name."""
    return _AGENCIES.fullmatch(line.strip(" ()|.-—–")) is not None


def is_name(line: str) -> bool:
    """Whether the line could be only the name of a person or a desk: two to five capitalised words."""
    words = line.split()
    return 2 <= len(words) <= 5 and _are_names(line)


def _are_names(names: str) -> bool:
    words = names.split()
    # A full stop ends a sentence; in a name it occurs only after an initial or in "Jr.".
    if not words or (names.endswith(".") and len(words[-1]) > len("Jr.") + 1):
        return False
    proper = [word for word in words if _NAME_PARTICLE.fullmatch(word.strip(",")) is None]
    return bool(proper) and all(_NAME_WORD.fullmatch(word) and word[0].isupper() for word in proper)


# --- datelines

_DASH = r"(?:—|–|-{1,3}|―|_{1,2})"
_PLACE = r"(?P<place>[^\W\d_][^\n()—–―:\"“”]{1,60}?)"
_AGENCY = r"\((?P<agency>[\w.&' /-]{2,30})\)"
# BRUSSELS (AP) — / LONDON, Feb 16 (Reuters) - / PARIS, 16 February 2017 (AFP) –
_WITH_AGENCY = re.compile(rf"{_PLACE},? {_AGENCY} ?{_DASH} ?(?=\S)")
# WASHINGTON — / KYIV, Ukraine, Feb. 16 — / ROME - / SPRINGFIELD, Ill., Feb. 16, 2017 /PRNewswire/ --
_BARE = re.compile(rf"{_PLACE},?(?: /(?P<agency>[\w .-]{{2,30}})/)? {_DASH} ?(?=\S)")
_LABEL = re.compile(r"(?P<place>[A-Z][A-Z .'’/-]{2,30}[A-Z]):\s+(?=[A-Z\"“‘])")
_PLACE_PARTICLE = re.compile(any_of("place_particle"))
_HEAD_CHARS = 140
MAX_BARE_WORDS = 3
MIN_CAPITALS = 2  # letters: the place of a dateline without an agency is in capitals


@dataclass(frozen=True, slots=True)
class Dateline:
    """The place as it is written, and the day if there is one."""

    place: str
    filed: WrittenDate | None
    agency: str | None


def split_dateline(paragraph: str, *, with_colon: bool = False) -> tuple[Dateline | None, str]:
    """The dateline at the start of `paragraph`, and the rest; None and the whole paragraph if there is none.

    with_colon: a place in capitals before a colon counts too ("SINGAPORE: Oil prices ...").
    """
    label = _LABEL.match(paragraph) if with_colon else None
    if label is not None:
        return Dateline(label["place"], None, None), paragraph[label.end() :]
    head = paragraph[:_HEAD_CHARS]
    match = _WITH_AGENCY.match(head) or _BARE.match(head)
    if match is None:
        return None, paragraph
    filed = next(find_dates(match["place"]), None)
    place = match["place"] if filed is None else match["place"][: filed.start]
    place = place.strip(" ,/")
    rest = paragraph[match.end() :]
    agency = match["agency"]
    certain = filed is not None or (agency is not None and (agency[0].isupper() or is_agency(agency)))
    if certain and (_starts_in_capitals(place) or _is_place_name(place)):
        return Dateline(place, filed, agency), rest
    # "NATO — an alliance of 28 — meets" and "Trump — Putin's admirer — said" are no datelines.
    opens = not rest[:1].islower() and re.search(rf" {_DASH} ", rest[:_HEAD_CHARS]) is None
    if opens and (_starts_in_capitals(place) or (" — " in match[0] and _is_town(place))):
        return Dateline(place, None, None), rest
    return None, paragraph


def is_labelled(paragraph: str) -> bool:
    """Whether the paragraph starts with capitals and a colon: a place, or a speaker in a transcript."""
    return _LABEL.match(paragraph) is not None


def dateline_alone(line: str, *, bare: bool) -> Dateline | None:
    """The dateline that is the whole line: "WASHINGTON —". bare: a place in capitals is enough."""
    dateline, rest = split_dateline(f"{line} X")
    if dateline is not None and rest == "X":
        return dateline
    if bare and len(line.split()) <= MAX_BARE_WORDS and _starts_in_capitals(line):
        return Dateline(line, None, None)
    return None


def _starts_in_capitals(place: str) -> bool:
    """Whether the town is in capitals, as in "KYIV, Ukraine" and "EL PASO, Texas"."""
    town = place.partition(",")[0]
    letters = [c for c in town if c.isalpha()]
    return len(letters) >= MIN_CAPITALS and all(not c.islower() for c in letters) and len(town.split()) <= 5


def _is_town(place: str) -> bool:
    """Whether it could be a town, in any case: on some pages the style sheet makes the capitals."""
    words = place.partition(",")[0].split()
    return 0 < len(words) <= MAX_BARE_WORDS and (_is_place_name(place) or place.islower())


def _is_place_name(place: str) -> bool:
    words = place.replace(",", " ").split()
    return 0 < len(words) <= 6 and all(word[0].isupper() or _PLACE_PARTICLE.fullmatch(word) for word in words)
