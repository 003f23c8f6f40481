"""The commands of `pullquote`, and their error messages."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click
from prometheus_client import CollectorRegistry

from articles.database import DatabaseError
from articles.errors import ArticleError
from articles.files import read_article
from articles.model import Article
from bot.app.application import Application
from bot.app.process import SCHEDULER, WORKER, NotAlone, UnknownRole, all_roles, parse_roles
from bot.chat import ChatError
from bot.cli.database import db, outbox
from bot.cli.feeds import feeds
from bot.cli.output import (
    REFUSED,
    article_json,
    as_json_option,
    brief_json,
    print_error,
    print_json,
    quotes_json,
    report_each,
)
from bot.cli.serving import database_lock, end_process, run_loop, serve, serve_console
from bot.cli.wiring import (
    PLATFORMS,
    analyst_of,
    application_of,
    fetch_policy,
    is_shared,
    platforms,
    read_settings,
)
from bot.console import print_reply
from bot.feeds.manager import NoSuchFeed
from bot.jobs.job_queue import QueueUnavailable
from bot.limits.shared_limits import RateWindows
from bot.monitor import Meters, MonitorUnusable
from bot.replies.quotations import quote_blocks
from bot.replies.stories import brief_blocks
from bot.reply import Reply
from bot.storage.outbox import DeliveryState
from config.settings import Settings
from summarizer.analysis import Analyst
from summarizer.errors import SummarizerError
from summarizer.model import Quote
from summarizer.speakers import same_name


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pullquote", prog_name="pullquote")
def app() -> None:
    """Reads the news: short briefs whose quotes are the article's own words."""


app.add_command(feeds)
app.add_command(db)
app.add_command(outbox)


@app.command()
@click.option(
    "--roles",
    metavar="ROLE,...",
    help=f"What this process does, of {', '.join((*PLATFORMS, SCHEDULER))} and {WORKER}; all by default."
    " Several processes share a PostgreSQL database.",
)
def run(roles: str | None) -> None:
    """Run the bot on the platforms that have a token, or in this terminal if none has."""
    settings = read_settings()
    if roles is None and not any(platform.token(settings) for platform in PLATFORMS.values()):
        serve_console(settings)
        return
    settings, meters = read_settings(serving=True), Meters(CollectorRegistry())
    with application_of(settings, meters) as application:
        windows = RateWindows(application.database) if is_shared(application) else None
        adapters = platforms(settings, meters, windows)
        given = all_roles(adapters)
        if roles is not None:
            given = parse_roles(roles, platforms=adapters, possible=PLATFORMS)
        with database_lock(application, given):
            run_loop(serve(application, adapters, settings, given))


@app.command()
def console() -> None:
    """Chat in this terminal, even if platforms have tokens."""
    serve_console(read_settings())


@app.command()
@click.argument("where", metavar="PATH-OR-URL...", nargs=-1, required=True)
def ingest(where: tuple[str, ...]) -> None:
    """Read articles and store them with their quotes and briefs.

    Articles that are stored already stay unchanged. If one cannot be read, the others are still stored.
    """
    settings = read_settings()
    with application_of(settings) as application:

        def store(one: str) -> str:
            stored = application.ingest(article := find_article(one, settings))
            return f"{'stored' if stored.is_new else 'stored before'}: {article.headline}"

        report_each(where, store)


@app.command()
@click.argument("where", metavar="PATH-OR-URL")
@as_json_option
def brief(where: str, *, as_json: bool) -> None:
    """Print an article's brief; nothing is stored."""
    settings = read_settings()
    with reading_analyst(settings) as analyst:
        analyst.load_in_background()  # meanwhile the article is fetched and parsed
        article = find_article(where, settings)
        analysis = analyst.read(article)
    if as_json:
        print_json({"article": article_json(article), "brief": brief_json(analysis.brief, article)})
    else:
        blocks = brief_blocks(article, analysis.brief, ZoneInfo(settings.timezone))
        print_reply(Reply(blocks=blocks), sys.stdout)


@app.command()
@click.argument("where", metavar="PATH-OR-URL")
@click.option("--speaker", metavar="NAME", help="Only this speaker's.")
@as_json_option
def quotes(where: str, *, speaker: str | None, as_json: bool) -> None:
    """Print an article's quotes with their speakers, then its paraphrased statements."""
    settings = read_settings()
    article = find_article(where, settings)
    found = analyst_of(settings).quotes(article)
    if speaker is not None:
        found = by_speaker(found, speaker)
    if as_json:
        print_json({"article": article_json(article), **quotes_json(found, article.text)})
    else:
        print_reply(Reply(blocks=quote_blocks(found, article.text)), sys.stdout)


@app.command()
@as_json_option
def doctor(*, as_json: bool) -> None:
    """Check that everything the bot needs works."""
    checks = list(examine(read_settings()))
    if as_json:
        print_json([{"check": c.name, "ok": c.ok, "found": c.found} for c in checks])
    else:
        for check in checks:
            click.echo(f"{'ok ' if check.ok else 'BAD'} {check.name}: {check.found}")
    if not all(check.ok for check in checks):
        raise click.exceptions.Exit(REFUSED)


def by_speaker(found: tuple[Quote, ...], name: str) -> tuple[Quote, ...]:
    """The quotes whose speaker may have that name. Raises click.ClickException, which lists the speakers."""
    meant = tuple(quote for quote in found if quote.speaker and same_name(name, quote.speaker.name))
    if not meant:
        names = ", ".join(dict.fromkeys(quote.speaker.name for quote in found if quote.speaker)) or "nobody"
        raise click.ClickException(f"nobody called “{name}” is quoted there; quoted are: {names}")
    return meant


def find_article(where: str, settings: Settings) -> Article:
    """The article in the file or at the web address. Raises ArticleError."""
    return asyncio.run(read_article(where, policy=fetch_policy(settings)))


@contextmanager
def reading_analyst(settings: Settings) -> Iterator[Analyst]:
    """The analyst. Opens the database only if a budget for a model is kept in it."""
    if settings.briefs.endpoint is None:
        yield analyst_of(settings)
        return
    with application_of(settings) as application:
        yield application.analyst


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `pullquote doctor` says about one thing."""

    name: str
    ok: bool
    found: str  # what was found, or what to do


def examine(settings: Settings) -> Iterator[Check]:
    """Checks everything that the bot needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check(name="python", ok=sys.version_info >= (3, 11), found=version)
    try:
        with application_of(settings) as application:
            yield from check_database(application)
    except DatabaseError as error:
        yield Check(name="database", ok=False, found=str(error))
    analyst = analyst_of(settings)
    for name, examined in (("model", analyst.load), ("briefs", analyst.check_writer)):
        try:
            yield Check(name=name, ok=True, found=examined())
        except SummarizerError as error:
            yield Check(name=name, ok=False, found=str(error))
    for name, platform in PLATFORMS.items():
        has_token = platform.token(settings) is not None
        yield check_platform(name, platform.library, has_token=has_token)


def check_database(application: Application) -> Iterator[Check]:
    """What the database holds, and whether deliveries failed. Raises DatabaseError."""
    application.database.check()
    found = f"{application.articles.count():,} articles in {application.database.version()}"
    yield Check(name="database", ok=True, found=found)
    states = application.outbox.states()
    counts = ", ".join(f"{count:,} {state}" for state, count in states.items()) or "empty"
    yield Check(name="outbox", ok=DeliveryState.FAILED not in states, found=counts)


def check_platform(name: str, library: str, *, has_token: bool) -> Check:
    """Whether the platform can be used. No token is fine: the bot then runs without that platform."""
    if not has_token:
        return Check(name=name, ok=True, found=f"off (PULLQUOTE_{name.upper()}__TOKEN is not set)")
    installed = importlib.util.find_spec(library) is not None
    return Check(name=name, ok=installed, found="on" if installed else f"the package {library} is missing")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code. A user's mistake gives one line and code 2, no traceback.

    arguments: None: this process's arguments; then the process may end here, see `end_process`.
    """
    code = _code_of(arguments)
    if arguments is None:
        end_process(code)
    return code


def _code_of(arguments: Sequence[str] | None) -> int:
    try:
        return int(app.main(args=arguments, standalone_mode=False, prog_name="pullquote") or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.UsageError as error:
        print_error(f"{error.format_message()} (see pullquote --help)")
    except click.ClickException as error:
        print_error(error.format_message())
    except (
        *(ArticleError, DatabaseError, SummarizerError, ChatError),
        *(MonitorUnusable, NoSuchFeed, NotAlone, QueueUnavailable, UnknownRole),
    ) as error:
        print_error(error)
    except (click.Abort, KeyboardInterrupt):
        return 130
    return REFUSED
