"""The log: one line a record, its facts as `key=value`, no secrets."""

import logging
import sys
from collections.abc import Iterable

from bot.redaction import Redaction

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
CHATTY = ("httpx", "httpcore", "apscheduler", "alembic", "discord", "telegram", "filelock")


class _WithFacts(logging.Formatter):
    """Adds what was given as `extra`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the base's name)
        facts = "".join(f" {name}={value!r}" for name, value in vars(record).items() if name not in _STANDARD)
        return f"{super().formatMessage(record)}{facts}"


def set_up_logs(level: int, *, secrets: Iterable[str]) -> None:
    """Writes records of `level` and above to standard error; libraries' from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithFacts("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(Redaction(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, level))
