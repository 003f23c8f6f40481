"""Makes the application and the chat adapters from the settings. Platforms are named only here."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import SettingsError

from articles.database import Database, password_in
from articles.fetching import AllowList, FetchPolicy
from articles.stories.breaking import Threshold
from bot.app.application import Application, open_application
from bot.digests import DeliveryPolicy, Missed
from bot.feeds.manager import FeedManager
from bot.limits.shared_limits import RateWindows, SharedLimits
from bot.logs import LogFormat, quieten, set_up_logs
from bot.monitor import MeteredChat, Meters
from bot.ports import ChatAdapter
from config.defaults import DEFAULT_FEEDS
from config.settings import SETTINGS_FILE, Briefs, Settings
from summarizer.analysis import Analyst
from summarizer.generative import Budget, Endpoint, LocalModel, ModelChoice


def read_settings(*, serving: bool = False, secrets: Iterable[str] = ()) -> Settings:
    """Reads the settings and sets up the log. Raises click.ClickException, which names the wrong setting.

    serving: log as the settings say. Else a person reads the terminal, so only warnings and errors are shown.
    secrets: what must not be logged, besides the settings' secrets.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise click.ClickException(f"setting {name}: {first['msg']} (see {SETTINGS_FILE})") from error
    except (SettingsError, ValueError) as error:
        raise click.ClickException(f"{SETTINGS_FILE} cannot be read: {error}") from error
    kept = [*secrets, *_secrets_in(settings), *filter(None, [password_in(settings.database_url)])]
    level = logging.getLevelNamesMapping()[settings.log_level]
    written_as = LogFormat(settings.log_format)
    set_up_logs(level if serving else max(level, logging.WARNING), secrets=kept, written_as=written_as)
    return settings


def _secrets_in(section: BaseModel) -> Iterator[str]:
    for _, value in section:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secrets_in(value)


def analyst_of(settings: Settings) -> Analyst:
    folder = Path(settings.model_folder) if settings.model_folder else None
    return Analyst(
        model_folder=folder,
        threads=settings.model_threads,
        max_bullets=settings.max_bullets,
        writer=writer_of(settings.briefs),
    )


def writer_of(settings: Briefs) -> ModelChoice | None:
    """The model that writes the briefs; None: briefs are extractive."""
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


def application_of(settings: Settings, meters: Meters | None = None) -> AbstractContextManager[Application]:
    return open_application(
        settings.database_url,
        analyst=analyst_of(settings),
        zone=ZoneInfo(settings.timezone),
        policy=fetch_policy(settings),
        meters=meters,
        delivery=delivery_policy(settings),
    )


def offer_default_feeds(application: Application, settings: Settings) -> None:
    """Follows the feeds that come with Pullquote, unless the settings turn them off."""
    application.feeds.offer_defaults(DEFAULT_FEEDS.read_bytes(), wanted=settings.feeds.defaults)


@contextmanager
def open_feeds() -> Iterator[FeedManager]:
    """The feeds in the database of the settings."""
    settings = read_settings()
    with application_of(settings) as application:
        offer_default_feeds(application, settings)
        yield application.feeds


@contextmanager
def open_database(*, secrets: Iterable[str] = ()) -> Iterator[Database]:
    """The database of the settings, with its schema upgraded. secrets: see `read_settings`."""
    with application_of(read_settings(secrets=secrets)) as application:
        yield application.database


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """How the adapter of one platform is made. Its library is imported only where the platform is used."""

    library: str  # the package that it needs
    token: Callable[[Settings], SecretStr | None]  # None: the platform is off
    # Given the settings, the token, what to call for each answer 429, and limits shared with other processes.
    adapter: Callable[[Settings, str, Callable[[], None], SharedLimits | None], ChatAdapter]


def platforms(
    settings: Settings, meters: Meters, windows: RateWindows | None = None
) -> dict[str, ChatAdapter]:
    """The chat adapters that have a token, measured. Quietens their libraries' loggers.

    windows: rate limits shared by all processes on the database; None: this process is the only one.
    """
    adapters: dict[str, ChatAdapter] = {}
    for name, platform in PLATFORMS.items():
        if secret := platform.token(settings):
            token = secret.get_secret_value()
            shared = SharedLimits(windows, platform=name, token=token) if windows else None
            adapter = platform.adapter(settings, token, partial(meters.throttled, name), shared)
            quieten(adapter.capabilities.noisy_loggers)
            adapters[name] = MeteredChat(adapter, meters)
    return adapters


def _telegram(
    settings: Settings, token: str, throttled: Callable[[], None], shared: SharedLimits | None
) -> ChatAdapter:
    from bot.telegram import TelegramChat, WebhookSettings

    telegram = settings.telegram
    webhook = None
    if hook := telegram.webhook:
        secret = hook.secret.get_secret_value() if hook.secret else None
        webhook = WebhookSettings(url=hook.url, host=hook.host, port=hook.port, secret=secret)
    return TelegramChat(
        token=token,
        base_url=telegram.base_url,
        base_file_url=telegram.base_file_url,
        poll_interval=timedelta(seconds=telegram.poll_interval_s),
        webhook=webhook,
        owners=telegram.owners,
        everyone_may_change=telegram.everyone_may_change,
        messages_a_second=telegram.messages_a_second,
        in_flight=telegram.in_flight,
        throttled=throttled,
        shared_limits=shared,
    )


def _discord(
    settings: Settings, token: str, throttled: Callable[[], None], shared: SharedLimits | None
) -> ChatAdapter:
    from bot.discord import DiscordChat

    discord = settings.discord
    return DiscordChat(
        token=token,
        api_url=discord.api_url,
        gateway_url=discord.gateway_url,
        commands_file=Path(discord.commands_file),
        shard_count=discord.shard_count,
        shard_ids=list(discord.shard_ids) if discord.shard_ids else None,
        owners=discord.owners,
        throttled=throttled,
        shared_limits=shared,
    )


# A new platform adds one line here.
PLATFORMS = {
    "telegram": Platform(library="telegram", token=lambda its: its.telegram.token, adapter=_telegram),
    "discord": Platform(library="discord", token=lambda its: its.discord.token, adapter=_discord),
}


def is_shared(application: Application) -> bool:
    """Whether several processes may use its database."""
    return application.database.engine.dialect.name == "postgresql"
