"""Many publishers in one process of its own, on loopback: every host name is a site with a feed and pages."""

import asyncio
import hashlib
import multiprocessing
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from aiohttp import web

HOST_SUFFIX = ".news.test"
COUNTS_HOST = f"counts{HOST_SUFFIX}"

_WORDS = re.findall(
    r"\w+",
    "the alliance defense secretary told reporters in Brussels that budgets would rise next year while "
    "ministers from several countries met to discuss troops ships sanctions elections trade and a ceasefire",
)


@contextmanager
def publishers(*, entries: int, address: str = "127.0.0.1") -> Iterator[int]:
    """The port at which they listen. address: "0.0.0.0" for all of loopback's, each of them a host."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, entries, address), daemon=True
    )
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection, entries: int, address: str) -> None:
    asyncio.run(_run(pipe, entries, address))


async def _run(pipe: Connection, entries: int, address: str) -> None:
    counts: Counter[str] = Counter()

    async def answer(request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if host == COUNTS_HOST:
            return web.json_response(counts)
        response = _answer(request, host, entries)
        kind = request.path.strip("/").partition("-")[0]
        counts[f"{kind} {response.status}"] += 1
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, 0, backlog=1024).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.Event().wait()


def _answer(request: web.Request, host: str, entries: int) -> web.Response:
    if request.path == "/feed":
        body, kind = _feed(host, entries), "application/rss+xml"
    elif request.path.startswith("/story-"):
        body, kind = _page(host, request.path), "text/html; charset=utf-8"
    else:
        return web.Response(status=404)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers={"ETag": etag})
    return web.Response(body=body.encode(), headers={"ETag": etag, "Content-Type": kind})


def _feed(host: str, entries: int) -> str:
    items = "".join(_item(host, number) for number in range(entries))
    return f"<rss version='2.0'><channel><title>{host}</title><link>/</link>{items}</channel></rss>"


def _item(host: str, number: int) -> str:
    return (
        f"<item><title>{_headline(host, number)}</title><link>/story-{number}</link>"
        f"<guid isPermaLink='false'>{host}-{number}</guid>"
        f"<pubDate>Thu, 16 Feb 2017 {number % 24:02}:00:00 GMT</pubDate>"
        f"<description>{_sentences(host, number, 2)}</description></item>"
    )


def _page(host: str, path: str) -> str:
    number = int(path.removeprefix("/story-"))
    headline = _headline(host, number)
    paragraphs = [f"<p>{_sentences(host, number * 100 + n, 3)}</p>" for n in range(18)]
    links = "".join(f"<li><a href='/story-{n}'>Story {n}</a></li>" for n in range(20))
    return (
        f"<!doctype html><html lang='en'><head><title>{headline}</title>"
        "<meta property='og:type' content='article'><meta name='author' content='A Reporter'></head>"
        f"<body><nav><ul>{links}</ul></nav><article><h1>{headline}</h1>{''.join(paragraphs[:12])}"
        f"<h2>What comes next</h2>{''.join(paragraphs[12:])}</article>"
        f"<footer>Subscribe to {host}</footer></body></html>"
    )


def _headline(host: str, number: int) -> str:
    return f"{' '.join(_words(host, number, 7)).capitalize()} ({host.partition('.')[0]}, {number})"


def _sentences(host: str, number: int, count: int) -> str:
    made = (" ".join(_words(host, number * 10 + n, 18)).capitalize() for n in range(count))
    return " ".join(f"{words}, he said on day {number}." for words in made)


def _words(host: str, number: int, count: int) -> list[str]:
    return random.Random(f"{host}/{number}").choices(_WORDS, k=count)
