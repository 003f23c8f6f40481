"""`/healthz`, `/readyz` and `/metrics` over HTTP.

Not for the open Internet: it listens on loopback unless told otherwise, and has no passwords.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from articles.database import DatabaseError

log = logging.getLogger(__name__)

CHECK_WITHIN_S = 2.0  # or what is asked counts as not ready

Ready = Callable[[], Awaitable[None]]
"""Returns if a part can do its work, and raises DatabaseError or takes long if it cannot."""


class MonitorUnusable(Exception):
    """The address can't be listened on. Its text is one plain sentence."""


class MonitorServer:
    """healthz: the process answers. readyz: each of its parts can work. metrics: Prometheus' text format."""

    def __init__(
        self, registry: CollectorRegistry, *, parts: Mapping[str, Ready], host: str, port: int
    ) -> None:
        self._registry, self._parts, self._host, self._port = registry, parts, host, port
        self.port: int | None = None  # where it listens, while it does; for `port` 0 the system chooses

    async def serve(self) -> None:
        """Until cancelled. Raises MonitorUnusable."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await self._listen(runner)
            await asyncio.Event().wait()
        finally:
            self.port = None
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            where = f"{self._host}:{self._port}"
            raise MonitorUnusable(f"{where}, for metrics, can't be listened on: {error}") from error
        self.port = runner.addresses[0][1]
        log.info("monitor listening", extra={"host": self._host, "port": self.port})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        answers = await asyncio.gather(*(self._is_ready(name, part) for name, part in self._parts.items()))
        parts = dict(zip(self._parts, answers, strict=True))
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
        text = await asyncio.to_thread(generate_latest, self._registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
