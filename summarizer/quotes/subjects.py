"""Noun phrases that no word list knows, given away by the reporting verb beside them.

"Wrote one commenter", "the impostor gushed", "another tweeted", "14 percent said": whatever stands there
speaks, so it is a source like any other.
"""

from summarizer import lexicon
from summarizer.text.tokens import Tokens

_STRONG = lexicon.words("cues", "strong")
_VERBS = lexicon.reporting_verbs()
_FUNCTION = lexicon.words("function_words")
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_DETERMINERS = lexicon.words("function_words", "determiners")
_ALONE = lexicon.listed("another others some many most several few both one two three")  # "others said"
_SHARES = lexicon.listed("percent per")
_LONGEST = 5  # words behind the determiner


def subject_end(tokens: Tokens, start: int) -> int | None:
    """Behind the phrase that opens at token `start`, where a reporting verb stands right beside it.

    None where there is no such phrase.
    """
    t, end = tokens, start + 1
    if t.words[start].isdigit():
        return end + 1 if end < len(t) and t.lower[end] in _SHARES and _verb_at(t, end + 1) else None
    limit = min(len(t), end + _LONGEST)
    while end < limit and _goes_on(t, end, start):
        end += 1
    if end == start + 1:
        return end if t.lower[start] in _ALONE and _strong_at(t, end) else None
    if t.lower[start] not in _DETERMINERS:
        return None
    return end if _verb_at(t, end) or _follows_verb(t, start) else None


def opens_subject(lower: str) -> bool:
    """Whether a word may open such a phrase."""
    return lower in _DETERMINERS or lower in _ALONE or lower.isdigit()


def _goes_on(tokens: Tokens, i: int, start: int) -> bool:
    word, lower = tokens.words[i], tokens.lower[i]
    return (
        not tokens.quoted[i]
        and tokens.paragraph[i] == tokens.paragraph[start]
        and word[0].isalnum()
        and not word[0].isupper()
        and lower not in _FUNCTION
        and lower not in _AUXILIARIES
        and lower not in _VERBS
    )


def _verb_at(tokens: Tokens, i: int) -> bool:
    return i < len(tokens) and not tokens.quoted[i] and tokens.lower[i] in _VERBS


def _strong_at(tokens: Tokens, i: int) -> bool:
    return i < len(tokens) and not tokens.quoted[i] and tokens.lower[i] in _STRONG


def _follows_verb(tokens: Tokens, start: int) -> bool:
    """Whether the phrase stands behind its verb: "…," said the impostor; according to the filing."""
    t = tokens
    if start > 1 and t.lower[start - 2 : start] == ["according", "to"]:
        return True
    return start > 1 and _strong_at(t, start - 1) and (t.quoted[start - 2] or t.words[start - 2] in ",—–-")
