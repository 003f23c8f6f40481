"""A publisher on loopback: feeds, pages and the ways in which real servers go wrong."""

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived."""

    host: str  # the Host header
    path: str  # with the query
    headers: Mapping[str, str]


class NewsServer:
    """An async context manager. `requests` is its access log, robots.txt included."""

    def __init__(self, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Seen] = []
        self.port = 0
        self._ssl_context = ssl_context
        self._answers: dict[str, Answer] = {}
        app = web.Application(middlewares=[self._log])
        app.router.add_get("/{path:.*}", self._dispatch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._ssl_context)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._ssl_context else 'http'}://{host}:{self.port}{path}"

    def publish(self, path: str, answer: Answer) -> str:
        """Answers at `path` from now on; returns its URL."""
        self._answers[path] = answer
        return self.url(path)

    def asked(self, path: str) -> int:
        """How often `path` was asked for."""
        return sum(seen.path == path for seen in self.requests)

    @web.middleware
    async def _log(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(Seen(host=request.host, path=request.path_qs, headers=dict(request.headers)))
        return await handler(request)

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        answer = self._answers.get(request.path)
        if answer is None:
            return web.Response(status=404, text="no such page")
        return await answer(request)


def document(
    body: bytes | str,
    content_type: str = "text/html; charset=utf-8",
    *,
    modified: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A document with validators, answered with 304 as RFC 9110 (13.2.2) has it.

    modified: seconds since the epoch for Last-Modified; None: an ETag instead.
    """
    data = body.encode() if isinstance(body, str) else body
    etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'

    async def answer(request: web.Request) -> web.StreamResponse:
        about = {"Content-Type": content_type, **(headers or {})}
        if modified is None:
            about["ETag"] = etag
            unchanged = request.headers.get("If-None-Match") == etag
        else:
            about["Last-Modified"] = formatdate(modified, usegmt=True)
            since = request.headers.get("If-Modified-Since")
            unchanged = since is not None and parsedate_to_datetime(since).timestamp() >= modified
        if unchanged:
            return web.Response(status=304, headers=about)
        return web.Response(body=data, headers=about)

    return answer


def redirect(to: str, status: int = 302) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": to})

    return answer


def refusal(status: int, **headers: str) -> Answer:
    """An answer of that status; `retry_after="60"` is the header Retry-After."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=named)

    return answer


def encoded(body: bytes, encoding: str, content_type: str = "text/html") -> Answer:
    """`body` as it is, whatever `encoding` claims."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Encoding": encoding, "Content-Type": content_type})
        await response.prepare(request)
        await response.write(body)
        return response

    return answer


def drip(pieces: Iterable[bytes], *, every_s: float) -> Answer:
    """A body that trickles, each piece well within any read timeout."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(every_s)
            if request.transport is None:  # the reader has left
                break
        return response

    return answer


def cut_short(body: bytes, *, claimed: int) -> Answer:
    """Fewer bytes than Content-Length promises, then the connection closes."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(claimed)})
        await response.prepare(request)
        await response.write(body)
        if request.transport is not None:
            request.transport.close()
        return response

    return answer
