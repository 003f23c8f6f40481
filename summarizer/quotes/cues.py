"""Cues: reporting words ("said", "according to") and the mention that is the source of each."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from summarizer import lexicon
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.text.words import Tokens


class CueForm(Enum):
    """The grammatical relation between a cue and its source."""

    VERB = "X said"
    INVERTED = "said X"
    PARTICIPLE = "X, saying"
    ACCORDING = "according to X"
    LABEL = "X:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A reporting word with its source."""

    start: int  # tokens [start, end)
    end: int
    source: Mention
    form: CueForm
    strong: bool


_STRONG = lexicon.words("cues", "strong")
_WEAK = lexicon.words("cues", "weak")
_PARTICIPLES = lexicon.words("cues", "participles")
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_SKIPPED = _AUXILIARIES | lexicon.words("cues", "between source and verb")
_BEFORE_NO_SUBJECT = lexicon.words("cues", "before no subject")


class CueFinder:
    """Finds the cues of an article and their sources among its mentions."""

    def __init__(self, tokens: Tokens, mentions: Sequence[Mention]) -> None:
        self._t = tokens
        self._mentions = mentions
        self._starts = [mention.start for mention in mentions]
        self._by_start = {mention.start: mention for mention in mentions}
        self._by_end: dict[int, Mention] = {}
        for mention in mentions:
            for end in (mention.end, mention.tail):
                # The longest phrase with this end is the subject: "a spokesman for Mr. Trump |said".
                self._by_end.setdefault(end, mention)

    def cues(self, start: int, end: int) -> list[Cue]:
        """The cues among tokens [start, end) of one sentence, outside quotations, in order."""
        cues = (self._cue(i, start, end) for i in range(start, end) if not self._t.quoted[i])
        return [cue for cue in cues if cue is not None]

    def _cue(self, i: int, start: int, end: int) -> Cue | None:
        t, lower = self._t, self._t.lower[i]
        if lower == "according" and i + 2 < end and t.lower[i + 1] == "to":
            source = self._mention_behind(i + 2, end)
            return _cue(i, i + 2, source, CueForm.ACCORDING, strong=True)
        if lower == ":" and i > start:
            source = self._by_end.get(i)
            if source is not None and source.start == start:
                return _cue(i, i + 1, source, CueForm.LABEL, strong=True)
            return None
        if lower in _PARTICIPLES:
            return _cue(i, i + 1, self._subject_of_clause(i, start), CueForm.PARTICIPLE, strong=True)
        strong = lower in _STRONG
        if not strong and lower not in _WEAK:
            return None
        source = self._subject(i, start)
        if source is not None:
            return _cue(i, i + 1, source, CueForm.VERB, strong=strong)
        if strong and i + 1 < end and (i == start or t.quoted[i - 1] or t.words[i - 1] in ",—–-"):
            source = self._mention_behind(i + 1, end)
            if source is not None:
                return _cue(i, i + 1, source, CueForm.INVERTED, strong=True)
        return _cue(i, i + 1, self._subject_of_clause(i, start), CueForm.VERB, strong=False)

    def _mention_behind(self, i: int, end: int) -> Mention | None:
        """The mention that starts at token i or after the adverbs and auxiliaries there."""
        while i < end and self._t.lower[i] in _SKIPPED:
            i += 1
        return self._by_start.get(i)

    def _subject(self, verb: int, start: int) -> Mention | None:
        """The mention before a verb, with only adverbs and auxiliaries between them."""
        t, i = self._t, verb
        while i > start and (t.lower[i - 1] in _SKIPPED or t.lower[i - 1].endswith(("ly", "n't"))):
            source = self._by_end.get(i)
            if source is not None and source.start >= start and source.head != "who":
                return source
            i -= 1
        source = self._by_end.get(i)
        if source is None and i > start and t.words[i - 1] == ",":
            source = self._by_end.get(i - 1)
        if source is None or source.start < start:
            return None
        return self._head_of(source, start)

    def _head_of(self, source: Mention, start: int) -> Mention:
        """The head of a phrase: the spokesman in "a spokesman for Trump said"."""
        at = bisect_right(self._starts, source.start) - 1
        for other in reversed(self._mentions[max(0, at - 4) : at]):
            if other.start < start:
                break
            if other.tail >= source.end and not other.possessive and other.end <= source.start:
                source = other
        return source

    def _subject_of_clause(self, verb: int, start: int) -> Mention | None:
        """The subject of the whole clause, for "X did this, saying" and "X did this and said"."""
        t = self._t
        first = bisect_right(self._starts, start - 1)
        last = bisect_right(self._starts, verb - 1)
        fallback: Mention | None = None
        for mention in reversed(self._mentions[first:last]):
            if mention.possessive or mention.end > verb:
                continue
            before = t.lower[mention.start - 1] if mention.start > start else ""
            if before in _BEFORE_NO_SUBJECT:
                continue
            follows = mention.tail
            while follows < verb and (t.lower[follows] in _SKIPPED or t.lower[follows].endswith("ly")):
                follows += 1
            lower = t.lower[follows]
            verbal = (
                lower in _STRONG
                or lower in _WEAK
                or lower.endswith(("ed", "s"))
                or t.lower[mention.tail] in _AUXILIARIES
            )
            if verbal and t.words[follows][0].islower() and mention.head not in ("who", "it"):
                return mention
            fallback = mention
        return fallback


def _cue(start: int, end: int, source: Mention | None, form: CueForm, *, strong: bool) -> Cue | None:
    if source is None or (source.possessive and source.kind is not MentionKind.NOMINAL):
        return None
    return Cue(start=start, end=end, source=source, form=form, strong=strong)
