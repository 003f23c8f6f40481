"""Which lines of plain copy are titles: a headline, a deck, a section's heading."""

import re

MAX_HEADLINE_WORDS, MAX_HEADLINE_CHARS = 28, 220
MAX_HEADING_WORDS, MAX_HEADING_CHARS = 12, 80

# " …" closes what was cut to a headline's length.
_STOPPED = re.compile(r"(?:[.;,。।]|(?<! )…)['\"”’»)\]]*$|[\"”»]$")
_QUESTION = re.compile(
    r"(?:what|why|how|who|when|where|which|whose|is|are|can|will|does|did|do|could|should|has|have|was)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[89]|20)\d\d:?")
_MARKUP = re.compile(r"#{1,6} +(?=\S)|\*\*(?=.*\*\*$)|__(?=.*__$)")
_SPEAKER = re.compile(r"[A-Z][A-Z .'’-]*(?:\([^()]*\))?:")
# "One user tweeted:", "From the transcript:" introduce what follows.
_CUE = re.compile(
    r"(?:\b(?:said|says|tells|told|writes|wrote|reports|argues|adds|notes|that|is|are|was|were"
    r"|would|will|can|should|must|includes?|follows|below|this)"
    r"|ed|ing):$|^(?:from|via|per|see|here|as|stated|said)\b",
    re.IGNORECASE,
)
_INNER_STOP = re.compile(r"\b[a-z]{3,}[.!?]['\"”’)\]]* ")  # "Gen. Roe" has none
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SMALL = re.compile(
    r"an?|and|as|at|but|by|for|from|in|into|is|nor|off?|on|or|over|per|the|to|up|via|vs|with", re.IGNORECASE
)


def count_words(text: str) -> int:
    """Words in `text`; two characters of Chinese, Japanese or Korean count as one."""
    unspaced = len(_CJK.findall(text))
    return len(_WORD.findall(_CJK.sub(" ", text) if unspaced else text)) + (unspaced + 1) // 2


def is_title(text: str) -> bool:
    """Whether the line could be a headline: it begins like one, is short, and is no finished sentence."""
    if len(text) > MAX_HEADLINE_CHARS or count_words(text) > MAX_HEADLINE_WORDS:
        return False
    first = next((c for c in text if c.isalnum()), "")
    starts_well = first != "" and not first.islower() and text[0] not in "(["
    says_something = any(map(str.isalpha, text)) or _YEAR.fullmatch(text) is not None
    return starts_well and says_something and _STOPPED.search(text) is None


def is_heading(text: str) -> bool:
    """Whether the line could head a section: a short title that introduces nothing."""
    text = plain_title(text)
    if not is_title(text) or len(text) > MAX_HEADING_CHARS or count_words(text) > MAX_HEADING_WORDS:
        return False
    if _INNER_STOP.search(text):
        return False
    last = text[-1]
    if last == "!":
        return text.isupper()
    if last == "?":
        return _QUESTION.match(text) is not None and not re.search(r"[\"“”,;]", text)
    if last == ":":
        return _SPEAKER.fullmatch(text) is None and count_words(text) <= 4 and _CUE.search(text) is None
    return text[0] not in '"“‘«-–—' or text[-1] not in '"”’»'


def is_speaker_label(text: str) -> bool:
    """Whether the line names who speaks next in a transcript: "SEN. ROE:"."""
    return _SPEAKER.fullmatch(text) is not None


def in_title_case(text: str) -> bool:
    """Whether the line is capitalised as a headline is, word by word or all of it."""
    words = [word for word in _WORD.findall(text) if word[0].isalpha() and _SMALL.fullmatch(word) is None]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


def is_marked(text: str) -> bool:
    """Whether light markup (Markdown) says that the line is a heading."""
    return _MARKUP.match(text) is not None


def plain_title(text: str) -> str:
    """The title without light markup, numbering kept."""
    match = _MARKUP.match(text)
    return text if match is None else text[match.end() :].rstrip("#*_ ")
