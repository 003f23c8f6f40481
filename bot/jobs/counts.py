"""How the shared queue stands, for whoever watches it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from articles.database import Database
from bot.jobs.model import KINDS

# At most some hundreds of rows: what is done is deleted, and schedulers put no more than that.
_COUNTS = text("""
SELECT job.queue_name AS kind, job.status = 'doing' AS is_running, count(*) AS jobs,
  extract(epoch FROM now() - min(event.at)) AS oldest_s
FROM procrastinate_jobs AS job
JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
WHERE job.status IN ('todo', 'doing')
GROUP BY 1, 2
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCounts:
    """The jobs of a kind."""

    waiting: int = 0
    running: int = 0
    oldest_waiting: timedelta = timedelta()  # zero if none waits


class QueueCounts:
    """Of the database that several processes share. On SQLite there is no such queue, and so none in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_kind(self) -> dict[str, KindCounts]:
        """Of every kind. Raises DatabaseError."""
        if self._database.engine.dialect.name != "postgresql":
            return {kind.__name__: KindCounts() for kind in KINDS}
        with self._database.reading() as connection:
            rows = {(row.kind, row.is_running): row for row in connection.execute(_COUNTS)}
        found = {}
        for kind in (kind.__name__ for kind in KINDS):
            waiting, running = rows.get((kind, False)), rows.get((kind, True))
            found[kind] = KindCounts(
                waiting=waiting.jobs if waiting else 0,
                running=running.jobs if running else 0,
                oldest_waiting=timedelta(seconds=float(waiting.oldest_s)) if waiting else timedelta(),
            )
        return found
