"""Whether a platform answers, by how sends to it end; and when to ask it again."""

from math import inf

DOWN_FROM = 3  # sends in a row without an answer
FIRST_PAUSE_S = 5.0  # doubled each time it still does not answer
LONGEST_PAUSE_S = 60.0


class CircuitBreaker:
    """One platform's. Times are seconds on one clock that never goes back.

    While it is `down`, nothing is sent to it, so that no digest is used up by trying; it is asked for nothing
    (`ChatAdapter.ping`) instead, at once and then less and less often.
    """

    def __init__(self) -> None:
        self.down = False
        self._lost = 0  # in a row
        self._since = inf  # the first of them
        self._pause_s = 0.0
        self._ask_at = inf

    def lost(self, now: float, *, unknown: bool = False) -> bool:
        """A send failed; whether that may be the message's own fault.

        unknown: it may have been posted. The next one shall not go the same way.
        """
        alone = self._lost == 0
        if alone:
            self._since = now
        self._lost += 1
        if (unknown or self._lost >= DOWN_FROM) and not self.down:
            self.down = True
            self._ask_later(now)
        return alone

    def answered(self) -> None:
        """A send had an answer, whichever."""
        self._lost, self._pause_s = 0, 0.0

    def lasted_s(self, now: float) -> float:
        """How long no send has been answered; 0.0 if the last one was."""
        return now - self._since if self._lost else 0.0

    def is_to_be_asked(self, now: float) -> bool:
        """Whether it is down and the pause since it was asked is over."""
        return self.down and now >= self._ask_at

    def asked(self, now: float, *, answers: bool) -> None:
        """It was asked for nothing. If it answers, sends are tried again: they may still fail."""
        self.down = not answers
        if self.down:
            self._ask_later(now)

    def _ask_later(self, now: float) -> None:
        self._ask_at = now + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * self._pause_s))
