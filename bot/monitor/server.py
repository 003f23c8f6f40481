"""`/healthz`, `/readyz` and `/metrics` over HTTP, without passwords: by default on loopback only."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from articles.database import DatabaseError
from articles.feeds.store import FeedStore
from bot.jobs.job_queue import QueueCounts
from bot.storage.outbox import DeliveryState, Outbox

log = logging.getLogger(__name__)

CHECK_WITHIN_S = 2.0  # a part that answers later is not ready

Ready = Callable[[], Awaitable[None]]
"""Returns if a part works; else raises DatabaseError or does not return in time."""


class MonitorUnusable(Exception):
    """We cannot listen on the address. The text is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class MonitorServer:
    """healthz: the process answers. readyz: each of its parts works. metrics: Prometheus' text format."""

    registry: CollectorRegistry
    _: KW_ONLY
    parts: Mapping[str, Ready]
    host: str
    port: int

    async def serve(self) -> None:
        """Serves until cancelled. Raises MonitorUnusable."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, self.host, self.port).start()
            except OSError as error:
                where = f"{self.host}:{self.port}"
                raise MonitorUnusable(f"cannot listen on {where} for metrics: {error}") from error
            log.info("monitor listening", extra={"host": self.host, "port": self.port})
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        answers = await asyncio.gather(*(self._is_ready(name, part) for name, part in self.parts.items()))
        parts = dict(zip(self.parts, answers, strict=True))
        return web.json_response({"ready": all(answers), "parts": parts}, status=200 if all(answers) else 503)

    async def _is_ready(self, name: str, part: Ready) -> bool:
        try:
            async with asyncio.timeout(CHECK_WITHIN_S):
                await part()
        except (TimeoutError, DatabaseError) as error:
            log.info("not ready", extra={"part": name, "reason": repr(error)})
            return False
        return True

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = await asyncio.to_thread(generate_latest, self.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


@dataclass(frozen=True, kw_only=True, eq=False)  # the registry keeps collectors by identity
class DatabaseMetrics(Collector):
    """Counts feeds, deliveries and jobs in the database at each scrape, so all processes give the same."""

    feeds: FeedStore
    outbox: Outbox
    clock: Callable[[], datetime]
    queue: QueueCounts

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Empty: else the registry would query the database to learn the names."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gives only `pullquote_database_up` if the database does not answer."""
        up = GaugeMetricFamily("pullquote_database_up", "1 if the database answers.")
        try:
            counts = [self._feed_states(), self._deliveries(), self._oldest(), *self._jobs()]
        except DatabaseError as error:
            log.warning("metrics not read from the database", extra={"reason": str(error)})
            counts = []
        up.add_metric([], 1.0 if counts else 0.0)
        yield up
        yield from counts

    def _feed_states(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("pullquote_feeds", "Feeds, by state.", labels=["state"])
        for state, count in self.feeds.states().items():
            family.add_metric([state], count)
        return family

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("pullquote_jobs", "Jobs in the shared queue.", labels=["kind", "state"])
        words = "How long the job that has waited longest has been in the queue; 0 if none waits."
        oldest = GaugeMetricFamily("pullquote_jobs_oldest_waiting_seconds", words, labels=["kind"])
        for kind, counts in self.queue.by_kind().items():
            jobs.add_metric([kind, "waiting"], counts.waiting)
            jobs.add_metric([kind, "running"], counts.running)
            oldest.add_metric([kind], counts.oldest_waiting.total_seconds())
        yield jobs
        yield oldest

    def _deliveries(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "pullquote_outbox", "Deliveries in the outbox, by state.", labels=["state"]
        )
        states = self.outbox.states()
        for state in DeliveryState:
            family.add_metric([state.value], states.get(state, 0))
        return family

    def _oldest(self) -> GaugeMetricFamily:
        due = self.outbox.oldest_due()
        age = 0.0 if due is None else max(0.0, (self.clock() - due).total_seconds())
        words = "How long the delivery that has waited longest has been due; 0 if none waits."
        return GaugeMetricFamily("pullquote_outbox_oldest_due_seconds", words, value=age)
