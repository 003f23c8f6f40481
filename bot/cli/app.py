"""`pullquote ...`: the commands, and what a person is told where one fails."""

import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import click
from prometheus_client import CollectorRegistry

from articles.database import Database, DatabaseError
from articles.errors import ArticleError
from articles.model import Article
from bot.app.doctor import (
    Check,
    check_briefs,
    check_database,
    check_model,
    check_platform,
    check_python,
    checked,
)
from bot.app.roles import SCHEDULER, WORKER
from bot.app.single_process import NotAlone
from bot.chat import ChatError
from bot.cli.as_json import article_json, brief_json, quotes_json
from bot.cli.database import db_commands
from bot.cli.ending import leave, run_loop
from bot.cli.feeds import feeds
from bot.cli.outbox import outbox_commands
from bot.cli.output import REFUSED, as_json_option, complain, echo_json
from bot.cli.reading import read_article
from bot.cli.serving import fit_for, roles_of, serve, serve_console
from bot.cli.wiring import (
    PLATFORMS,
    analyst_of,
    application_of,
    fetch_policy,
    offer_default_feeds,
    platforms,
    read_settings,
    shared_limits_of,
)
from bot.console import print_reply
from bot.feeds.desk import FeedDesk
from bot.jobs.model import QueueUnavailable
from bot.monitor import Meters, MonitorUnusable
from bot.replies.compose import brief_blocks, quote_blocks
from bot.reply import Reply
from config.settings import Settings
from summarizer.analysis import Analyst
from summarizer.errors import SummarizerError
from summarizer.model import Quote
from summarizer.speakers.names import same_name


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pullquote", prog_name="pullquote")
@click.pass_context
def app(context: click.Context) -> None:
    """Reads the news: short briefs whose quotes are the article's own words."""
    context.obj = open_feed_desk


app.add_command(feeds)


@app.command()
@click.option(
    "--roles",
    metavar="ROLE,...",
    help=f"What this process does, of {', '.join((*PLATFORMS, SCHEDULER))} and {WORKER}; all by default."
    " Several processes share a PostgreSQL database.",
)
def run(roles: str | None) -> None:
    """Open the bot: on the platforms that have a token, else in this terminal."""
    settings = read_settings()
    if roles is None and not any(platform.token(settings) for platform in PLATFORMS.values()):
        serve_console(settings)
        return
    settings, meters = read_settings(serving=True), Meters(CollectorRegistry())
    with application_of(settings, meters) as application:
        adapters = platforms(settings, meters, shared_limits_of(application))
        given = roles_of(roles, adapters)
        with fit_for(application, given):
            run_loop(serve(application, adapters, settings, given))


@app.command()
def console() -> None:
    """Chat in this terminal, whatever platforms are configured."""
    serve_console(read_settings())


@app.command()
@click.argument("where", metavar="PATH-OR-URL...", nargs=-1, required=True)
def ingest(where: tuple[str, ...]) -> None:
    """Read articles and store them with their quotes and briefs.

    What is stored already is left as it is. If one cannot be read, the others are stored all the same.
    """
    settings = read_settings()
    failed = False
    with application_of(settings) as application:
        for one in where:
            try:
                stored = application.ingest(article := find_article(one, settings))
            except (ArticleError, SummarizerError) as error:
                failed = True
                complain(error)
            else:
                click.echo(f"{'stored' if stored.is_new else 'stored before'}: {article.headline}")
    if failed:
        raise click.exceptions.Exit(REFUSED)


@app.command()
@click.argument("where", metavar="PATH-OR-URL")
@as_json_option
def brief(where: str, *, as_json: bool) -> None:
    """Print an article's brief; nothing is stored."""
    settings = read_settings()
    with reading_analyst(settings) as analyst:
        analyst.load_in_background()  # while the article is fetched and parsed
        article = find_article(where, settings)
        analysis = analyst.read(article)
    if as_json:
        echo_json({"article": article_json(article), "brief": brief_json(analysis.brief, article)})
    else:
        blocks = brief_blocks(article, analysis.brief, ZoneInfo(settings.timezone))
        print_reply(Reply(blocks=blocks), sys.stdout)


@app.command()
@click.argument("where", metavar="PATH-OR-URL")
@click.option("--speaker", metavar="NAME", help="Only this speaker's.")
@as_json_option
def quotes(where: str, *, speaker: str | None, as_json: bool) -> None:
    """Print an article's quotes with their speakers, and apart from them what is paraphrased."""
    settings = read_settings()
    article = find_article(where, settings)
    found = analyst_of(settings).quotes(article)
    if speaker is not None:
        found = by_speaker(found, speaker)
    if as_json:
        echo_json({"article": article_json(article), **quotes_json(found, article.text)})
    else:
        print_reply(Reply(blocks=quote_blocks(found, article.text)), sys.stdout)


@app.command()
@as_json_option
def doctor(*, as_json: bool) -> None:
    """Check that everything the bot needs is there."""
    checks = list(examine(read_settings()))
    if as_json:
        echo_json([{"check": c.name, "ok": c.ok, "found": c.found} for c in checks])
    else:
        for check in checks:
            click.echo(f"{'ok ' if check.ok else 'BAD'} {check.name}: {check.found}")
    if not all(check.ok for check in checks):
        raise click.exceptions.Exit(REFUSED)


def by_speaker(found: tuple[Quote, ...], name: str) -> tuple[Quote, ...]:
    """Those quotes whose speaker can be meant. Raises click.ClickException, naming who is quoted."""
    meant = tuple(quote for quote in found if quote.speaker and same_name(name, quote.speaker.name))
    if not meant:
        names = ", ".join(dict.fromkeys(quote.speaker.name for quote in found if quote.speaker)) or "nobody"
        raise click.ClickException(f"nobody called “{name}” is quoted there; quoted are: {names}")
    return meant


def find_article(where: str, settings: Settings) -> Article:
    """The article in the file or at the address. Raises ArticleError."""
    return asyncio.run(read_article(where, policy=fetch_policy(settings)))


@contextmanager
def reading_analyst(settings: Settings) -> Iterator[Analyst]:
    """The analyst; the database is opened only where a budget is kept in it."""
    if settings.briefs.endpoint is None:
        yield analyst_of(settings)
        return
    with application_of(settings) as application:
        yield application.analyst


@contextmanager
def open_feed_desk() -> Iterator[FeedDesk]:
    """What the sub-commands of `feeds` work with."""
    settings = read_settings()
    with application_of(settings) as application:
        offer_default_feeds(application, settings)
        yield application.feeds


@contextmanager
def database_of_settings(*, secrets: Iterable[str] = ()) -> Iterator[Database]:
    """What the sub-commands of `db` and `outbox` work with."""
    with application_of(read_settings(secrets=secrets)) as application:
        yield application.database


def examine(settings: Settings) -> Iterator[Check]:
    """Every check there is."""
    yield check_python()

    def database() -> Iterator[Check]:
        with application_of(settings) as application:
            yield from check_database(application)

    yield from checked("database", database)
    analyst = analyst_of(settings)
    yield check_model(analyst)
    yield check_briefs(analyst)
    for name, platform in PLATFORMS.items():
        has_token = platform.token(settings) is not None
        variable = f"PULLQUOTE_{name.upper()}__TOKEN"
        yield check_platform(name, has_token=has_token, variable=variable, package=platform.library)


app.add_command(db_commands(database_of_settings))
app.add_command(outbox_commands(database_of_settings))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; what a person got wrong is one line and exit code 2, never a traceback.

    arguments: None: those of this process, which may end here, too: see `leave`.
    """
    code = _code_of(arguments)
    if arguments is None:
        leave(code)
    return code


def _code_of(arguments: Sequence[str] | None) -> int:
    try:
        return int(app.main(args=arguments, standalone_mode=False, prog_name="pullquote") or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.UsageError as error:
        complain(f"{error.format_message()} (pullquote --help shows what there is)")
    except click.ClickException as error:
        complain(error.format_message())
    except (
        *(ArticleError, DatabaseError, SummarizerError),
        *(ChatError, MonitorUnusable, NotAlone, QueueUnavailable),
    ) as error:
        complain(error)
    except (click.Abort, KeyboardInterrupt):
        return 130
    return REFUSED
