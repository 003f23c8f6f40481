"""Sets up the log: one line a record, with its facts as `key=value` or as JSON, and without secrets."""

import contextlib
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum

from pythonjsonlogger.json import JsonFormatter

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
NOISY_LOGGERS = ("httpx", "httpcore", "apscheduler", "alembic", "filelock")


class Redaction(logging.Filter):
    """A filter that replaces secrets in a record's message and traceback, and keeps every record.

    Libraries log URLs, and a URL may hold a token. Add it to a handler, or to one logger.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = tuple(secret for secret in secrets if secret)

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if self._holds(message):
            record.msg, record.args = self.redacted(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text and self._holds(record.exc_text):
            record.exc_text = self.redacted(record.exc_text)
        return True

    def redacted(self, text: str) -> str:
        """`text` with each secret replaced."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text

    def _holds(self, text: str) -> bool:
        return any(secret in text for secret in self._secrets)


class LogFormat(StrEnum):
    TEXT = "text"  # for people
    JSON = "json"  # one object a line, for programs


class _WithFacts(logging.Formatter):
    """Adds the fields given as `extra`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the base's name)
        facts = "".join(f" {name}={value!r}" for name, value in vars(record).items() if name not in _STANDARD)
        return f"{super().formatMessage(record)}{facts}"


class _Redacting(logging.Formatter):
    """Replaces secrets in all that another formatter writes: message, facts and traceback."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        kept = tuple(secrets)
        # Facts are written in Python's or JSON's notation, which escapes quotation marks and backslashes.
        as_facts = (written(secret)[1:-1] for secret in kept for written in (repr, json.dumps))
        self._redaction = Redaction({*kept, *as_facts})

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.redacted(self._inner.format(record))


def set_up_logs(level: int, *, secrets: Iterable[str], written_as: LogFormat = LogFormat.TEXT) -> None:
    """Writes records of `level` and above to standard error; of noisy libraries only from WARNING on."""
    formatter: logging.Formatter = _WithFacts("%(asctime)s %(levelname)s %(name)s %(message)s")
    if written_as is LogFormat.JSON:
        names = {"levelname": "level", "name": "logger", "message": "event"}
        formatter = JsonFormatter("%(levelname)s %(name)s %(message)s", rename_fields=names, timestamp="time")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(formatter, secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quieten(NOISY_LOGGERS)


def quieten(loggers: Iterable[str]) -> None:
    """Lets only warnings and errors of these loggers through."""
    for name in loggers:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


@contextlib.contextmanager
def redacted(loggers: Iterable[str], secrets: Iterable[str]) -> Iterator[None]:
    """Inside the block these loggers do not write `secrets`, whatever their handlers."""
    found = [logging.getLogger(name) for name in loggers]
    redaction = Redaction(secrets)
    for logger in found:
        logger.addFilter(redaction)
    try:
        yield
    finally:
        for logger in found:
            logger.removeFilter(redaction)
