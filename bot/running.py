"""One process at work: it serves every platform and delivers what is due, until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from bot.chat import ChatAdapter
from bot.delivery import Courier
from bot.house import House

log = logging.getLogger(__name__)

GRACE_S = 10.0  # for what is being answered or sent when we are told to stop
# Platforms that refuse a second copy of a message by themselves (Discord: nonce with enforce_nonce).
REFUSES_COPIES = frozenset({"discord"})


async def run_platforms(
    house: House,
    adapters: Mapping[str, ChatAdapter],
    *,
    tick_s: float,
    beside: Iterable[Callable[[], Coroutine[Any, Any, None]]] = (),
) -> None:
    """Serves until SIGTERM, SIGINT or the end of the terminal's input; then in-flight work has 10 s to end.

    beside: work without end that goes on meanwhile. Raises what ended it or a platform, such as ChatError for
    a token that is refused.
    """
    courier = Courier(
        outbox=house.outbox,
        chats=house.chats,
        digests=house.digests,
        conversation=house.service,
        resend=REFUSES_COPIES,
        clock=house.clock,
    )
    serving = [
        asyncio.create_task(adapter.serve(house.service), name=f"serve-{platform}")
        for platform, adapter in adapters.items()
    ]
    opening = [
        asyncio.create_task(_carry_when_ready(courier, platform, adapter))
        for platform, adapter in adapters.items()
    ]
    working = [asyncio.create_task(work()) for work in beside]
    told = asyncio.create_task(_told_to_stop())
    scheduler = courier.schedule(every_s=tick_s)
    try:
        done, _ = await asyncio.wait([*serving, *working, told], return_when=asyncio.FIRST_COMPLETED)
    finally:
        scheduler.pause()
        ended = await _end(courier, [*serving, *opening, *working, told])
        scheduler.shutdown(wait=False)
    if not ended:
        log.warning("stopped with work in flight", extra={"grace_s": GRACE_S})
    for task in done:
        task.result()


async def _carry_when_ready(courier: Courier, platform: str, adapter: ChatAdapter) -> None:
    await adapter.ready()
    courier.carry(platform, adapter)


async def _end(courier: Courier, tasks: Iterable[asyncio.Task[None]]) -> bool:
    """Whether everything came to its end within the grace."""
    finishing = asyncio.create_task(courier.finish())
    _, unsent = await asyncio.wait([finishing], timeout=GRACE_S)
    for task in tasks:
        task.cancel()
    _, unserved = await asyncio.wait(tasks, timeout=GRACE_S)
    return not unsent and not unserved


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
