"""A large digest on Discord, measured: `python -m bench.discord [--channels N]`.

The whole app (SQLite, outbox, dispatcher, unmodified discord.py) delivers three digests to each of 1,000
channels by way of a Discord on loopback that enforces the real limits, in a process of its own. Meanwhile
people ask for briefs. Printed: what arrived, how often, what was refused, how long it took beside the least
time that the limits allow, and how soon people were acknowledged. The exit code is 1 if a target is missed.
"""

import argparse
import asyncio
import contextlib
import math
import multiprocessing
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.digests import STORIES, application_with, deliver_all
from bot.app.application import Application
from bot.chat import ChatRef
from bot.discord import DiscordChat
from tests.servers.discord import Channel, DiscordServer, Interaction, User

CHANNELS_A_SERVER = 100
PER_SECOND = 50  # requests of a bot, by Discord's rules
ASK_EVERY_S = 0.25
MOST_OF_MINIMUM = 1.10
ACKNOWLEDGED_WITHIN_S = 1.0


@dataclass
class Place:
    """Where the server is and whom it expects digests for."""

    api_url: str
    gateway_url: str
    token: str
    channels: list[str]


@dataclass
class Seen:
    """What the server saw."""

    posted: list[tuple[int, str, float]] = field(default_factory=list)  # channel, title, when
    refused: Counter[int] = field(default_factory=Counter)  # by status
    acknowledged: list[float | None] = field(default_factory=list)  # after so many seconds, by person
    answered: int = 0


def serve(pipe: Connection, count: int) -> None:
    """The server's process: says where it is, waits for the start and the end, gives what it saw."""
    asyncio.run(_serve(pipe, count))


async def _serve(pipe: Connection, count: int) -> None:
    async with DiscordServer() as server:
        guilds = [server.add_guild() for _ in range(math.ceil(count / CHANNELS_A_SERVER))]
        channels = [server.add_channel(guilds[n // CHANNELS_A_SERVER], f"n{n}") for n in range(count)]
        names = [str(channel.id) for channel in channels]
        pipe.send(Place(server.api_url, server.gateway_url, server.token, names))
        await asyncio.to_thread(pipe.recv)
        asked: list[Interaction] = []
        asking = asyncio.create_task(_ask(server, asked))
        await asyncio.to_thread(pipe.recv)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        await asyncio.sleep(1.0)  # whoever asked last
        pipe.send(_seen(server, channels, asked))


async def _ask(server: DiscordServer, asked: list[Interaction]) -> None:
    """People ask for a brief, each in a direct message."""
    while not (server.commands and server.gateway.sessions):  # noqa: ASYNC110 (the bot is not there yet)
        await asyncio.sleep(0.05)
    while True:
        person = User("a person")
        channel = server.add_channel(None, recipients=[person])
        asked.append(await server.slash(channel, person, "brief", {"topic": "volcano"}))
        await asyncio.sleep(ASK_EVERY_S)


def _seen(server: DiscordServer, channels: list[Channel], asked: list[Interaction]) -> Seen:
    return Seen(
        posted=[(c.id, str(m.embeds[0].get("title")), m.at) for c in channels for m in c.shown],
        refused=Counter(refusal.status for refusal in server.refusals),
        acknowledged=[interaction.acknowledged_after_s for interaction in asked],
        answered=sum(bool(interaction.answers) for interaction in asked),
    )


async def deliver(app: Application, place: Place, pipe: Connection) -> Seen:
    """All digests delivered, and what the server saw of it."""
    chat = DiscordChat(token=place.token, api_url=place.api_url, gateway_url=place.gateway_url)
    running = await deliver_all(app, chat)
    pipe.send("end")
    seen: Seen = await asyncio.to_thread(pipe.recv)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return seen


def report(seen: Seen, app: Application, *, due: int) -> bool:
    """Prints the figures; whether all targets are met."""
    digests = Counter((channel, title) for channel, title, _ in seen.posted)
    doubled = sum(count - 1 for count in digests.values())
    states = ", ".join(f"{count:,} {state}" for state, count in app.outbox.states().items())
    print(f"digests delivered      {len(digests):,} of {due:,}; twice: {doubled}; outbox: {states}")
    refused = ", ".join(f"{count} with {status}" for status, count in sorted(seen.refused.items()))
    print(f"refused requests       {refused or 'none'}")
    times = [when for _, _, when in seen.posted]
    took_s, minimum_s = max(times) - min(times), math.ceil(len(times) / PER_SECOND) - 1
    print(f"time                   {took_s:.1f} s; the limits' minimum {minimum_s} s")
    print(f"ratio                  {took_s / minimum_s:.3f} (at most {MOST_OF_MINIMUM})")
    waits = sorted(wait for wait in seen.acknowledged if wait is not None)
    p99_s = statistics.quantiles(waits, n=100)[-1]
    print(
        f"people's /brief        {len(seen.acknowledged)} asked, {len(waits)} acknowledged, {seen.answered}"
        f" answered; median {statistics.median(waits):.2f} s, p99 {p99_s:.2f} s (under"
        f" {ACKNOWLEDGED_WITHIN_S:g}), longest {waits[-1]:.2f} s"
    )
    delivered = len(digests) == due and not doubled and not seen.refused
    acknowledged = len(waits) == len(seen.acknowledged) and p99_s < ACKNOWLEDGED_WITHIN_S
    return delivered and acknowledged and took_s <= MOST_OF_MINIMUM * minimum_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--channels", type=int, default=1_000)
    count = parser.parse_args().channels
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs, count), daemon=True)
    server.start()
    place = ours.recv()
    with application_with(ChatRef(platform="discord", chat=channel) for channel in place.channels) as app:
        ours.send("start")
        seen = asyncio.run(deliver(app, place, ours))
        server.join()
        return 0 if report(seen, app, due=count * len(STORIES)) else 1


if __name__ == "__main__":
    sys.exit(main())
