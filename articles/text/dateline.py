"""Datelines: where and when a dispatch was filed, in front of its first paragraph."""

import re
from dataclasses import dataclass

from articles.text.bylines import is_agency
from articles.text.dates import WrittenDate, find_dates

_DASH = r"(?:—|–|-{1,3}|―|_{1,2})"
_PLACE = r"(?P<place>[^\W\d_][^\n()—–―:\"“”]{1,60}?)"
_AGENCY = r"\((?P<agency>[\w.&' /-]{2,30})\)"
# BRUSSELS (AP) — / LONDON, Feb 16 (Reuters) - / PARIS, 16 February 2017 (AFP) –
_WITH_AGENCY = re.compile(rf"{_PLACE},? {_AGENCY} ?{_DASH} ?(?=\S)")
# WASHINGTON — / KYIV, Ukraine, Feb. 16 — / ROME - / SPRINGFIELD, Ill., Feb. 16, 2017 /PRNewswire/ --
_BARE = re.compile(rf"{_PLACE},?(?: /(?P<agency>[\w .-]{{2,30}})/)? {_DASH} ?(?=\S)")
_LABEL = re.compile(r"(?P<place>[A-Z][A-Z .'’/-]{2,30}[A-Z]):\s+(?=[A-Z\"“‘])")
_HEAD_CHARS = 140
MAX_BARE_WORDS = 3
MIN_CAPITALS = 2  # letters: the place of a dateline without an agency is in capitals


@dataclass(frozen=True, slots=True)
class Dateline:
    """The place as it is written, and the day where there is one."""

    place: str
    filed: WrittenDate | None
    agency: str | None


def split_dateline(paragraph: str, *, with_colon: bool = False) -> tuple[Dateline | None, str]:
    """The dateline in front of `paragraph` and the rest of it; None and all of it where there is none.

    with_colon: a place in capitals before a colon is one too ("SINGAPORE: Oil prices ...").
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
    if certain and (_starts_in_capitals(place) or _is_name(place)):
        return Dateline(place, filed, agency), rest
    # "NATO — an alliance of 28 — meets" and "Trump — Putin's admirer — said" open otherwise than a dispatch.
    opens = not rest[:1].islower() and re.search(rf" {_DASH} ", rest[:_HEAD_CHARS]) is None
    if opens and (_starts_in_capitals(place) or (" — " in match[0] and _is_town(place))):
        return Dateline(place, None, None), rest
    return None, paragraph


def is_labelled(paragraph: str) -> bool:
    """Whether words in capitals and a colon open the paragraph: a place, or who speaks in a transcript."""
    return _LABEL.match(paragraph) is not None


def dateline_alone(line: str, *, bare: bool) -> Dateline | None:
    """The dateline that is all of `line`: "WASHINGTON —"; with `bare`, a place in capitals will do."""
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
    """Whether it could be a town alone, capitals or not: some pages leave capitals to the style sheet."""
    words = place.partition(",")[0].split()
    return 0 < len(words) <= MAX_BARE_WORDS and (_is_name(place) or place.islower())


def _is_name(place: str) -> bool:
    words = place.replace(",", " ").split()
    return 0 < len(words) <= 6 and all(word[0].isupper() or _PARTICLE.fullmatch(word) for word in words)


_PARTICLE = re.compile(r"de|del|las?|los|el|al|of|the|upon|sur|am|an|der|on|le")
