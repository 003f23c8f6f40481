"""What the learned scorers look at, as named features: of a passage, of a mention that may be its source."""

from collections.abc import Sequence
from dataclasses import dataclass

from summarizer import lexicon
from summarizer.quotes.attribution import Attribution
from summarizer.quotes.cues import Cue
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.passages import is_named, is_title
from summarizer.quotes.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The passage before the one at hand: its number and its source, None where it has none."""

    number: int
    source: Mention | None


_FIRST_PERSON = lexicon.listed("i i'm i've i'd i'll we we're we've my me our us")
_THIRD_PERSON = lexicon.listed("he she his her him he's she's")
_STRONG = lexicon.words("cues", "strong")
_WEAK = lexicon.words("cues", "weak")
_PARTICIPLES = lexicon.words("cues", "participles")
_NOUNS = lexicon.words("cues", "nouns")
_MOST_BEFORE, _MOST_AFTER = 20, 10  # candidates on either side of a passage
_PARAGRAPHS_BEFORE, _PARAGRAPHS_AFTER = 3, 1


def candidates(reading: Reading, number: int) -> list[int]:
    """The mentions that may be the source of a passage, by number, in text order."""
    place, t = reading.places[number], reading.tokens
    mentions = reading.mentions
    at = reading.mention_starts_at(place.first)
    before = at
    while (
        before > 0
        and at - before < _MOST_BEFORE
        and place.paragraph - t.paragraph[mentions[before - 1].start] <= _PARAGRAPHS_BEFORE
    ):
        before -= 1
    after = at
    while (
        after < len(mentions)
        and after - at < _MOST_AFTER
        and t.paragraph[mentions[after].start] - place.paragraph <= _PARAGRAPHS_AFTER
    ):
        after += 1
    return list(range(before, after))


def passage_features(reading: Reading, number: int) -> list[str]:
    """What a passage and the words around it look like."""
    t, place, passage = reading.tokens, reading.places[number], reading.passages[number]
    words = passage.span.of(reading.text).split()
    last = passage.span.of(reading.text)[-1]
    inner = range(place.first, place.last)
    lowered = [t.lower[i] for i in inner if t.words[i][0].isalnum()]
    capitals = sum(word[0].isupper() for word in words)
    found = [
        f"len={bucketed(len(words))}",
        f"last={last if not last.isalnum() else 'w'}",
        f"case={'U' if passage.span.of(reading.text)[0].isupper() else 'l'}",
        f"continues={passage.continues} closed={passage.closed}",
        f"pre={_word(reading, place.first - 1)}",
        f"post={_word(reading, place.last)}",
        f"opens={place.first == 0 or t.paragraph[place.first - 1] != place.paragraph}",
        f"closes={place.last >= len(t) or t.paragraph[place.last] != place.paragraph}",
        f"cues={min(3, len(reading.cues[place.sentence]))}",
    ]
    if any(word in _FIRST_PERSON for word in lowered):
        found.append("first-person")
    if any(word in _THIRD_PERSON for word in lowered):
        found.append("third-person")
    found.append(f"capitals={capitals * 4 // max(1, len(words))}")
    return found


def speech_features(reading: Reading, number: int, attribution: Attribution | None) -> list[str]:
    """What tells speech from titles, names of things and scare quotes."""
    t, place, passage = reading.tokens, reading.places[number], reading.passages[number]
    found = passage_features(reading, number)
    pre, post = _word(reading, place.first - 1), _word(reading, place.last)
    text = passage.span.of(reading.text)
    words = text.split()
    length = bucketed(len(words))
    inner = sum(text.count(mark) for mark in '“”"')
    title, named = is_title(t, passage), is_named(t, passage)
    strength = "none" if attribution is None else f"{attribution.confidence:.2f}"
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
        f"pre2={_word(reading, place.first - 2)} {pre}",
        f"post2={post} {_word(reading, place.last + 1)}",
        f"mark={reading.text[passage.outer.start]}{reading.text[passage.outer.end - 1]}",
        f"share={_share(reading, number)}",
        f"len={length} post={post}",
    ]
    if attribution is not None and attribution.cue is not None:
        cue = t.lower[attribution.cue.start]
        found += [f"cue={cue}", f"cue={cue} title={title}", f"cue={cue} pre={pre}"]
        found.append(f"source={attribution.source.kind.name} title={title}")
    for word in dict.fromkeys(word.strip(".,!?;:…'’").lower() for word in words[:30]):
        if length <= 5:
            found.append(f"word={word}")
    if length <= 5:
        found.append("text=" + " ".join(words).lower().strip(".,!?"))
    sentence = reading.sentences[place.sentence]
    for i in range(max(sentence[0], place.first - 6), place.first):
        if not t.quoted[i]:
            found.append(f"near={t.lower[i]}")
    return found


def source_features(
    reading: Reading,
    number: int,
    mention: Mention,
    *,
    rule: Attribution | None,
    history: History | None,
    shared: Sequence[str],
    static: Sequence[str],
) -> list[str]:
    """How a mention stands to a passage.

    rule: what the rules say of the passage. history: the passage before and its source. shared, static: the
    features of the passage and of the mention themselves.
    """
    place = reading.places[number]
    after = mention.start >= place.last
    where = _where(reading, number, mention, after=after)
    low, high = (place.last, mention.start) if after else (mention.end, place.first)
    gap = bucketed(max(0, reading.unquoted_before[high] - reading.unquoted_before[low]))
    quotes = min(2, reading.passages_between(low, high))
    between = reading.mentions_between(low, high)
    persons = min(3, sum(m.kind in (MentionKind.PERSON, MentionKind.PRONOUN) for m in between))
    kind = static[0]
    found = [
        f"{where}",
        f"{where} {kind}",
        f"{where} gap={gap}",
        f"{where} quotes={quotes}",
        f"{where} persons={persons}",
        f"{where} mentions={min(4, len(between))}",
        f"{kind} persons={persons} quotes={quotes} {where}",
    ]
    found += [f"{where} {feature}" for feature in static]
    found += [f"{where} {feature}" for feature in shared]
    found += _cue_features(reading, number, mention, where)
    found += _history_features(reading, number, mention, rule, history, where)
    return found


def no_source_features(*, rule: Attribution | None, shared: Sequence[str]) -> list[str]:
    """Features of the candidate "nobody named here"."""
    strength = "none" if rule is None else f"{rule.confidence:.2f}"
    return ["nobody", f"nobody rule={strength}", *(f"nobody {feature}" for feature in shared)]


def _cue_features(reading: Reading, number: int, mention: Mention, where: str) -> list[str]:
    place, t = reading.places[number], reading.tokens
    cues = reading.cues_of.get(mention.start, ())
    if not cues:
        return [f"{where} no-cue", f"{where} no-cue sentence={min(2, len(reading.cues[place.sentence]))}"]
    best = min(cues, key=lambda cue: _distance(cue, place.first, place.last))
    side = "after" if best.start >= place.last else "before"
    word = t.lower[best.start]
    low, high = (place.last, best.start) if side == "after" else (best.end, place.first)
    gap = bucketed(max(0, reading.unquoted_before[max(low, high)] - reading.unquoted_before[low]))
    between = sum(
        1
        for cues in reading.cues[place.sentence : place.sentence + 1]
        for cue in cues
        if low <= cue.start < high and cue.start != best.start
    )
    return [
        f"{where} cue {side} gap={gap}",
        f"{where} cue {side} form={best.form.name} strong={best.strong}",
        f"{where} cue {side} form={best.form.name} gap={gap} between={min(2, between)}",
        f"{where} cue={word}",
        f"cue={word} {side} gap={min(gap, 3)}",
        f"{where} cue between={min(2, between)}",
        f"{side} form={best.form.name} last={reading.text[reading.passages[number].span.end - 1]} gap={gap}",
        f"behind-cue={_word(reading, best.end)} {side}",
    ]


def _history_features(
    reading: Reading,
    number: int,
    mention: Mention,
    rule: Attribution | None,
    history: History | None,
    where: str,
) -> list[str]:
    found: list[str] = []
    is_rules = rule is not None and rule.source.start == mention.start
    strength = "none" if rule is None else f"{rule.confidence:.2f}"
    found.append(f"rule={is_rules} {strength}")
    found.append(f"rule={is_rules} {strength} {where}")
    person = reading.people.of(mention)
    if person is not None:
        found.append(f"count={bucketed(len(person.mentions))}")
        inside = reading.passage_words(number)
        if person.surname.lower() in inside:
            found += ["named-inside", f"named-inside {where}"]
    if history is None:
        found.append(f"previous=none {where}")
        return found
    apart = how_far(reading, history.number, number)
    if history.source is None:
        found.append(f"previous=nobody apart={apart} {where}")
        return found
    same = history.source.start == mention.start
    found.append(f"previous={same} apart={apart}")
    found.append(f"previous={same} apart={apart} {where}")
    found.append(f"previous={same} apart={apart} rule={strength}")
    if person is not None and not same:
        alike = reading.people.of(history.source) is person
        found.append(f"previous-person={alike} apart={apart} {where}")
    return found


def how_far(reading: Reading, before: int, number: int) -> str:
    """How far a passage stands behind an earlier one: in its sentence, or so many paragraphs on."""
    here, there = reading.places[number], reading.places[before]
    if here.sentence == there.sentence:
        return "sentence"
    return str(min(3, here.paragraph - there.paragraph))


def _where(reading: Reading, number: int, mention: Mention, *, after: bool) -> str:
    place, t = reading.places[number], reading.tokens
    side = "after" if after else "before"
    if reading.sentence_at(mention.start) == place.sentence:
        return f"{side}-sentence"
    paragraphs = abs(t.paragraph[mention.start] - place.paragraph)
    if paragraphs:
        return f"{side}-{min(3, paragraphs)}"
    sentences = abs(reading.sentence_at(mention.start) - place.sentence)
    return f"{side}-paragraph{min(3, sentences)}"


def mention_features(reading: Reading, mention: Mention) -> list[str]:
    """What a mention and its neighbours look like; the first one is its kind."""
    t = reading.tokens
    kind = mention.kind.name
    if mention.kind is MentionKind.PRONOUN:
        kind += "=" + mention.head
    follows = _word(reading, max(mention.end, mention.tail))
    before = _word(reading, mention.start - 1)
    first = reading.sentences[reading.sentence_at(mention.start)][0] == mention.start
    found = [
        kind,
        f"next={follows}",
        f"next-class={_class(follows)}",
        f"before={before}",
        f"before-class={_class(before)}",
        f"first={first}",
    ]
    if mention.tail > mention.end:
        found.append("tail")
        found.append(f"next-word={_word(reading, mention.end)}")
    if mention.possessive:
        found.append("possessive")
    if mention.plural:
        found.append("plural")
    if mention.kind is MentionKind.NOMINAL:
        found.append(f"head={mention.head}")
    if mention.role is not None:
        found.append("role")
    found.append(_clause(reading, mention))
    second = _word(reading, max(mention.end, mention.tail) + 1)
    found.append(f"next2={_class(follows)} {second}")
    found.append(f"shape={t.words[mention.start][0].isupper()}")
    return found


def _clause(reading: Reading, mention: Mention) -> str:
    """Whether a mention speaks, and whether it stands in what somebody else is reported to say."""
    speaks = any(cue.strong for cue in reading.cues_of.get(mention.start, ()))
    cue = reading.strong_cue_before(mention)
    reported = (
        cue is not None
        and cue.source.start != mention.start
        and cue.source.end <= cue.start
        and reading.unquoted_before[mention.start] - reading.unquoted_before[cue.end]
        == mention.start - cue.end
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


def _word(reading: Reading, token: int) -> str:
    """A token in lower case; marks of quotation are all one, and so are the ends of the text."""
    t = reading.tokens
    if not 0 <= token < len(t):
        return "-"
    return "QUOTED" if t.quoted[token] else t.lower[token]


def _share(reading: Reading, number: int) -> int:
    """How much of its sentence a passage fills, in quarters."""
    place = reading.places[number]
    start, end = reading.sentences[place.sentence]
    return (place.last - place.first) * 4 // max(1, end - start)


def _distance(cue: Cue, first: int, last: int) -> int:
    return cue.start - last if cue.start >= last else first - cue.end


def bucketed(count: int) -> int:
    """0, 1, 2, 3, 4, 5-6, 7-9, 10-15, 16-24, more."""
    for at, limit in enumerate((0, 1, 2, 3, 4, 6, 9, 15, 24)):
        if count <= limit:
            return at
    return 9
