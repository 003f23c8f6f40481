"""Whether a sentence can be understood without the sentences before it."""

import re

from summarizer import lexicon

_CONNECTIVE = re.compile(rf"{lexicon.any_of(lexicon.words('references', 'connectives'))}\b", re.IGNORECASE)
_POINTER = re.compile(rf"\b{lexicon.any_of(lexicon.words('references', 'pointers'))}\b", re.IGNORECASE)
_OPENERS = lexicon.words("references", "openers")
_NAME = re.compile(r"\b[A-Z][\w’'.-]+")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_WORD = re.compile(r"\w[\w’'-]*")


def stands_alone(sentence: str) -> bool:
    """Whether a reader of `sentence` alone understands whom and what it is about.

    It has no connective at its start, no "he" or "this" before the first name, and ends like a sentence.
    Quotations are ignored: there, "we" and "this" are the speaker's.
    """
    unquoted = _QUOTED.sub(" ", sentence).strip()
    if _CONNECTIVE.match(unquoted) or sentence.rstrip("\"'”’)]»」")[-1:] not in frozenset(".!?…。！？؟।"):
        return False
    pointer = _POINTER.search(unquoted)
    if pointer is None:
        return _WORD.search(unquoted) is not None
    # A capital at the start makes no name if the word is common there.
    names = (m for m in _NAME.finditer(unquoted) if m.start() > 0 or m[0].lower() not in _OPENERS)
    return any(name.start() < pointer.start() for name in names)
