"""`pullquote feeds ...`: the list of feeds, from the command line."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from articles.errors import ArticleError
from articles.feeds.filters import Match, Rule, Where, rules_to_json
from articles.feeds.model import Feed
from bot.cli.output import REFUSED, as_json_option, complain, echo_json
from bot.feeds.desk import FeedDesk, NoSuchFeed, Refreshed

OpenDesk = Callable[[], AbstractContextManager[FeedDesk]]
"""The context's `obj`: `bot/cli/app.py` sets it."""

Command = TypeVar("Command", bound=Callable[..., None])


@click.group()
def feeds() -> None:
    """Follow feeds: RSS, Atom and JSON Feed."""


def filter_options(command: Command) -> Command:
    """The options that make up a feed's filters."""
    options: tuple[Any, ...] = (
        click.option("--any", "any_", metavar="WORDS", multiple=True, help="Take what has any of these."),
        click.option("--all", "all_", metavar="WORDS", multiple=True, help="Take what has all of these."),
        click.option("--none", metavar="WORDS", multiple=True, help="Leave out what has any of these."),
        click.option("--pattern", metavar="REGEX", multiple=True, help="Take what matches any (RE2)."),
        click.option(
            "--in",
            "where",
            type=click.Choice([each.value for each in Where]),
            default="both",
            help="Where to look.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@feeds.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@filter_options
@click.pass_obj
def add(open_desk: OpenDesk, /, urls: tuple[str, ...], **options: Any) -> None:
    """Follow feeds, by their own address or their site's."""
    rules = _rules(**options)
    failed = False
    with open_desk() as desk:
        for url in urls:
            try:
                feed, is_new = asyncio.run(desk.add(url, rules))
            except ArticleError as error:
                complain(error)
                failed = True
            else:
                click.echo(f"{'added' if is_new else 'followed before'}: {_named(feed)}")
    if failed:
        raise click.exceptions.Exit(REFUSED)


@feeds.command("list")
@as_json_option
@click.pass_obj
def list_feeds(open_desk: OpenDesk, *, as_json: bool) -> None:
    """Show the feeds that are followed."""
    with open_desk() as desk:
        followed = desk.store.followed()
    if as_json:
        echo_json([_as_json(feed) for feed in followed])
        return
    for feed in followed:
        click.echo(f"{_named(feed)}{_standing(feed)}")


@feeds.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.pass_obj
def remove(open_desk: OpenDesk, urls: tuple[str, ...]) -> None:
    """Follow feeds no more; their articles stay."""
    with open_desk() as desk, _in_one_line():
        for url in urls:
            click.echo(f"removed: {_named(desk.remove(url))}")


@feeds.command("filter")
@click.argument("url", metavar="URL")
@filter_options
@click.pass_obj
def set_filter(open_desk: OpenDesk, /, url: str, **options: Any) -> None:
    """Change what is taken from a feed; with no option, everything is."""
    rules = _rules(**options)
    with open_desk() as desk, _in_one_line():
        feed = desk.feed_at(url)
        desk.store.set_rules(feed.id, rules)
    click.echo(f"{'filtered' if rules else 'unfiltered'}: {_named(feed)}")


@feeds.command()
@click.argument("urls", metavar="[URL...]", nargs=-1)
@click.pass_obj
def refresh(open_desk: OpenDesk, urls: tuple[str, ...]) -> None:
    """Ask feeds now, those named or all, and store what is new.

    Feeds that are paused are asked too, and are active again.
    """
    with open_desk() as desk, _in_one_line():
        click.echo(_summary(asyncio.run(desk.refresh(urls, stream=sys.stderr))))


@feeds.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def import_feeds(open_desk: OpenDesk, file: Path) -> None:
    """Follow the feeds of an OPML file."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from error
    with open_desk() as desk, _in_one_line():
        new, known = desk.import_opml(body)
    click.echo(f"{new} added, {known} followed before")


@feeds.command("export")
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def export_feeds(open_desk: OpenDesk, file: Path | None) -> None:
    """Write the feeds as OPML, to a file or here."""
    with open_desk() as desk:
        body = desk.export_opml()
    if file is None:
        click.echo(body, nl=False)
        return
    try:
        file.write_bytes(body)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error


@contextmanager
def _in_one_line() -> Iterator[None]:
    """What a person got wrong, told as click tells it."""
    try:
        yield
    except (ArticleError, NoSuchFeed) as error:
        raise click.ClickException(str(error)) from error


def _rules(
    *,
    any_: tuple[str, ...],
    all_: tuple[str, ...],
    none: tuple[str, ...],
    pattern: tuple[str, ...],
    where: str,
) -> tuple[Rule, ...]:
    place = Where(where)
    wanted = ((Match.ANY, any_), (Match.ALL, all_), (Match.NONE, none))
    try:
        found = [Rule(match=match, where=place, words=words) for match, words in wanted if words]
        if pattern:
            found.append(Rule(match=Match.ANY, where=place, patterns=pattern))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    return tuple(found)


def _named(feed: Feed) -> str:
    return f"{feed.title} <{feed.url}>" if feed.title else f"<{feed.url}>"


def _standing(feed: Feed) -> str:
    if feed.pause_reason:
        return f" (paused: {feed.pause_reason})"
    if feed.failures:
        return f" (failed {feed.failures} times in a row)"
    return f" ({len(feed.rules)} filters)" if feed.rules else ""


def _as_json(feed: Feed) -> dict[str, object]:
    return {
        "url": feed.url,
        "title": feed.title,
        "site": feed.site_url,
        "language": feed.language,
        "folder": list(feed.folder),
        "filters": rules_to_json(feed.rules),
        "state": feed.state.value,
        "pause_reason": feed.pause_reason,
        "failures": feed.failures,
        "next_poll": feed.next_poll.isoformat(),
    }


def _summary(done: Refreshed) -> str:
    polled, taken = done.poll, done.intake
    told = [
        f"{polled.polled} feeds asked, {polled.unchanged} unchanged, {polled.failed} failed",
        f"{taken.stored} articles stored, {taken.known} known before",
    ]
    if taken.from_feed_text:
        told.append(f"{taken.from_feed_text} with the feed's own text alone")
    if taken.filtered:
        told.append(f"{taken.filtered} filtered out")
    if taken.postponed:
        told.append(f"{taken.postponed} to be tried again")
    return "; ".join(told)
