"""What was asked of a model today, kept in the database: a restart or a second process changes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, delete, true, update

from articles.database import Database, insert_absent
from summarizer.generative.model import Budget
from summarizer.schema import model_usage


class Ledger(Protocol):
    """Counts what is asked of models."""

    def reserve(self, model: str, *, tokens: int, budget: Budget) -> bool:
        """Books a request of about so many tokens; False, and nothing booked, where it exceeds the budget."""

    def settle(self, model: str, *, reserved: int, used: int) -> None:
        """Puts what a request used in the place of what was reserved for it."""


class NothingToSpend:
    """A `Ledger` where there is no database to keep one: no request is booked."""

    def reserve(self, model: str, *, tokens: int, budget: Budget) -> bool:  # noqa: ARG002 (the port's)
        return False

    def settle(self, model: str, *, reserved: int, used: int) -> None:
        """Nothing was booked, so nothing is put right."""


class UsageLedger:
    """A `Ledger` by days of UTC. What a process that died had reserved stays booked."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def reserve(self, model: str, *, tokens: int, budget: Budget) -> bool:
        day = self._today()
        with self._database.transaction() as connection:
            blank = {"day": day, "model": model, "requests": 0, "tokens": 0}
            insert_absent(connection, model_usage, [blank])
            # Of other days nothing is asked any more.
            connection.execute(delete(model_usage).where(model_usage.c.day < day, _is(model)))
            booked = connection.execute(
                update(model_usage)
                .where(model_usage.c.day == day, _is(model), _within(budget, tokens))
                .values(requests=model_usage.c.requests + 1, tokens=model_usage.c.tokens + tokens)
            )
            return booked.rowcount == 1

    def settle(self, model: str, *, reserved: int, used: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                update(model_usage)
                # What was booked before midnight stays with the day before.
                .where(model_usage.c.day == self._today(), _is(model), model_usage.c.tokens >= reserved)
                .values(tokens=model_usage.c.tokens + used - reserved)
            )

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()


def _is(model: str) -> ColumnElement[bool]:
    return model_usage.c.model == model


def _within(budget: Budget, tokens: int) -> ColumnElement[bool]:
    limits: list[Any] = [true()]
    if budget.requests is not None:
        limits.append(model_usage.c.requests < budget.requests)
    if budget.tokens is not None:
        limits.append(model_usage.c.tokens + tokens <= budget.tokens)
    return and_(*limits)
