"""One article, read once for every later step: its passages, tokens, sentences, mentions, cues and people."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from articles.model import Span
from summarizer.quotes.appositions import find_bearers
from summarizer.quotes.coreference import People
from summarizer.quotes.cues import Clauses, Cue
from summarizer.quotes.mentions import Mention
from summarizer.quotes.noun_phrases import find_mentions
from summarizer.quotes.passages import Passage, find_passages, in_markup, is_named, is_title
from summarizer.text.sentences import split_sentences
from summarizer.text.words import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a passage stands, in tokens and by number."""

    first: int  # tokens [first, last), marks included
    last: int
    sentence: int
    paragraph: int


class Reading:
    """What the quote rules and the learned scorers both read."""

    def __init__(self, text: str, paragraphs: Sequence[Span]) -> None:
        self.text = text
        self.passages: tuple[Passage, ...] = tuple(
            passage for passage in find_passages(text, paragraphs) if not in_markup(text, passage)
        )
        self.tokens = Tokens(text, paragraphs, [passage.outer for passage in self.passages])

    @cached_property
    def mentions(self) -> list[Mention]:
        return find_mentions(self.tokens)

    @cached_property
    def bearers(self) -> dict[int, Mention]:
        """Mentions that describe a person who is named right beside them -> the mention of that name."""
        return find_bearers(self.tokens, self.mentions)

    @cached_property
    def clauses(self) -> Clauses:
        return Clauses(self.tokens, self.mentions)

    @cached_property
    def people(self) -> People:
        return People(self.tokens, self.mentions)

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Token ranges [start, end)."""
        at = self.tokens.at
        return [(at(span.start), at(span.end)) for span in split_sentences(self.text)]

    @cached_property
    def places(self) -> list[Place]:
        """One for each passage."""
        t = self.tokens
        return [
            Place(
                first=(first := t.at(passage.outer.start)),
                last=t.at(passage.outer.end),
                sentence=self.sentence_at(first),
                paragraph=passage.paragraph,
            )
            for passage in self.passages
        ]

    @cached_property
    def cues(self) -> list[list[Cue]]:
        """The cues of each sentence."""
        return [self.clauses.cues(start, end) for start, end in self.sentences]

    @cached_property
    def cues_of(self) -> dict[int, list[Cue]]:
        """The cues that point to a mention, by the mention's first token."""
        found: dict[int, list[Cue]] = {}
        for cues in self.cues:
            for cue in cues:
                found.setdefault(cue.source.start, []).append(cue)
        return found

    @cached_property
    def _strong_cues(self) -> list[Cue]:
        return [cue for cues in self.cues for cue in cues if cue.strong]

    @cached_property
    def _strong_cue_ends(self) -> list[int]:
        return [cue.end for cue in self._strong_cues]

    def strong_cue_before(self, mention: Mention) -> Cue | None:
        """The last strong cue that ends before a mention, in its sentence."""
        number = bisect_right(self._strong_cue_ends, mention.start)
        if not number:
            return None
        cue = self._strong_cues[number - 1]
        return cue if self.sentence_at(cue.start) == self.sentence_at(mention.start) else None

    @cached_property
    def unquoted_before(self) -> list[int]:
        """How many tokens before each one stand outside quotations."""
        counts = [0]
        for quoted in self.tokens.quoted:
            counts.append(counts[-1] + (not quoted))
        return counts

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    def sentence_at(self, token: int) -> int:
        """The number of the sentence that holds a token."""
        return max(0, bisect_right(self._sentence_starts, token) - 1)

    def is_thing(self, number: int) -> bool:
        """Whether a passage reads as the title of a work or as a name, by rule."""
        return self._things[number]

    @cached_property
    def _things(self) -> list[bool]:
        t = self.tokens
        return [is_title(t, passage) or is_named(t, passage) for passage in self.passages]

    @cached_property
    def _mention_starts(self) -> list[int]:
        return [mention.start for mention in self.mentions]

    @cached_property
    def _passage_starts(self) -> list[int]:
        return [place.first for place in self.places]

    @cached_property
    def _passage_words(self) -> dict[int, frozenset[str]]:
        return {}

    def mention_at(self, token: int) -> Mention | None:
        """The mention that starts at a token."""
        number = self.mention_starts_at(token)
        if number < len(self.mentions) and self.mentions[number].start == token:
            return self.mentions[number]
        return None

    def mention_before(self, mention: Mention) -> Mention | None:
        """The mention that ends where this one starts."""
        number = self.mention_starts_at(mention.start)
        if number and self.mentions[number - 1].end == mention.start:
            return self.mentions[number - 1]
        return None

    def mention_starts_at(self, token: int) -> int:
        """The number of the first mention that starts at or behind a token."""
        return bisect_left(self._mention_starts, token)

    def mentions_between(self, low: int, high: int) -> list[Mention]:
        """The mentions that start in tokens [low, high)."""
        return self.mentions[self.mention_starts_at(low) : self.mention_starts_at(high)]

    def passages_between(self, low: int, high: int) -> int:
        """How many passages open in tokens [low, high)."""
        return bisect_left(self._passage_starts, high) - bisect_left(self._passage_starts, low)

    def passage_words(self, number: int) -> frozenset[str]:
        """The words of a passage in lower case, possessive endings left out."""
        if number not in self._passage_words:
            place = self.places[number]
            words = self.tokens.lower[place.first : place.last]
            self._passage_words[number] = frozenset(word.removesuffix("'s") for word in words)
        return self._passage_words[number]

    def quoted_beside(self, mention: Mention) -> frozenset[str]:
        """The words of the passages in a mention's sentence and of one that stands right before it."""
        first = bisect_left(self._passage_starts, self.sentences[self.sentence_at(mention.start)][0])
        last = bisect_left(self._passage_starts, self.sentences[self.sentence_at(mention.start)][1])
        found: frozenset[str] = frozenset()
        for number in range(first, last):
            found |= self.passage_words(number)
        return found
