"""A model behind an HTTP server with OpenAI's chat completions API.

The address is the operator's own setting, so it may be private. Redirects are not followed: they would send
the key, and the articles, to wherever the server says.
https://platform.openai.com/docs/api-reference/chat/create
"""

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from articles.fetching.politeness import parse_retry_after
from summarizer.errors import GenerationFailed
from summarizer.generative.writer import Endpoint, Ledger, Message, messages_for
from summarizer.model import Fallback

_ANSWER_TOKENS = 400
_PROMPT_TOKENS = 450  # the task, the headline and the fence around the text
_BYTES_PER_TOKEN = 3  # of UTF-8; English has four, Chinese three
_ATTEMPTS = 3
_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 20.0  # an article does not wait longer; it gets the extractive brief
_COOL_DOWN_S, _MAX_COOL_DOWN_S = 60.0, 3600.0  # after a failure; no request is sent meanwhile
_TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MAX_BYTES = 1 << 20
_MAX_TOKENS = 10**9  # of one answer; a larger count is an error of the server


class EndpointWriter:
    """A `Writer`. Sends one request per text, with retries, within the daily budget."""

    def __init__(
        self,
        endpoint: Endpoint,
        ledger: Ledger,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: random.Random | None = None,
    ) -> None:
        """chance: the jitter of the pauses between retries."""
        self._endpoint, self._ledger = endpoint, ledger
        self._monotonic, self._sleep = monotonic, sleep
        self._chance = chance or random.Random()  # noqa: S311 (jitter, not security)
        self._client = httpx.Client(
            base_url=endpoint.url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
            timeout=endpoint.timeout_s,
            follow_redirects=False,
        )
        self._lock = threading.Lock()
        self._cool_until = 0.0
        self._options: dict[str, Any] = {"temperature": 0, "seed": 0, "max_tokens": _ANSWER_TOKENS}

    @property
    def name(self) -> str:
        return self._endpoint.name

    @property
    def max_input_tokens(self) -> int:
        return max(256, self._endpoint.window_tokens - _ANSWER_TOKENS - _PROMPT_TOKENS)

    def count_tokens(self, text: str) -> int:
        return -(-len(text.encode()) // _BYTES_PER_TOKEN)

    def write(self, texts: Sequence[str], *, headline: str, sentences: int) -> tuple[str, ...]:
        return tuple(
            self._answer(messages_for(text, headline=headline, sentences=sentences)) for text in texts
        )

    def check(self) -> str:
        where = f"{self.name} at {self._endpoint.url}"
        response = self._send("GET", "models", None)
        if response.status in {404, 405}:
            return f"{where} (it answers, but does not list its models)"
        if response.status != 200:
            raise self._refused(response)
        listed = {entry.get("id") for entry in _objects(response.json().get("data"))}
        # Ollama lists "llama3.1:latest" and takes "llama3.1".
        if listed and not listed & {self.name, f"{self.name}:latest"}:
            some = ", ".join(sorted(map(str, listed))[:5])
            raise GenerationFailed(f"{where}: there is no such model; it has {some}", reason=Fallback.REFUSED)
        return where

    def _answer(self, messages: list[Message]) -> str:
        """The model's answer. Raises GenerationFailed, and then starts a cool-down."""
        with self._lock:
            remaining = self._cool_until - self._monotonic()
        if remaining > 0:
            raise GenerationFailed(
                f"{self.name} failed before; next attempt in {remaining:.0f} s", reason=Fallback.UNREACHABLE
            )
        try:
            return self._answer_with_retries(messages)
        except GenerationFailed as error:
            if error.reason is not Fallback.BUDGET:
                self._cool_down(_COOL_DOWN_S)
            raise

    def _answer_with_retries(self, messages: list[Message]) -> str:
        attempt = 1
        while True:
            retry_after_s: float | None = None
            try:
                response = self._send_within_budget(messages)
            except _NoAnswer as error:
                failure = error
            else:
                if response.status == 200:
                    return self._content(response)
                if response.status == 400 and self._drop_option(response):
                    continue  # each option can be dropped only once
                if response.status not in _TRANSIENT or response.error("code") == "insufficient_quota":
                    raise self._refused(response)
                failure = _NoAnswer(self.name, f"status {response.status}")
                retry_after_s = response.retry_after_s
            pause = _FIRST_PAUSE_S * 2 ** (attempt - 1) * self._chance.uniform(0.8, 1.2)
            pause = retry_after_s if retry_after_s is not None else pause
            if attempt == _ATTEMPTS or pause > _MAX_PAUSE_S:
                self._cool_down(pause)
                raise failure
            self._sleep(pause)
            attempt += 1

    def _send_within_budget(self, messages: list[Message]) -> "_Response":
        """One request, booked in the ledger. Raises GenerationFailed: over budget, or _NoAnswer."""
        reserved = _ANSWER_TOKENS + sum(self.count_tokens(message["content"]) for message in messages)
        if not self._ledger.reserve(self.name, tokens=reserved, budget=self._endpoint.budget):
            raise GenerationFailed(f"the budget of {self.name} for today is used up", reason=Fallback.BUDGET)
        body = {"model": self.name, "messages": messages, **self._options}
        try:
            response = self._send("POST", "chat/completions", body)
        except _NoAnswer as error:
            if not error.was_sent:
                self._ledger.settle(self.name, reserved=reserved, used=0)
            raise
        used = response.tokens if response.status == 200 else 0  # a refused request costs nothing
        self._ledger.settle(self.name, reserved=reserved, used=reserved if used is None else used)
        return response

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> "_Response":
        """The response, whatever its status. Raises _NoAnswer."""
        timeout_s = self._endpoint.timeout_s
        deadline = self._monotonic() + timeout_s
        try:
            with self._client.stream(method, path, json=body) as response:
                content = b""
                for piece in response.iter_bytes():
                    content += piece
                    if self._monotonic() > deadline:
                        raise _NoAnswer(self.name, f"no complete answer in {timeout_s:g} s")
                    if len(content) > _MAX_BYTES:
                        raise _NoAnswer(self.name, "its answer does not end")
                wait = parse_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
                return _Response(
                    response.status_code, content, wait.total_seconds() if wait is not None else None
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NoAnswer(self.name, str(error) or "no connection", was_sent=False) from error
        except httpx.TimeoutException as error:
            raise _NoAnswer(self.name, f"no answer in {timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _NoAnswer(self.name, str(error) or type(error).__name__) from error

    def _drop_option(self, response: "_Response") -> bool:
        """Drops, or renames, the request option that the server does not support. False: it names none."""
        complaint = f"{response.error('param')} {response.error('message')}"
        for option in list(self._options):
            if option in complaint:
                value = self._options.pop(option)
                if option == "max_tokens" and "max_completion_tokens" in complaint:
                    self._options["max_completion_tokens"] = value
                return True
        return False

    def _content(self, response: "_Response") -> str:
        choices = _objects(response.json().get("choices"))
        message = choices[0].get("message") if choices else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str):
            raise GenerationFailed(f"{self.name}: its answer is no chat completion", reason=Fallback.REFUSED)
        return content

    def _refused(self, response: "_Response") -> GenerationFailed:
        meaning = {
            401: "the key is wrong or missing",
            403: "the key does not allow it",
            404: "there is no such model or address",
        }.get(response.status, f"it answers with status {response.status}")
        return GenerationFailed(f"{self.name} at {self._endpoint.url}: {meaning}", reason=Fallback.REFUSED)

    def _cool_down(self, seconds: float) -> None:
        with self._lock:
            until = self._monotonic() + min(seconds, _MAX_COOL_DOWN_S)
            self._cool_until = max(self._cool_until, until)


class _NoAnswer(GenerationFailed):
    """No complete response; worth a retry."""

    def __init__(self, name: str, why: str, *, was_sent: bool = True) -> None:
        """was_sent: the server may have received the request and charged for it."""
        super().__init__(f"{name} does not answer: {why}", reason=Fallback.UNREACHABLE)
        self.was_sent = was_sent


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    content: bytes
    retry_after_s: float | None

    def json(self) -> dict[str, Any]:
        """The JSON object in the body; empty if there is none."""
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested too deeply
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def tokens(self) -> int | None:
        """The tokens that the server counted; None if it does not say."""
        usage = self.json().get("usage")
        total = usage.get("total_tokens") if isinstance(usage, dict) else None
        return total if isinstance(total, int) and 0 <= total <= _MAX_TOKENS else None

    def error(self, field: str) -> str:
        """A field of the body's error object; empty if there is none."""
        error = self.json().get("error")
        return str(error.get(field) or "") if isinstance(error, dict) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
