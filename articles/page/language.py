"""Which language an article is in: its text's, and the page's own word between languages that look alike."""

from articles.language import UNKNOWN, detect_language

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
