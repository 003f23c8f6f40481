"""`pullquote feeds ...`: the commands for feeds."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from articles.feeds.filters import Match, Rule, Where, rules_to_json
from articles.feeds.model import Feed
from bot.cli.output import as_json_option, print_json, report_each
from bot.cli.wiring import open_feeds
from bot.feeds.manager import RefreshReport

Command = TypeVar("Command", bound=Callable[..., None])


@click.group()
def feeds() -> None:
    """Follow feeds: RSS, Atom and JSON Feed."""


def filter_options(command: Command) -> Command:
    """Adds the options for a feed's filters to a command."""
    words = partial(click.option, metavar="WORDS", multiple=True)
    places = click.Choice([each.value for each in Where])
    for option in (  # the last one is shown first
        click.option("--in", "where", type=places, default="both", help="Where to look for them."),
        click.option("--pattern", metavar="REGEX", multiple=True, help="Take only what matches any (RE2)."),
        words("--none", help="Leave out what has any of these."),
        words("--all", "all_", help="Take only what has all of these."),
        words("--any", "any_", help="Take only what has any of these."),
    ):
        command = option(command)
    return command


@feeds.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@filter_options
def add(urls: tuple[str, ...], **options: Any) -> None:
    """Follow feeds, given their own URL or their site's."""
    rules = _rules(**options)
    with open_feeds() as manager:

        def follow(url: str) -> str:
            feed, is_new = asyncio.run(manager.add(url, rules))
            return f"{'added' if is_new else 'followed before'}: {_named(feed)}"

        report_each(urls, follow)


@feeds.command("list")
@as_json_option
def list_feeds(*, as_json: bool) -> None:
    """List the followed feeds."""
    with open_feeds() as manager:
        followed = manager.store.followed()
    if as_json:
        print_json([_as_json(feed) for feed in followed])
        return
    for feed in followed:
        click.echo(f"{_named(feed)}{_state(feed)}")


@feeds.command()
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
def remove(urls: tuple[str, ...]) -> None:
    """Stop following feeds; their articles stay."""
    with open_feeds() as manager:
        for url in urls:
            click.echo(f"removed: {_named(manager.remove(url))}")


@feeds.command("filter")
@click.argument("url", metavar="URL")
@filter_options
def set_filter(url: str, **options: Any) -> None:
    """Change the filters of a feed; without options, remove them."""
    rules = _rules(**options)
    with open_feeds() as manager:
        feed = manager.feed_at(url)
        manager.store.set_rules(feed.id, rules)
    click.echo(f"{'filtered' if rules else 'unfiltered'}: {_named(feed)}")


@feeds.command()
@click.argument("urls", metavar="[URL...]", nargs=-1)
def refresh(urls: tuple[str, ...]) -> None:
    """Poll feeds now, the named ones or all, and store new articles.

    Paused feeds are polled too and become active again.
    """
    with open_feeds() as manager:
        click.echo(_summary(asyncio.run(manager.refresh(urls, stream=sys.stderr))))


@feeds.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
def import_feeds(file: Path) -> None:
    """Follow the feeds of an OPML file."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from error
    with open_feeds() as manager:
        new, known = manager.import_opml(body)
    click.echo(f"{new} added, {known} followed before")


@feeds.command("export")
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path), required=False)
def export_feeds(file: Path | None) -> None:
    """Write the feeds as OPML to a file, or to standard output."""
    with open_feeds() as manager:
        body = manager.export_opml()
    if file is None:
        click.echo(body, nl=False)
        return
    try:
        file.write_bytes(body)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error


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


def _state(feed: Feed) -> str:
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


def _summary(done: RefreshReport) -> str:
    polled, taken = done.poll, done.intake
    details = (
        (taken.from_feed_text, "with only the feed's text"),
        (taken.filtered, "filtered out"),
        (taken.postponed, "postponed"),
    )
    parts = [
        f"{polled.polled} feeds polled, {polled.unchanged} unchanged, {polled.failed} failed",
        f"{taken.stored} articles stored, {taken.known} known already",
        *(f"{count} {what}" for count, what in details if count),
    ]
    return "; ".join(parts)
