"""Tokens -> mentions: the noun phrases that name somebody or something.

This uses no named-entity library. News introduces people by full name, with a title, a role or an apposition:
capital letters find the names, and the word lists and the article itself tell what they are.
"""

from collections.abc import Iterator, Set
from dataclasses import replace

from articles.model import Span
from summarizer import lexicon
from summarizer.quotes.appositions import with_postmodifiers
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.speakers import (
    BARE_TITLES,
    bare,
    is_person_name,
    is_possessive,
    name_gender,
    opens_no_name,
    stem,
    surname,
)
from summarizer.text.words import Tokens

_TITLES = lexicon.words("roles", "titles")
_ROLES = lexicon.roles()
_WOMEN = lexicon.words("roles", "women")
_MEN = lexicon.words("roles", "men")
_GROUPS = lexicon.words("roles", "groups")
_BODIES = lexicon.words("roles", "bodies")
_DOCUMENTS = lexicon.words("roles", "documents")
_HEADS = _ROLES | _GROUPS | _BODIES | _DOCUMENTS
_ORGANISATION = lexicon.words("organisations", "words")
_GIVEN = lexicon.given_name_genders()
_VERBS = lexicon.reporting_verbs()
_FUNCTION = lexicon.words("function_words")
_FUNCTION_OR_AUXILIARY = lexicon.words("function_words", "", "auxiliaries")
_DETERMINERS = lexicon.words("function_words", "determiners")
_STRONG = lexicon.words("cues", "strong")
_PRONOUNS = lexicon.pairs("pronouns", "sources")
_PLURAL_PRONOUNS = lexicon.words("pronouns", "plural")
_PARTICLES = lexicon.words("names", "particles")
_NAME_LINKS = lexicon.words("names", "links")
# "Jane Doe Says Harbor Is Closed": in a headline the verb has a capital too.
_HEADLINE_VERBS = {word for word in _STRONG if word.endswith("s")} - lexicon.words("cues", "not in headlines")
_OFFICES_OF = lexicon.words("roles", "offices of")
_ALONE = lexicon.words("function_words", "alone")
_SHARES = lexicon.words("numbers", "shares")
_SENTENCE_ENDS = frozenset(".?!:;…")
_NO_MODIFIERS = _FUNCTION_OR_AUXILIARY | _VERBS
_LONGEST_NOUN_PHRASE = 9
_LONGEST_SUBJECT = 5  # words behind the determiner


def find_mentions(tokens: Tokens) -> list[Mention]:
    """All mentions outside quotations, in text order, without overlaps."""
    return with_postmodifiers(tokens, list(_Finder(tokens).mentions()))


class _Finder:
    def __init__(self, tokens: Tokens) -> None:
        self._t = tokens
        self._words = frozenset(tokens.words)
        self._person_words: set[str] = set()

    def mentions(self) -> Iterator[Mention]:
        found: list[Mention] = []
        at = floor = 0
        while at < len(self._t):
            is_quoted = self._t.quoted[at]
            mention = self._at(at, floor) if not is_quoted else None
            at = max(mention.end if mention else 0, at + 1)
            if mention:
                found.append(mention)
            if mention or is_quoted:
                floor = at  # the next mention cannot begin before it
        return self._corrected(found)

    def _at(self, i: int, floor: int) -> Mention | None:
        word, lower = self._t.words[i], self._t.lower[i]
        if lower in _PRONOUNS and (word != "IT"):
            return Mention(
                start=i,
                end=i + 1,
                tail=i + 1,
                kind=MentionKind.PRONOUN,
                head=lower,
                gender=_PRONOUNS[lower] if _PRONOUNS[lower] != "x" else None,
                plural=lower in _PLURAL_PRONOUNS,
            )
        if lower in _DETERMINERS:
            return self._noun_phrase(i, i + 1) or self._subject(i)
        if self._is_name_word(i):
            return self._noun_phrase(i, i)
        if lower in _GROUPS or lower in _ROLES or self._is_possessed(i):
            return self._noun_phrase(self._modifiers_start(i, floor), i) or self._subject(i)
        return self._subject(i)

    def _subject(self, i: int) -> Mention | None:
        """A noun phrase in no word list that a reporting verb beside it shows to be a source.

        "Wrote one commenter", "the impostor gushed", "another tweeted", "14 percent said".
        """
        lower = self._t.lower[i]
        if lower not in _DETERMINERS and lower not in _ALONE and not lower.isdigit():
            return None
        end = _subject_end(self._t, i)
        return self._nominal(i, end) if end is not None else None

    def _is_name_word(self, i: int) -> bool:
        word = self._t.words[i]
        if not word[0].isupper():
            return word[0] == "@" and len(word) > 1
        lower = self._t.lower[i]
        if lower in _FUNCTION_OR_AUXILIARY or lower.removesuffix("'s") in _FUNCTION:
            return word in self._person_words and self._beside_verb(i)
        # The first word of a sentence has a capital anyway.
        return not (self._opens_sentence(i) and self._common(i) and not self._capital_follows(i))

    def _beside_verb(self, i: int) -> bool:
        """Whether a function word is a name here: "Will wrote" of George Will."""
        return _is_at(self._t, i + 1, _VERBS) or (i > 0 and _is_at(self._t, i - 1, _VERBS))

    def _is_possessed(self, i: int) -> bool:
        """The campaign in "Trump's campaign"."""
        return i > 0 and is_possessive(self._t.words[i - 1]) and stem(self._t.lower[i]) in _HEADS

    def _opens_sentence(self, i: int) -> bool:
        t = self._t
        return t.opens_paragraph(i) or t.words[i - 1] in _SENTENCE_ENDS or t.quoted[i - 1]

    def _common(self, i: int) -> bool:
        lower = self._t.lower[i]
        return lower not in _GIVEN and (lower in self._words or lower in _HEADS or lower in _VERBS)

    def _capital_follows(self, i: int) -> bool:
        return i + 1 < len(self._t) and self._t.words[i + 1][0].isupper() and not self._t.quoted[i + 1]

    def _modifiers_start(self, i: int, floor: int) -> int:
        t, start = self._t, i
        while start > floor and i - start < 3:
            lower = t.lower[start - 1]
            if t.paragraph[start - 1] != t.paragraph[i] or not t.words[start - 1][0].isalpha():
                break
            if lower in _NO_MODIFIERS or lower.endswith(("ly", "ing", "ed")):
                break
            start -= 1
        return start

    def _noun_phrase(self, start: int, at: int) -> Mention | None:
        """The noun phrase from token `start` on; its words behind determiner and adjectives from `at` on."""
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
                if is_possessive(t.words[run - 1]) or not self._continues_phrase(run):
                    break
                continue
            if head == end - 1 and " ".join(t.lower[end : end + 2]) in _OFFICES_OF:
                head = end + 1
                end += 2
                continue
            if _ends_phrase(word, lower, headed=head >= 0):
                break
            if stem(lower) in _HEADS:
                head, name = end, None
            end, possessed = self._behind_possessive(end + 1)
            if possessed and not (end < limit and stem(t.lower[end]) in _HEADS):
                break
        if name is not None:
            return self._named(start, *name)
        if head >= 0:
            return self._nominal(start, head + 1)
        return None

    def _behind_possessive(self, end: int) -> tuple[int, bool]:
        """Behind a plural's apostrophe at token `end` ("the engineers' union"); whether it is possessive."""
        t = self._t
        if end < len(t) and t.words[end] in "’'" and t.ends[end - 1] == t.starts[end]:
            return end + 1, True
        return end, is_possessive(t.words[end - 1])

    def _continues_phrase(self, i: int) -> bool:
        """Whether a word in lower case continues the noun phrase behind a name: "Trump campaign aide"."""
        return _is_at(self._t, i, _HEADS) and self._t.words[i][0].islower()

    def _run_end(self, i: int) -> int:
        """The end of the run of capitalised words that starts at token i."""
        t, n = self._t, len(self._t)
        end = i + 1
        while not is_possessive(t.words[end - 1]):
            step = self._linked(end)
            if end + step >= n or t.paragraph[end + step] != t.paragraph[i] or t.quoted[end + step]:
                break
            word = t.words[end + step]
            if not (word[0].isupper() and word[0].isalpha()) or t.lower[end + step] in _PRONOUNS:
                break
            if t.lower[end + step] in (_FUNCTION if step else _HEADLINE_VERBS):
                break
            end += step + 1
        return end

    def _linked(self, i: int) -> int:
        """How many lower-case words of a name are at token i: "Department of Defense", "Chris van Hollen"."""
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
        """The mention of a run of capitalised words [first, end); the words from `start` to it are a role."""
        t = self._t
        possessive = is_possessive(t.words[end - 1])
        name_at = self._name_start(first, end)
        if name_at == end:  # nothing but titles: "the Secretary of State"
            return replace(self._nominal(start, end), possessive=possessive)
        name_at = self._behind_verbs(name_at, end)
        words = [bare(t.words[i]) for i in range(name_at, end)]
        titled = name_at > first and t.lower[name_at - 1] in _TITLES
        described = any(stem(t.lower[i]) in _ROLES for i in range(start, name_at))
        person = is_person_name(words, titled=titled, described=described)
        if not person:
            name_at, words = first, [bare(t.words[i]) for i in range(first, end)]
            if len(words) == 1 and words[0].lower() in _GROUPS:
                return replace(self._nominal(start, end), possessive=possessive)
        elif len(words) > 1:
            self._person_words.update((words[0], surname(words)))
        return Mention(
            start=start,
            end=end,
            tail=end,
            kind=MentionKind.PERSON if person else MentionKind.NAME,
            name=" ".join(words),
            head=words[-1].lower(),
            role=self._role(start, name_at) if person else None,
            gender=name_gender(words, t.lower[start:name_at]) if person else None,
            possessive=possessive,
        )

    def _name_start(self, first: int, end: int) -> int:
        """The start of the name in a run of capitalised words, behind titles and offices."""
        t, at = self._t, first
        for i in range(first, end):
            lower = t.lower[i]
            if lower in _ROLES and not (i + 1 == end and i > first and t.lower[i - 1] in _GIVEN):
                at = i + 1
        while at < end and t.lower[at] in _NAME_LINKS:
            given = [i for i in range(at + 1, end) if t.lower[i] in _GIVEN]
            if given:
                return given[0]
            return end - 2 if end - at >= 5 else end
        return at

    def _behind_verbs(self, first: int, end: int) -> int:
        """The start of the name behind verbs with a capital: "Follow Jane Doe", "Said Jane Doe"."""
        t, at = self._t, first
        while end - at > 2 and t.lower[at] not in _GIVEN and t.lower[at + 1] in _GIVEN:
            if t.lower[at] not in _VERBS and not opens_no_name(t.lower[at]):
                break
            at += 1
        return at

    def _role(self, start: int, name_at: int) -> Span | None:
        t = self._t
        first = start + (t.lower[start] in _DETERMINERS)
        if first >= name_at or all(t.lower[i] in BARE_TITLES for i in range(first, name_at)):
            return None
        if not any(stem(t.lower[i]) in _ROLES for i in range(first, name_at)):
            return None
        last = name_at
        while last - 1 > first and t.lower[last - 1] in BARE_TITLES:
            last -= 1
        return t.span(first, last)

    def _nominal(self, start: int, end: int) -> Mention:
        lower = self._t.lower[end - 1]
        head = stem(lower)
        gender = "f" if head in _WOMEN else "m" if head in _MEN else None
        return Mention(
            start=start,
            end=end,
            tail=end,
            kind=MentionKind.NOMINAL,
            head=head,
            gender=gender,
            plural=head in _GROUPS,
            possessive=is_possessive(self._t.words[end - 1]),
        )

    def _corrected(self, found: list[Mention]) -> Iterator[Mention]:
        """The mentions, corrected by the whole article.

        A single word that is a person's given name or surname is that person. A name of several words that
        starts with a surname is a thing named after the person ("Trump Train").
        """
        surnames = {
            surname(words).lower()
            for mention in found
            if mention.is_person
            and len(words := (mention.name or "").split()) > 1
            and words[0].lower() in _GIVEN
        }
        for mention in found:
            words = (mention.name or "").split()
            if mention.kind is MentionKind.NAME and mention.name in self._person_words:
                yield replace(mention, kind=MentionKind.PERSON)
            elif mention.is_person and len(words) > 1 and self._is_named_for(words, surnames):
                yield replace(mention, kind=MentionKind.NAME, role=None, gender=None)
            else:
                yield mention

    def _is_named_for(self, words: list[str], surnames: set[str]) -> bool:
        first = words[0].lower()
        return first in surnames and first not in _GIVEN and words[-1].lower() not in surnames


def _ends_phrase(word: str, lower: str, *, headed: bool) -> bool:
    """Whether a word in lower case cannot continue a noun phrase. headed: the phrase has its noun already."""
    if not (word[0].isalnum() or word[0] in "@#") or lower in _FUNCTION_OR_AUXILIARY:
        return True
    # "The senator reports", "the poll shows": behind a noun these are verbs.
    return lower in _VERBS and (headed or lower not in _HEADS)


def _heads_name(lower: str) -> bool:
    """Whether "of" behind this word continues the name: Department of State, not Jeff Merkley of Oregon."""
    return lower in _ORGANISATION or lower in _HEADS or lower in _TITLES


def _subject_end(tokens: Tokens, start: int) -> int | None:
    """The end of the noun phrase from token `start` on; None if no reporting verb is right beside it."""
    t, end = tokens, start + 1
    if t.words[start].isdigit():
        return end + 1 if end < len(t) and t.lower[end] in _SHARES and _is_at(t, end + 1, _VERBS) else None
    limit = min(len(t), end + _LONGEST_SUBJECT)
    while end < limit and _continues_subject(t, end, start):
        end += 1
    if end == start + 1:
        return end if t.lower[start] in _ALONE and _is_at(t, end, _STRONG) else None
    if t.lower[start] not in _DETERMINERS:
        return None
    return end if _is_at(t, end, _VERBS) or _follows_verb(t, start) else None


def _continues_subject(tokens: Tokens, i: int, start: int) -> bool:
    word, lower = tokens.words[i], tokens.lower[i]
    return (
        not tokens.quoted[i]
        and tokens.paragraph[i] == tokens.paragraph[start]
        and word[0].isalnum()
        and not word[0].isupper()
        and lower not in _NO_MODIFIERS
    )


def _is_at(tokens: Tokens, i: int, words: Set[str]) -> bool:
    """Whether token i is one of the words, outside quotations."""
    return i < len(tokens) and not tokens.quoted[i] and tokens.lower[i] in words


def _follows_verb(tokens: Tokens, start: int) -> bool:
    """Whether the phrase is behind its verb: "…," said the impostor; according to the filing."""
    t = tokens
    if start < 2:
        return False
    ends_clause = t.quoted[start - 2] or t.words[start - 2] in ",—–-"
    is_verb = ends_clause and _is_at(t, start - 1, _STRONG)
    return is_verb or t.lower[start - 2 : start] == ["according", "to"]
