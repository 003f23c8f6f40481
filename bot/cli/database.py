"""`pullquote db ...` and `pullquote outbox ...`: the database, and the deliveries that failed."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from articles.database import password_in
from bot.cli.output import as_json_option, print_json
from bot.cli.wiring import open_database
from bot.copying import copy_to
from bot.progress import progress
from bot.storage.dead_letters import DeadLetter, DeadLetterStore
from bot.storage.outbox import DeliveryId, Outbox

LISTED = 50

ids_argument = click.argument("ids", metavar="ID...", nargs=-1, type=int)


@click.group()
def db() -> None:
    """Back up or copy the database."""


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Back up the SQLite database to a new file; the bot may run meanwhile."""
    with open_database() as database:
        size = database.back_up(path)
    click.echo(f"backed up: {path} ({size / 1e6:,.1f} MB)")


@db.command()
@click.option("--to", "url", metavar="URL", required=True, help="postgresql://user@host/an-empty-database")
def copy(url: str) -> None:
    """Copy a whole SQLite installation to PostgreSQL. If interrupted, run it again to continue.

    Stop the bot first: changes during the copy are not copied.
    """
    with open_database(secrets=filter(None, [password_in(url)])) as database:
        done = copy_to(
            url,
            database,
            clock=lambda: datetime.now(UTC),
            progress=lambda rows: progress("rows", rows, sys.stderr),
        )
    if done.before is not None:
        click.echo(f"copied before, on {done.before:%Y-%m-%d %H:%M} UTC: {done.rows:,} rows; nothing to do")
        return
    earlier = f", {done.resumed_at:,} of them by an earlier run" if done.resumed_at else ""
    click.echo(f"copied: {done.rows:,} rows{earlier}; every table has the same rows in both")


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
        print_json({"states": states, "undelivered": [_as_json(one) for one in faulty]})
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
