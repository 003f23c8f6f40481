"""Whether a sentence can be read without those before it."""

import re
from collections.abc import Iterator

# Point back at a sentence that the reader of a brief has not seen.
_CONNECTIVES = re.compile(
    r"(?:but|and|or|so|yet|nor|however|meanwhile|also|still|instead|then|besides|moreover|"
    r"furthermore|nevertheless|nonetheless|therefore|thus|hence|otherwise|likewise|similarly|"
    r"indeed|consequently|in addition|as a result|on the other hand|at the same time|"
    r"in other words|for example|for instance|in response|in contrast|by contrast|among them|"
    r"of those|of these|in turn|that said|even so|after that)\b",
    re.IGNORECASE,
)
_POINTERS = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|them|their|theirs|this|these|those|"
    r"the (?:former|latter|pair|duo|two|trio|incident|move|decision|statement))\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w’'.-]+")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_WORD = re.compile(r"\w[\w’'-]*")
# Capitalised at the start of a sentence without being names.
_COMMON_OPENERS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the in on at by for from to with of as after before when while if although though
        despite during since until because it its there here what who where why how which some
        many most several few all both each every another other one two three no not now today
        yesterday last earlier later this that these those he she they his her their we i you our
        my your asked according under over between among
        """,
    )
)


def stands_alone(sentence: str) -> bool:
    """Whether a reader who has seen nothing else knows whom and what `sentence` is about.

    No connective at its start, and no "he" or "this" before the first name. What is inside quotation marks
    is left out: there, "we" and "this" are the speaker's.
    """
    unquoted = _QUOTED.sub(" ", sentence).strip()
    if _CONNECTIVES.match(unquoted) or not _ends(sentence):
        return False
    pointer = _POINTERS.search(unquoted)
    if pointer is None:
        return bool(_WORD.search(unquoted))
    return any(name.start() < pointer.start() for name in _names(unquoted))


def _names(text: str) -> Iterator[re.Match[str]]:
    """Capitalised words; one that opens the sentence counts only if it could not be a common word there."""
    for match in _NAME.finditer(text):
        if match.start() > 0 or match[0].lower() not in _COMMON_OPENERS:
            yield match


def _ends(sentence: str) -> bool:
    return sentence.rstrip("\"'”’)]»」")[-1:] in frozenset(".!?…。！？؟।")
