"""Attribution by rules: quoted passages -> the mention that is the source of each.

A passage gets the best cue of its sentence. In a sentence without a cue, it continues the quotation of the
passage before it.
"""

from dataclasses import dataclass
from operator import itemgetter

from summarizer.quotes.cues import Cue, CueForm
from summarizer.quotes.document import Document
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.text.words import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The source and the cue of a passage, and the confidence."""

    source: Mention
    cue: Cue | None
    confidence: float
    signed: bool = False  # the source is a signature: "…" — Jane Doe


_SIGNED = 0.97  # confidence
_DASHES = frozenset("―—–-")
_SIGNATURE_ENDS = frozenset(".,(|[:;")
_LONGEST_SIGNATURE = 14  # tokens
_MAX_COST = 40.0  # of a cue


def attribute_by_rules(doc: Document) -> list[Attribution | None]:
    """One attribution for each passage, without learned weights, which use it as evidence.

    None if no cue is near the passage.
    """
    done: list[Attribution | None] = []
    before: int | None = None  # the last passage that is speech
    for number, is_title_or_name in enumerate(doc.titles_or_names):
        done.append(_attribute(doc, number, before, done[before] if before is not None else None))
        if not is_title_or_name:
            before = number
    return done


def _attribute(
    doc: Document, number: int, before: int | None, previous: Attribution | None
) -> Attribution | None:
    passage, sentence = doc.passages[number], doc.positions[number].sentence
    signature = _signature(doc, number)
    if signature is not None:
        return Attribution(source=signature, cue=None, confidence=_SIGNED, signed=True)
    if passage.continues and previous is not None:
        return previous
    found = _in_sentence(doc, number)
    if found is not None:
        return found
    apart = passage.paragraph - doc.passages[before].paragraph if before is not None else 9
    if apart == 0 and previous is not None:
        return Attribution(source=previous.source, cue=None, confidence=0.9 * previous.confidence)
    colon = _introduced_by_colon(doc, doc.sentences[sentence][0])
    if colon is not None:
        return colon
    if apart == 1 and previous is not None:
        return Attribution(source=previous.source, cue=None, confidence=0.7 * previous.confidence)
    return _last_cue(doc, sentence - 1, confidence=0.4)


def _signature(doc: Document, number: int) -> Mention | None:
    """The signature of a passage: "…" — Jane Doe, or the last line of a pull quote."""
    t, last = doc.tokens, doc.positions[number].last
    at = last
    while at < len(t) and t.words[at] in _DASHES:
        at += 1
    pulled = at == last
    if at >= len(t) or t.quoted[at] or (pulled and doc.passages[number].closed):
        return None
    mention = doc.mention_at(at)
    if mention is None or mention.kind not in (MentionKind.PERSON, MentionKind.NAME):
        return None
    if pulled:
        return mention if t.opens_paragraph(at) and _closes_with_mark(t, at) else None
    end = mention.end
    line_ends = end >= len(t) or t.paragraph[end] != t.paragraph[at]
    return mention if line_ends or t.words[end] in _SIGNATURE_ENDS else None


def _closes_with_mark(t: Tokens, at: int) -> bool:
    """Whether the paragraph from token `at` on is one short line that ends with a quotation mark."""
    end = at
    while end < len(t) and t.paragraph[end] == t.paragraph[at] and end - at <= _LONGEST_SIGNATURE:
        end += 1
    return end - at <= _LONGEST_SIGNATURE and any(word in '"”' for word in t.words[end - 2 : end])


def _in_sentence(doc: Document, number: int) -> Attribution | None:
    """The attribution to the best cue in the sentence of a passage."""
    costs = ((_cost(doc, number, cue), cue) for cue in doc.cues[doc.positions[number].sentence])
    cost, best = min(costs, key=itemgetter(0), default=(_MAX_COST, None))
    if best is None or cost >= _MAX_COST:
        return None
    confidence = 0.95 if cost <= 2 else 0.85 if cost <= 12 else 0.6
    return Attribution(source=best.source, cue=best, confidence=confidence)


def _cost(doc: Document, number: int, cue: Cue) -> float:
    """How improbable it is that a passage belongs to a cue: by its distance and the punctuation."""
    t, position = doc.tokens, doc.positions[number]
    first, last = position.first, position.last
    cost = 0.0 if cue.strong else 8.0
    cost += 1.0 if cue.form is CueForm.PARTICIPLE else 0.0
    inner_end = t.text[doc.passages[number].span.end - 1]
    if cue.start >= last:
        gap = min(cue.source.start, cue.start) - last
        cost += gap
        if inner_end in ",—–-" or (inner_end in "?!" and gap <= 1):
            cost -= 8.0
        elif inner_end == ".":
            cost += 12.0
        elif gap > 3:
            cost += 4.0
        return cost
    gap = first - max(cue.end, cue.source.end if cue.form in (CueForm.ACCORDING, CueForm.INVERTED) else 0)
    before = t.words[first - 1] if first else ""
    cost += gap * 0.7
    if before in ":," and gap <= 8:
        cost -= 4.0
    return cost + 6.0 if inner_end == "," else cost


def _introduced_by_colon(doc: Document, start: int) -> Attribution | None:
    if start == 0 or doc.tokens.words[start - 1] != ":":
        return None
    return _last_cue(doc, doc.sentence_at(start - 1), confidence=0.85)


def _last_cue(doc: Document, sentence: int, *, confidence: float) -> Attribution | None:
    """The attribution to the last strong cue of a sentence, or else its last cue. -1: no sentence."""
    if sentence < 0 or not doc.cues[sentence]:
        return None
    best = max(doc.cues[sentence], key=lambda cue: (cue.strong, cue.start))
    return Attribution(source=best.source, cue=best, confidence=confidence)
