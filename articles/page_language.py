"""Which language an article is in: what the page declares, where its script does not contradict it."""

import re

_SAMPLE_CHARS = 4_000
_MAJORITY = 0.4

# Scripts by their letters, the languages that are written in each, and the one it names where it is but one.
_SCRIPTS: tuple[tuple[str, frozenset[str], str | None], ...] = (
    (
        "[\u3040-\u30ff]",
        frozenset({"ja"}),
        "ja",
    ),  # kana; Japanese text mixes it with Han, so that it goes first
    ("[\uac00-\ud7af]", frozenset({"ko"}), "ko"),
    ("[\u4e00-\u9fff]", frozenset({"zh", "ja"}), "zh"),
    (
        "[\u0400-\u052f]",
        frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "mn", "tt", "ce", "os", "uz", "az"}),
        None,
    ),
    ("[\u0600-\u06ff]", frozenset({"ar", "fa", "ur", "ps", "sd", "ug", "ku", "ks"}), None),
    ("[\u0590-\u05ff]", frozenset({"he", "iw", "yi"}), "he"),
    ("[\u0370-\u03ff]", frozenset({"el"}), "el"),
    ("[\u0e00-\u0e7f]", frozenset({"th"}), "th"),
    ("[\u0900-\u097f]", frozenset({"hi", "mr", "ne", "sa"}), None),
    ("[\u0980-\u09ff]", frozenset({"bn", "as"}), "bn"),
    ("[\u0b80-\u0bff]", frozenset({"ta"}), "ta"),
    ("[\u10a0-\u10ff]", frozenset({"ka"}), "ka"),
    ("[\u0530-\u058f]", frozenset({"hy"}), "hy"),
    ("[\u1000-\u109f]", frozenset({"my"}), "my"),
)
_LETTER = re.compile(r"[^\W\d_]")
_UNKNOWN = "und"


def language_of(text: str, *, declared: str | None) -> str:
    """ISO 639-1, or "und": a template's `lang="en"` over Russian text says nothing of the text."""
    sample = text[:_SAMPLE_CHARS]
    letters = len(_LETTER.findall(sample))
    if not letters:
        return declared or _UNKNOWN
    for pattern, languages, only in _SCRIPTS:
        # A fifth of a Japanese text in kana is enough; other scripts make up the text that is theirs.
        threshold = 0.1 if "ja" in languages and only == "ja" else _MAJORITY
        if len(re.findall(pattern, sample)) >= threshold * letters:
            return declared if declared in languages else only or _UNKNOWN
    is_latin_text = len(re.findall(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]", sample)) >= _MAJORITY * letters
    if is_latin_text and declared is not None and declared in _NEVER_LATIN:
        return _UNKNOWN
    return declared or _UNKNOWN


_NEVER_LATIN = frozenset(
    {
        "ja",
        "zh",
        "ko",
        "ru",
        "uk",
        "bg",
        "be",
        "ar",
        "fa",
        "ur",
        "he",
        "el",
        "th",
        "hi",
        "bn",
        "ta",
        "ka",
        "hy",
        "my",
    }
)
