"""Which language a text is in."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN = "und"
MIN_CONFIDENCE = 0.8
SAMPLE_CHARS = 4000


def detect_language(text: str) -> str:
    """The ISO 639-1 code of the text's language; "und" where the text is too short or odd to tell.

    A naive Bayes model over byte n-grams (Lui and Baldwin, "langid.py", ACL 2012), packed with py3langid: it
    reads from no network.
    """
    code, confidence = _identifier().classify(text[:SAMPLE_CHARS])
    known = len(code) == len("en") and confidence >= MIN_CONFIDENCE
    return str(code) if known else UNKNOWN


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
