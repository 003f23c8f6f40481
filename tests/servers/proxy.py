"""A reverse proxy on loopback, as an operator puts one in front of the bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from aiohttp import web


@asynccontextmanager
async def reverse_proxy(secret: str, *, upstream: str) -> AsyncIterator[str]:
    """Its URL. Passes requests on under another path, with Telegram's secret header for a server without."""

    async def pass_on(request: web.Request) -> web.Response:
        headers = {
            "Content-Type": request.headers.get("Content-Type", ""),
            "X-Forwarded-For": request.remote or "",
            "X-Telegram-Bot-Api-Secret-Token": secret,
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.request(
                    request.method, f"{upstream}/", content=await request.read(), headers=headers
                )
            except httpx.ConnectError:
                return web.Response(status=502)
        return web.Response(status=answer.status_code, body=answer.content)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pass_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
