"""Attribution by rules: quoted passages -> the mention that is the source of each.

A passage gets the best cue of its sentence. In a sentence without a cue, it continues the quotation of the
passage before it.
"""

from dataclasses import dataclass

from summarizer.quotes.cues import Cue, CueForm
from summarizer.quotes.document import Document
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.passages import Passage


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


class RuleAttributor:
    """Attribution without learned weights. The learned scorers use it as evidence."""

    def __init__(self, doc: Document) -> None:
        self._doc = doc
        self._t = doc.tokens
        self._sentences = doc.sentences

    def attribute(self) -> list[Attribution | None]:
        """One attribution for each passage; None if no cue is near it."""
        done: list[Attribution | None] = []
        before: int | None = None  # the last passage that is speech
        for number in range(len(self._doc.passages)):
            done.append(self._one(number, before, done[before] if before is not None else None))
            if not self._doc.titles_or_names[number]:
                before = number
        return done

    def _one(self, number: int, before: int | None, previous: Attribution | None) -> Attribution | None:
        passage = self._doc.passages[number]
        sentence = self._doc.positions[number].sentence
        signature = self._signature(number)
        if signature is not None:
            return Attribution(source=signature, cue=None, confidence=_SIGNED, signed=True)
        if passage.continues and previous is not None:
            return previous
        found = self._in_sentence(passage, sentence)
        if found is not None:
            return found
        apart = passage.paragraph - self._doc.passages[before].paragraph if before is not None else 9
        if apart == 0 and previous is not None:
            return Attribution(source=previous.source, cue=None, confidence=0.9 * previous.confidence)
        colon = self._introduced_by_colon(self._sentences[sentence][0])
        if colon is not None:
            return colon
        if apart == 1 and previous is not None:
            return Attribution(source=previous.source, cue=None, confidence=0.7 * previous.confidence)
        return self._sentence_before(sentence)

    def _signature(self, number: int) -> Mention | None:
        """The signature of a passage: "…" — Jane Doe, or the last line of a pull quote."""
        t, last = self._t, self._doc.positions[number].last
        at = last
        while at < len(t) and t.words[at] in _DASHES:
            at += 1
        pulled = at == last
        if at >= len(t) or t.quoted[at] or (pulled and self._doc.passages[number].closed):
            return None
        mention = self._doc.mention_at(at)
        if mention is None or mention.kind not in (MentionKind.PERSON, MentionKind.NAME):
            return None
        end = mention.end
        line_ends = end >= len(t) or t.paragraph[end] != t.paragraph[at]
        if pulled:
            opens = t.paragraph[at] != t.paragraph[at - 1]
            return mention if opens and self._closes_with_mark(at) else None
        return mention if line_ends or t.words[end] in _SIGNATURE_ENDS else None

    def _closes_with_mark(self, at: int) -> bool:
        """Whether the paragraph from token `at` on is one short line that ends with a quotation mark."""
        t, end = self._t, at
        while end < len(t) and t.paragraph[end] == t.paragraph[at] and end - at <= _LONGEST_SIGNATURE:
            end += 1
        return end - at <= _LONGEST_SIGNATURE and any(word in '"”' for word in t.words[end - 2 : end])

    def _in_sentence(self, passage: Passage, sentence: int) -> Attribution | None:
        t = self._t
        first, last = t.at(passage.outer.start), t.at(passage.outer.end)
        best: Cue | None = None
        best_cost = 40.0
        for cue in self._doc.cues[sentence]:
            cost = self._cost(passage, cue, first, last)
            if cost < best_cost:
                best, best_cost = cue, cost
        if best is None:
            return None
        confidence = 0.95 if best_cost <= 2 else 0.85 if best_cost <= 12 else 0.6
        return Attribution(source=best.source, cue=best, confidence=confidence)

    def _cost(self, passage: Passage, cue: Cue, first: int, last: int) -> float:
        t = self._t
        cost = 0.0 if cue.strong else 8.0
        cost += 1.0 if cue.form is CueForm.PARTICIPLE else 0.0
        inner_end = t.text[passage.span.end - 1]
        if cue.start >= last:
            gap = (
                cue.start - last if cue.source.start > cue.start else min(cue.source.start, cue.start) - last
            )
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
        if inner_end == ",":
            cost += 6.0
        return cost

    def _introduced_by_colon(self, start: int) -> Attribution | None:
        if start == 0 or self._t.words[start - 1] != ":":
            return None
        return self._sentence_before(self._doc.sentence_at(start - 1) + 1, confidence=0.85)

    def _sentence_before(self, sentence: int, confidence: float = 0.4) -> Attribution | None:
        if sentence == 0:
            return None
        cues = self._doc.cues[sentence - 1]
        if cues:
            best = max(cues, key=lambda cue: (cue.strong, cue.start))
            return Attribution(source=best.source, cue=best, confidence=confidence)
        return None
