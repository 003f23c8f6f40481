"""Indirect quotes: what somebody is reported to have said, in the reporter's words.

"Mattis warned that the fight is not over", "the fight is not over, Mattis said", "according to Mattis, ...".
One a sentence at most, and none from a sentence with quotation marks, whose quote says it better.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from articles.model import Span
from summarizer import lexicon
from summarizer.quotes.cues import Cue, CueForm
from summarizer.quotes.features import bucketed
from summarizer.quotes.mentions import MentionKind
from summarizer.quotes.reading import Reading

_SAYING = lexicon.listed(
    "said says say told added adds argued argues claimed claims insisted insists noted notes warned warns "
    "stressed stresses explained explains acknowledged acknowledges admitted admits predicted predicts "
    "suggested suggests believes believed thinks announced announces declared declares wrote writes tweeted "
    "contends contended maintains maintained conceded concedes vowed vows pledged pledges promised promises"
)
_BARE = lexicon.listed(  # these report without "that" too
    "said says say told added adds argued argues claimed claims insisted insists noted notes warned warns "
    "stressed explained explains acknowledged admitted predicted predicts suggested suggests wrote writes "
    "tweeted contends contended conceded thinks believes believed"
)
_HEARERS = lexicon.listed("told tells reminded reminds assured assures warned warns informed")
_CLAUSE_OPENERS = lexicon.listed(
    "he she it they we i you there this that these those his her its their our the a an some many most no "
    "all both each every what if when while any such one"
)
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Paraphrase:
    """The reporter's words for what a cue's source said."""

    cue: Cue
    content: Span


def find_paraphrases(reading: Reading) -> Iterator[Paraphrase]:
    """The indirect quotes of an article in text order, sources not yet resolved."""
    for (start, end), cues in zip(reading.sentences, reading.cues, strict=True):
        if not cues or any(reading.tokens.quoted[start:end]):
            continue
        for cue in cues:
            content = _content(reading, cue, start, end)
            if content is not None:
                yield Paraphrase(cue=cue, content=content)
                break


def paraphrase_features(reading: Reading, paraphrase: Paraphrase) -> list[str]:
    """What tells that a clause is what its source said: the verb, how they stand, who speaks."""
    t, cue = reading.tokens, paraphrase.cue
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
    cues = reading.cues[reading.sentence_at(cue.start)]
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
        f"opens-sentence={reading.sentences[reading.sentence_at(cue.start)][0] == source.start}",
        f"cues={min(4, len(cues))}",
    ]


def _content(reading: Reading, cue: Cue, start: int, end: int) -> Span | None:
    t = reading.tokens
    while end > start and t.words[end - 1] in ".!?":
        end -= 1
    if _trails(reading, cue, start, end):
        return _span(reading, start, min(cue.start, cue.source.start))
    if cue.form is CueForm.ACCORDING:
        return _span(reading, _behind_source(reading, cue, end), end) if cue.start == start else None
    if cue.form is not CueForm.VERB or cue.source.start > cue.start:
        return None
    return _clause_behind(reading, cue, end)


def _trails(reading: Reading, cue: Cue, start: int, end: int) -> bool:
    """Whether source and cue end the sentence behind a comma: "…, Mattis said on Friday."."""
    t, first = reading.tokens, min(cue.start, cue.source.start)
    last = max(cue.end, cue.source.tail, cue.source.end)
    saying = t.lower[cue.start] in _SAYING or cue.form is CueForm.ACCORDING
    return saying and first > start and t.words[first - 1] == "," and end - last <= 5 and cue.strong


def _behind_source(reading: Reading, cue: Cue, end: int) -> int:
    t, at = reading.tokens, cue.source.end
    while at < end and t.words[at - 1] != ",":
        at += 1
    return at


def _clause_behind(reading: Reading, cue: Cue, end: int) -> Span | None:
    """What follows the verb, behind "that" or as a clause right away."""
    t, at = reading.tokens, cue.end
    verb = t.lower[cue.start]
    if verb in _HEARERS:
        following = reading.mention_at(at)
        at = following.end if following is not None else at
        if at < end and t.lower[at] in ("reporters", "him", "her", "them", "us", "me", "supporters"):
            at += 1
    limit = min(end, at + 4)
    for i in range(at, limit):
        if t.lower[i] == "that" and t.words[i - 1] != ",":
            return _span(reading, i + 1, end)
    if verb not in _BARE or at >= end:
        return None
    following = reading.mention_at(at)
    # "Said Ann Lewis, an adviser" gives the source where "said Ann Lewis would come" opens a clause.
    named = (
        following is not None
        and following.kind in (MentionKind.PERSON, MentionKind.NAME)
        and following.end < end
        and t.words[following.end] not in ",(—–-"
    )
    opens = t.lower[at] in _CLAUSE_OPENERS
    return _span(reading, at, end) if cue.strong and (opens or named) else None


def _span(reading: Reading, start: int, end: int) -> Span | None:
    t = reading.tokens
    while end > start and t.words[end - 1] in ",;:—–-":
        end -= 1
    if sum(word[0].isalnum() for word in t.words[start:end]) < _FEWEST_WORDS:
        return None
    return t.span(start, end)
