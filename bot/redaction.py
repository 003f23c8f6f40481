"""Secrets stay out of the log, whoever writes it: libraries log URLs, and Telegram's carry the token."""

import contextlib
import logging
from collections.abc import Iterable, Iterator


class Redaction(logging.Filter):
    """A filter that replaces secrets in a record's message and traceback; it lets every record pass.

    Put it on a handler to cover all that the handler writes, or on a logger to cover that logger alone.
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


@contextlib.contextmanager
def redacted(loggers: Iterable[str], secrets: Iterable[str]) -> Iterator[None]:
    """Keeps `secrets` out of what these loggers write, whatever handlers there are."""
    found = [logging.getLogger(name) for name in loggers]
    redaction = Redaction(secrets)
    for logger in found:
        logger.addFilter(redaction)
    try:
        yield
    finally:
        for logger in found:
            logger.removeFilter(redaction)
