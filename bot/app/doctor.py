"""`pullquote doctor`: whether everything that the bot needs is there, a line each, with what to do if not."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from articles.database import DatabaseError
from bot.app.application import Application
from bot.storage.deliveries import DeliveryState
from summarizer.analysis import Analyst
from summarizer.errors import SummarizerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    found: str  # what was found, or what to do


def check_python() -> Check:
    """Whether this Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(name="python", ok=sys.version_info >= (3, 11), found=version)


def check_database(application: Application) -> Iterator[Check]:
    """What the database holds, and what is stuck in the outbox."""
    application.database.check()
    found = f"{application.articles.count():,} articles in {application.database.version()}"
    yield Check(name="database", ok=True, found=found)
    states = application.outbox.states()
    counts = ", ".join(f"{count:,} {state}" for state, count in states.items()) or "empty"
    yield Check(name="outbox", ok=DeliveryState.FAILED not in states, found=counts)


def check_model(analyst: Analyst) -> Check:
    """Whether the sentence model loads."""
    try:
        kind = analyst.load()
    except SummarizerError as error:
        return Check(name="model", ok=False, found=str(error))
    return Check(name="model", ok=True, found=kind)


def check_briefs(analyst: Analyst) -> Check:
    """Who writes the briefs, and whether a model that is to can be loaded or reached."""
    try:
        found = analyst.check_writer()
    except SummarizerError as error:
        return Check(name="briefs", ok=False, found=str(error))
    return Check(name="briefs", ok=True, found=found)


def check_platform(name: str, *, has_token: bool, variable: str, package: str) -> Check:
    """Whether a platform is configured. Having none is fine: there is the terminal chat."""
    if not has_token:
        return Check(name=name, ok=True, found=f"off ({variable} is not set)")
    installed = importlib.util.find_spec(package) is not None
    return Check(name=name, ok=installed, found="on" if installed else f"the package {package} is missing")


def checked(name: str, check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The check's findings, or the database's own sentence on why there are none."""
    try:
        yield from check()
    except DatabaseError as error:
        yield Check(name=name, ok=False, found=str(error))
