"""What a sentence points to outside itself, written out where that is sure: "he" a name, "Thursday" a date.

The words of a quotation are never touched.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.model import Edit, EditKind, Quote, Speaker, SpeakerKind
from summarizer.text.dates import WEEKDAYS, day_of, is_day_sure, latest_weekday
from summarizer.text.sentences import split_sentences

_SURE = 0.9  # confidence of whom a pronoun stands for
_NEAR = 300  # characters before a pronoun in which its person has to be named, and nobody else
_QUOTED = re.compile(r"\"[^\"]*\"?|“[^”]*”?")
_PRONOUN = re.compile(r"\b(?:he|she)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w’'-]*\w")
_GIVEN = lexicon.given_name_genders()
_PLACES = lexicon.words("places")
# A capital on one of these names nobody; any other capital inside a sentence may be somebody's.
_NOBODY = (
    _PLACES
    | lexicon.words("not_given_names")
    | lexicon.words("organisations", "words")
    | lexicon.words("function_words")
    | lexicon.words("function_words", "auxiliaries")
    | lexicon.words("function_words", "determiners")
    | lexicon.words("roles", "groups")
    | lexicon.words("roles", "bodies")
    | frozenset(WEEKDAYS)
    | lexicon.listed("may august")
)
_SOMEBODY = lexicon.roles() | lexicon.words("roles", "men") | lexicon.words("roles", "women")

_DAY = "|".join(day.capitalize() for day in WEEKDAYS)
# Only as newspapers say when something happened: "on Thursday", "said Thursday", where a clause may end.
_WEEKDAY = re.compile(
    rf"(?P<before>\b[a-z’']+ |(?<![\w,;] )\bOn )(?P<day>{_DAY})\b(?=[.,;]| (?:[a-z]|[A-Z][a-z]+ed\b))"
    r"(?! (?:morning|afternoon|evening|night|and|or|to|through)\b)(?!, \w+\.? \d)(?!['’-])"
)
_YESTERDAY = re.compile(
    r"(?P<before>\b[a-z’']+ |\A)(?P<day>[Yy]esterday|today)\b(?=[.,;]| (?:that|in|at|by|after)\b)"
)
_NOT_THE_LATEST = lexicon.listed(
    "last next this that every each until till by since before after from through between of a an the or and "
    "late early earlier later for to black good"
)
_TO_COME = re.compile(
    r"\b(?:will|would|shall|may|might|could|should|must|set to|due|scheduled|plans?|planned|planning|"
    r"expected|expects?|hopes?|going to|to be|is to|are to|ahead of|upcoming|tomorrow)\b|['’]ll\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:\w{2,}ed|was|were|had|did|said|told|took|went|came|gave|became|began|wrote|spoke|fell|rose|made|met|won|"
    r"lost|left|held|found|shot|hit|led|ran|saw|broke|sent|brought|put|cut|set|let|died|got|sought|struck|fled)\b"
)
_OTHER_WEEK_BEHIND = re.compile(
    r"\A[\w’' -]{0,30}\b(?:last|next|ago|weeks?|months?|years?|decades?)\b|\A,?(?: in| of)? \d{4}\b"
)
_OTHER_WEEK_BEFORE = re.compile(
    r"\b(?:ago|(?:last|next|previous|following) (?:week|month|year)|weeks? (?:before|earlier)|in \d{4}),?"
    r"(?: on)? ?\Z",
    re.IGNORECASE,
)
# Where the clause of a verb may begin or end. "He said it expires Thursday" has two.
_CLAUSE_END = re.compile(
    r"[,;:.](?!\d)|[—–()]|--|\b(?:that|which|who|whom|when|where|while|because|but|it|he|she|they|we|I|you)\b"
    r"|\bsa(?:id|ys?)\b(?= [\w’'-]+ [\w’'-])(?! (?:on|in|at|by|during|after|late|there|here|to|from)\b)"
)
_TO_DO = re.compile(
    r"(?<!according )\bto (?!the\b|an?\b|his\b|her\b|its\b|their\b|this\b|that\b|all\b|some\b)[a-z]"
)
_NOT_PAST = lexicon.listed("need hundred indeed speed feed seed breed exceed proceed succeed kindred sacred")
_PRESENT = re.compile(
    r"\b(?:is|are|am|has|have|do|does|expires|ends|begins|starts|opens|closes|meets|votes|takes|goes|comes|leaves"
    r"|arrives|returns|plays|faces|resumes|marks|runs)\b"
    r"|\b(?:expire|end|begin|start|open|close|meet|vote|take|go|come|leave|arrive|return|play|face|resume)"
    r"(?: on)? ?\Z"
)
_OLDEST = 5  # days back; six would be tomorrow's weekday, where the publisher's day is not ours


class References:
    """Whom and when the sentences of one article mean. quotes: the article's."""

    def __init__(self, article: Article, quotes: Sequence[Quote]) -> None:
        self._article = article
        self._quotes = {quote.source: quote for quote in quotes if quote.source is not None}
        self._sources = sorted(self._quotes)
        self._surnames = {
            quote.speaker.name.split()[-1]
            for quote in quotes
            if quote.speaker is not None and quote.speaker.kind is SpeakerKind.PERSON
        }

    def written_out(self, sentence: Span) -> tuple[Edit, ...]:
        """The edits that say in a sentence what a reader of it alone would not know, in text order, disjoint.

        sentence: of the article's text.
        """
        article, at = self._article, sentence.start
        text = sentence.of(article.text)
        quoted = [Span(start=at + match.start(), end=at + match.end()) for match in _QUOTED.finditer(text)]
        found = [*self._names(sentence)]
        if article.published is not None and article.language.startswith("en"):
            found += _dates(text, at, article.published)
        return tuple(
            edit
            for edit in sorted(found, key=lambda edit: edit.span)
            if not any(edit.span.overlaps(words) for words in quoted)
        )

    def name_of(self, pronoun: Span) -> str | None:
        """Whose name a "he" or "she" stands for; None where that is not sure.

        Sure is one whose words the sentence tells, whom the quotes' own resolution names, and beside whom
        nobody else is named just before.
        """
        quote = self._quotes.get(pronoun)
        if quote is None or quote.speaker is None or quote.confidence < _SURE:
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
            return  # once named, "he" is clear

    def _is_only_one_named(self, at: int, speaker: Speaker) -> bool:
        """Whether the speaker is named shortly before, and no other person is."""
        before = _QUOTED.sub(" ", _last_two_sentences(self._article.text[max(0, at - _NEAR) : at]))
        if _PRONOUN.search(before):
            return False  # somebody is spoken of already who need not be named here
        if speaker.name.split()[-1] not in {_bare(word) for word in _WORD.findall(before)}:
            return False
        return not self._has_somebody_else(before, speaker)

    def _has_somebody_else(self, before: str, speaker: Speaker) -> bool:
        """Whether a text may name or mention another person; a name that no list knows may be one."""
        names = frozenset(speaker.name.split())
        roles = frozenset((speaker.role or "").lower().split())
        openings = {span.start for span in split_sentences(before)}
        for run in _runs(before):
            words = [_bare(match[0]) for match in run]
            if not words[0][0].isupper():
                # "Mayor John Miller" is one man, "Miller's lawyer" another.
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
        """Whether words with capitals, side by side, may be a person's name."""
        words = [_bare(match[0]) for match in run]
        is_place = " ".join(words).lower() in _PLACES or text[: run[0].start()].endswith((" in ", "In "))
        if is_place or all(word.lower() in _NOBODY or word.isupper() for word in words):
            return False
        if not opens or len(words) > 1:
            return True
        # A capital that every sentence has: a name where the word is written so elsewhere, owns, or speaks.
        if run[0][0] != words[0] or _word_at(text, run[0].end() + 1) in lexicon.reporting_verbs():
            return True
        return re.search(rf"(?<=[a-z,] ){re.escape(words[0])}\b", self._article.text) is not None


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """The words of a text: those with capitals side by side together, each other one by itself."""
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
    """What the weekday or "yesterday" at a place of `text` is written out as; None where that is not sure."""
    for edit in _dates(text, 0, published):
        if edit.span == at:
            return edit.text
    return None


def _last_two_sentences(text: str) -> str:
    spans = split_sentences(text)
    return text[spans[-min(3, len(spans))].start :] if spans else text


def _dates(text: str, start: int, published: datetime) -> Iterator[Edit]:
    """Edits of a sentence that begins at `start` of its article."""
    day = day_of(published)
    told = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    if day is None or _TO_COME.search(told) or not _PAST.search(told):
        return
    for match in _WEEKDAY.finditer(told):
        if match["before"].strip().lower() in _NOT_THE_LATEST or not _is_past(told, match):
            continue
        meant = latest_weekday(WEEKDAYS.index(match["day"].lower()), day)
        if (day - meant).days <= _OLDEST:
            yield _edit(start, match, f"{match['day']} {_day_and_month(meant)}")
    if is_day_sure(published):
        for match in _YESTERDAY.finditer(told):
            yield from _relative(start, match, day)


def _is_past(told: str, weekday: re.Match[str]) -> bool:
    """Whether the weekday is when something happened, and in no other week than the one named by itself."""
    before, behind = told[: weekday.start("day")], told[weekday.end("day") :]
    if _OTHER_WEEK_BEHIND.search(behind[:40]) or _OTHER_WEEK_BEFORE.search(before[-40:]):
        return False
    clause = _CLAUSE_END.split(before)[-1]
    if _TO_DO.search(clause) or _PRESENT.search(clause):
        return False
    if any(word[0] not in _NOT_PAST for word in _PAST.finditer(clause)):
        return True
    # "On Thursday, the court met": the verb follows.
    opens = clause.strip().lower() in {"", "on"}
    rest = _CLAUSE_END.split(behind.lstrip(", ") if opens else behind, maxsplit=1)[0]
    return _PAST.search(rest) is not None and _PRESENT.search(rest) is None


def _relative(start: int, match: re.Match[str], day: date) -> Iterator[Edit]:
    before = match["before"].strip()
    if before and not _PAST.fullmatch(before):
        return
    meant = day - timedelta(days=match["day"].lower() == "yesterday")
    on = "On" if match["day"][0].isupper() else "on"
    yield _edit(start, match, f"{on} {_day_and_month(meant)}")


def _edit(start: int, match: re.Match[str], text: str) -> Edit:
    span = Span(start=start + match.start("day"), end=start + match.end("day"))
    return Edit(span=span, text=text, kind=EditKind.DATE)


def _day_and_month(day: date) -> str:
    return f"{day.day} {day:%B}"
