"""References to other sentences, resolved if that is certain: "he" to a name, "Thursday" to a date.

Quotations are never changed.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.model import Edit, EditKind, Quote, Speaker, SpeakerKind
from summarizer.text.dates import WEEKDAYS, day_of, is_day_sure, latest_weekday
from summarizer.text.sentences import split_sentences

_MIN_CONFIDENCE = 0.9  # of a pronoun's antecedent
_NEAR = 300  # characters before a pronoun that have to name its person and nobody else
_QUOTED = re.compile(r"\"[^\"]*\"?|“[^”]*”?")
_PRONOUN = re.compile(r"\b(?:he|she)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w’'-]*\w")
_GIVEN = lexicon.given_name_genders()
_PLACES = lexicon.words("places")
# These words are no names of persons. Any other capitalised word inside a sentence may be one.
_NOBODY = (
    _PLACES
    | lexicon.words("not_given_names")
    | lexicon.words("organisations", "words")
    | lexicon.words("function_words", "", "auxiliaries", "determiners")
    | lexicon.words("roles", "groups", "bodies")
    | {"may"}  # the month
)
_SOMEBODY = lexicon.roles() | lexicon.words("roles", "men", "women")

_DAY = lexicon.any_of(day.capitalize() for day in WEEKDAYS)
# As newspapers tell when something happened: "on Thursday", "said Thursday", where a clause may end.
_WEEKDAY = re.compile(
    rf"(?P<before>\b[a-z’']+ |(?<![\w,;] )\bOn )(?P<day>{_DAY})\b(?=[.,;]| (?:[a-z]|[A-Z][a-z]+ed\b))"
    r"(?! (?:morning|afternoon|evening|night|and|or|to|through)\b)(?!, \w+\.? \d)(?!['’-])"
)
_YESTERDAY = re.compile(
    r"(?P<before>\b[a-z’']+ |\A)(?P<day>[Yy]esterday|today)\b(?=[.,;]| (?:that|in|at|by|after)\b)"
)
_BEFORE_ANOTHER_WEEK = lexicon.words("references", "before another week")
_FUTURE = re.compile(
    r"\b(?:will|would|shall|may|might|could|should|must|set to|due|scheduled|plans?|planned|planning|"
    r"expected|expects?|hopes?|going to|to be|is to|are to|ahead of|upcoming|tomorrow)\b|['’]ll\b",
    re.IGNORECASE,
)
_PAST = re.compile(rf"\b(?:\w{{2,}}ed|{lexicon.any_of(lexicon.words('references', 'past'))})\b")
_NOT_PAST = lexicon.words("references", "not past")
_PRESENT = re.compile(
    rf"\b{lexicon.any_of(lexicon.words('references', 'present'))}\b"
    rf"|\b{lexicon.any_of(lexicon.words('references', 'present before a day'))}(?: on)? ?\Z"
)
_ANOTHER_WEEK_BEHIND = re.compile(
    r"\A[\w’' -]{0,30}\b(?:last|next|ago|weeks?|months?|years?|decades?)\b|\A,?(?: in| of)? \d{4}\b"
)
_ANOTHER_WEEK_BEFORE = re.compile(
    r"\b(?:ago|(?:last|next|previous|following) (?:week|month|year)|weeks? (?:before|earlier)|in \d{4}),?"
    r"(?: on)? ?\Z",
    re.IGNORECASE,
)
# Where the clause of a verb may begin or end. "He said it expires Thursday" has two clauses.
_CLAUSE_END = re.compile(
    r"[,;:.](?!\d)|[—–()]|--|\b(?:that|which|who|whom|when|where|while|because|but|it|he|she|they|we|I|you)\b"
    r"|\bsa(?:id|ys?)\b(?= [\w’'-]+ [\w’'-])(?! (?:on|in|at|by|during|after|late|there|here|to|from)\b)"
)
_INFINITIVE = re.compile(
    r"(?<!according )\bto (?!the\b|an?\b|his\b|her\b|its\b|their\b|this\b|that\b|all\b|some\b)[a-z]"
)
_MAX_DAYS_BACK = 5  # six would be tomorrow's weekday, if it is not the same day at the publisher's


class References:
    """The pronouns and days in the sentences of one article. quotes: the article's."""

    def __init__(self, article: Article, quotes: Sequence[Quote]) -> None:
        self._article = article
        self._quotes = {quote.source: quote for quote in quotes if quote.source is not None}
        self._sources = sorted(self._quotes)
        self._surnames = {
            quote.speaker.name.split()[-1]
            for quote in quotes
            if quote.speaker is not None and quote.speaker.kind is SpeakerKind.PERSON
        }

    def resolve(self, sentence: Span) -> tuple[Edit, ...]:
        """The edits that make a sentence clear to a reader of it alone, in text order, disjoint.

        sentence: its span in the article's text.
        """
        article, at = self._article, sentence.start
        text = sentence.of(article.text)
        quoted = [Span(start=match.start(), end=match.end()).shifted(at) for match in _QUOTED.finditer(text)]
        found = [*self._names(sentence)]
        if article.published is not None and article.language.startswith("en"):
            found += _dates(text, at, article.published)
        return tuple(
            edit
            for edit in sorted(found, key=lambda edit: edit.span)
            if not any(edit.span.overlaps(words) for words in quoted)
        )

    def name_of(self, pronoun: Span) -> str | None:
        """The name of the person that a "he" or "she" means; None if that is not certain.

        It is certain for the source of a quote that coreference resolves, if that person and nobody else is
        named just before.
        """
        quote = self._quotes.get(pronoun)
        if quote is None or quote.speaker is None or quote.confidence < _MIN_CONFIDENCE:
            return None
        is_pronoun = pronoun.of(self._article.text).lower() in {"he", "she"}
        if not is_pronoun or quote.speaker.kind is not SpeakerKind.PERSON:
            return None
        return quote.speaker.name if self._is_only_one_named(pronoun.start, quote.speaker) else None

    def _names(self, sentence: Span) -> Iterator[Edit]:
        first = bisect_left(self._sources, sentence.start, key=lambda source: source.start)
        last = bisect_left(self._sources, sentence.end, key=lambda source: source.start)
        for source in self._sources[first:last]:
            name = self.name_of(source)
            if name is None:
                continue
            if name.split()[-1] not in self._article.text[sentence.start : source.start]:
                yield Edit(span=source, text=name, kind=EditKind.PRONOUN)
            return  # later pronouns are clear then

    def _is_only_one_named(self, at: int, speaker: Speaker) -> bool:
        """Whether the two sentences before an offset name the speaker and no other person."""
        before = self._article.text[max(0, at - _NEAR) : at]
        sentences = split_sentences(before)
        if sentences:
            before = before[sentences[-min(3, len(sentences))].start :]
        before = _QUOTED.sub(" ", before)
        if _PRONOUN.search(before):
            return False  # it may mean somebody who is named earlier
        if speaker.name.split()[-1] not in {_bare(word) for word in _WORD.findall(before)}:
            return False
        return not self._has_somebody_else(before, speaker)

    def _has_somebody_else(self, before: str, speaker: Speaker) -> bool:
        """Whether a text may name or mention another person. A name that is on no list may be a person's."""
        names = frozenset(speaker.name.split())
        roles = frozenset((speaker.role or "").lower().split())
        openings = {span.start for span in split_sentences(before)}
        for run in _runs(before):
            words = [_bare(match[0]) for match in run]
            if not words[0][0].isupper():
                # "Mayor John Miller" is one person, "Miller's lawyer" another.
                is_of_speaker = words[0] in roles or _bare(_word_at(before, run[0].end() + 1)) in names
                if words[0] in _SOMEBODY and not is_of_speaker:
                    return True
                continue
            others = [word for word in words if word not in names]
            if any(word in self._surnames or word.lower() in _GIVEN for word in others):
                return True
            is_of_speaker = len(others) < len(words)
            if not is_of_speaker and self._may_name(before, run, opens=run[0].start() in openings):
                return True
        return False

    def _may_name(self, text: str, run: Sequence[re.Match[str]], *, opens: bool) -> bool:
        """Whether adjacent words with capitals may be a person's name."""
        words = [_bare(match[0]) for match in run]
        is_place = " ".join(words).lower() in _PLACES or text[: run[0].start()].endswith((" in ", "In "))
        if is_place or all(word.lower() in _NOBODY or word.isupper() for word in words):
            return False
        if not opens or len(words) > 1:
            return True
        # A word that opens a sentence is a name if it has a possessive, speaks, or has a capital elsewhere.
        if run[0][0] != words[0] or _word_at(text, run[0].end() + 1) in lexicon.reporting_verbs():
            return True
        return re.search(rf"(?<=[a-z,] ){re.escape(words[0])}\b", self._article.text) is not None


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """The words of a text: adjacent words with capitals together, every other word by itself."""
    run: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        follows = bool(run) and text[run[-1].end() : match.start()] in {" ", ". "} and match[0][0].isupper()
        if run and not (follows and run[-1][0][0].isupper() and _bare(run[-1][0]) == run[-1][0]):
            yield run
            run = []
        run.append(match)
    if run:
        yield run


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word)


def _word_at(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match[0] if match is not None else ""


def date_of(text: str, at: Span, published: datetime) -> str | None:
    """What replaces the weekday or "yesterday" at a place of `text`; None if its date is not certain."""
    return next((edit.text for edit in _dates(text, 0, published) if edit.span == at), None)


def _dates(text: str, start: int, published: datetime) -> Iterator[Edit]:
    """The edits that add dates to a sentence. start: its offset in the article."""
    day = day_of(published)
    unquoted = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    if day is None or _FUTURE.search(unquoted) or not _PAST.search(unquoted):
        return
    for match in _WEEKDAY.finditer(unquoted):
        if match["before"].strip().lower() in _BEFORE_ANOTHER_WEEK or not _is_past(unquoted, match):
            continue
        meant = latest_weekday(WEEKDAYS.index(match["day"].lower()), day)
        if (day - meant).days <= _MAX_DAYS_BACK:
            yield _edit(start, match, f"{match['day']} {meant.day} {meant:%B}")
    if not is_day_sure(published):
        return
    for match in _YESTERDAY.finditer(unquoted):
        before = match["before"].strip()
        if not before or _PAST.fullmatch(before):
            meant = day - timedelta(days=match["day"].lower() == "yesterday")
            on = "On" if match["day"][0].isupper() else "on"
            yield _edit(start, match, f"{on} {meant.day} {meant:%B}")


def _is_past(text: str, weekday: re.Match[str]) -> bool:
    """Whether something happened on that weekday, and in the week before the article came out."""
    before, behind = text[: weekday.start("day")], text[weekday.end("day") :]
    if _ANOTHER_WEEK_BEHIND.search(behind[:40]) or _ANOTHER_WEEK_BEFORE.search(before[-40:]):
        return False
    clause = _CLAUSE_END.split(before)[-1]
    if _INFINITIVE.search(clause) or _PRESENT.search(clause):
        return False
    if any(word[0] not in _NOT_PAST for word in _PAST.finditer(clause)):
        return True
    # "On Thursday, the court met": the verb follows.
    opens = clause.strip().lower() in {"", "on"}
    rest = _CLAUSE_END.split(behind.lstrip(", ") if opens else behind, maxsplit=1)[0]
    return _PAST.search(rest) is not None and _PRESENT.search(rest) is None


def _edit(start: int, match: re.Match[str], text: str) -> Edit:
    span = Span(start=match.start("day"), end=match.end("day"))
    return Edit(span=span.shifted(start), text=text, kind=EditKind.DATE)
