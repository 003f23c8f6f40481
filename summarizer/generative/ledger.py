"""Daily usage of models, kept in the database: budgets hold across restarts and processes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import and_, delete, true, update

from articles.database import Database, insert_or_ignore
from summarizer.generative.writer import Budget
from summarizer.schema import model_usage


class RefusingLedger:
    """A `Ledger` for when there is no database: it refuses every request."""

    def reserve(self, model: str, *, tokens: int, budget: Budget) -> bool:  # noqa: ARG002 (the port's)
        return False

    def settle(self, model: str, *, reserved: int, used: int) -> None:
        """Does nothing: no request was booked."""


@dataclass(frozen=True, slots=True)
class UsageLedger:
    """A `Ledger` by UTC day. What a process reserved before it died stays booked."""

    database: Database
    clock: Callable[[], datetime]

    def reserve(self, model: str, *, tokens: int, budget: Budget) -> bool:
        day, usage = self._today(), model_usage.c
        within_budget = and_(
            true() if budget.requests is None else usage.requests < budget.requests,
            true() if budget.tokens is None else usage.tokens + tokens <= budget.tokens,
        )
        with self.database.transaction() as connection:
            insert_or_ignore(
                connection, model_usage, [{"day": day, "model": model, "requests": 0, "tokens": 0}]
            )
            connection.execute(delete(model_usage).where(usage.day < day, usage.model == model))
            booked = connection.execute(
                update(model_usage)
                .where(usage.day == day, usage.model == model, within_budget)
                .values(requests=usage.requests + 1, tokens=usage.tokens + tokens)
            )
            return booked.rowcount == 1

    def settle(self, model: str, *, reserved: int, used: int) -> None:
        usage = model_usage.c
        with self.database.transaction() as connection:
            connection.execute(
                update(model_usage)
                # A request that was booked before midnight stays with the day before.
                .where(usage.day == self._today(), usage.model == model, usage.tokens >= reserved)
                .values(tokens=usage.tokens + used - reserved)
            )

    def _today(self) -> date:
        return self.clock().astimezone(UTC).date()
