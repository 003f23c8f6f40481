"""Quoted passages -> the mention that each is attributed to, by rules.

Every passage is weighed against every cue of its sentence; a passage without one goes on with the speaker of
the passage before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from summarizer.quotes.cues import Clauses, Cue, CueForm
from summarizer.quotes.mentions import Mention
from summarizer.quotes.spans import Passage
from summarizer.quotes.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """A passage's source and cue, and how sure the rule is."""

    source: Mention
    cue: Cue | None
    confidence: float


class RuleAttributor:
    def __init__(
        self,
        tokens: Tokens,
        mentions: Sequence[Mention],
        clauses: Clauses,
        sentences: Sequence[tuple[int, int]],
    ):
        self._t = tokens
        self._mentions = mentions
        self._clauses = clauses
        self._sentences = sentences

    def attribute(self, passages: Sequence[Passage]) -> list[Attribution | None]:
        """One attribution for each passage, None where nothing near it speaks."""
        done: list[Attribution | None] = []
        sentence = 0
        for number, passage in enumerate(passages):
            first = self._t.at(passage.outer.start)
            while sentence + 1 < len(self._sentences) and self._sentences[sentence][1] <= first:
                sentence += 1
            previous = done[-1] if done else None
            done.append(self._one(passages, number, sentence, previous))
        return done

    def _one(
        self, passages: Sequence[Passage], number: int, sentence: int, previous: Attribution | None
    ) -> Attribution | None:
        passage = passages[number]
        start, end = self._sentences[sentence]
        if passage.continues and previous is not None:
            return previous
        found = self._in_sentence(passage, start, end)
        if found is not None:
            return found
        before = passages[number - 1] if number else None
        if before is not None and before.paragraph == passage.paragraph and previous is not None:
            return Attribution(source=previous.source, cue=None, confidence=0.9 * previous.confidence)
        colon = self._introduced_by_colon(start)
        if colon is not None:
            return colon
        if before is not None and passage.paragraph - before.paragraph == 1 and previous is not None:
            return Attribution(source=previous.source, cue=None, confidence=0.7 * previous.confidence)
        return self._sentence_before(sentence)

    def _in_sentence(self, passage: Passage, start: int, end: int) -> Attribution | None:
        t = self._t
        first, last = t.at(passage.outer.start), t.at(passage.outer.end)
        best: Cue | None = None
        best_cost = 40.0
        for cue in self._clauses.cues(start, end):
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
        i = next(i for i, (_, end) in enumerate(self._sentences) if end >= start)
        return self._sentence_before(i + 1, confidence=0.85)

    def _sentence_before(self, sentence: int, confidence: float = 0.4) -> Attribution | None:
        if sentence == 0:
            return None
        start, end = self._sentences[sentence - 1]
        cues = self._clauses.cues(start, end)
        if cues:
            best = max(cues, key=lambda cue: (cue.strong, cue.start))
            return Attribution(source=best.source, cue=best, confidence=confidence)
        return None
