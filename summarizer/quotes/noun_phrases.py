"""Tokens -> the noun phrases that name somebody or something.

No named-entity library is at hand, and news copy hardly needs one: it introduces people by full name, with
a title, a role or an apposition, and is consistent about it. Capitals find the names, word lists and the
article itself say what they are.
"""

from collections.abc import Iterator
from dataclasses import replace

from articles.model import Span
from summarizer import lexicon
from summarizer.quotes.appositions import with_tails
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.speakers.person_names import (
    BARE_TITLES,
    bare,
    is_person_name,
    is_possessive,
    name_gender,
    opens_no_name,
    stem,
    surname_of,
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
_AUXILIARIES = lexicon.words("function_words", "auxiliaries")
_DETERMINERS = lexicon.words("function_words", "determiners")
_PRONOUNS = {"he": "m", "she": "f", "they": None, "it": None, "who": None, "i": None, "we": None}
_PARTICLES = lexicon.listed("de van von der den del della di da dos la le el al bin ibn ben du des ter")
_SENTENCE_ENDS = frozenset((".", "?", "!", ":", ";", "…"))
# "Jane Doe Says Harbor Is Closed": in a headline the verb has a capital too.
_HEADLINE_VERBS = frozenset(
    word
    for word in lexicon.words("cues", "strong")
    if word.endswith("s") and word not in ("puts", "cites", "states")
)
_LONGEST_NOUN_PHRASE = 9
_OFFICES_OF = (["of", "state"], ["of", "staff"], ["of", "defense"], ["of", "police"])  # secretary, chief


def find_mentions(tokens: Tokens) -> list[Mention]:
    """All mentions outside quotations, in text order; they do not overlap."""
    found = list(_Finder(tokens).mentions())
    return with_tails(tokens, found)


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
        return self._settled(found)

    def _at(self, i: int, floor: int) -> Mention | None:
        word, lower = self._t.words[i], self._t.lower[i]
        if lower in _PRONOUNS and (word != "IT"):
            return Mention(
                start=i,
                end=i + 1,
                tail=i + 1,
                kind=MentionKind.PRONOUN,
                head=lower,
                gender=_PRONOUNS[lower],
                plural=lower in ("they", "we"),
            )
        if lower in _DETERMINERS:
            return self._noun_phrase(i, i + 1) or self._subject(i)
        if self._is_name_word(i):
            return self._noun_phrase(i, i)
        if lower in _GROUPS or lower in _ROLES or self._is_possessed(i):
            return self._noun_phrase(self._modifiers_start(i, floor), i) or self._subject(i)
        return self._subject(i)

    def _subject(self, i: int) -> Mention | None:
        if not opens_subject(self._t.lower[i]):
            return None
        end = subject_end(self._t, i)
        return self._nominal(i, end) if end is not None else None

    def _is_name_word(self, i: int) -> bool:
        word = self._t.words[i]
        if not word[0].isupper():
            return word[0] == "@" and len(word) > 1
        lower = self._t.lower[i]
        if lower in _FUNCTION or lower in _AUXILIARIES or lower.removesuffix("'s") in _FUNCTION:
            return word in self._person_words and self._beside_verb(i)
        # The first word of a sentence has a capital anyway.
        return not (self._opens_sentence(i) and self._common(i) and not self._capital_follows(i))

    def _beside_verb(self, i: int) -> bool:
        """Whether a name that is a small word too is one here: "Will wrote" of George Will."""
        t = self._t
        behind = i + 1 < len(t) and not t.quoted[i + 1] and t.lower[i + 1] in _VERBS
        return behind or (i > 0 and not t.quoted[i - 1] and t.lower[i - 1] in _VERBS)

    def _is_possessed(self, i: int) -> bool:
        """The campaign in "Trump's campaign"."""
        return i > 0 and is_possessive(self._t.words[i - 1]) and stem(self._t.lower[i]) in _HEADS

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
                if is_possessive(t.words[run - 1]) or not self._continues_phrase(run):
                    break
                continue
            if head == end - 1 and t.lower[end : end + 2] in _OFFICES_OF:
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
        """Behind the loose mark of a plural ("the engineers' union"); whether the word is a possessive."""
        t = self._t
        if end < len(t) and t.words[end] in "’'" and t.ends[end - 1] == t.starts[end]:
            return end + 1, True
        return end, is_possessive(t.words[end - 1])

    def _continues_phrase(self, i: int) -> bool:
        """Whether a lower-case word goes on with the noun phrase behind a name: "Trump campaign aide"."""
        t = self._t
        return i < len(t) and not t.quoted[i] and t.lower[i] in _HEADS and t.words[i][0].islower()

    def _run_end(self, i: int) -> int:
        """Behind the last token of the run of capitalised words that starts at token i."""
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
            self._person_words.update((words[0], surname_of(words)))
        role = self._role(start, name_at) if person else None
        return Mention(
            start=start,
            end=end,
            tail=end,
            kind=MentionKind.PERSON if person else MentionKind.NAME,
            name=" ".join(words),
            head=words[-1].lower(),
            role=role,
            gender=name_gender(words, t.lower[start:name_at]) if person else None,
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

    def _behind_verbs(self, first: int, end: int) -> int:
        """Behind the capitalised words that only lead to a name: "Follow Jane Doe", "Said Jane Doe"."""
        t, at = self._t, first
        while (
            end - at > 2
            and t.lower[at] not in _GIVEN
            and (t.lower[at + 1] in _GIVEN)
            and (t.lower[at] in _VERBS or opens_no_name(t.lower[at]))
        ):
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

    def _settled(self, found: list[Mention]) -> Iterator[Mention]:
        """Each mention as the whole article shows it.

        Single words that are a person's given name or surname here are that person; what opens with a
        surname is a thing named for its bearer ("Trump Train").
        """
        surnames = {
            surname_of(words).lower()
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
    """Whether a lower-case word cannot go on with a noun phrase (`headed`: that has its noun already)."""
    if not (word[0].isalnum() or word[0] in "@#") or lower in _FUNCTION or lower in _AUXILIARIES:
        return True
    # "The senator reports", "the poll shows": behind a noun these are verbs.
    return lower in _VERBS and (headed or lower not in _HEADS)


def _heads_name(lower: str) -> bool:
    """Whether "of" goes on with the name: Department of State, but not Jeff Merkley of Oregon."""
    return lower in _ORGANISATION or lower in _HEADS or lower in _TITLES


# Noun phrases that no word list knows, given away by the reporting verb beside them.
#
# "Wrote one commenter", "the impostor gushed", "another tweeted", "14 percent said": whatever stands there
# speaks, so it is a source like any other.

_STRONG = lexicon.words("cues", "strong")
_ALONE = lexicon.listed("another others some many most several few both one two three")  # "others said"
_SHARES = lexicon.listed("percent per")
_LONGEST = 5  # words behind the determiner


def subject_end(tokens: Tokens, start: int) -> int | None:
    """Behind the phrase that opens at token `start`, where a reporting verb stands right beside it.

    None where there is no such phrase.
    """
    t, end = tokens, start + 1
    if t.words[start].isdigit():
        return end + 1 if end < len(t) and t.lower[end] in _SHARES and _verb_at(t, end + 1) else None
    limit = min(len(t), end + _LONGEST)
    while end < limit and _goes_on(t, end, start):
        end += 1
    if end == start + 1:
        return end if t.lower[start] in _ALONE and _strong_at(t, end) else None
    if t.lower[start] not in _DETERMINERS:
        return None
    return end if _verb_at(t, end) or _follows_verb(t, start) else None


def opens_subject(lower: str) -> bool:
    """Whether a word may open such a phrase."""
    return lower in _DETERMINERS or lower in _ALONE or lower.isdigit()


def _goes_on(tokens: Tokens, i: int, start: int) -> bool:
    word, lower = tokens.words[i], tokens.lower[i]
    return (
        not tokens.quoted[i]
        and tokens.paragraph[i] == tokens.paragraph[start]
        and word[0].isalnum()
        and not word[0].isupper()
        and lower not in _FUNCTION
        and lower not in _AUXILIARIES
        and lower not in _VERBS
    )


def _verb_at(tokens: Tokens, i: int) -> bool:
    return i < len(tokens) and not tokens.quoted[i] and tokens.lower[i] in _VERBS


def _strong_at(tokens: Tokens, i: int) -> bool:
    return i < len(tokens) and not tokens.quoted[i] and tokens.lower[i] in _STRONG


def _follows_verb(tokens: Tokens, start: int) -> bool:
    """Whether the phrase stands behind its verb: "…," said the impostor; according to the filing."""
    t = tokens
    if start > 1 and t.lower[start - 2 : start] == ["according", "to"]:
        return True
    return start > 1 and _strong_at(t, start - 1) and (t.quoted[start - 2] or t.words[start - 2] in ",—–-")
