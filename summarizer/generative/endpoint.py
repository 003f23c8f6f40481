"""A model behind an HTTP endpoint that speaks OpenAI's chat completions.

The address is the operator's own setting, so it may be private. Redirects are not followed: they would take
the key, and the articles, to wherever the server says.
https://platform.openai.com/docs/api-reference/chat/create
"""

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from articles.fetching.headers import parse_retry_after
from summarizer.errors import NotWritten
from summarizer.generative.ledger import Ledger
from summarizer.generative.model import Endpoint
from summarizer.generative.prompt import Message, messages_for
from summarizer.model import Fallback

log = logging.getLogger(__name__)

_ANSWER_TOKENS = 400
_PROMPT_TOKENS = 450  # the task, the headline and the fence around the text
_BYTES_A_TOKEN = 3  # of UTF-8; English has four, Chinese three
_ATTEMPTS = 3
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 20.0  # an article does not wait longer; it gets its own sentences
_REST_S, _LONGEST_REST_S = 60.0, 3600.0  # after a failure, during which nothing is asked
_TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MAX_BYTES = 1 << 20
_MOST_TOKENS = 10**9  # of one answer; whoever says more cannot count


class EndpointWriter:
    """A `Writer`. One request for each text, tried again where that can help, inside the day's budget."""

    def __init__(
        self,
        endpoint: Endpoint,
        ledger: Ledger,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: random.Random | None = None,
    ) -> None:
        """sleep, monotonic, chance: how pauses are made, timed and spread."""
        self._endpoint, self._ledger = endpoint, ledger
        self._monotonic, self._sleep = monotonic, sleep
        self._chance = chance or random.Random()  # noqa: S311 (spreads pauses, guards nothing)
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._client = httpx.Client(
            base_url=endpoint.url.rstrip("/") + "/",
            headers=headers,
            timeout=endpoint.timeout_s,
            follow_redirects=False,
        )
        self._lock = threading.Lock()
        self._rests_until = 0.0
        self._options: dict[str, Any] = {"temperature": 0, "seed": 0, "max_tokens": _ANSWER_TOKENS}

    @property
    def name(self) -> str:
        return self._endpoint.name

    @property
    def window(self) -> int:
        return max(256, self._endpoint.window_tokens - _ANSWER_TOKENS - _PROMPT_TOKENS)

    def size(self, text: str) -> int:
        return -(-len(text.encode()) // _BYTES_A_TOKEN)

    def write(self, texts: Sequence[str], *, headline: str, sentences: int) -> tuple[str, ...]:
        return tuple(
            self._answer(messages_for(text, headline=headline, sentences=sentences)) for text in texts
        )

    def check(self) -> str:
        where = f"{self.name} at {self._endpoint.url}"
        got = self._sent("GET", "models", None)
        if got.status in {404, 405}:
            return f"{where} (it answers, and does not list its models)"
        if got.status != 200:
            raise self._refusal(got)
        listed = {entry.get("id") for entry in _objects(got.json().get("data"))}
        # Ollama lists "llama3.1:latest" and takes "llama3.1".
        if listed and not listed & {self.name, f"{self.name}:latest"}:
            some = ", ".join(sorted(map(str, listed))[:5])
            raise NotWritten(f"{where}: there is no such model; it has {some}", reason=Fallback.REFUSED)
        return where

    def _answer(self, messages: list[Message]) -> str:
        """What the model answers. Raises NotWritten, and then rests for a while."""
        with self._lock:
            resting = self._rests_until - self._monotonic()
        if resting > 0:
            raise NotWritten(f"{self.name} is left alone for {resting:.0f} s", reason=Fallback.UNREACHABLE)
        try:
            return self._tried(messages)
        except NotWritten as error:
            if error.reason is not Fallback.BUDGET:
                self._rest(_REST_S)
            raise

    def _tried(self, messages: list[Message]) -> str:
        attempt = 1
        while True:
            asked_to_wait: float | None = None
            try:
                got = self._booked(messages)
            except _NoAnswer as error:
                trouble = error
            else:
                if got.status == 200:
                    return self._content(got)
                if got.status == 400 and self._adapts(got):
                    continue  # each option is given up once
                if got.status not in _TRANSIENT or got.code == "insufficient_quota":
                    raise self._refusal(got)
                trouble, asked_to_wait = _NoAnswer(self.name, f"status {got.status}"), got.retry_after_s
            pause = _FIRST_PAUSE_S * 2 ** (attempt - 1) * self._chance.uniform(0.8, 1.2)
            pause = asked_to_wait if asked_to_wait is not None else pause
            if attempt == _ATTEMPTS or pause > _LONGEST_PAUSE_S:
                self._rest(pause)
                raise trouble
            self._sleep(pause)
            attempt += 1

    def _booked(self, messages: list[Message]) -> "_Got":
        """One request, booked. Raises NotWritten where the budget is used up, and _NoAnswer."""
        reserved = _ANSWER_TOKENS + sum(self.size(message["content"]) for message in messages)
        name = self._endpoint.name
        if not self._ledger.reserve(name, tokens=reserved, budget=self._endpoint.budget):
            raise NotWritten(f"the budget of {name} for today is used up", reason=Fallback.BUDGET)
        try:
            got = self._sent(
                "POST", "chat/completions", {"model": name, "messages": messages, **self._options}
            )
        except _NoAnswer as error:
            if not error.was_asked:
                self._ledger.settle(name, reserved=reserved, used=0)
            raise
        used = got.tokens if got.status == 200 else 0  # who is turned away is charged nothing
        self._ledger.settle(name, reserved=reserved, used=reserved if used is None else used)
        return got

    def _sent(self, method: str, path: str, body: dict[str, Any] | None) -> "_Got":
        """The answer, whatever its status. Raises _NoAnswer; for `check`, that is a NotWritten."""
        deadline = self._monotonic() + self._endpoint.timeout_s
        try:
            with self._client.stream(method, path, json=body) as response:
                content = b""
                for piece in response.iter_bytes():
                    content += piece
                    if self._monotonic() > deadline:
                        raise _NoAnswer(self.name, f"no whole answer in {self._endpoint.timeout_s:g} s")
                    if len(content) > _MAX_BYTES:
                        raise _NoAnswer(self.name, "its answer does not end")
                wait = parse_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
                return _Got(response.status_code, content, wait.total_seconds() if wait is not None else None)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NoAnswer(self.name, str(error) or "no connection", was_asked=False) from error
        except httpx.TimeoutException as error:
            raise _NoAnswer(self.name, f"no answer in {self._endpoint.timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _NoAnswer(self.name, str(error) or type(error).__name__) from error

    def _adapts(self, got: "_Got") -> bool:
        """Leaves out, or renames, the option that the server names as one it does not take."""
        complaint = got.complaint
        for option in list(self._options):
            if option in complaint:
                value = self._options.pop(option)
                if option == "max_tokens" and "max_completion_tokens" in complaint:
                    self._options["max_completion_tokens"] = value
                return True
        return False

    def _content(self, got: "_Got") -> str:
        choices = list(_objects(got.json().get("choices")))
        message = choices[0].get("message") if choices else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str):
            raise NotWritten(f"{self.name}: its answer is no chat completion", reason=Fallback.REFUSED)
        return content

    def _refusal(self, got: "_Got") -> NotWritten:
        meaning = {
            401: "the key is wrong or missing",
            403: "the key does not allow it",
            404: "there is no such model or address",
        }.get(got.status, f"it answers with status {got.status}")
        return NotWritten(f"{self.name} at {self._endpoint.url}: {meaning}", reason=Fallback.REFUSED)

    def _rest(self, seconds: float) -> None:
        with self._lock:
            until = self._monotonic() + min(seconds, _LONGEST_REST_S)
            self._rests_until = max(self._rests_until, until)


class _NoAnswer(NotWritten):
    """Nothing whole came back: worth another try."""

    def __init__(self, name: str, why: str, *, was_asked: bool = True) -> None:
        """was_asked: the server may have worked on the request, and counted it."""
        super().__init__(f"{name} does not answer: {why}", reason=Fallback.UNREACHABLE)
        self.was_asked = was_asked


@dataclass(frozen=True, slots=True)
class _Got:
    """An answer."""

    status: int
    content: bytes
    retry_after_s: float | None

    def json(self) -> dict[str, Any]:
        """The body's object; empty where it is none."""
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested beyond all sense
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def tokens(self) -> int | None:
        """What it cost, by the server's own count; None where it does not say."""
        usage = self.json().get("usage")
        total = usage.get("total_tokens") if isinstance(usage, dict) else None
        return total if isinstance(total, int) and 0 <= total <= _MOST_TOKENS else None

    @property
    def _error(self) -> dict[str, Any]:
        error = self.json().get("error")
        return error if isinstance(error, dict) else {}

    @property
    def code(self) -> str:
        return str(self._error.get("code") or "")

    @property
    def complaint(self) -> str:
        return f"{self._error.get('param') or ''} {self._error.get('message') or ''}"


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
