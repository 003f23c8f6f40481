"""Paraphrases: indirect quotes, in the reporter's words.

"Mattis warned that the fight is not over", "the fight is not over, Mattis said", "according to Mattis, ...".
At most one from each sentence, and none from a sentence with quotation marks: its quote is better.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from articles.model import Span
from summarizer import lexicon
from summarizer.quotes.cues import Cue, CueForm
from summarizer.quotes.document import Document
from summarizer.quotes.features import bucketed
from summarizer.quotes.mentions import MentionKind

_BEHIND_CLAUSE = lexicon.words("paraphrases", "behind a clause")
_BEFORE_BARE_CLAUSE = lexicon.words("paraphrases", "before a bare clause")
_VERBS_WITH_HEARER = lexicon.words("paraphrases", "verbs with a hearer")
_HEARERS = lexicon.words("paraphrases", "hearers")
_CLAUSE_OPENERS = lexicon.words("paraphrases", "clause openers")
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Paraphrase:
    """A cue and the content that its source is reported to have said."""

    cue: Cue
    content: Span


def find_paraphrases(doc: Document) -> Iterator[Paraphrase]:
    """The indirect quotes of an article in text order. Their sources are not resolved yet."""
    for (start, end), cues in zip(doc.sentences, doc.cues, strict=True):
        if not cues or any(doc.tokens.quoted[start:end]):
            continue
        for cue in cues:
            content = _content(doc, cue, start, end)
            if content is not None:
                yield Paraphrase(cue=cue, content=content)
                break


def paraphrase_features(doc: Document, paraphrase: Paraphrase) -> list[str]:
    """Features that tell whether a clause is what its source said: verb, word order, source."""
    t, cue = doc.tokens, paraphrase.cue
    source, verb = cue.source, t.lower[cue.start]
    first, last = t.at(paraphrase.content.start), t.at(paraphrase.content.end)
    form = (
        "behind"
        if last <= min(cue.start, source.start)
        else "that"
        if t.lower[first - 1] == "that"
        else cue.form.name
    )
    kind = f"pronoun={source.head}" if source.kind is MentionKind.PRONOUN else source.kind.name
    cues = doc.cues[doc.sentence_at(cue.start)]
    return [
        f"verb={verb}",
        f"form={form}",
        f"verb={verb} form={form}",
        f"strong={cue.strong}",
        f"strong={cue.strong} form={form}",
        f"kind={kind}",
        f"kind={kind} form={form}",
        f"plural={source.plural} head={source.head if source.kind is MentionKind.NOMINAL else ''}",
        f"length={bucketed(last - first)}",
        f"opens={t.lower[first]}",
        f"opens={t.lower[first]} form={form}",
        f"behind-verb={t.lower[cue.end] if cue.end < len(t) else ''}",
        f"gap={bucketed(abs(cue.start - max(source.end, source.tail)))}",
        f"gap={bucketed(abs(cue.start - source.end))} strong={cue.strong}",
        f"before-source={t.lower[source.start - 1] if source.start else ''}",
        f"before-verb={t.lower[cue.start - 1] if cue.start else ''}",
        f"opens-sentence={doc.sentences[doc.sentence_at(cue.start)][0] == source.start}",
        f"cues={min(4, len(cues))}",
    ]


def _content(doc: Document, cue: Cue, start: int, end: int) -> Span | None:
    t = doc.tokens
    while end > start and t.words[end - 1] in ".!?":
        end -= 1
    if _is_at_end(doc, cue, start, end):
        return _span(doc, start, min(cue.start, cue.source.start))
    if cue.form is CueForm.ACCORDING:
        return _span(doc, _behind_source(doc, cue, end), end) if cue.start == start else None
    if cue.form is not CueForm.VERB or cue.source.start > cue.start:
        return None
    return _clause_behind(doc, cue, end)


def _is_at_end(doc: Document, cue: Cue, start: int, end: int) -> bool:
    """Whether source and cue are at the end of the sentence behind a comma: "…, Mattis said on Friday."."""
    t, first = doc.tokens, min(cue.start, cue.source.start)
    last = max(cue.end, cue.source.tail, cue.source.end)
    saying = t.lower[cue.start] in _BEHIND_CLAUSE or cue.form is CueForm.ACCORDING
    return saying and first > start and t.words[first - 1] == "," and end - last <= 5 and cue.strong


def _behind_source(doc: Document, cue: Cue, end: int) -> int:
    t, at = doc.tokens, cue.source.end
    while at < end and t.words[at - 1] != ",":
        at += 1
    return at


def _clause_behind(doc: Document, cue: Cue, end: int) -> Span | None:
    """The clause behind the verb, with or without "that"."""
    t, at = doc.tokens, cue.end
    verb = t.lower[cue.start]
    if verb in _VERBS_WITH_HEARER:
        following = doc.mention_at(at)
        at = following.end if following is not None else at
        if at < end and t.lower[at] in _HEARERS:
            at += 1
    limit = min(end, at + 4)
    for i in range(at, limit):
        if t.lower[i] == "that" and t.words[i - 1] != ",":
            return _span(doc, i + 1, end)
    if verb not in _BEFORE_BARE_CLAUSE or at >= end:
        return None
    following = doc.mention_at(at)
    # "Said Ann Lewis, an adviser" gives the source; "said Ann Lewis would come" opens a clause.
    named = (
        following is not None
        and following.kind in (MentionKind.PERSON, MentionKind.NAME)
        and following.end < end
        and t.words[following.end] not in ",(—–-"
    )
    opens = t.lower[at] in _CLAUSE_OPENERS
    return _span(doc, at, end) if cue.strong and (opens or named) else None


def _span(doc: Document, start: int, end: int) -> Span | None:
    t = doc.tokens
    while end > start and t.words[end - 1] in ",;:—–-":
        end -= 1
    if sum(word[0].isalnum() for word in t.words[start:end]) < _FEWEST_WORDS:
        return None
    return t.span(start, end)
