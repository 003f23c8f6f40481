"""Names in a sentence that a model wrote: whether the article has them, together and with their titles."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from articles.model import Article
from summarizer import lexicon
from summarizer.text.words import Token, is_content, stem, tokens_of

_TITLES = lexicon.words("roles", "titles")
_ROLES = (
    _TITLES
    | lexicon.words("roles", "roles")
    | lexicon.words("roles", "groups")
    | lexicon.words("roles", "bodies")
)
_CALENDAR = lexicon.listed(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    """
)
# A people's name beside its country's: Russia and Russian, Iraq and Iraqi, Japan and Japanese.
_PEOPLE_ENDINGS = re.compile("ns?|ans?|ians?|is?|ese|ish")
_COUNTRY_ENDINGS = ("", "a", "y", "e", "ia", "istan")
_GIVEN = frozenset(lexicon.given_name_genders())
_WELL_KNOWN = {
    "us": "united states", "usa": "united states", "uk": "united kingdom", "un": "united nations",
    "eu": "european union",
}  # fmt: skip
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w.-]+@[\w.-]+\b|\b[\w-]+\.(?:com|org|net|io|info|co)\b\S*"
)
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+(?:-\w+)*\b|\b[A-Z]+-\d+\w*\b")
_NUMBER_LIKE = re.compile(r"\d+(?:st|nd|rd|th|s|k|m|bn|tn|am|pm)|\d+-?years?-old|\d+(?:-\w+)+", re.IGNORECASE)
# Bounded: of "Aa-Aa-Aa-…" every place would be read to the end.
_FULL_NAME = re.compile(r"\b[A-Z][\w’'-]{1,40}(?: (?:(?:of|and|the|for) )*[A-Z][\w’'-]{1,40})+")
_BESIDE = 4  # words on each side of a name
_TITLE_REACH = 7  # words between a title and the name that the article gives it to


@dataclass(frozen=True, slots=True)
class Named:
    """A name, and what is said beside it."""

    word: str  # its last, as `plain` gives it
    beside: frozenset[str]  # stems of the words that say something, within a few words


class Names:
    """What an article names, headline, byline, publisher and dateline included."""

    def __init__(self, article: Article) -> None:
        around = (article.headline, article.byline, article.publisher, article.dateline)
        headings = (section.heading for section in article.sections)
        self._text = "\n".join(filter(None, (article.text, *around, *headings)))
        tokens = tokens_of(self._text)
        self._words = [plain(token.text) for token in tokens]
        self._all = frozenset(self._words) | frozenset(stem(word) for word in self._words)
        self._pairs = frozenset(pairwise(self._words))
        # "Donald J. Trump" is Donald Trump too.
        self._pairs |= {
            (a, c)
            for a, b, c in zip(self._words, self._words[1:], self._words[2:], strict=False)
            if len(b) == 1
        }
        self._initials = _initials(self._text)

    def unknown(self, sentence: str) -> str | None:
        """The first name, code or address of `sentence` that the article has not, or not so; else None."""
        for pattern in (_ADDRESS, _CODE):
            for match in pattern.finditer(sentence):
                if not _NUMBER_LIKE.fullmatch(match[0]) and match[0].lower() not in self._text.lower():
                    return match[0]
        for run in _runs(sentence):
            for word, opens in run:
                if not self._has(word, opens=opens):
                    return word.text
            if (apart := self._never_together(run)) is not None:
                return apart
        return None

    def _has(self, token: Token, *, opens: bool) -> bool:
        word = plain(token.text)
        if word in self._all or word in self._initials or stem(word) in self._all:
            return True
        if is_people_of(word, self._all):
            return True
        if word in _CALENDAR or not is_content(token.text):
            return True  # dates are held against the article's by themselves
        expanded = _WELL_KNOWN.get(word)
        if expanded is not None and expanded in self._text.lower():
            return True
        if any(word in full.split() and short in self._all for short, full in _WELL_KNOWN.items()):
            return True
        return opens and (word.removesuffix("s") in _ROLES or word.endswith("ly"))

    def _never_together(self, run: Sequence[tuple[Token, bool]]) -> str | None:
        """Two words of one name that never stand side by side, or a title that is somebody else's."""
        for (one, opens), (other, _) in pairwise(run):
            a, b = plain(one.text), plain(other.text)
            if (a, b) in self._pairs or _CALENDAR & {a, b} or not is_content(one.text):
                continue
            if a in _TITLES and b not in _ROLES:
                if not self._bears(b, a):
                    return f"{one.text} {other.text}"
                continue
            if {a, b} & _ROLES or self._initials & {a, b}:
                continue
            if opens and a not in _GIVEN and not self._is_capitalised(one.text):
                continue  # its capital is the sentence's
            if a.endswith(("an", "ese", "ish", "i")) and a not in _GIVEN:
                continue  # Russian, Iraqi: free to stand before any name
            return f"{one.text} {other.text}"
        return None

    def _bears(self, name: str, title: str) -> bool:
        """Whether the article puts that title near that name anywhere."""
        at = [i for i, word in enumerate(self._words) if word == name]
        return any(title in self._words[max(0, i - _TITLE_REACH) : i + _TITLE_REACH] for i in at)

    def named_in(self, sentence: str) -> tuple[Named, ...]:
        """The names in `sentence`, each by its last word: what a later mention would call it."""
        found = []
        for run in _runs(sentence):
            last, opens = run[-1]
            word = plain(last.text)
            if word in _ROLES | _CALENDAR or not is_content(last.text):
                continue
            if opens and stem(word) in self._all and not self._is_capitalised(last.text):
                continue
            found.append(Named(word, _beside(sentence, run[0][0].start, last.end)))
        return tuple(found)

    def _is_capitalised(self, word: str) -> bool:
        """Whether the article writes the word with a capital inside a sentence: it is a name."""
        bare = re.escape(re.sub(r"['’]s?\Z", "", word))
        return re.search(rf"(?<=[a-z,] ){bare}\b", self._text) is not None


def is_people_of(word: str, countries: Collection[str]) -> bool:
    """Russian, where Russia is among the countries."""
    return any(
        word[:end] + ending in countries
        for end in range(3, len(word))
        if _PEOPLE_ENDINGS.fullmatch(word, end)
        for ending in _COUNTRY_ENDINGS
        if len(word[:end] + ending) >= 4
    )


def _beside(sentence: str, start: int, end: int) -> frozenset[str]:
    tokens = tokens_of(sentence)
    before = [token for token in tokens if token.end <= start][-_BESIDE:]
    behind = [token for token in tokens if token.start >= end][:_BESIDE]
    words = [token for token in (*before, *behind) if is_content(token.text) and token.text.isalpha()]
    return frozenset(stem(token.text) for token in words if plain(token.text) not in _CALENDAR)


def plain(word: str) -> str:
    """A word of a name for comparing: "U.S.'s" is "us"."""
    return re.sub(r"['’]s?\Z", "", word).replace(".", "").lower()


def _runs(sentence: str) -> Iterator[list[tuple[Token, bool]]]:
    """Capitalised words side by side, each with whether its capital may be a sentence's."""
    run: list[tuple[Token, bool]] = []
    last_end = 0
    for number, token in enumerate(tokens_of(sentence)):
        gap = sentence[last_end : token.start]
        opens = number == 0 or bool(re.search(r"[.?!:]['\"”’]?\s+['\"“‘]?\Z|[“\"‘]\Z", gap))
        apart = gap not in {" ", "", "-", ". "} or opens
        if run and (apart or not _is_capital(token.text)):
            yield run
            run = []
        if _is_capital(token.text):
            run.append((token, opens))
            if token.text.endswith(("'s", "’s")):  # the owner's name ends here
                yield run
                run = []
        last_end = token.end
    if run:
        yield run


def _is_capital(word: str) -> bool:
    return any(letter.isupper() for letter in word)


def _initials(text: str) -> frozenset[str]:
    """Short forms of the names that the text writes in full: NATO for North Atlantic Treaty Organization."""
    names = (match[0].split() for match in _FULL_NAME.finditer(text))
    return frozenset("".join(word[0] for word in name if word[0].isupper()).lower() for name in names)
