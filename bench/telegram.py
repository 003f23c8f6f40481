"""A large digest on Telegram, measured: `python -m bench.telegram [--chats N]`.

The whole app (SQLite, outbox, dispatcher, unmodified client) delivers three digests to each of 1,000 chats
by way of a Bot API server on loopback that enforces Telegram's limits, in a process of its own. Meanwhile
people ask for briefs. Printed: what arrived, how often, what was refused, how long it took beside the least
time that the limits allow, and how long people waited. The exit code is 1 if a target is missed.
"""

import argparse
import asyncio
import contextlib
import math
import multiprocessing
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.digests import STORIES, application_with, deliver_all
from bot.app.application import Application
from bot.chat import ChatRef
from bot.telegram import TelegramChat
from tests.servers.telegram import TOKEN, Flood, TelegramServer

GROUPS = 0.3  # of the chats
ASK_EVERY_S = 0.5
ASKERS = 40
MOST_OF_MINIMUM = 1.10
PATIENCE_S = 2.0


@dataclass
class Seen:
    """What the server saw."""

    posted: list[tuple[int, str, float]] = field(default_factory=list)  # chat, first line, when
    waits: list[float] = field(default_factory=list)  # of people, in seconds
    refused: int = 0


def serve(pipe: Connection, chats: list[int], latency_s: float) -> None:
    """The server's process: gives its URL, waits for the start and the end, gives what it saw."""
    asyncio.run(_serve(pipe, chats, latency_s))


async def _serve(pipe: Connection, chats: list[int], latency_s: float) -> None:
    flood = Flood()
    async with TelegramServer(flood=flood, latency_s=latency_s) as server:
        for chat in chats:
            server.person(chat) if chat > 0 else server.group(chat)
        pipe.send(server.base_url)
        await asyncio.to_thread(pipe.recv)
        seen, ended = Seen(), asyncio.Event()
        asking = asyncio.create_task(_ask(server, seen, ended))
        await asyncio.to_thread(pipe.recv)
        ended.set()
        await asking
        seen.posted = [(p.chat, p.text.split("\n")[0], p.at) for p in server.posted]
        seen.refused = flood.refused
        pipe.send(seen)
        await asyncio.to_thread(pipe.recv)  # till the bot has taken its leave


async def _ask(server: TelegramServer, seen: Seen, ended: asyncio.Event) -> None:
    """People who are in no digest ask for a brief, one after the other."""
    people = [server.person(10_000_000 + number) for number in range(ASKERS)]
    async with asyncio.TaskGroup() as group:
        number = 0
        while not ended.is_set():
            group.create_task(_one(server, people[number % ASKERS].id, seen))
            number += 1
            await asyncio.sleep(ASK_EVERY_S)


async def _one(server: TelegramServer, user: int, seen: Seen) -> None:
    chat = server.person(user)
    had = sum(posted.chat == user for posted in server.posted)
    asked_at = time.monotonic()
    await server.say(chat, user, "/brief volcano")
    posted = await server.next_post(chat, after=had)
    seen.waits.append(posted.at - asked_at)


async def deliver(app: Application, base_url: str, pipe: Connection, in_flight: int) -> Seen:
    """All digests delivered, and what the server saw of it."""
    chat = TelegramChat(token=TOKEN, base_url=base_url, in_flight=in_flight)
    pipe.send("start")
    running = await deliver_all(app, chat)
    pipe.send("end")
    seen: Seen = await asyncio.to_thread(pipe.recv)  # once everybody who asked is answered
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return seen


def report(seen: Seen, app: Application, *, due: int) -> bool:
    """Prints the figures; whether all targets are met."""
    digests = Counter((chat, line) for chat, line, _ in seen.posted if chat < 10_000_000)
    times = [when for chat, _, when in seen.posted if chat < 10_000_000]
    took_s = max(times) - min(times)
    # The first window may be full at once; what people asked for took its part of the later ones.
    messages = sum(min(times) <= when <= max(times) for _, _, when in seen.posted)
    minimum_s = math.ceil(messages / 30) - 1
    waits = sorted(seen.waits)
    p95_s = statistics.quantiles(waits, n=20)[-1]
    doubled = sum(count - 1 for count in digests.values())
    states = ", ".join(f"{count:,} {state}" for state, count in app.outbox.states().items())
    print(f"digests delivered      {len(digests):,} of {due:,}; twice: {doubled}; outbox: {states}")
    print(f"refused with 429       {seen.refused}")
    print(
        f"time                   {took_s:.1f} s for {messages:,} messages; the limits' minimum {minimum_s} s"
    )
    print(f"ratio                  {took_s / minimum_s:.3f} (at most {MOST_OF_MINIMUM})")
    print(
        f"people's /brief        {len(waits)} asked; median {statistics.median(waits):.2f} s,"
        f" p95 {p95_s:.2f} s (under {PATIENCE_S:g}), longest {waits[-1]:.2f} s"
    )
    complete = len(digests) == due and not doubled
    return complete and took_s <= MOST_OF_MINIMUM * minimum_s and p95_s < PATIENCE_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chats", type=int, default=1_000)
    parser.add_argument("--in-flight", type=int, default=1, help="as the setting telegram.in_flight")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="of the way to Telegram and back")
    options = parser.parse_args()
    count = options.chats
    groups = int(count * GROUPS)
    chats = [*range(1, count - groups + 1), *range(-groups, 0)]
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs, chats, options.latency_ms / 1000), daemon=True)
    server.start()
    base_url = ours.recv()
    with application_with(ChatRef(platform="telegram", chat=str(chat)) for chat in chats) as app:
        seen = asyncio.run(deliver(app, base_url, ours, options.in_flight))
        ours.send("leave")
        server.join()
        return 0 if report(seen, app, due=count * len(STORIES)) else 1


if __name__ == "__main__":
    sys.exit(main())
