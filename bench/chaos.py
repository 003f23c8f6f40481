"""`make chaos`: one bot on SQLite, killed with SIGKILL again and again while it delivers a large digest.

A real `pullquote run` delivers a digest to each of 2,000 chats, half of them on Telegram and half on Discord,
by way of servers that speak the platforms' protocols and enforce their limits. It is killed at 100 random
instants, a quarter of them while it starts, and started again at once. Then what every chat holds is counted
against the outbox. The exit code is 1 if a digest was lost or doubled, or if a kill left more Telegram
digests in doubt than may be in flight there: those may have been posted, and are not sent again.
"""

import argparse
import asyncio
import random
import secrets
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bench.cluster.installation import application_at, environment, order_digests
from bench.cluster.nodes import Node
from bench.cluster.platforms import Platforms, platforms
from bot.app.application import utc_now
from bot.chat import ChatRef

ROLES = "telegram,discord,scheduler,worker"
STARTING = 0.25  # of the kills
AFTER_A_SEND_S = 0.05  # at most: from the instant of a send on, all that follows it may be hit
STUCK_AFTER_S = 60.0
GIVE_UP_AFTER_S = 1_800.0

ROWS = (
    "SELECT c.platform, c.chat, o.state, o.reason FROM subscriptions s JOIN chats c ON c.id = s.chat_id"
    " LEFT JOIN outbox o ON o.subscription_id = s.id"
)
IN_DOUBT = (
    "SELECT o.id, c.platform FROM outbox o JOIN subscriptions s ON s.id = o.subscription_id"
    " JOIN chats c ON c.id = s.chat_id WHERE o.state = 'sending' AND o.unsure_since IS NOT NULL"
)
LEFT = (
    "SELECT (SELECT count(*) FROM outbox WHERE state IN ('due', 'sending'))"
    " + (SELECT count(*) FROM subscriptions WHERE next_due <= :now)"
)


@dataclass
class World:
    """The bot's surroundings, and what was seen of it."""

    platforms: Platforms
    database: Path
    in_doubt: list[Counter[str]] = field(default_factory=list)  # by platform, by each kill
    known: set[object] = field(default_factory=set)  # those of earlier kills
    sent_by: list[int] = field(default_factory=list)  # how many a life had sent

    def ask(self, query: str, **values: object) -> list[tuple[object, ...]]:
        """Of the database, as a dead or a living process left it."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()


async def kill_again_and_again(world: World, bot: Node, rng: random.Random, kills: int) -> None:
    start_s = await startup_s(world, bot)
    for number in range(kills):
        before = world.platforms.posted()
        if rng.random() < STARTING:
            await asyncio.sleep(rng.uniform(0, start_s))
        else:
            share = (len(world.platforms.chats()) - before) / (kills - number + 1)
            await sent(world, before + rng.randint(1, max(1, round(2 * share))))
            await asyncio.sleep(rng.uniform(0, AFTER_A_SEND_S))
        bot.kill()
        world.sent_by.append(world.platforms.posted() - before)
        rows = {row: str(platform) for row, platform in world.ask(IN_DOUBT)}
        world.in_doubt.append(Counter(rows[row] for row in rows.keys() - world.known))
        world.known |= rows.keys()
        if (number + 1) % 10 == 0:
            print(f"  {number + 1} kills, {world.platforms.posted()} messages posted", flush=True)
        bot.start()


async def startup_s(world: World, bot: Node) -> float:
    """From the start of the process to its first digest. The process goes on."""
    began = time.monotonic()
    bot.start()
    await sent(world, 1)
    return time.monotonic() - began


async def sent(world: World, count: int) -> None:
    """Returns when so many messages were posted, or none comes any more."""
    last, seen = time.monotonic(), world.platforms.posted()
    while world.platforms.posted() < count and time.monotonic() - last < STUCK_AFTER_S:
        await asyncio.sleep(0.002)
        if world.platforms.posted() != seen:
            last, seen = time.monotonic(), world.platforms.posted()


async def settled(world: World) -> bool:
    """Returns when nothing is left to do; False if that takes too long."""
    until = time.monotonic() + GIVE_UP_AFTER_S
    while time.monotonic() < until:
        await asyncio.sleep(1)
        now = f"{utc_now():%Y-%m-%d %H:%M:%S.%f}"
        if world.ask(LEFT, now=now) == [(0,)]:
            return True
    return False


async def run(options: argparse.Namespace, folder: Path) -> bool:
    """Whether all is as it must be."""
    rng = random.Random(options.seed)
    async with platforms(options.chats) as both:
        world = World(both, folder / "pullquote.db")
        await asyncio.to_thread(prepare, world)
        settings = environment(
            f"sqlite:///{world.database}",
            publishers_port=1,
            TELEGRAM__IN_FLIGHT=str(options.in_flight),
            **both.settings(folder),
        )
        bot = Node(name="bot", roles=ROLES, environment=settings, log=folder / "bot.log")
        began = time.monotonic()
        try:
            await kill_again_and_again(world, bot, rng, options.kills)
            ended = await settled(world)
            bot.ask_to_stop()
            code = await asyncio.to_thread(bot.wait)
        finally:
            bot.kill()
        print(f"took                   {time.monotonic() - began:.0f} s; told to stop, it ended with {code}")
        return report(world, ended and code == 0, options)


def prepare(world: World) -> None:
    with application_at(f"sqlite:///{world.database}") as app:
        order_digests(app, world.platforms.chats(), due=utc_now() - timedelta(seconds=1))


def report(world: World, ended: bool, options: argparse.Namespace) -> bool:
    """Prints the counts; whether all are what they must be."""
    rows = [(str(platform), str(chat), str(state)) for platform, chat, state, _ in world.ask(ROWS)]
    held = world.platforms.held()
    right = ended and len(rows) == len(world.platforms.chats())
    for platform in ("telegram", "discord"):
        states = {chat: state for p, chat, state in rows if p == platform}
        counts = {chat: held[ChatRef(platform=platform, chat=chat)] for chat in states}
        lost = [c for c, count in counts.items() if not count and states[c] not in {"unknown", "failed"}]
        doubled = sum(count - 1 for count in counts.values() if count > 1)
        unknown = [chat for chat, state in states.items() if state == "unknown"]
        arrived = sum(bool(counts[chat]) for chat in unknown)
        most = max((kill[platform] for kill in world.in_doubt), default=0)
        one, at_work = sum(c == 1 for c in counts.values()), sum(k[platform] for k in world.in_doubt)
        print(
            f"{platform:<22} {len(states):,} due: {one:,} chats have one; lost {len(lost)},"
            f" doubled {doubled}; outbox: {dict(Counter(states.values()))}"
        )
        print(
            f"{'':<22} in flight when killed: {at_work} in all, at most {most};"
            f" left unknown {len(unknown)}, of which {arrived} had arrived"
        )
        right = right and not lost and not doubled and "failed" not in states.values()
        if platform == "telegram":
            right = right and most <= options.in_flight and len(unknown) <= options.in_flight * options.kills
        else:
            right = right and not unknown
    print(world.platforms.limited())
    idle = sum(not sent for sent in world.sent_by)
    print(f"kills                  {len(world.sent_by)}; {idle} before the first send of that life")
    return right


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--chats", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--in-flight", type=int, default=1, help="as the setting telegram.in_flight")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    print(f"seed                   {options.seed} (--seed gives the same kills again)", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    folder = Path(tempfile.mkdtemp(prefix="pullquote-killed-"))
    right = asyncio.run(run(options, folder))
    print("all right" if right else f"NOT RIGHT; database and log are in {folder}")
    if right:
        shutil.rmtree(folder)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
