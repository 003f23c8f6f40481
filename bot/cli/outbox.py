"""`pullquote outbox ...`: the commands for deliveries that failed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import click

from articles.database import Database
from bot.cli.output import as_json_option, echo_json
from bot.storage.dead_letters import DeadLetter, DeadLetterStore
from bot.storage.deliveries import DeliveryId
from bot.storage.outbox import Outbox

OpenDatabase = Callable[[], AbstractContextManager[Database]]

LISTED = 50

ids_argument = click.argument("ids", metavar="ID...", nargs=-1, type=int)


def outbox_commands(open_database: OpenDatabase) -> click.Group:
    """The group. open_database: opens the database in the settings and upgrades its schema."""

    @click.group()
    def outbox() -> None:
        """List, retry or drop deliveries that failed."""

    @outbox.command("list")
    @click.option("--limit", default=LISTED, show_default=True, type=click.IntRange(min=1))
    @as_json_option
    def show(limit: int, *, as_json: bool) -> None:
        """Count deliveries by state, and list those that failed or have an unknown outcome."""
        with open_database() as database:
            states = Outbox(database).states()
            faulty = DeadLetterStore(database).listed(limit=limit)
        if as_json:
            told = {"states": states, "undelivered": [_as_json(one) for one in faulty]}
            echo_json(told)
            return
        click.echo(", ".join(f"{count:,} {state}" for state, count in sorted(states.items())) or "empty")
        for one in faulty:
            click.echo(_line(one))

    @outbox.command()
    @ids_argument
    @click.option("--failed", "every", is_flag=True, help="All failed deliveries.")
    def retry(ids: tuple[int, ...], *, every: bool) -> None:
        """Retry failed deliveries: the given ones, or all with --failed."""
        if bool(ids) == every:
            raise click.UsageError("give the ids that `outbox list` shows, or --failed")
        with open_database() as database:
            chosen = None if every else [DeliveryId(each) for each in ids]
            count = DeadLetterStore(database).retry(chosen, now=datetime.now(UTC))
        if ids and count < len(set(ids)):
            raise click.ClickException(
                f"{count} due again; the others did not fail (unknown ones may have arrived, so they stay)"
            )
        click.echo(f"{count} due again")

    @outbox.command()
    @ids_argument
    def drop(ids: tuple[int, ...]) -> None:
        """Delete deliveries from the list."""
        if not ids:
            raise click.UsageError("give the ids that `outbox list` shows")
        with open_database() as database:
            count = DeadLetterStore(database).drop([DeliveryId(each) for each in ids])
        click.echo(f"{count} dropped")

    return outbox


def _line(one: DeadLetter) -> str:
    where = f"{one.chat.platform} {one.chat.chat}" + (f"/{one.chat.thread}" if one.chat.thread else "")
    reason = " ".join((one.reason or "no reason known").split())
    return f"{one.id}  {one.state}  {one.due_at:%Y-%m-%d %H:%M}Z  {where}  {one.topic}: {reason}"


def _as_json(one: DeadLetter) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state,
        "platform": one.chat.platform,
        "chat": one.chat.chat,
        "thread": one.chat.thread,
        "topic": one.topic,
        "due_at": one.due_at.isoformat(),
        "failures": one.failures,
        "reason": one.reason,
    }
