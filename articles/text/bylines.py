"""Who wrote it: byline lines, sign-offs and the agencies' own names."""

import re

_BY = re.compile(
    r"(?:(?:written|reported|story|words|text|posted|compiled|report) )?by:? (?P<names>\S.{1,100})",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"\(?(?:additional )?(?:reporting|writing) by (?P<names>[^;()]+?)(?:[;.)]|$)", re.IGNORECASE
)
# What follows the names: "Jane Roe, Associated Press", "Jane Roe | Staff Writer", "Jane Roe in Brussels".
_AFTER_NAMES = re.compile(
    r"\s*(?:[|/•·—–]|\s-\s|,\s*(?=(?:(?:the|a|an|special|for|of)\b|[^,]*\b"
    r"(?:writers?|reporters?|correspondents?|editors?|columnists?|critics?|staff|press|news|times"
    r"|post|reuters|journal"
    r"|tribune|herald|service|agency|bureau|chief|media|radio|network|ap|afp|voa|bbc|cnn|upi|npr)\b))"
    r"|\s+(?:in|for|of|at|with)\s+(?=[A-Z])).*$",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"[^\W\d_][\w.'’-]*,?")
_LINKING = re.compile(
    r"and|&|with|de|la|del|der|den|di|da|van|von|bin|bint|al|el|ibn|ben|le|du|dos|y|the|of", re.IGNORECASE
)
_JOB = re.compile(
    r"(?:(?:senior|special|chief|national|political|diplomatic|foreign|staff|business|sports"
    r"|science|ap|the|to|for"
    r"|contributing|associated|press|freelance|white|house)[ ,]+)*"
    r"(?:writers?|reporters?|correspondents?|editors?|columnists?|staff|contributors?|special to .{2,40})",
    re.IGNORECASE,
)
_AGENCIES = re.compile(
    r"(?:the )?(?:associated press|reuters|thomson reuters|agence france[- ]presse|afp|ap|upi"
    r"|united press international"
    r"|voa(?: news)?|voice of america|bbc(?: news)?|dpa|efe|ansa|tass|xinhua|kyodo(?: news)?"
    r"|press association|pa media"
    r"|canadian press|bloomberg(?: news)?)",
    re.IGNORECASE,
)
MAX_BYLINE_WORDS = 14


def read_byline(line: str) -> str | None:
    """The names in a line such as "By Jane Roe and Max Poe, Associated Press", as written; None in others."""
    match = _BY.fullmatch(line.strip("*_ "))
    if match is None or len(line.split()) > MAX_BYLINE_WORDS:
        return None
    names = _AFTER_NAMES.sub("", match["names"]).strip(" ,")
    return names if _are_names(names) else None


def read_sign_off(line: str) -> str | None:
    """The reporters in a line such as "(Reporting by Jane Roe; Editing by Max Poe)"; None in others."""
    match = _SIGN_OFF.match(line)
    if match is None:
        return None
    names = _AFTER_NAMES.sub("", match["names"]).strip(" ,")
    return names if _are_names(names) else None


def is_job(line: str) -> bool:
    """Whether the line is only a journalist's job, as under a byline: "AP Diplomatic Writer"."""
    return _JOB.fullmatch(line.strip(" ,|")) is not None


def is_agency(line: str) -> bool:
    """Whether the line is only a news agency's name."""
    return _AGENCIES.fullmatch(line.strip(" ()|.-—–")) is not None


def is_name(line: str) -> bool:
    """Whether the line could be a person's or a desk's name alone: two to five capitalised words."""
    words = line.split()
    return 2 <= len(words) <= 5 and _are_names(line)


def _are_names(names: str) -> bool:
    words = names.split()
    # A sentence ends with a full stop, a name only where it is an initial or a "Jr.".
    if not words or (names.endswith(".") and len(words[-1]) > len("Jr.") + 1):
        return False
    proper = [word for word in words if _LINKING.fullmatch(word.strip(",")) is None]
    return bool(proper) and all(_NAME_WORD.fullmatch(word) and word[0].isupper() for word in proper)
