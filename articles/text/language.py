"""Which language a text is in, and word lists."""

from functools import cache
from importlib.resources import files

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN = "und"
MIN_CONFIDENCE = 0.8
SAMPLE_CHARS = 4000


def read_words(package: str, file: str) -> frozenset[str]:
    """The words of a text file in that package. "_" joins words; a line with "#" is a comment."""
    lines = files(package).joinpath(file).read_text(encoding="utf-8").splitlines()
    return frozenset(
        word.replace("_", " ") for line in lines if not line.startswith("#") for word in line.split()
    )


STOP_WORDS = read_words(__package__, "stop_words.txt")


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


# Which language an article is in: its text's, and the page's own word between languages that look alike.

# Enough text for the detector to be believed against what the page says.
_ENOUGH_CHARS = 200
_SAMPLE_CHARS = 1_500

# Languages that a detector takes for one another; the publisher knows better.
_ALIKE = (
    frozenset(("no", "nb", "nn", "da", "sv")),
    frozenset(("hr", "sr", "bs", "sl", "mk")),
    frozenset(("ru", "uk", "be", "bg", "mk", "sr")),
    frozenset(("kk", "ky", "tt", "ba", "uz")),
    frozenset(("es", "pt", "gl", "ca", "oc")),
    frozenset(("fa", "ar", "ur", "ps", "ku")),
    frozenset(("cs", "sk")),
    frozenset(("id", "ms", "jv")),
    frozenset(("nl", "af")),
    frozenset(("he", "iw", "yi")),
    frozenset(("hi", "mr", "ne")),
)


def language_of(text: str, *, declared: str | None) -> str:
    """ISO 639-1, or "und". A template's `lang="en"` around Russian text says nothing of the text."""
    found = detect_language(text[:_SAMPLE_CHARS])
    if declared is None or found == declared:
        return found if found != UNKNOWN else declared or UNKNOWN
    are_alike = any(declared in group and found in group for group in _ALIKE)
    return declared if found == UNKNOWN or are_alike or len(text) < _ENOUGH_CHARS else found
