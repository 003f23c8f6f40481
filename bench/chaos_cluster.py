"""`make chaos-cluster`: a cluster in which processes die, the database restarts, and a worker is cut off.

Two schedulers, three workers and a process that serves both platforms share a PostgreSQL of the bench's own.
They take in 500 articles and deliver 2,000 digests, on servers that speak Telegram's and Discord's protocols
and enforce their limits, while a random process is killed every few seconds. Then what every table and every
chat holds is counted. The exit code is 1 if anything was lost or doubled beyond the stated policy: what had
gone out to Telegram from a process that was killed before the answer came is in doubt, and not sent again.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg

from bench.cluster.installation import application_at, environment, follow, order_digests
from bench.cluster.nodes import Node, running
from bench.cluster.platforms import Platforms, platforms
from bench.cluster.postgres import PrivatePostgres, private_postgres
from bench.cluster.proxy import Proxy
from bench.feeds_server import publishers
from bot.app.application import utc_now
from bot.chat import ChatRef

ENTRIES = 10  # of a feed
RESTART_AFTER_S, CUT_AFTER_S, CUT_FOR_S = 30.0, 55.0, 25.0
GIVE_UP_AFTER_S = 3_600.0
IN_FLIGHT = 1  # of a process: what may be on its way to Telegram at once (`telegram.in_flight`)
WORKERS = 3

# What is not settled yet, and when it is.
UNSETTLED = """
SELECT (SELECT count(*) FROM feeds WHERE next_poll <= now()),
       (SELECT count(*) FROM feed_entries WHERE state = 'pending'),
       (SELECT count(*) FROM outbox WHERE state IN ('due', 'sending')),
       (SELECT count(*) FROM subscriptions WHERE next_due <= now())
"""


@dataclass
class World:
    """Everything outside the processes."""

    platforms: Platforms
    postgres: PrivatePostgres
    proxy: Proxy
    happened: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def note(self, what: str) -> None:
        print(f"  {time.monotonic() - self.began:5.0f} s  {what}", flush=True)


async def hurt(world: World, nodes: Sequence[Node], rng: random.Random, every_s: float) -> None:
    """Kills a process now and then; it is started again at once, as a supervisor does."""
    while True:
        await asyncio.sleep(every_s * rng.uniform(0.5, 1.5))
        node = rng.choice(nodes)
        node.kill()
        world.note(f"killed {node.name}")
        node.start()


async def supervise(world: World, nodes: Sequence[Node]) -> None:
    """Starts again what ended by itself: while the database is away, a process that starts does."""
    while True:
        await asyncio.sleep(1)
        for node in nodes:
            if not node.is_running():
                world.note(f"{node.name} ended by itself")
                node.start()


async def restart_database(world: World) -> None:
    await asyncio.sleep(RESTART_AFTER_S)
    world.note("the database crashes, and starts again")
    await asyncio.to_thread(world.postgres.stop, "immediate")
    await asyncio.to_thread(world.postgres.start)


async def cut_one_off(world: World, name: str) -> None:
    await asyncio.sleep(CUT_AFTER_S)
    world.note(f"{name} is cut off from the database for {CUT_FOR_S:g} s")
    world.proxy.cut()
    await asyncio.sleep(CUT_FOR_S)
    world.proxy.mend()
    world.note(f"{name} can reach the database again")


async def settled(world: World) -> bool:
    """Returns when nothing is left to do; False if that takes too long."""
    told = 0.0
    while time.monotonic() - world.began < GIVE_UP_AFTER_S:
        await asyncio.sleep(1)
        try:
            left = await asyncio.to_thread(ask, world.postgres.url, UNSETTLED)
        except psycopg.OperationalError:
            continue  # it is being restarted
        if not any(left[0]):
            return True
        if time.monotonic() - told > 15:
            told = time.monotonic()
            feeds, entries, outbox, _ = left[0]
            world.note(f"left: {feeds} feeds, {entries} articles, {outbox} deliveries")
    return False


def ask(url: str, query: str) -> list[tuple[int, ...]]:
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(query.encode()).fetchall()


async def run(options: argparse.Namespace, folder: Path) -> bool:
    """Whether all is as it must be."""
    if (this := asyncio.current_task()) is not None:  # so that nothing is left running
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    with private_postgres() as postgres, publishers(entries=ENTRIES, address="0.0.0.0") as port:
        async with platforms(options.chats) as both:
            proxy = Proxy(postgres.port)
            await proxy.start()
            world = World(both, postgres, proxy)
            await asyncio.to_thread(prepare, world, options.articles // ENTRIES, port)
            nodes = make_nodes(world, port, folder)
            ended = await go(world, nodes, random.Random(options.seed), options.kill_every)
            proxy.close()
            return await asyncio.to_thread(report, world, nodes, ended, options.articles)


def prepare(world: World, hosts: int, port: int) -> None:
    with application_at(world.postgres.url) as app:
        follow(app, hosts=hosts, port=port)
        order_digests(app, world.platforms.chats(), due=utc_now() + timedelta(seconds=20))


def make_nodes(world: World, port: int, folder: Path) -> list[Node]:
    def node(name: str, roles: str, database: str) -> Node:
        settings = environment(database, publishers_port=port, **world.platforms.settings(folder))
        return Node(name=name, roles=roles, environment=settings, log=folder / f"{name}.log")

    url = world.postgres.url
    behind_proxy = url.replace(f":{world.postgres.port}/", f":{world.proxy.port}/")
    return [
        node("scheduler 1", "scheduler", url),
        node("scheduler 2", "scheduler", url),
        *(node(f"worker {number}", "worker", url) for number in range(1, WORKERS)),
        node(f"worker {WORKERS}", "worker", behind_proxy),
        node("answering", "telegram,discord", url),
    ]


async def go(world: World, nodes: Sequence[Node], rng: random.Random, kill_every_s: float) -> bool:
    """Whether all came to its end."""
    world.began = time.monotonic()
    with running(nodes):
        troubles = [
            asyncio.create_task(hurt(world, nodes, rng, kill_every_s)),
            asyncio.create_task(supervise(world, nodes)),
            asyncio.create_task(restart_database(world)),
            asyncio.create_task(cut_one_off(world, f"worker {WORKERS}")),
        ]
        ended = await settled(world)
        for trouble in troubles:
            trouble.cancel()
        for node in nodes:
            node.ask_to_stop()
        codes = [await asyncio.to_thread(node.wait) for node in nodes]
        world.note(f"told to stop; exit codes {codes}")
    return ended


def report(world: World, nodes: Sequence[Node], ended: bool, articles: int) -> bool:
    """Prints the counts; whether all are what they must be."""
    url = world.postgres.url
    entries = {str(s): n for s, n in ask(url, "SELECT state, count(*) FROM feed_entries GROUP BY state")}
    stored, briefs = ask(
        url,
        "SELECT (SELECT count(DISTINCT article_id) FROM feed_entries), "
        "(SELECT count(*) FROM briefs JOIN feed_entries USING (article_id))",
    )[0]
    rows = ask(
        url,
        "SELECT c.platform, c.chat, o.state FROM outbox o JOIN subscriptions s ON s.id = o.subscription_id"
        " JOIN chats c ON c.id = s.chat_id",
    )
    state = {ChatRef(platform=str(name), chat=str(chat)): str(told) for name, chat, told in rows}
    everybody, held = world.platforms.chats(), world.platforms.held()
    none = [chat for chat in everybody if not held[chat]]
    in_doubt = [chat for chat in everybody if state.get(chat) == "unknown"]
    lost = [chat for chat in none if chat not in in_doubt or chat.platform != "telegram"]
    doubled = sum(count - 1 for count in held.values() if count > 1)
    kills = sum(node.kills for node in nodes)
    print(f"killed                 {kills} processes: {', '.join(f'{n.name} {n.kills}' for n in nodes)}")
    print(
        f"articles               {articles} listed; entries: {entries}; articles: {stored}; briefs: {briefs}"
    )
    print(f"digests                {len(everybody)} due; {dict(Counter(state.values()))} in the outbox")
    print(f"chats with one digest  {sum(held[chat] == 1 for chat in everybody)}; with none {len(none)}")
    print(
        f"lost {len(lost)}, doubled {doubled}, in doubt {len(in_doubt)} (Telegram's policy: not sent again)"
    )
    print(world.platforms.limited())
    right = stored == briefs == articles and entries == {"stored": articles}
    # Killed, or parted from the database while it had one on its way.
    most_in_doubt = IN_FLIGHT * (kills + WORKERS + 1)
    return ended and right and not lost and not doubled and len(in_doubt) <= most_in_doubt


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--chats", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--kill-every", type=float, default=7.0, help="seconds, on average")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pullquote-chaos-"))
    try:
        right = asyncio.run(run(options, folder))
    except asyncio.CancelledError:
        print("ended before its end", file=sys.stderr)
        return 1
    print("all right" if right else f"NOT RIGHT; the processes' logs are in {folder}")
    if right:
        shutil.rmtree(folder)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
