"""`pullquote ...`: the only reader of settings, and the one place that names the concrete platforms."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from prometheus_client import CollectorRegistry, ProcessCollector
from pydantic import ValidationError
from pydantic_settings import SettingsError

from articles.bursts import Threshold
from articles.database import Database, DatabaseError, password_in
from articles.errors import ArticleError
from articles.fetching import FetchPolicy
from articles.fetching.addresses import AllowList
from articles.files import read_article_file
from articles.model import Article
from bot.alone import NotAlone, alone_with
from bot.as_json import article_json, brief_json, quotes_json
from bot.chat import ChatAdapter, ChatError
from bot.compose import brief_blocks, quote_blocks
from bot.console import ConsoleChat, print_reply
from bot.db_cli import db_commands
from bot.digest import DeliveryPolicy, Missed
from bot.doctor import Check, check_briefs, check_database, check_model, check_platform, check_python, checked
from bot.feed_desk import FeedDesk
from bot.feeds_cli import feeds
from bot.house import Analyst, House, open_house
from bot.jobs.counts import QueueCounts
from bot.jobs.model import JobQueue, QueueUnavailable
from bot.logs import LogFormat, set_up_logs
from bot.monitor import MeteredChat, Meters, MonitorServer, MonitorUnusable, StoredCounts
from bot.outbox_cli import outbox_commands
from bot.rate_windows import RateWindows
from bot.reading import read_article
from bot.reply import Reply
from bot.roles import Roles, UnknownRole, all_roles, parse_roles
from bot.running import run_house
from bot.shared_limits import SharedLimits
from config.defaults import DEFAULT_FEEDS, sample_article
from config.settings import SETTINGS_FILE, Briefs, Settings, Telegram
from summarizer.errors import SummarizerError
from summarizer.generative import Budget, Endpoint, LocalModel, ModelChoice
from summarizer.model import Quote
from summarizer.names import same_name

log = logging.getLogger(__name__)

PLATFORMS = ("telegram", "discord")
REFUSED = 2  # exit code: something that was asked for could not be done


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pullquote", prog_name="pullquote")
@click.pass_context
def app(context: click.Context) -> None:
    """Reads the news: short briefs whose quotes are the article's own words."""
    context.obj = open_feed_desk


app.add_command(feeds)


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@app.command()
@click.option(
    "--roles",
    metavar="ROLE,...",
    help="What this process does, of telegram, discord, scheduler and worker; all of it by default."
    " Several processes share a PostgreSQL database.",
)
def run(roles: str | None) -> None:
    """Open the bot: on the platforms that have a token, else in this terminal."""
    settings = read_settings()
    if not settings.telegram.token and not settings.discord.token and roles is None:
        serve_console(settings)
        return
    settings, meters = read_settings(serving=True), Meters(CollectorRegistry())
    with house_of(settings, meters) as house:
        adapters = platforms(settings, meters, shared_limits_of(house))
        given = roles_of(roles, adapters)
        with fit_for(house, given):
            asyncio.run(serve(house, adapters, settings, given))


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
    with house_of(settings) as house:
        for one in where:
            try:
                stored = house.ingest(article := find_article(one, settings))
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
        analyst.load_soon()  # while the article is fetched and parsed
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


# --- wiring


def read_settings(*, serving: bool = False) -> Settings:
    """The settings, with the log set up by them. Raises click.ClickException naming what is wrong.

    serving: somebody reads the log. Else a person reads the terminal, and hears of trouble alone.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise click.ClickException(f"setting {name}: {first['msg']} (see {SETTINGS_FILE})") from error
    except (SettingsError, ValueError) as error:
        raise click.ClickException(f"{SETTINGS_FILE} cannot be read: {error}") from error
    webhook, endpoint = settings.telegram.webhook, settings.briefs.endpoint
    secrets = (
        settings.telegram.token,
        settings.discord.token,
        webhook and webhook.secret,
        endpoint and endpoint.key,
    )
    kept = [secret.get_secret_value() for secret in secrets if secret]
    kept += filter(None, [password_in(settings.database_url)])
    level = logging.getLevelNamesMapping()[settings.log_level]
    written_as = LogFormat(settings.log_format)
    set_up_logs(level if serving else max(level, logging.WARNING), secrets=kept, written_as=written_as)
    return settings


def find_article(where: str, settings: Settings) -> Article:
    """The article in the file or at the address. Raises ArticleError."""
    return asyncio.run(read_article(where, policy=fetch_policy(settings)))


def analyst_of(settings: Settings) -> Analyst:
    folder = Path(settings.model_folder) if settings.model_folder else None
    return Analyst(
        model_folder=folder,
        threads=settings.model_threads,
        max_bullets=settings.max_bullets,
        writer=writer_of(settings.briefs),
    )


def writer_of(settings: Briefs) -> ModelChoice | None:
    """Which model writes the briefs; None: they are extractive."""
    if not settings.model:
        return None
    endpoint = settings.endpoint
    if endpoint is None:
        return LocalModel(name=settings.model, batch_size=settings.batch_size)
    return Endpoint(
        url=endpoint.url,
        name=settings.model,
        key=endpoint.key.get_secret_value() if endpoint.key else None,
        window_tokens=endpoint.window_tokens,
        timeout_s=endpoint.timeout_s,
        budget=Budget(requests=endpoint.requests_a_day, tokens=endpoint.tokens_a_day),
    )


@contextmanager
def reading_analyst(settings: Settings) -> Iterator[Analyst]:
    """The analyst; the database is opened only where a budget is kept in it."""
    if settings.briefs.endpoint is None:
        yield analyst_of(settings)
        return
    with house_of(settings) as house:
        yield house.analyst


def fetch_policy(settings: Settings) -> FetchPolicy:
    try:
        allowed = AllowList.parse(settings.web.allowed)
    except ValueError as error:
        raise click.ClickException(f"setting web.allowed: {error}") from error
    return FetchPolicy(contact=settings.web.contact, allowed=allowed)


def delivery_policy(settings: Settings) -> DeliveryPolicy:
    late = timedelta(minutes=settings.delivery.missed_after_minutes)
    return DeliveryPolicy(
        missed=Missed(late=late, drop=settings.delivery.missed == "drop"),
        breaking=Threshold(
            publishers=settings.delivery.breaking_publishers,
            within=timedelta(minutes=settings.delivery.breaking_within_minutes),
        ),
    )


@contextmanager
def open_feed_desk() -> Iterator[FeedDesk]:
    """What the sub-commands of `feeds` work with."""
    settings = read_settings()
    with house_of(settings) as house:
        offer_default_feeds(house, settings)
        yield house.feeds


@contextmanager
def database_of_settings() -> Iterator[Database]:
    """What the sub-commands of `db` work with."""
    with house_of(read_settings()) as house:
        yield house.database


def offer_default_feeds(house: House, settings: Settings) -> None:
    """Follows the feeds that come with Pullquote, or none of them."""
    house.feeds.offer_defaults(DEFAULT_FEEDS.read_bytes(), wanted=settings.feeds.defaults)


@contextmanager
def house_of(settings: Settings, meters: Meters | None = None) -> Iterator[House]:
    analyst, policy = analyst_of(settings), fetch_policy(settings)
    zone = ZoneInfo(settings.timezone)
    with open_house(
        settings.database_url,
        analyst=analyst,
        zone=zone,
        policy=policy,
        meters=meters,
        delivery=delivery_policy(settings),
    ) as house:
        yield house


LimitsOf = Callable[[str, str], SharedLimits | None]
"""Given a platform and a token: its limits, where other processes write with that token, too."""


def not_shared(_platform: str, _token: str) -> None:
    """One process has the limits of each token to itself."""


def shared_limits_of(house: House) -> LimitsOf:
    """All that write with a token share its limits where they share the database."""
    if not is_shared(house):
        return not_shared
    windows = RateWindows(house.database)
    return lambda platform, token: SharedLimits(windows, platform=platform, token=token)


def platforms(settings: Settings, meters: Meters, limits: LimitsOf = not_shared) -> dict[str, ChatAdapter]:
    """The chat adapters that have a token, measured. Their libraries are imported only where used."""
    adapters: dict[str, ChatAdapter] = {}
    if token := settings.telegram.token:
        adapters["telegram"] = telegram_chat(settings.telegram, token.get_secret_value(), meters, limits)
    if token := settings.discord.token:
        from bot.discord import DiscordChat

        shards = settings.discord.shard_ids
        adapters["discord"] = DiscordChat(
            token=token.get_secret_value(),
            api_url=settings.discord.api_url,
            gateway_url=settings.discord.gateway_url,
            commands_file=Path(settings.discord.commands_file),
            shard_count=settings.discord.shard_count,
            shard_ids=list(shards) if shards else None,
            owners=settings.discord.owners,
            throttled=lambda: meters.throttled("discord"),
            shared_limits=limits("discord", token.get_secret_value()),
        )
    return {name: MeteredChat(adapter, name, meters) for name, adapter in adapters.items()}


def telegram_chat(settings: Telegram, token: str, meters: Meters, limits: LimitsOf) -> ChatAdapter:
    """The adapter for Telegram, as it is set up."""
    from bot.telegram import TelegramChat, WebhookSettings

    webhook = None
    if hook := settings.webhook:
        secret = hook.secret.get_secret_value() if hook.secret else None
        webhook = WebhookSettings(url=hook.url, host=hook.host, port=hook.port, secret=secret)
    return TelegramChat(
        token=token,
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        poll_interval=timedelta(seconds=settings.poll_interval_s),
        webhook=webhook,
        owners=settings.owners,
        everyone_may_change=settings.everyone_may_change,
        messages_a_second=settings.messages_a_second,
        throttled=lambda: meters.throttled("telegram"),
        shared_limits=limits("telegram", token),
    )


def roles_of(text: str | None, adapters: Mapping[str, ChatAdapter]) -> Roles:
    """Raises click.ClickException."""
    if text is None:
        return all_roles(adapters)
    try:
        return parse_roles(text, platforms=adapters, possible=PLATFORMS)
    except UnknownRole as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def fit_for(house: House, roles: Roles) -> Iterator[None]:
    """Whether the database is one that several processes may work on, or this one is alone.

    Raises NotAlone, click.ClickException.
    """
    if is_shared(house):
        yield
        return
    if not roles.everything:
        raise click.ClickException(
            "on SQLite one process does everything: leave --roles out, or set database_url to postgresql://…"
        )
    file = house.database.engine.url.database or ""
    with nullcontext() if file.startswith("file:") else alone_with(Path(file)):
        yield


def is_shared(house: House) -> bool:
    """Whether several processes may work on its database."""
    return house.database.engine.dialect.name == "postgresql"


@asynccontextmanager
async def queue_of(house: House) -> AsyncIterator[JobQueue | None]:
    """The queue that several processes share; None on SQLite. Raises QueueUnavailable."""
    if not is_shared(house):
        yield None
        return
    from bot.jobs.shared import conninfo_of, open_shared_queue

    async with open_shared_queue(conninfo_of(house.database.engine.url)) as queue:
        yield queue


async def serve(house: House, adapters: Mapping[str, ChatAdapter], settings: Settings, roles: Roles) -> None:
    """What the roles say, until told to stop."""
    if roles.works or roles.serving:
        house.load_soon()
    if roles.schedules:
        offer_default_feeds(house, settings)
    async with queue_of(house) as queue:
        await run_house(
            house,
            adapters,
            tick_s=settings.tick_s,
            feeds_every_s=settings.feeds.every_s,
            roles=roles,
            queue=queue,
            in_flight={"telegram": settings.telegram.in_flight},
            alone=queue is None,  # see `fit_for`
            beside=monitor_of(house, connected(adapters, roles), settings),
        )


def connected(adapters: Mapping[str, ChatAdapter], roles: Roles) -> dict[str, ChatAdapter]:
    """The adapters that this process connects."""
    return {name: adapter for name, adapter in adapters.items() if roles.works or name in roles.serving}


def monitor_of(
    house: House, adapters: Mapping[str, ChatAdapter], settings: Settings
) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
    """The work that serves health and metrics, if there is to be any."""
    if (port := settings.monitor.port) is None:
        return
    registry = house.meters.registry
    ProcessCollector(registry=registry)
    queue = QueueCounts(house.database)
    registry.register(
        StoredCounts(feeds=house.feeds.store, outbox=house.outbox, clock=house.clock, queue=queue)
    )

    async def database() -> None:
        await asyncio.to_thread(house.database.ping)

    parts = {"database": database} | {name: adapter.ready for name, adapter in adapters.items()}
    yield MonitorServer(registry, parts=parts, host=settings.monitor.host, port=port).serve


def serve_console(settings: Settings) -> None:
    """The terminal chat. Exits with REFUSED if the input was piped in and a line of it could not be done."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is piped in may be in any encoding
    chat = ConsoleChat(sys.stdin, sys.stdout)
    with house_of(settings) as house:
        offer_default_feeds(house, settings)
        if house.articles.count() == 0:
            house.ingest(sample())
        house.load_soon()
        asyncio.run(run_house(house, {"console": chat}, tick_s=settings.tick_s))
    if chat.refused and not sys.stdin.isatty():
        raise click.exceptions.Exit(REFUSED)


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
    analyst = analyst_of(settings)
    yield check_model(analyst)
    yield check_briefs(analyst)
    for name, token, package in (
        ("telegram", settings.telegram.token, "telegram"),
        ("discord", settings.discord.token, "discord"),
    ):
        variable = f"PULLQUOTE_{name.upper()}__TOKEN"
        yield check_platform(name, has_token=token is not None, variable=variable, package=package)


# --- saying it


def echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def complain(error: Exception | str) -> None:
    """One line on standard error."""
    click.echo(f"pullquote: {' '.join(str(error).split())}", err=True)


app.add_command(db_commands(database_of_settings))
app.add_command(outbox_commands(database_of_settings))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; what a person got wrong is one line and exit code 2, never a traceback."""
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


if __name__ == "__main__":
    sys.exit(main())
