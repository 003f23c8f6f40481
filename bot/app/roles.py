"""What one process does of the whole work: all of it, or with others a part each."""

from collections.abc import Collection
from dataclasses import dataclass

SCHEDULER, WORKER = "scheduler", "worker"


class UnknownRole(Exception):
    """Its text is one plain sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """serving: the platforms whose commands are answered here. A worker delivers to all platforms."""

    serving: frozenset[str]
    schedules: bool
    works: bool

    @property
    def everything(self) -> bool:
        """Whether there need be no other process."""
        return self.schedules and self.works


def all_roles(platforms: Collection[str]) -> Roles:
    return Roles(serving=frozenset(platforms), schedules=True, works=True)


def parse_roles(text: str, *, platforms: Collection[str], possible: Collection[str]) -> Roles:
    """What `telegram,scheduler` says. platforms: those with a token; possible: those that there are.

    Raises UnknownRole for what is none, and for a platform without a token.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = (*possible, SCHEDULER, WORKER)
    if not names:
        raise UnknownRole(f"no role is named; there are: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise UnknownRole(f"there is no role “{name}”; there are: {', '.join(known)}")
        if name in possible and name not in platforms:
            raise UnknownRole(f"the role {name} needs its token: set PULLQUOTE_{name.upper()}__TOKEN")
    return Roles(
        serving=frozenset(names) - {SCHEDULER, WORKER},
        schedules=SCHEDULER in names,
        works=WORKER in names,
    )
