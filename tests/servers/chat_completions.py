"""A server on loopback that speaks OpenAI's chat completions, and refuses what the real ones refuse.

https://platform.openai.com/docs/api-reference/chat, https://platform.openai.com/docs/guides/error-codes
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

Answer = Callable[[str], str]  # what the user said -> what the model answers

KEY, MODEL = "sk-test-7f3a9c", "news-writer"
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_PARAMETERS = frozenset(
    {"model", "messages", "temperature", "seed", "max_tokens", "max_completion_tokens", "stream"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """An answer to give instead of the model's."""

    status: int = 200
    headers: Mapping[str, str] | None = None
    body: bytes | None = None  # None: an error object


class ChatServer:
    """An async context manager. `asked` holds the bodies of the requests that got as far as the model."""

    def __init__(
        self,
        answer: Answer,
        *,
        key: str | None = KEY,
        context_tokens: int = 8192,
        unsupported: frozenset[str] = frozenset(),
    ) -> None:
        """unsupported: parameters that this model does not take, as reasoning models take no `max_tokens`."""
        self._answer, self._key, self._context_tokens = answer, key, context_tokens
        self._unsupported = unsupported
        self.script: deque[Scripted] = deque()
        self.asked: list[dict[str, Any]] = []
        self.requests = 0
        self.port = 0
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def _models(self, request: web.Request) -> web.Response:
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def _complete(self, request: web.Request) -> web.Response:
        self.requests += 1
        if (refusal := self._unauthorised(request)) is not None:
            return refusal
        if self.script:
            scripted = self.script.popleft()
            if scripted.body is not None:
                return web.Response(status=scripted.status, body=scripted.body, headers=scripted.headers)
            return _error(scripted.status, "scripted", headers=scripted.headers)
        try:
            body = await request.json()
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request.")
        if (refusal := self._invalid(body)) is not None:
            return refusal
        prompt = sum(len(message["content"]) for message in body["messages"]) // 4
        if prompt + (body.get("max_tokens") or body.get("max_completion_tokens") or 0) > self._context_tokens:
            return _error(400, "maximum context length exceeded", code="context_length_exceeded")
        self.asked.append(body)
        said = self._answer(body["messages"][-1]["content"])
        return web.json_response(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": MODEL,
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
                ],
                "usage": {"prompt_tokens": prompt, "completion_tokens": 50, "total_tokens": prompt + 50},
            }
        )

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if self._key is None or given == f"Bearer {self._key}":
            return None
        return _error(401, f"Incorrect API key provided: {given[7:]}.", code="invalid_api_key")

    def _invalid(self, body: Any) -> web.Response | None:
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            return _error(400, "you must provide a model parameter")
        if body["model"] != MODEL:
            return _error(404, f"The model `{body['model']}` does not exist", code="model_not_found")
        for name in body:
            if name not in _PARAMETERS or name in self._unsupported:
                hint = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
                return _error(400, f"Unsupported parameter: '{name}'.{hint}", param=name)
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return _error(400, "[] is too short - 'messages'", param="messages")
        if any(m.get("role") not in _ROLES or not isinstance(m.get("content"), str) for m in messages):
            return _error(400, "Invalid value: 'messages'", param="messages")
        if not 0 <= body.get("temperature", 1) <= 2:
            return _error(400, "Invalid 'temperature'", param="temperature")
        return None


def _error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def article_in(said: str) -> str:
    """The article that a prompt holds between its two fences."""
    found = re.search(r"(ARTICLE \w+)\n(.*)\n\1", said, re.DOTALL)
    assert found is not None, "the prompt holds no article"
    return found[2]


def lines(*said: str) -> Answer:
    """A model that answers the same whatever it is asked."""
    return lambda _: "\n".join(said)


_ORDER = re.compile(r"(?:say|write|answer|reply)(?: only)?(?: that|:)? [\"“]?([^\"”\n]+)", re.IGNORECASE)


def obedient(said: str) -> str:
    """A model that does what the text tells it to, wherever that stands; else it repeats the text."""
    text = article_in(said)
    order = _ORDER.search(text)
    return order[1] if order is not None else "\n".join(text.split("\n\n")[1:3])
