"""What is in the database, counted when somebody asks: the same whichever process is asked."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from articles.database import DatabaseError
from articles.feeds.store import FeedStore
from bot.jobs.counts import QueueCounts
from bot.storage.deliveries import DeliveryState
from bot.storage.outbox import Outbox

log = logging.getLogger(__name__)


class StoredCounts(Collector):
    """Feeds by state, and the depth and age of outbox and queue, by queries on small indexes."""

    def __init__(
        self,
        *,
        feeds: FeedStore,
        outbox: Outbox,
        clock: Callable[[], datetime],
        queue: QueueCounts,
    ) -> None:
        self._feeds, self._outbox, self._clock, self._queue = feeds, outbox, clock, queue

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """None: the registry would otherwise query the database to learn the names."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """`pullquote_database_up` alone where the database does not answer."""
        up = GaugeMetricFamily("pullquote_database_up", "1 if the database answers.")
        try:
            counts = [self._feed_states(), self._deliveries(), self._oldest(), *self._jobs()]
        except DatabaseError as error:
            log.warning("metrics without the database", extra={"reason": str(error)})
            counts = []
        up.add_metric([], 1.0 if counts else 0.0)
        yield up
        yield from counts

    def _feed_states(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("pullquote_feeds", "Feeds, by state.", labels=["state"])
        for state, count in self._feeds.states().items():
            family.add_metric([state], count)
        return family

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("pullquote_jobs", "Jobs in the shared queue.", labels=["kind", "state"])
        words = "How long the job that has waited longest has been in the queue; 0 if none waits."
        oldest = GaugeMetricFamily("pullquote_jobs_oldest_waiting_seconds", words, labels=["kind"])
        for kind, counts in self._queue.by_kind().items():
            jobs.add_metric([kind, "waiting"], counts.waiting)
            jobs.add_metric([kind, "running"], counts.running)
            oldest.add_metric([kind], counts.oldest_waiting.total_seconds())
        yield jobs
        yield oldest

    def _deliveries(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "pullquote_outbox", "Deliveries in the outbox, by state.", labels=["state"]
        )
        states = self._outbox.states()
        for state in DeliveryState:
            family.add_metric([state.value], states.get(state, 0))
        return family

    def _oldest(self) -> GaugeMetricFamily:
        due = self._outbox.oldest_due()
        age = 0.0 if due is None else max(0.0, (self._clock() - due).total_seconds())
        words = "How long the delivery that has waited longest has been due; 0 if none waits."
        return GaugeMetricFamily("pullquote_outbox_oldest_due_seconds", words, value=age)
