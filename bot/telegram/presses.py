"""Buttons pressed twice: the second tap of a double tap does nothing."""

from collections import OrderedDict

DOUBLE_TAP_S = 1.0
_REMEMBERED = 1_000  # messages


class Presses:
    """What was pressed last under each message. Times are seconds on one clock that never goes back."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    def is_repeat(self, chat: str, message: str, data: str, *, pressed_at: float) -> bool:
        """Whether the same button was pressed before, and its answer had hardly come into sight."""
        pressed, answered_at = self._last.get((chat, message), ("", 0.0))
        return pressed == data and pressed_at < answered_at + DOUBLE_TAP_S

    def answered(self, chat: str, message: str, data: str, *, now: float) -> None:
        """The press has been answered."""
        self._last[chat, message] = (data, now)
        self._last.move_to_end((chat, message))
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
