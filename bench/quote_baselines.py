"""What the quote bench is measured against: a plain regex, and textacy where it and a model are installed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_QUOTED = re.compile(r"[\"“]([^\"“”\n]{2,2000})[\"”]")
_NAME = r"(?P<name>(?:[A-Z][\w.’'-]+ ){0,3}[A-Z][\w’'-]+|he|she|they)"
_VERB = r"(?:said|says|told|wrote|added|tweeted)"
_AFTER = re.compile(rf"\s*(?:{_VERB} )?{_NAME}")
_BEFORE = re.compile(rf"{_NAME}\s+{_VERB}\b")


@dataclass(frozen=True, slots=True)
class Baseline:
    name: str
    predict: Callable[[str], list[dict[str, Any]]] | None
    note: str = ""


def available_baselines() -> Iterator[Baseline]:
    yield Baseline("plain regex (quote marks; the nearest X said)", regex_quotes)
    yield _textacy()


def regex_quotes(text: str) -> list[dict[str, Any]]:
    """Every pair of double marks, attributed to the name behind it, or else to the last "X said" before
    it."""
    found: list[dict[str, Any]] = []
    for match in _QUOTED.finditer(text):
        after = _AFTER.match(text, match.end())
        earlier = list(_BEFORE.finditer(text, max(0, match.start() - 400), match.start()))
        source = after or (earlier[-1] if earlier else None)
        found.append({"spans": [list(match.span(1))], "speaker": source["name"] if source else None})
    return found


def _textacy() -> Baseline:
    name = "textacy direct_quotations"
    try:
        import spacy
        from textacy.extract.triples import direct_quotations

        pipeline = spacy.load("en_core_web_sm")
    except (ImportError, OSError) as missing:
        return Baseline(name, None, f"not measured: {missing}")

    def predict(text: str) -> list[dict[str, Any]]:
        return [
            {
                "spans": [[triple.content.start_char, triple.content.end_char]],
                "speaker": " ".join(token.text for token in triple.speaker),
            }
            for triple in direct_quotations(pipeline(text))
        ]

    return Baseline(name, predict)
