"""The log: one line a record, its facts as `key=value` or as JSON, no secrets."""

import json
import logging
import sys
from collections.abc import Iterable
from enum import StrEnum

from pythonjsonlogger.json import JsonFormatter

from bot.redaction import Redaction

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
NOISY_LOGGERS = ("httpx", "httpcore", "apscheduler", "alembic", "filelock")


class LogFormat(StrEnum):
    TEXT = "text"  # for people
    JSON = "json"  # an object a line, for collectors


class _WithFacts(logging.Formatter):
    """Adds what was given as `extra`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the base's name)
        facts = "".join(f" {name}={value!r}" for name, value in vars(record).items() if name not in _STANDARD)
        return f"{super().formatMessage(record)}{facts}"


class _Redacting(logging.Formatter):
    """Replaces secrets in what another formatter made: message, facts and traceback alike."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        kept = tuple(secrets)
        # A fact is written as Python or JSON writes it, where a quote mark or a backslash looks different.
        as_facts = (written(secret)[1:-1] for secret in kept for written in (repr, json.dumps))
        self._redaction = Redaction({*kept, *as_facts})

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.redacted(self._inner.format(record))


def set_up_logs(level: int, *, secrets: Iterable[str], written_as: LogFormat = LogFormat.TEXT) -> None:
    """Writes records of `level` and above to standard error; libraries' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(_formatter(written_as), secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quieten(NOISY_LOGGERS)


def quieten(loggers: Iterable[str]) -> None:
    """Lets only warnings and errors of these loggers through."""
    for name in loggers:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _formatter(written_as: LogFormat) -> logging.Formatter:
    if written_as is LogFormat.TEXT:
        return _WithFacts("%(asctime)s %(levelname)s %(name)s %(message)s")
    names = {"levelname": "level", "name": "logger", "message": "event"}
    return JsonFormatter("%(levelname)s %(name)s %(message)s", rename_fields=names, timestamp="time")
