"""Names in a sentence that a model wrote: whether the article has them, together and with their titles."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from articles.model import Article
from summarizer import lexicon
from summarizer.text.words import Token, is_content, stem, tokens_of


def normalized(word: str) -> str:
    """A word of a name for comparing: "U.S.'s" is "us"."""
    return re.sub(r"['’]s?\Z", "", word).replace(".", "").lower()


_TITLES = lexicon.words("roles", "titles")
_ROLES = lexicon.words("roles", "titles", "roles", "groups", "bodies")
_CALENDAR = {normalized(word) for word in lexicon.words("dates", "weekdays", "months")}
_GIVEN = frozenset(lexicon.given_name_genders())
_ACRONYMS = lexicon.pairs("acronyms", "")
# A demonym beside its country: Russian, Russia; Iraqi, Iraq; Japanese, Japan.
_DEMONYM_ENDING = re.compile("ns?|ans?|ians?|is?|ese|ish")
_COUNTRY_ENDINGS = ("", "a", "y", "e", "ia", "istan")
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w.-]+@[\w.-]+\b|\b[\w-]+\.(?:com|org|net|io|info|co)\b\S*"
)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+(?:-\w+)*\b|\b[A-Z]+-\d+\w*\b")
_NUMBER_LIKE = re.compile(r"\d+(?:st|nd|rd|th|s|k|m|bn|tn|am|pm)|\d+-?years?-old|\d+(?:-\w+)+", re.IGNORECASE)
# The length of a word is limited: otherwise "Aa-Aa-Aa-…" would take quadratic time.
_FULL_NAME = re.compile(r"\b[A-Z][\w’'-]{1,40}(?: (?:(?:of|and|the|for) )*[A-Z][\w’'-]{1,40})+")
_NEARBY = 4  # words on each side of a name
_TITLE_DISTANCE = 7  # words between a title and the name that the article gives it to


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a sentence, and the words near it."""

    word: str  # its last, normalized
    nearby: frozenset[str]  # stems of the content words within a few words


class Names:
    """The names of an article, including headline, byline, publisher and dateline."""

    def __init__(self, article: Article) -> None:
        around = (article.headline, article.byline, article.publisher, article.dateline)
        headings = (section.heading for section in article.sections)
        self._text = "\n".join(filter(None, (article.text, *around, *headings)))
        self._words = words = [normalized(token.text) for token in tokens_of(self._text)]
        self._known = frozenset(words) | frozenset(stem(word) for word in words)
        # "Donald J. Trump" is Donald Trump too.
        triples = zip(words, words[1:], words[2:], strict=False)
        self._pairs = {*pairwise(words), *((a, c) for a, initial, c in triples if len(initial) == 1)}
        # NATO for North Atlantic Treaty Organization.
        names = (match[0].split() for match in _FULL_NAME.finditer(self._text))
        self._initialisms = {"".join(word[0] for word in name if word[0].isupper()).lower() for name in names}

    def unknown(self, sentence: str) -> str | None:
        """The first name, code or address in `sentence` that is not in the article; None if all are."""
        for pattern in (_ADDRESS, _CODE):
            for match in pattern.finditer(sentence):
                if not _NUMBER_LIKE.fullmatch(match[0]) and match[0].lower() not in self._text.lower():
                    return match[0]
        for run in _capitalised_runs(sentence):
            for word, opens in run:
                if not self._has(word, opens=opens):
                    return word.text
            if (apart := self._never_together(run)) is not None:
                return apart
        return None

    def named_in(self, sentence: str) -> tuple[Named, ...]:
        """The names in `sentence`, each by its last word, which later mentions use."""
        found = []
        for run in _capitalised_runs(sentence):
            last, opens = run[-1]
            word = normalized(last.text)
            if word in _ROLES or word in _CALENDAR or not is_content(last.text):
                continue
            if opens and stem(word) in self._known and not self._is_capitalised(last.text):
                continue
            found.append(Named(word, _nearby(sentence, run[0][0].start, last.end)))
        return tuple(found)

    def _has(self, token: Token, *, opens: bool) -> bool:
        word = normalized(token.text)
        if {word, stem(word)} & self._known or word in self._initialisms or is_demonym(word, self._known):
            return True
        if word in _CALENDAR or not is_content(token.text):
            return True  # dates have a check of their own
        if word in _ACRONYMS and _ACRONYMS[word] in self._text.lower():
            return True
        if any(word in full.split() and short in self._known for short, full in _ACRONYMS.items()):
            return True
        return opens and (word.removesuffix("s") in _ROLES or word.endswith("ly"))

    def _never_together(self, run: Sequence[tuple[Token, bool]]) -> str | None:
        """Two words of one name that are never adjacent in the article, or a title with another's name."""
        for (one, opens), (other, _) in pairwise(run):
            a, b = normalized(one.text), normalized(other.text)
            if (a, b) in self._pairs or _CALENDAR & {a, b} or not is_content(one.text):
                continue
            if a in _TITLES and b not in _ROLES:
                if not self._has_title(b, a):
                    return f"{one.text} {other.text}"
                continue
            if {a, b} & _ROLES or self._initialisms & {a, b}:
                continue
            if opens and a not in _GIVEN and not self._is_capitalised(one.text):
                continue  # it has a capital because it opens the sentence
            if a.endswith(("an", "ese", "ish", "i")) and a not in _GIVEN:
                continue  # Russian, Iraqi: may precede any name
            return f"{one.text} {other.text}"
        return None

    def _has_title(self, name: str, title: str) -> bool:
        """Whether the article has that title near that name anywhere."""
        at = [i for i, word in enumerate(self._words) if word == name]
        return any(title in self._words[max(0, i - _TITLE_DISTANCE) : i + _TITLE_DISTANCE] for i in at)

    def _is_capitalised(self, word: str) -> bool:
        """Whether the article writes the word with a capital inside a sentence, so that it is a name."""
        bare = re.escape(re.sub(r"['’]s?\Z", "", word))
        return re.search(rf"(?<=[a-z,] ){bare}\b", self._text) is not None


def is_demonym(word: str, countries: Collection[str]) -> bool:
    """Whether a word means the people of one of the countries: "russian" for "russia"."""
    return any(
        word[:end] + ending in countries
        for end in range(3, len(word))
        if _DEMONYM_ENDING.fullmatch(word, end)
        for ending in _COUNTRY_ENDINGS
        if len(word[:end] + ending) >= 4
    )


def _nearby(sentence: str, start: int, end: int) -> frozenset[str]:
    tokens = tokens_of(sentence)
    before = [token for token in tokens if token.end <= start][-_NEARBY:]
    behind = [token for token in tokens if token.start >= end][:_NEARBY]
    words = [token for token in (*before, *behind) if is_content(token.text) and token.text.isalpha()]
    return frozenset(stem(token.text) for token in words if normalized(token.text) not in _CALENDAR)


def _capitalised_runs(sentence: str) -> Iterator[list[tuple[Token, bool]]]:
    """Adjacent words with capitals, each with whether the sentence may be the reason for its capital."""
    run: list[tuple[Token, bool]] = []
    last_end = 0
    for number, token in enumerate(tokens_of(sentence)):
        gap = sentence[last_end : token.start]
        opens = number == 0 or bool(re.search(r"[.?!:]['\"”’]?\s+['\"“‘]?\Z|[“\"‘]\Z", gap))
        has_capital = any(letter.isupper() for letter in token.text)
        if run and (opens or gap not in {" ", "", "-", ". "} or not has_capital):
            yield run
            run = []
        if has_capital:
            run.append((token, opens))
            if token.text.endswith(("'s", "’s")):  # the owner's name ends here
                yield run
                run = []
        last_end = token.end
    if run:
        yield run
