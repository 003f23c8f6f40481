"""The named features of the learned scorers: of a passage, and of a mention that may be its source."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from summarizer import lexicon
from summarizer.quotes.attribution import Attribution
from summarizer.quotes.document import Document
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.passages import is_named, is_title

_FIRST_PERSON = lexicon.words("pronouns", "first person")
_THIRD_PERSON = lexicon.words("pronouns", "third person")
_STRONG = lexicon.words("cues", "strong")
_WEAK = lexicon.words("cues", "weak")
_PARTICIPLES = lexicon.words("cues", "participles")
_NOUNS = lexicon.words("cues", "nouns")
_MOST_BEFORE, _MOST_AFTER = 20, 10  # candidates on either side of a passage
_PARAGRAPHS_BEFORE, _PARAGRAPHS_AFTER = 3, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousPassage:
    """The number of the passage before, and its source; None if it has none."""

    number: int
    source: Mention | None


def nearby_mentions(doc: Document, number: int) -> list[Mention]:
    """The mentions that may be the source of a passage, in text order."""
    position, paragraph = doc.positions[number], doc.tokens.paragraph
    at = doc.mention_starts_at(position.first)
    paragraphs = range(position.paragraph - _PARAGRAPHS_BEFORE, position.paragraph + _PARAGRAPHS_AFTER + 1)
    near = doc.mentions[max(0, at - _MOST_BEFORE) : at + _MOST_AFTER]
    return [mention for mention in near if paragraph[mention.start] in paragraphs]


def passage_features(doc: Document, number: int) -> list[str]:
    """Features of a passage and of the words around it."""
    t, position, passage = doc.tokens, doc.positions[number], doc.passages[number]
    text = passage.span.of(doc.text)
    words = text.split()
    lowered = set(t.lower[position.first : position.last])
    capitals = sum(word[0].isupper() for word in words)
    found = [
        f"len={bucketed(len(words))}",
        f"last={text[-1] if not text[-1].isalnum() else 'w'}",
        f"case={'U' if text[0].isupper() else 'l'}",
        f"continues={passage.continues} closed={passage.closed}",
        f"pre={word_at(doc, position.first - 1)}",
        f"post={word_at(doc, position.last)}",
        f"opens={t.opens_paragraph(position.first)}",
        f"closes={position.last >= len(t) or t.paragraph[position.last] != position.paragraph}",
        f"cues={min(3, len(doc.cues[position.sentence]))}",
    ]
    if lowered & _FIRST_PERSON:
        found.append("first-person")
    if lowered & _THIRD_PERSON:
        found.append("third-person")
    found.append(f"capitals={capitals * 4 // max(1, len(words))}")
    return found


def speech_features(doc: Document, number: int, attribution: Attribution | None) -> list[str]:
    """Features that tell speech from titles, names of things and scare quotes."""
    t, position, passage = doc.tokens, doc.positions[number], doc.passages[number]
    found = passage_features(doc, number)
    pre, post = word_at(doc, position.first - 1), word_at(doc, position.last)
    text = passage.span.of(doc.text)
    words = text.split()
    length = bucketed(len(words))
    inner = sum(text.count(mark) for mark in '“”"')
    title, named = is_title(t, passage), is_named(t, passage)
    strength = _strength(attribution)
    form = attribution.cue.form.name if attribution is not None and attribution.cue is not None else "none"
    found += [
        f"title={title}",
        f"named={named}",
        f"inner={min(3, inner)} closed={passage.closed}",
        f"title={title} pre={pre}",
        f"title={title} post={post}",
        f"len={length} pre={pre}",
        f"len={length} case={text[0].isupper()} title={title}",
        f"rule={strength} form={form}",
        f"rule={strength} len={length}",
        f"rule={strength} title={title}",
        f"pre2={word_at(doc, position.first - 2)} {pre}",
        f"post2={post} {word_at(doc, position.last + 1)}",
        f"mark={doc.text[passage.outer.start]}{doc.text[passage.outer.end - 1]}",
        f"share={_share(doc, number)}",
        f"len={length} post={post}",
    ]
    if attribution is not None and attribution.cue is not None:
        cue = t.lower[attribution.cue.start]
        found += [f"cue={cue}", f"cue={cue} title={title}", f"cue={cue} pre={pre}"]
        found.append(f"source={attribution.source.kind.name} title={title}")
    if length <= 5:
        found += [f"word={word}" for word in dict.fromkeys(w.strip(".,!?;:…'’").lower() for w in words)]
        found.append("text=" + " ".join(words).lower().strip(".,!?"))
    near = range(max(doc.sentences[position.sentence][0], position.first - 6), position.first)
    return found + [f"near={t.lower[i]}" for i in near if not t.quoted[i]]


def source_features(
    doc: Document,
    number: int,
    mention: Mention,
    *,
    rule: Attribution | None,
    previous: PreviousPassage | None,
    shared: Sequence[str],
    static: Sequence[str],
) -> list[str]:
    """Features of a mention as the source of a passage.

    rule: the attribution by the rules. shared: `passage_features`. static: `mention_features`.
    """
    position = doc.positions[number]
    after = mention.start >= position.last
    where = _where(doc, number, mention, after=after)
    low, high = (position.last, mention.start) if after else (mention.end, position.first)
    gap = bucketed(max(0, doc.unquoted_before[high] - doc.unquoted_before[low]))
    quotes = min(2, doc.passages_between(low, high))
    between = doc.mentions_between(low, high)
    persons = min(3, sum(m.kind in (MentionKind.PERSON, MentionKind.PRONOUN) for m in between))
    kind = static[0]
    found = [
        where,
        f"{where} {kind}",
        f"{where} gap={gap}",
        f"{where} quotes={quotes}",
        f"{where} persons={persons}",
        f"{where} mentions={min(4, len(between))}",
        f"{kind} persons={persons} quotes={quotes} {where}",
    ]
    found += [f"{where} {feature}" for feature in static]
    found += [f"{where} {feature}" for feature in shared]
    found += _cue_features(doc, number, mention, where)
    found += _previous_features(doc, number, mention, rule, previous, where)
    return found


def no_source_features(*, rule: Attribution | None, shared: Sequence[str]) -> list[str]:
    """Features of the candidate "the passage has no source"."""
    return ["nobody", f"nobody rule={_strength(rule)}", *(f"nobody {feature}" for feature in shared)]


def _strength(rule: Attribution | None) -> str:
    return "none" if rule is None else f"{rule.confidence:.2f}"


def _cue_features(doc: Document, number: int, mention: Mention, where: str) -> list[str]:
    position, t = doc.positions[number], doc.tokens
    cues = doc.cues_of.get(mention.start, ())
    if not cues:
        return [f"{where} no-cue", f"{where} no-cue sentence={min(2, len(doc.cues[position.sentence]))}"]
    first, last = position.first, position.last
    best = min(cues, key=lambda cue: cue.start - last if cue.start >= last else first - cue.end)
    side = "after" if best.start >= position.last else "before"
    word = t.lower[best.start]
    low, high = (position.last, best.start) if side == "after" else (best.end, position.first)
    gap = bucketed(max(0, doc.unquoted_before[max(low, high)] - doc.unquoted_before[low]))
    others = (cue.start for cue in doc.cues[position.sentence] if cue.start != best.start)
    between = sum(low <= start < high for start in others)
    return [
        f"{where} cue {side} gap={gap}",
        f"{where} cue {side} form={best.form.name} strong={best.strong}",
        f"{where} cue {side} form={best.form.name} gap={gap} between={min(2, between)}",
        f"{where} cue={word}",
        f"cue={word} {side} gap={min(gap, 3)}",
        f"{where} cue between={min(2, between)}",
        f"{side} form={best.form.name} last={doc.text[doc.passages[number].span.end - 1]} gap={gap}",
        f"behind-cue={word_at(doc, best.end)} {side}",
    ]


def _previous_features(
    doc: Document,
    number: int,
    mention: Mention,
    rule: Attribution | None,
    previous: PreviousPassage | None,
    where: str,
) -> list[str]:
    strength = _strength(rule)
    is_rules = f"rule={rule is not None and rule.source.start == mention.start} {strength}"
    found = [is_rules, f"{is_rules} {where}"]
    person = doc.people.of(mention)
    if person is not None:
        found.append(f"count={bucketed(len(person.mentions))}")
        if person.surname.lower() in doc.passage_words[number]:
            found += ["named-inside", f"named-inside {where}"]
    if previous is None:
        return [*found, f"previous=none {where}"]
    here, there = doc.positions[number], doc.positions[previous.number]
    apart = "sentence" if here.sentence == there.sentence else str(min(3, here.paragraph - there.paragraph))
    if previous.source is None:
        return [*found, f"previous=nobody apart={apart} {where}"]
    same = previous.source.start == mention.start
    continues = f"previous={same} apart={apart}"
    found += [continues, f"{continues} {where}", f"{continues} rule={strength}"]
    if person is not None and not same:
        alike = doc.people.of(previous.source) is person
        found.append(f"previous-person={alike} apart={apart} {where}")
    return found


def _where(doc: Document, number: int, mention: Mention, *, after: bool) -> str:
    position, t = doc.positions[number], doc.tokens
    side = "after" if after else "before"
    if doc.sentence_at(mention.start) == position.sentence:
        return f"{side}-sentence"
    paragraphs = abs(t.paragraph[mention.start] - position.paragraph)
    if paragraphs:
        return f"{side}-{min(3, paragraphs)}"
    sentences = abs(doc.sentence_at(mention.start) - position.sentence)
    return f"{side}-paragraph{min(3, sentences)}"


def mention_features(doc: Document, mention: Mention) -> list[str]:
    """Features of a mention and of the words around it; the first one is its kind."""
    t = doc.tokens
    kind = mention.kind.name
    if mention.kind is MentionKind.PRONOUN:
        kind += "=" + mention.head
    follows = word_at(doc, max(mention.end, mention.tail))
    before = word_at(doc, mention.start - 1)
    first = doc.sentences[doc.sentence_at(mention.start)][0] == mention.start
    found = [
        kind,
        f"next={follows}",
        f"next-class={_class(follows)}",
        f"before={before}",
        f"before-class={_class(before)}",
        f"first={first}",
    ]
    if mention.tail > mention.end:
        found += ["tail", f"next-word={word_at(doc, mention.end)}"]
    if mention.possessive:
        found.append("possessive")
    if mention.plural:
        found.append("plural")
    if mention.kind is MentionKind.NOMINAL:
        found.append(f"head={mention.head}")
    if mention.role is not None:
        found.append("role")
    second = word_at(doc, max(mention.end, mention.tail) + 1)
    shape = t.words[mention.start][0].isupper()
    return [*found, _clause(doc, mention), f"next2={_class(follows)} {second}", f"shape={shape}"]


def _clause(doc: Document, mention: Mention) -> str:
    """Whether a mention is the source of a cue, and whether it is in the content of another source's cue."""
    speaks = any(cue.strong for cue in doc.cues_of.get(mention.start, ()))
    cue = doc.strong_cue_before(mention)
    reported = (
        cue is not None
        and cue.source.start != mention.start
        and cue.source.end <= cue.start
        and doc.unquoted_before[mention.start] - doc.unquoted_before[cue.end] == mention.start - cue.end
    )
    return f"speaks={speaks} reported={reported}"


def _class(word: str) -> str:
    if word in _STRONG:
        return "strong"
    if word in _WEAK:
        return "weak"
    if word in _PARTICIPLES:
        return "participle"
    if word in _NOUNS:
        return "noun"
    return word if len(word) < 4 else "ed" if word.endswith("ed") else "s" if word.endswith("s") else "other"


def word_at(doc: Document, token: int) -> str:
    """A token in lower case; "QUOTED" for a token in a quotation, "-" beyond the ends of the text."""
    t = doc.tokens
    if not 0 <= token < len(t):
        return "-"
    return "QUOTED" if t.quoted[token] else t.lower[token]


def _share(doc: Document, number: int) -> int:
    """The share of a passage in its sentence, in quarters."""
    position = doc.positions[number]
    start, end = doc.sentences[position.sentence]
    return (position.last - position.first) * 4 // max(1, end - start)


def bucketed(count: int) -> int:
    """The number of a count's bucket: 0, 1, 2, 3, 4, 5-6, 7-9, 10-15, 16-24, more."""
    return bisect_left((0, 1, 2, 3, 4, 6, 9, 15, 24), count)
