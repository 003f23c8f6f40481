"""The index of speakers: everyone who is quoted in an article, found by the words of the name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select

from articles.database import insert_or_ignore, new_id
from articles.schema import UtcDateTime, articles
from summarizer.model import Speaker, SpeakerId, SpeakerKind
from summarizer.schema import quotes, speaker_words, speakers
from summarizer.speakers.names import (
    KnownSpeaker,
    identify,
    is_typo,
    name_key,
    name_words,
    surname,
    without_titles,
)

MAX_NAMESAKES = 50
LAST_CODE_POINT = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpeaker:
    """A speaker of one article or more."""

    id: SpeakerId
    name: str
    kind: SpeakerKind
    quote_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRole:
    """A role of a speaker, and when articles gave it."""

    role: str
    first: datetime  # publication of the first and the last article that quotes the speaker in this role
    last: datetime


def record(connection: Connection, speaker: Speaker) -> SpeakerId | None:
    """The id of a speaker, inserted if unknown, in the caller's transaction.

    None for unnamed speakers: "a senior official" in two articles may be two people.
    """
    key = name_key(speaker.name, speaker.kind)
    if speaker.kind is SpeakerKind.UNNAMED or not key:
        return None
    words = tuple(key.split())
    known = identify(key, speaker.kind, _namesakes(connection, key, surname(words), speaker.kind))
    if known is not None:
        _add_words(connection, known, words)  # from now on both "Jim" and "James" find the speaker
        return known
    row = {"name": speaker.name, "kind": speaker.kind.value, "name_key": key, "quote_count": 0}
    speaker_id = SpeakerId(new_id(connection.execute(insert(speakers).values(row))))
    _add_words(connection, speaker_id, words)
    return speaker_id


def roles_of(connection: Connection, speaker_id: SpeakerId) -> tuple[SeenRole, ...]:
    """The roles that articles give a speaker, the most recent first."""
    day = func.coalesce(articles.c.published, articles.c.stored_at, type_=UtcDateTime)
    first, last = func.min(day, type_=UtcDateTime), func.max(day, type_=UtcDateTime)
    seen = (
        select(quotes.c.role, first.label("first"), last.label("last"))
        .join(articles, articles.c.id == quotes.c.article_id)
        .where(quotes.c.speaker_id == speaker_id, quotes.c.role.is_not(None))
    )
    rows = connection.execute(seen.group_by(quotes.c.role).order_by(last.desc(), quotes.c.role))
    return tuple(SeenRole(role=row.role, first=row.first, last=row.last) for row in rows)


def _add_words(connection: Connection, speaker_id: SpeakerId, words: tuple[str, ...]) -> None:
    insert_or_ignore(
        connection,
        speaker_words,
        [
            {"word": w, "speaker_id": speaker_id, "backwards": w[::-1], "is_last": w == surname(words)}
            for w in words
        ],
    )


def find(connection: Connection, name: str, *, limit: int) -> tuple[StoredSpeaker, ...]:
    """The speakers that a name can mean, most quoted first: with all its words, else with one typo."""
    words = name_words(name)
    # "James N. Mattis": the index may not have the initial.
    long = tuple(word for word in words if len(word) > 1) or words
    attempts = tuple(dict.fromkeys((long, without_titles(long)))) if long else ()
    for attempt in attempts:
        if found := _with_words(connection, [[word] for word in attempt], limit=limit):
            return found
    for attempt in attempts:
        for at, word in enumerate(attempt):
            groups = [[other] for other in attempt]
            groups[at] = _typos(connection, word)
            if found := _with_words(connection, groups, limit=limit):
                return found
    return ()


def get(connection: Connection, speaker_id: SpeakerId) -> StoredSpeaker | None:
    """The speaker with an id; None if there is none."""
    row = connection.execute(select(speakers).where(speakers.c.id == speaker_id)).first()
    return _stored(row) if row is not None else None


def with_beginning(connection: Connection, beginning: str, *, limit: int) -> tuple[StoredSpeaker, ...]:
    """Speakers with a word that starts like the last one given, and all other words, most quoted first."""
    words = name_words(beginning)
    chosen = _most_quoted(limit)
    for word in words[:-1]:
        chosen = chosen.where(_having(speaker_words.c.word == word))
    if words:
        chosen = chosen.where(_having(_begins(speaker_words.c.word, words[-1])))
    return tuple(_stored(row) for row in connection.execute(chosen))


def _namesakes(connection: Connection, key: str, last: str, kind: SpeakerKind) -> list[KnownSpeaker]:
    of_surname = _having(speaker_words.c.word == last, speaker_words.c.is_last)
    same = speakers.c.name_key == key
    chosen = select(speakers).where(speakers.c.kind == kind.value, or_(same, of_surname))
    rows = connection.execute(chosen.order_by(same.desc(), speakers.c.id).limit(MAX_NAMESAKES))
    return [KnownSpeaker(id=SpeakerId(r.id), name_key=r.name_key, kind=SpeakerKind(r.kind)) for r in rows]


def _with_words(
    connection: Connection, groups: Sequence[Sequence[str]], *, limit: int
) -> tuple[StoredSpeaker, ...]:
    """Speakers whose names have a word of each group. A single word is searched among surnames first."""
    if not all(groups):
        return ()
    having = [_having(speaker_words.c.word.in_(group)) for group in groups]
    if len(groups) == 1:
        by_surname = _having(speaker_words.c.word.in_(groups[0]), speaker_words.c.is_last)
        if found := connection.execute(_most_quoted(limit).where(by_surname)).all():
            return tuple(_stored(row) for row in found)
    return tuple(_stored(row) for row in connection.execute(_most_quoted(limit).where(*having)))


def _typos(connection: Connection, word: str) -> list[str]:
    """The words of names that differ from this one by one typo.

    One typo leaves the first or the last part of a word unchanged, each a bit less than half of it, so two
    index ranges contain them all.
    """
    part = (len(word) - 1) // 2
    if not part:
        return []
    near = or_(
        _begins(speaker_words.c.word, word[:part]),
        _begins(speaker_words.c.backwards, word[::-1][:part]),
    )
    rows = connection.execute(select(speaker_words.c.word).where(near).distinct())
    return [row.word for row in rows if is_typo(word, row.word)]


def _begins(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    # A range, because SQLite's LIKE uses no index on a case-sensitive column.
    return and_(column >= beginning, column <= beginning + LAST_CODE_POINT)


def _having(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return speakers.c.id.in_(select(speaker_words.c.speaker_id).where(*conditions))


def _most_quoted(limit: int) -> Select[Any]:
    # A speaker who was only paraphrased has no quotes to show.
    quoted = select(speakers).where(speakers.c.quote_count > 0)
    return quoted.order_by(speakers.c.quote_count.desc(), speakers.c.id).limit(limit)


def _stored(row: Row[Any]) -> StoredSpeaker:
    return StoredSpeaker(
        id=SpeakerId(row.id), name=row.name, kind=SpeakerKind(row.kind), quote_count=row.quote_count
    )
