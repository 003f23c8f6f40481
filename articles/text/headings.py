"""Which lines of plain text are titles: a headline, a deck, a section's heading."""

import re

from articles.text.phrases import any_of

MAX_HEADLINE_WORDS, MAX_HEADLINE_CHARS = 28, 220
MAX_HEADING_WORDS, MAX_HEADING_CHARS = 12, 80

# " …" ends what was cut to the length of a headline.
_STOPPED = re.compile(r"(?:[.;,。।]|(?<! )…)['\"”’»)\]]*$|[\"”»]$")
_QUESTION = re.compile(rf"{any_of('question_word')}\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[89]|20)\d\d:?")
_MARKUP = re.compile(r"#{1,6} +(?=\S)|\*\*(?=.*\*\*$)|__(?=.*__$)")
_SPEAKER = re.compile(r"[A-Z][A-Z .'’-]*(?:\([^()]*\))?:")
_INTRODUCTION = re.compile(any_of("introduction"), re.IGNORECASE)
_INNER_STOP = re.compile(r"\b[a-z]{3,}[.!?]['\"”’)\]]* ")  # "Gen. Roe" has none
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SMALL_WORD = re.compile(any_of("title_small_word"), re.IGNORECASE)


def count_words(text: str) -> int:
    """Words in `text`; two characters of Chinese, Japanese or Korean count as one."""
    unspaced = len(_CJK.findall(text))
    return len(_WORD.findall(_CJK.sub(" ", text) if unspaced else text)) + (unspaced + 1) // 2


def is_title(text: str) -> bool:
    """Whether the line could be a headline: it starts like one, is short, and is no complete sentence."""
    if len(text) > MAX_HEADLINE_CHARS or count_words(text) > MAX_HEADLINE_WORDS:
        return False
    first = next((c for c in text if c.isalnum()), "")
    starts_well = first != "" and not first.islower() and text[0] not in "(["
    return starts_well and says_something(text) and _STOPPED.search(text) is None


def says_something(text: str) -> bool:
    """Whether the line has a letter, or is a year, which heads a section of a chronicle."""
    return any(map(str.isalpha, text)) or _YEAR.fullmatch(text) is not None


def bare_words(text: str) -> str:
    """The words in lower case between single spaces, without punctuation, to compare texts by."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def is_heading(text: str) -> bool:
    """Whether the line could head a section: a short title that does not introduce a quote or a list."""
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
        return (
            _SPEAKER.fullmatch(text) is None and count_words(text) <= 4 and _INTRODUCTION.search(text) is None
        )
    return text[0] not in '"“‘«-–—' or text[-1] not in '"”’»'


def is_speaker_label(text: str) -> bool:
    """Whether the line names the next speaker in a transcript: "SEN. ROE:"."""
    return _SPEAKER.fullmatch(text) is not None


def in_title_case(text: str) -> bool:
    """Whether the line is capitalised like a headline, each word or all of it."""
    words = [
        word for word in _WORD.findall(text) if word[0].isalpha() and _SMALL_WORD.fullmatch(word) is None
    ]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


def is_marked(text: str) -> bool:
    """Whether Markdown marks the line as a heading."""
    return _MARKUP.match(text) is not None


def plain_title(text: str) -> str:
    """The title without Markdown; numbering is kept."""
    match = _MARKUP.match(text)
    return text if match is None else text[match.end() :].rstrip("#*_ ")
