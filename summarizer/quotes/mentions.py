"""Mentions: noun phrases that name a person or something else, nominals ("the senator") and pronouns."""

from dataclasses import dataclass
from enum import Enum

from articles.model import Span


class MentionKind(Enum):
    PERSON = "person"
    NAME = "name"  # any other name: an organisation, a publisher, a place
    NOMINAL = "nominal"
    PRONOUN = "pronoun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One noun phrase, tokens [start, end): determiner, role, title and name."""

    start: int
    end: int
    kind: MentionKind
    name: str | None = None  # without title and role: "Jim Mattis"
    head: str = ""  # a nominal's last word, a pronoun itself, in lower case
    role: Span | None = None  # before the name or in apposition behind it
    gender: str | None = None  # "m" or "f", if the words show it
    plural: bool = False
    possessive: bool = False  # "Trump's": it modifies the next noun
    tail: int = 0  # end (token) with apposition, age, party and complements: "Ted Cruz, R-Texas, |said"

    @property
    def is_person(self) -> bool:
        return self.kind is MentionKind.PERSON
