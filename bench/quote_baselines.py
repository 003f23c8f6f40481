"""Baselines of the quote bench: a plain regex, and textacy if it and a model are installed."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_QUOTED = re.compile(r"[\"“]([^\"“”\n]{2,2000})[\"”]")
_NAME = r"(?:[A-Z][\w.’'-]*[ \xa0]){0,3}[A-Z][\w’'-]+"
_VERB = (
    r"(?:said|says|told|wrote|added|tweeted|asked|continued|argued|explained|noted|replied|called"
    r"|calling|saying)"
)
_SAID = re.compile(
    rf"\b(?P<before>{_NAME}|[Hh]e|[Ss]he|[Tt]hey)(?:, [^,.\"“”\n]{{2,60}},)? "
    rf"(?:\w+ly |also |has |later ){{0,2}}{_VERB}\b|\b{_VERB} (?:[a-z.]+ ){{0,5}}(?P<behind>{_NAME})"
)
_SPACY_MODEL = "en_core_web_sm"
_OTHER_PARAGRAPH = 200  # characters that a paragraph's end counts for


@dataclass(frozen=True, slots=True)
class Baseline:
    name: str
    predict: Callable[[str], list[dict[str, Any]]] | None
    note: str = ""


def available_baselines() -> Iterator[Baseline]:
    yield Baseline("plain regex (quote marks; the nearest X said)", regex_quotes)
    yield _textacy()


def regex_quotes(text: str) -> list[dict[str, Any]]:
    """Every pair of double marks, attributed to the nearest "X said" or "said X".

    A pronoun there means the speaker before it.
    """
    said = list(_sayings(text))
    found: list[dict[str, Any]] = []
    for match in _QUOTED.finditer(text):
        nearest = min(said, key=lambda saying: _distance(text, match, saying), default=None)
        found.append({"spans": [list(match.span(1))], "speaker": nearest[2] if nearest else None})
    return found


def _sayings(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of each "X said" outside quotation marks."""
    last = ""
    for match in _SAID.finditer(_QUOTED.sub(lambda quoted: '"' * len(quoted[0]), text)):
        name = match["before"] or match["behind"]
        if name.lower() in ("he", "she", "they"):
            name = last or name
        last = name
        yield match.start(), match.end(), name


def _distance(text: str, quoted: re.Match[str], saying: tuple[int, int, str]) -> int:
    start, end, _ = saying
    between = text[min(end, quoted.end()) : max(start, quoted.start())]
    return max(quoted.start() - end, start - quoted.end(), 0) + _OTHER_PARAGRAPH * ("\n" in between)


def _textacy() -> Baseline:
    name = "textacy direct_quotations"
    try:
        import spacy
        from textacy.extract.triples import direct_quotations

        pipeline = spacy.load(_SPACY_MODEL)
    except (ImportError, OSError) as missing:
        return Baseline(name, None, f"not measured, needs textacy and {_SPACY_MODEL} installed: {missing}")

    return Baseline(name, lambda text: triples_of(pipeline(text), direct_quotations))


def triples_of(document: Any, direct_quotations: Callable[[Any], Iterable[Any]]) -> list[dict[str, Any]]:
    """textacy's triples of speaker, cue and content in the scorer's form.

    Empty for a document with an odd number of quotation marks, for which textacy raises ValueError.
    """
    try:
        triples = list(direct_quotations(document))
    except ValueError:
        return []
    return [
        {
            "spans": [[triple.content.start_char, triple.content.end_char]],
            "speaker": " ".join(token.text for token in triple.speaker),
        }
        for triple in triples
    ]
