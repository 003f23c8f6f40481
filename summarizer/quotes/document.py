"""An article with its linguistic annotation: passages, tokens, sentences, mentions, cues and people."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from operator import attrgetter, itemgetter

from articles.model import Span
from summarizer.quotes.appositions import find_names_beside
from summarizer.quotes.coreference import People
from summarizer.quotes.cues import Cue, CueFinder
from summarizer.quotes.mentions import Mention
from summarizer.quotes.noun_phrases import find_mentions
from summarizer.quotes.passages import find_passages, in_markup, is_named, is_title
from summarizer.text.sentences import split_sentences
from summarizer.text.words import Tokens


@dataclass(frozen=True, slots=True)
class Position:
    """A passage's position: its tokens, and the numbers of its sentence and paragraph."""

    first: int  # tokens [first, last), quotation marks included
    last: int
    sentence: int
    paragraph: int


class Document:
    """The input of the quote rules and the learned scorers. Each annotation is computed when first used."""

    def __init__(self, text: str, paragraphs: Sequence[Span]) -> None:
        self.text = text
        self.passages = [one for one in find_passages(text, paragraphs) if not in_markup(text, one)]
        self.tokens = Tokens(text, paragraphs, [passage.outer for passage in self.passages])

    @cached_property
    def mentions(self) -> list[Mention]:
        return find_mentions(self.tokens)

    @cached_property
    def names_beside(self) -> dict[int, Mention]:
        """By the first token of a mention that describes a person: the mention beside it with the name."""
        return find_names_beside(self.tokens, self.mentions)

    @cached_property
    def people(self) -> People:
        return People(self.mentions)

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Token ranges [start, end)."""
        at = self.tokens.at
        return [(at(span.start), at(span.end)) for span in split_sentences(self.text)]

    @cached_property
    def positions(self) -> list[Position]:
        """The position of each passage."""
        found: list[Position] = []
        for passage in self.passages:
            first, last = self.tokens.at(passage.outer.start), self.tokens.at(passage.outer.end)
            found.append(Position(first, last, self.sentence_at(first), passage.paragraph))
        return found

    @cached_property
    def cues(self) -> list[list[Cue]]:
        """The cues of each sentence."""
        finder = CueFinder(self.tokens, self.mentions)
        return [finder.cues(start, end) for start, end in self.sentences]

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

    def strong_cue_before(self, mention: Mention) -> Cue | None:
        """The last strong cue before a mention in the same sentence."""
        number = bisect_right(self._strong_cues, mention.start, key=attrgetter("end"))
        if not number:
            return None
        cue = self._strong_cues[number - 1]
        return cue if self.sentence_at(cue.start) == self.sentence_at(mention.start) else None

    @cached_property
    def unquoted_before(self) -> list[int]:
        """For each token, and for the end: how many tokens before it are outside quotations."""
        return list(accumulate((not quoted for quoted in self.tokens.quoted), initial=0))

    def sentence_at(self, token: int) -> int:
        """The number of a token's sentence."""
        return max(0, bisect_right(self.sentences, token, key=itemgetter(0)) - 1)

    @cached_property
    def titles_or_names(self) -> list[bool]:
        """For each passage: whether the rules take it for the title of a work or for a name."""
        t = self.tokens
        return [is_title(t, passage) or is_named(t, passage) for passage in self.passages]

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
        """The number of the first mention that starts at a token or after it."""
        return bisect_left(self.mentions, token, key=attrgetter("start"))

    def mentions_between(self, low: int, high: int) -> list[Mention]:
        """The mentions that start in tokens [low, high)."""
        return self.mentions[self.mention_starts_at(low) : self.mention_starts_at(high)]

    def _passage_starts_at(self, token: int) -> int:
        return bisect_left(self.positions, token, key=attrgetter("first"))

    def passages_between(self, low: int, high: int) -> int:
        """How many passages start in tokens [low, high)."""
        return self._passage_starts_at(high) - self._passage_starts_at(low)

    @cached_property
    def passage_words(self) -> list[frozenset[str]]:
        """The words of each passage in lower case, without possessive endings."""
        lower = self.tokens.lower
        return [
            frozenset(word.removesuffix("'s") for word in lower[position.first : position.last])
            for position in self.positions
        ]

    def quoted_beside(self, mention: Mention) -> frozenset[str]:
        """The words of all passages that start in a mention's sentence."""
        start, end = self.sentences[self.sentence_at(mention.start)]
        passages = slice(self._passage_starts_at(start), self._passage_starts_at(end))
        return frozenset[str]().union(*self.passage_words[passages])
