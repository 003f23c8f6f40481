"""Telegram's flood limits, as its FAQ for bots gives them: a window full is an error 429."""

import math
import time
from collections import defaultdict, deque

from tests.servers.telegram.model import Refused


class Flood:
    """30 messages a second in all, one a second in a chat, 20 a minute in a group or channel."""

    def __init__(self) -> None:
        self.refused = 0
        self._all: deque[float] = deque()
        self._chats: defaultdict[int, deque[float]] = defaultdict(deque)

    def check(self, chat: int) -> None:
        """A message is coming in: it counts, or is refused and does not."""
        now = time.monotonic()
        windows = [(self._all, 30, 1.0), (self._chats[chat], 1, 1.0)]
        if chat < 0:
            windows.append((self._chats[chat], 20, 60.0))
        for times, count, seconds in windows:
            recent = [when for when in times if when > now - seconds]
            if len(recent) >= count:
                self.refused += 1
                wait_s = math.ceil(recent[-count] + seconds - now)
                raise Refused(429, f"Too Many Requests: retry after {wait_s}", retry_after=wait_s)
        self._all.append(now)
        self._chats[chat].append(now)
        while self._all and self._all[0] < now - 60:
            self._all.popleft()
