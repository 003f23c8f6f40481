"""Discord's rate limits: one a route and channel, and one for all ("Rate Limits" in its API reference)."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """So many in a window, which opens with the first request."""

    limit: int
    window_s: float
    opened: float = -1e9
    used: int = 0

    def take(self, now: float) -> float:
        """0 when there was room, else how long until there is."""
        if now >= self.opened + self.window_s:
            self.opened, self.used = now, 0
        if self.used >= self.limit:
            return self.opened + self.window_s - now
        self.used += 1
        return 0.0

    def headers(self, name: str, now: float) -> dict[str, str]:
        after = max(0.0, self.opened + self.window_s - now)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": name,
        }


@dataclass(slots=True)
class Limits:
    """The real ones, unless told otherwise."""

    messages: tuple[int, float] = (5, 5.0)  # a channel
    webhook: tuple[int, float] = (5, 2.0)  # an interaction
    other: tuple[int, float] = (50, 1.0)
    everything: tuple[int, float] = (50, 1.0)  # a bot, but for interactions and their webhooks
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def bucket(self, kind: str, key: str) -> Bucket:
        name = f"{kind}:{key}"
        if name not in self.buckets:
            allowed = {"messages": self.messages, "webhook": self.webhook, "global": self.everything}
            self.buckets[name] = Bucket(*allowed.get(kind, self.other))
        return self.buckets[name]
