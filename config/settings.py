"""The settings and their defaults. They come from variables `PULLQUOTE_...` and the file `pullquote.toml`."""

import re
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

SETTINGS_FILE = "pullquote.toml"


class TelegramWebhook(BaseModel):
    """Updates by webhook instead of polling."""

    url: str  # public URL that Telegram calls; usually a reverse proxy's
    host: str = "127.0.0.1"  # where we listen for the requests
    port: int = Field(default=8080, ge=1, le=65535)
    # Telegram sends it with each update; None: derived from the token.
    secret: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
            raise ValueError(f"{url!r} is not an address such as https://bot.example.org/telegram")
        return url

    @field_validator("secret")
    @classmethod
    def _is_sendable(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
            raise ValueError("a secret has 1 to 256 of A-Z, a-z, 0-9, _ and -")
        return secret


class Telegram(BaseModel):
    """The Telegram bot. Without a token it is off."""

    token: SecretStr | None = None  # from @BotFather
    base_url: str = "https://api.telegram.org/bot"  # or a self-hosted Bot API server's, up to the token
    base_file_url: str = "https://api.telegram.org/file/bot"
    poll_interval_s: float = Field(default=0.0, ge=0)
    webhook: TelegramWebhook | None = None  # None: updates are polled
    # User ids of the people who run the bot: they may change the feeds and any chat's subscriptions.
    owners: tuple[int, ...] = ()
    everyone_may_change: bool = False  # in groups any member may change subscriptions, not only admins
    messages_a_second: int = Field(default=30, ge=1)  # Telegram allows 30; several processes divide them
    # Maximum concurrent digests. A crash leaves at most this many with an unknown outcome, which are not sent
    # again. With 1, throughput is limited by Telegram's response time.
    in_flight: int = Field(default=1, ge=1, le=30)


class Discord(BaseModel):
    """The Discord bot. Without a token it is off."""

    token: SecretStr | None = None  # from the developer portal
    api_url: str = "https://discord.com/api/v10"
    gateway_url: str = "wss://gateway.discord.gg/"
    commands_file: str = "pullquote.discord-commands"  # holds a hash of the commands that Discord knows
    # None: as many as Discord advises, all in this process
    shard_count: int | None = Field(default=None, ge=1)
    shard_ids: tuple[int, ...] | None = None  # this process's shards; None: all
    owners: tuple[int, ...] = ()  # user ids of the people who run the bot: they may change the feeds


class Web(BaseModel):
    """How articles are fetched."""

    contact: str = "https://github.com/pullquote/pullquote"  # sent to publishers in the User-Agent
    # Private hosts that may be fetched: "news.intranet:8080", "10.1.0.0/16".
    allowed: tuple[str, ...] = ()


class Feeds(BaseModel):
    """Feeds besides those that people add."""

    defaults: bool = True  # follow the feeds in config/feeds.opml
    every_s: float = Field(default=60.0, gt=0)  # between two checks for feeds that are due


class BriefsEndpoint(BaseModel):
    """A server with OpenAI's chat completions API: vLLM, Ollama, a vendor's."""

    url: str  # including /v1: "http://127.0.0.1:11434/v1"; the host may be private
    key: SecretStr | None = None
    window_tokens: int = Field(default=8192, ge=1024)  # context window: prompt and answer together
    timeout_s: float = Field(default=60.0, gt=0)  # for one answer
    # Limits for one day in UTC, counted in the database. Beyond them briefs are extractive.
    requests_a_day: int | None = Field(default=500, ge=0)
    tokens_a_day: int | None = Field(default=None, ge=0)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^/\s@]+(/\S*)?", url):
            raise ValueError("not an address such as https://api.example.org/v1 (a key goes into `key`)")
        return url


class Briefs(BaseModel):
    """The model that writes briefs; without one they are extractive."""

    # A Hugging Face id ("sshleifer/distilbart-cnn-12-6") or a folder; with an endpoint, its name there.
    model: str | None = None
    batch_size: int = Field(default=4, ge=1)  # parts of a long article in one batch of a local model
    endpoint: BriefsEndpoint | None = None  # None: the model runs in this process

    @model_validator(mode="after")
    def _names_a_model(self) -> "Briefs":
        if self.endpoint is not None and not self.model:
            raise ValueError("an endpoint needs `model`, its name there")
        return self


class Delivery(BaseModel):
    """How subscriptions are delivered."""

    # Digests that were missed while the bot was down: sent as one digest (catch-up), or not sent (drop).
    missed: Literal["catch-up", "drop"] = "catch-up"
    missed_after_minutes: int = Field(default=30, ge=1)  # a digest that is later than this was missed
    # A story is breaking when this many publishers report it in their own words within this many minutes.
    breaking_publishers: int = Field(default=3, ge=2)
    breaking_within_minutes: int = Field(default=60, ge=5, le=720)


class Monitor(BaseModel):
    """Health and metrics over HTTP. Without a port they are off."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)


class Settings(BaseSettings):
    """All settings. `PULLQUOTE_TELEGRAM__TOKEN` is `token` in the file's `[telegram]`."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="PULLQUOTE_", env_nested_delimiter="__", toml_file=SETTINGS_FILE, extra="forbid"
    )

    database_url: str = "sqlite:///pullquote.db"
    timezone: str = "UTC"  # IANA name; for chats that have not set one
    max_bullets: int = Field(default=3, ge=2, le=3)
    model_folder: str | None = None  # another sentence-transformers model; None: the packaged one
    model_threads: int = Field(default=1, ge=1)  # more threads slow each other down on busy cores
    tick_s: float = Field(default=2.0, gt=0)  # between two checks for due deliveries
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"  # json: one object a line, for programs
    telegram: Telegram = Telegram()
    discord: Discord = Discord()
    web: Web = Web()
    feeds: Feeds = Feeds()
    briefs: Briefs = Briefs()
    delivery: Delivery = Delivery()
    monitor: Monitor = Monitor()

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Brussels") from error
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the base's signature)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments in code override environment variables, and those override the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
