"""`pullquote ...`: the only reader of settings, and the one place that names the concrete platforms."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import click
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from articles.addresses import AllowList
from articles.database import DatabaseError
from articles.errors import ArticleError
from articles.fetching import FetchPolicy
from articles.files import read_article_file
from articles.model import Article
from bot.as_json import article_json, brief_json, quote_json
from bot.chat import ChatAdapter, ChatError
from bot.compose import brief_blocks, quotation
from bot.console import ConsoleChat, print_reply
from bot.doctor import Check, check_database, check_model, check_platform, check_python, checked
from bot.house import Analyst, House, open_house
from bot.logs import set_up_logs
from bot.reading import read_article
from bot.reply import Reply
from bot.running import run_platforms
from config.defaults import sample_article
from config.settings import SETTINGS_FILE, Settings
from summarizer.errors import SummarizerError
from summarizer.names import same_name

REFUSED = 2  # exit code: something that was asked for could not be done

Where = Annotated[list[str], typer.Argument(metavar="PATH-OR-URL...", help="Files or web addresses.")]
OneWhere = Annotated[str, typer.Argument(metavar="PATH-OR-URL", help="A file or a web address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

app = typer.Typer(
    help="Reads the news: short briefs whose quotes are the article's own words.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def run() -> None:
    """Open the bot: on the platforms that have a token, else in this terminal."""
    settings = read_settings()
    adapters = platforms(settings)
    if not adapters:
        serve_console(settings)
        return
    with house_of(settings) as house:
        asyncio.run(run_platforms(house, adapters, tick_s=settings.tick_s))


@app.command()
def console() -> None:
    """Chat in this terminal, whatever platforms are configured."""
    serve_console(read_settings())


@app.command()
def ingest(where: Where) -> None:
    """Read articles and store them with their quotes and briefs; what is stored already is left as it is."""
    settings = read_settings()
    failed = 0
    with house_of(settings) as house:
        for one in where:
            try:
                article = asyncio.run(read_article(one, policy=fetch_policy(settings)))
                stored = house.ingest(article)
            except (ArticleError, SummarizerError) as error:
                failed += 1
                complain(error)
                continue
            typer.echo(f"{'stored' if stored.is_new else 'stored before'}: {article.headline}")
    if failed:
        raise typer.Exit(REFUSED)


@app.command()
def brief(where: OneWhere, as_json: AsJson = False) -> None:
    """Print an article's brief; nothing is stored."""
    settings = read_settings()
    article = asyncio.run(read_article(where, policy=fetch_policy(settings)))
    analysis = analyst_of(settings).read(article)
    if as_json:
        echo_json({"article": article_json(article), "brief": brief_json(analysis.brief, article)})
    else:
        blocks = brief_blocks(article, analysis.brief, ZoneInfo(settings.timezone))
        print_reply(Reply(blocks=blocks), sys.stdout)


@app.command()
def quotes(
    where: OneWhere,
    speaker: Annotated[str | None, typer.Option(help="Only this speaker's.", metavar="NAME")] = None,
    as_json: AsJson = False,
) -> None:
    """Print an article's quotes with their speakers; nothing is stored."""
    settings = read_settings()
    article = asyncio.run(read_article(where, policy=fetch_policy(settings)))
    found = analyst_of(settings).quotes(article)
    if speaker is not None:
        by_speaker = [q for q in found if q.speaker and same_name(speaker, q.speaker.name)]
        if not by_speaker:
            names = ", ".join(dict.fromkeys(q.speaker.name for q in found if q.speaker)) or "nobody"
            raise click.ClickException(f"nobody called “{speaker}” is quoted there; quoted are: {names}")
        found = tuple(by_speaker)
    if as_json:
        listed = [quote_json(quote, article.text) for quote in found]
        echo_json({"article": article_json(article), "quotes": listed})
    else:
        blocks = tuple(quotation(quote, article.text, with_cue=True) for quote in found)
        print_reply(Reply(blocks=blocks), sys.stdout)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check that everything the bot needs is there."""
    settings = read_settings()
    checks = list(examine(settings))
    if as_json:
        echo_json([{"check": c.name, "ok": c.ok, "found": c.found} for c in checks])
    else:
        for check in checks:
            typer.echo(f"{'ok ' if check.ok else 'BAD'} {check.name}: {check.found}")
    if not all(check.ok for check in checks):
        raise typer.Exit(REFUSED)


# --- wiring


def read_settings() -> Settings:
    """The settings, with the log set up by them. Raises click.ClickException naming what is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise click.ClickException(f"setting {name}: {first['msg']} (see {SETTINGS_FILE})") from error
    except (SettingsError, ValueError) as error:
        raise click.ClickException(f"{SETTINGS_FILE} cannot be read: {error}") from error
    tokens = [
        token.get_secret_value() for token in (settings.telegram.token, settings.discord.token) if token
    ]
    set_up_logs(settings.log_level, secrets=tokens)
    return settings


def analyst_of(settings: Settings) -> Analyst:
    folder = Path(settings.model_folder) if settings.model_folder else None
    return Analyst(model_folder=folder, threads=settings.model_threads, max_bullets=settings.max_bullets)


def fetch_policy(settings: Settings) -> FetchPolicy:
    try:
        allowed = AllowList.parse(settings.web.allowed)
    except ValueError as error:
        raise click.ClickException(f"setting web.allowed: {error}") from error
    return FetchPolicy(contact=settings.web.contact, allowed=allowed)


@contextmanager
def house_of(settings: Settings) -> Iterator[House]:
    zone = ZoneInfo(settings.timezone)
    with open_house(settings.database_url, analyst=analyst_of(settings), zone=zone) as house:
        yield house


def platforms(settings: Settings) -> dict[str, ChatAdapter]:
    """The chat adapters that have a token. Their libraries are imported only where they are used."""
    adapters: dict[str, ChatAdapter] = {}
    if token := settings.telegram.token:
        from bot.telegram import TelegramChat

        adapters["telegram"] = TelegramChat(
            token=token.get_secret_value(),
            base_url=settings.telegram.base_url,
            base_file_url=settings.telegram.base_file_url,
            poll_interval=timedelta(seconds=settings.telegram.poll_interval_s),
        )
    return adapters


def serve_console(settings: Settings) -> None:
    """The terminal chat. Exits with REFUSED if the input was piped in and a line of it could not be done."""
    chat = ConsoleChat(sys.stdin, sys.stdout)
    with house_of(settings) as house:
        if house.articles.count() == 0:
            house.ingest(sample())
        asyncio.run(run_platforms(house, {"console": chat}, tick_s=settings.tick_s))
    if chat.refused and not sys.stdin.isatty():
        raise typer.Exit(REFUSED)


def sample() -> Article:
    """The sample article, with what its file does not say."""
    about = sample_article()
    return replace(read_article_file(about.path), publisher=about.publisher, url=about.url)


def examine(settings: Settings) -> Iterator[Check]:
    """Every check there is."""
    yield check_python()

    def database() -> Iterator[Check]:
        with house_of(settings) as house:
            yield from check_database(house)

    yield from checked("database", database)
    yield check_model(analyst_of(settings))
    for name, token, package in (
        ("telegram", settings.telegram.token, "telegram"),
        ("discord", settings.discord.token, "discord"),
    ):
        variable = f"PULLQUOTE_{name.upper()}__TOKEN"
        yield check_platform(name, has_token=token is not None, variable=variable, package=package)


# --- saying it


def echo_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def complain(error: Exception | str) -> None:
    """One line on standard error."""
    typer.echo(f"pullquote: {' '.join(str(error).split())}", err=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; what a person got wrong is one line and exit code 2, never a traceback."""
    try:
        result = app(args=arguments, standalone_mode=False, prog_name="pullquote")
        return int(result or 0)
    except click.UsageError as error:
        complain(f"{error.format_message()} (pullquote --help shows what there is)")
    except click.ClickException as error:
        complain(error.format_message())
    except (ArticleError, DatabaseError, SummarizerError, ChatError) as error:
        complain(error)
    except (click.Abort, KeyboardInterrupt):
        return 130
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
