"""Who and what the text names: persons, organisations, nominals ("the senator") and pronouns.

No named-entity library is at hand, and news copy hardly needs one: it introduces people by full name, with
a title, a role or an apposition, and is consistent about it. Capitals find the names, word lists and the
article itself say what they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from articles.model import Span
from summarizer.quotes import lexicon
from summarizer.quotes.tokens import Tokens


class MentionKind(Enum):
    PERSON = "person"
    NAME = "name"  # any other name: an organisation, a publisher, a place
    NOMINAL = "nominal"
    PRONOUN = "pronoun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One noun phrase, as token numbers [start, end): determiner, role and title with the name."""

    start: int
    end: int
    kind: MentionKind
    name: str | None = None  # without title and role: "Jim Mattis"
    head: str = ""  # a nominal's last word, a pronoun itself, in lower case
    role: Span | None = None  # before the name or in apposition behind it
    gender: str | None = None  # "m" or "f", where the words show it
    plural: bool = False
    possessive: bool = False  # "Trump's": it modifies what follows
    tail: int = 0  # token behind apposition, age, party and complements: "Ted Cruz, R-Texas, |said"

    @property
    def is_person(self) -> bool:
        return self.kind is MentionKind.PERSON


_TITLES = lexicon.words("roles", "titles")
_ROLES = (
    lexicon.words("roles", "roles")
    | lexicon.words("roles", "titles")
    | {"vice-president", "secretary-general"}
)
_WOMEN = lexicon.words("roles", "women")
_MEN = lexicon.words("roles", "men")
_GROUPS = lexicon.words("roles", "groups")
_BODIES = lexicon.words("roles", "bodies")
_DOCUMENTS = lexicon.words("roles", "documents")
_HEADS = _ROLES | _GROUPS | _BODIES | _DOCUMENTS
_ORGANISATION = lexicon.words("organisations", "words")
_PUBLISHERS = lexicon.words("organisations", "publishers")
_PLACES = lexicon.words("places")
_GIVEN = lexicon.given_name_genders()
_VERBS = (
    lexicon.words("cues", "strong") | lexicon.words("cues", "weak") | lexicon.words("cues", "participles")
)
_FUNCTION = lexicon.words("function_words")
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_DETERMINERS = lexicon.words("function_words", "determiners")
_PRONOUNS = {"he": "m", "she": "f", "they": None, "it": None, "who": None, "i": None, "we": None}
_PARTICLES = lexicon.listed("de van von der den del della di da dos la le el al bin ibn ben du des ter")
_SUFFIXES = frozenset(("jr.", "jr", "sr.", "sr", "ii", "iii", "iv"))
_LINKS = frozenset(("of", "for", "and", "the", "&", "on", "in"))
_SENTENCE_ENDS = frozenset((".", "?", "!", ":", ";", "…"))
# A given name in front does not make a person of these: "Clinton Foundation", "Marshall University".
_NEVER_SURNAMES = frozenset(
    lexicon.words("organisations", "words")
    - lexicon.listed("hall hill lake west law park bay beach church bridge woods day house power king rivers")
)
_LONGEST_NOUN_PHRASE = 9
_OFFICES_OF = (["of", "state"], ["of", "staff"], ["of", "defense"], ["of", "police"])  # secretary, chief


def find_mentions(tokens: Tokens) -> list[Mention]:
    """All mentions outside quotations, in text order; they do not overlap."""
    found = list(_Finder(tokens).mentions())
    return _with_tails(tokens, found)


class _Finder:
    def __init__(self, tokens: Tokens) -> None:
        self._t = tokens
        lower_cased = set(tokens.words)
        self._seen_lower = lower_cased.__contains__
        self._person_words: set[str] = set()

    def mentions(self) -> Iterator[Mention]:
        t, i, floor = self._t, 0, 0
        n = len(t)
        found: list[Mention] = []
        while i < n:
            if t.quoted[i]:
                i += 1
                floor = i
                continue
            mention = self._at(i, floor)
            if mention is None:
                i += 1
                continue
            found.append(mention)
            i = floor = max(mention.end, i + 1)
        return self._singles_named(found)

    def _at(self, i: int, floor: int) -> Mention | None:
        word, lower = self._t.words[i], self._t.lower[i]
        if lower in _PRONOUNS and (word != "IT"):
            return Mention(
                start=i,
                end=i + 1,
                kind=MentionKind.PRONOUN,
                head=lower,
                gender=_PRONOUNS[lower],
                plural=lower in ("they", "we"),
            )
        if lower in _DETERMINERS:
            return self._noun_phrase(i, i + 1)
        if self._is_name_word(i):
            return self._noun_phrase(i, i)
        if lower in _GROUPS or lower in _ROLES or self._is_possessed(i):
            return self._noun_phrase(self._modifiers_start(i, floor), i)
        return None

    def _is_name_word(self, i: int) -> bool:
        word = self._t.words[i]
        if not word[0].isupper():
            return word[0] == "@" and len(word) > 1
        lower = self._t.lower[i]
        if lower in _FUNCTION or lower in _AUXILIARIES or lower.removesuffix("'s") in _FUNCTION:
            return False
        # The first word of a sentence has a capital anyway.
        return not (self._opens_sentence(i) and self._common(i) and not self._capital_follows(i))

    def _is_possessed(self, i: int) -> bool:
        """The campaign in "Trump's campaign"."""
        return i > 0 and _is_possessive(self._t.words[i - 1]) and _stem(self._t.lower[i]) in _HEADS

    def _opens_sentence(self, i: int) -> bool:
        t = self._t
        return (
            i == 0
            or t.paragraph[i] != t.paragraph[i - 1]
            or t.words[i - 1] in _SENTENCE_ENDS
            or t.quoted[i - 1]
        )

    def _common(self, i: int) -> bool:
        lower = self._t.lower[i]
        return lower not in _GIVEN and (self._seen_lower(lower) or lower in _HEADS or lower in _VERBS)

    def _capital_follows(self, i: int) -> bool:
        return i + 1 < len(self._t) and self._t.words[i + 1][0].isupper() and not self._t.quoted[i + 1]

    def _modifiers_start(self, i: int, floor: int) -> int:
        t, start = self._t, i
        while start > floor and i - start < 3:
            lower = t.lower[start - 1]
            if t.paragraph[start - 1] != t.paragraph[i] or not t.words[start - 1][0].isalpha():
                break
            if (
                lower in _FUNCTION
                or lower in _AUXILIARIES
                or lower in _VERBS
                or lower.endswith(("ly", "ing", "ed"))
            ):
                break
            start -= 1
        return start

    def _noun_phrase(self, start: int, at: int) -> Mention | None:
        """The noun phrase that opens at token `start`, its words from `at` on."""
        t = self._t
        n, head, end = len(t), -1, at
        limit = min(n, start + _LONGEST_NOUN_PHRASE)
        name: tuple[int, int] | None = None
        while end < limit and not t.quoted[end] and t.paragraph[end] == t.paragraph[start]:
            word, lower = t.words[end], t.lower[end]
            if word[0].isupper() and self._is_name_word(end):
                run = self._run_end(end)
                name = (end, run)
                end = run
                if _is_possessive(t.words[run - 1]) or not self._continues_phrase(run):
                    break
                continue
            if head == end - 1 and t.lower[end : end + 2] in _OFFICES_OF:
                head = end + 1
                end += 2
                continue
            if _ends_phrase(word, lower, headed=head >= 0):
                break
            if _stem(lower) in _HEADS:
                head, name = end, None
            end, possessed = self._behind_possessive(end + 1)
            if possessed and not (end < limit and _stem(t.lower[end]) in _HEADS):
                break
        if name is not None:
            return self._named(start, *name)
        if head >= 0:
            return self._nominal(start, head + 1)
        return None

    def _behind_possessive(self, end: int) -> tuple[int, bool]:
        """Behind the loose mark of a plural ("the engineers' union"); whether the word is a possessive."""
        t = self._t
        if end < len(t) and t.words[end] in "’'" and t.ends[end - 1] == t.starts[end]:
            return end + 1, True
        return end, _is_possessive(t.words[end - 1])

    def _continues_phrase(self, i: int) -> bool:
        """Whether a lower-case word goes on with the noun phrase behind a name: "Trump campaign aide"."""
        t = self._t
        return i < len(t) and not t.quoted[i] and t.lower[i] in _HEADS and t.words[i][0].islower()

    def _run_end(self, i: int) -> int:
        """Behind the last token of the run of capitalised words that starts at token i."""
        t, n = self._t, len(self._t)
        end = i + 1
        while not _is_possessive(t.words[end - 1]):
            step = self._linked(end)
            if end + step >= n or t.paragraph[end + step] != t.paragraph[i] or t.quoted[end + step]:
                break
            word = t.words[end + step]
            if not (word[0].isupper() and word[0].isalpha()) or t.lower[end + step] in _PRONOUNS:
                break
            if step and t.lower[end + step] in _FUNCTION:
                break
            end += step + 1
        return end

    def _linked(self, i: int) -> int:
        """How many small words stand at token i inside a name: "Department of Defense", "Chris van
        Hollen"."""
        t, step = self._t, 0
        while i + step < len(t) and step < 3:
            lower = t.lower[i + step]
            if (
                (lower in _PARTICLES and t.words[i + step].islower())
                or lower == "&"
                or (lower == "of" and _heads_name(t.lower[i - 1]))
                or (lower == "the" and step > 0)
                or (lower == "for" and t.lower[i - 1] in _ORGANISATION)
            ):
                step += 1
            else:
                break
        return step

    def _named(self, start: int, first: int, end: int) -> Mention | None:
        """A mention from the run of capitalised words [first, end); what stands before it is a role."""
        t = self._t
        possessive = _is_possessive(t.words[end - 1])
        name_at = self._name_start(first, end)
        if name_at == end:  # nothing but titles: "the Secretary of State"
            return replace(self._nominal(start, end), possessive=possessive)
        words = [_bare(t.words[i]) for i in range(name_at, end)]
        titled = name_at > first and t.lower[name_at - 1] in _TITLES
        described = any(_stem(t.lower[i]) in _ROLES for i in range(start, name_at))
        person = self._is_person(words, titled=titled, described=described)
        if not person:
            name_at, words = first, [_bare(t.words[i]) for i in range(first, end)]
            if len(words) == 1 and words[0].lower() in _GROUPS:
                return replace(self._nominal(start, end), possessive=possessive)
        elif len(words) > 1:
            self._person_words.update((words[0], _surname(words)))
        role = self._role(start, name_at) if person else None
        return Mention(
            start=start,
            end=end,
            kind=MentionKind.PERSON if person else MentionKind.NAME,
            name=" ".join(words),
            head=words[-1].lower(),
            role=role,
            gender=_gender(words, t.lower[start:name_at]) if person else None,
            possessive=possessive,
        )

    def _name_start(self, first: int, end: int) -> int:
        """Where the name proper starts in a run: behind its titles and offices."""
        t, at = self._t, first
        for i in range(first, end):
            lower = t.lower[i]
            if lower in _ROLES and not (i + 1 == end and i > first and t.lower[i - 1] in _GIVEN):
                at = i + 1
        while at < end and t.lower[at] in {"of", "the", "for"}:
            given = [i for i in range(at + 1, end) if t.lower[i] in _GIVEN]
            if given:
                return given[0]
            return end - 2 if end - at >= 5 else end
        return at

    def _is_person(self, words: list[str], *, titled: bool, described: bool) -> bool:
        lowered = [word.lower() for word in words]
        if lowered[0].startswith("@"):
            return True
        if " ".join(lowered) in _PLACES or " ".join(lowered) in _PUBLISHERS:
            return False
        if any(link in lowered for link in ("of", "the", "for", "&")):
            return False
        if lowered[0] in _GIVEN and 1 < len(words) <= 4:
            return lowered[-1] not in _NEVER_SURNAMES
        if any(word in _NEVER_SURNAMES for word in lowered) or (len(words) > 1 and lowered[0] in _PUBLISHERS):
            return False
        if len(words) == 1:
            return titled or (described and lowered[0] not in _PUBLISHERS)
        acronym = any(len(word) > 1 and word.isupper() for word in words)
        return titled or (len(words) <= 4 and not acronym and lowered[0] not in _PLACES)

    def _role(self, start: int, name_at: int) -> Span | None:
        t = self._t
        first = start + (t.lower[start] in _DETERMINERS)
        if first >= name_at or all(t.lower[i] in _BARE_TITLES for i in range(first, name_at)):
            return None
        if not any(_stem(t.lower[i]) in _ROLES for i in range(first, name_at)):
            return None
        last = name_at
        while last - 1 > first and t.lower[last - 1] in _BARE_TITLES:
            last -= 1
        return t.span(first, last)

    def _nominal(self, start: int, end: int) -> Mention:
        lower = self._t.lower[end - 1]
        head = _stem(lower)
        gender = "f" if head in _WOMEN else "m" if head in _MEN else None
        return Mention(
            start=start,
            end=end,
            kind=MentionKind.NOMINAL,
            head=head,
            gender=gender,
            plural=head in _GROUPS,
            possessive=_is_possessive(self._t.words[end - 1]),
        )

    def _singles_named(self, found: list[Mention]) -> Iterator[Mention]:
        """Single words that are a person's given name or surname in this article are that person."""
        for mention in found:
            if mention.kind is MentionKind.NAME and mention.name in self._person_words:
                yield replace(mention, kind=MentionKind.PERSON)
            else:
                yield mention


_BARE_TITLES = lexicon.listed("mr mr. mrs mrs. ms ms. miss mx. dr dr. sir dame lord lady")


def _ends_phrase(word: str, lower: str, *, headed: bool) -> bool:
    """Whether a lower-case word cannot go on with a noun phrase (`headed`: that has its noun already)."""
    if not (word[0].isalnum() or word[0] in "@#") or lower in _FUNCTION or lower in _AUXILIARIES:
        return True
    # "The senator reports", "the poll shows": behind a noun these are verbs.
    return lower in _VERBS and (headed or lower not in _HEADS)


def _heads_name(lower: str) -> bool:
    """Whether "of" goes on with the name: Department of State, but not Jeff Merkley of Oregon."""
    return lower in _ORGANISATION or lower in _HEADS or lower in _TITLES


def _is_possessive(word: str) -> bool:
    return word.endswith(("'s", "’s", "s'", "s’"))


def _bare(word: str) -> str:
    return word[:-2] if word.endswith(("'s", "’s")) else word.rstrip("'’")


def _stem(lower: str) -> str:
    return lower[:-2] if lower.endswith("'s") else lower.rstrip("'")


def _surname(words: list[str]) -> str:
    return words[-2] if len(words) > 1 and words[-1].lower() in _SUFFIXES else words[-1]


def _gender(words: list[str], before: list[str]) -> str | None:
    for lower in reversed(before):
        if lower in _WOMEN:
            return "f"
        if lower in _MEN:
            return "m"
    given = _GIVEN.get(words[0].lower(), "x") if len(words) > 1 else "x"
    return given if given != "x" else None


def _with_tails(tokens: Tokens, mentions: list[Mention]) -> list[Mention]:
    """Each mention with what hangs on it: apposition, age, party, complements; roles from appositions."""
    starts = {mention.start: mention for mention in mentions}
    out: list[Mention] = []
    for mention in mentions:
        tail, role = mention.end, mention.role
        if not mention.possessive and mention.kind is not MentionKind.PRONOUN:
            tail, apposition = _tail(tokens, starts, mention)
            role = role or (apposition if mention.is_person else None)
        out.append(replace(mention, tail=tail, role=role))
    return out


def _tail(tokens: Tokens, starts: dict[int, Mention], mention: Mention) -> tuple[int, Span | None]:
    end = (
        _complements_end(tokens, starts, mention.end)
        if mention.kind is not MentionKind.PERSON
        else mention.end
    )
    if end < len(tokens) and tokens.words[end] == "(":
        close = _find(tokens, end, {")"}, 12)
        end = close + 1 if close else end
    role: Span | None = None
    while end < len(tokens) and tokens.words[end] == "," and not tokens.quoted[end]:
        close = _find(tokens, end + 1, {","}, 30)
        role = role or _apposed_role(tokens, end + 1, close or end + 20)
        if not close:
            break
        end = close + 1
        if end < len(tokens) and (tokens.lower[end] in _VERBS or tokens.quoted[end]):
            break
        if tokens.words[end - 2].isdigit() or _is_affiliation(tokens.words[end - 2]):
            end -= 1  # the comma closes the age and opens what follows
            continue
        break
    return end, role


def _is_affiliation(word: str) -> bool:
    return word.startswith(("R-", "D-", "I-"))


def _complements_end(tokens: Tokens, starts: dict[int, Mention], end: int) -> int:
    """Behind "of America", "for Mr. Trump", "in the campaign" after a nominal."""
    for _ in range(3):
        if (
            end + 1 >= len(tokens)
            or tokens.quoted[end]
            or tokens.lower[end] not in _LINKS | {"from", "at", "with"}
        ):
            break
        following = starts.get(end + 1)
        if following is None or following.kind is MentionKind.PRONOUN:
            break
        end = following.end
    return end


def _find(tokens: Tokens, start: int, marks: set[str], within: int) -> int | None:
    """The first of `marks` from token `start` on, in the same sentence and outside quotations."""
    for i in range(start, min(len(tokens), start + within)):
        if (
            tokens.quoted[i]
            or tokens.words[i] in _SENTENCE_ENDS
            or tokens.paragraph[i] != tokens.paragraph[start - 1]
        ):
            return None
        if tokens.words[i] in marks:
            return i
    return None


_ROLE_ENDS = lexicon.listed(", . ; : — – - ( ) ? ! who which that whose where said says told when while")


def _apposed_role(tokens: Tokens, start: int, limit: int) -> Span | None:
    first = start + (start < len(tokens) and tokens.lower[start] in _DETERMINERS)
    end, head = first, -1
    while end < min(limit, len(tokens)) and tokens.lower[end] not in _ROLE_ENDS and not tokens.quoted[end]:
        if head < 0 and (tokens.lower[end] in _AUXILIARIES or end - first > 8):
            return None
        if head < 0 and _stem(tokens.lower[end]) in _ROLES and not _is_possessive(tokens.words[end]):
            head = end
        end += 1
    return tokens.span(first, end) if head >= 0 else None
