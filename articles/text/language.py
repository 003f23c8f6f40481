"""Which language a text is in."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from articles.text.phrases import phrases

UNKNOWN = "und"
MIN_CONFIDENCE = 0.8
SAMPLE_CHARS = 4000

_ENOUGH_CHARS = 200  # of text, to trust the detector more than what the page declares
_SAMPLE_CHARS = 1_500
_CONFUSABLE = tuple(frozenset(line.split()) for line in phrases("confusable_languages"))


def detect_language(text: str) -> str:
    """The ISO 639-1 code of the text's language; "und" if the text is too short or too strange.

    A naive Bayes model over byte n-grams (Lui and Baldwin, "langid.py", ACL 2012). py3langid contains it, so
    that no network is needed.
    """
    code, confidence = _identifier().classify(text[:SAMPLE_CHARS])
    known = len(code) == len("en") and confidence >= MIN_CONFIDENCE
    return str(code) if known else UNKNOWN


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str, *, declared: str | None) -> str:
    """An article's language by its text and by what its page or feed declares: ISO 639-1, or "und".

    A declaration may be a template's: `lang="en"` around Russian text is wrong.
    """
    found = detect_language(text[:_SAMPLE_CHARS])
    if declared is None or found == declared:
        return found if found != UNKNOWN else declared or UNKNOWN
    are_confusable = any(declared in group and found in group for group in _CONFUSABLE)
    return declared if found == UNKNOWN or are_confusable or len(text) < _ENOUGH_CHARS else found
