"""Buttons under messages: their commands, signed, as callback data of at most 64 bytes.

Anybody with a client of their own can send any callback data for any message. So what comes back is taken
only if it is what we put there: signed, for that chat. Signatures need no table, survive restarts and are the
same in every process; 48 bits can be guessed only by asking Telegram 2^47 times. They are made with the bot's
token, so a new token makes old buttons stale.
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import blake2b

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.commands.table import COMMANDS, Command
from bot.reply import Reply

_SIGNATURE_BYTES = 6
_SIGNATURE_CHARS = 8  # of base64

# A command's name is its one-letter code there, which makes room for the signature: `Button` allows 60 bytes,
# and names have at least four letters.


class Buttons:
    """Makes keyboards, and reads what their buttons send."""

    def __init__(self, token: str, *, commands: Sequence[Command] = COMMANDS) -> None:
        self._codes = {f"/{command.name}": command.code for command in commands}
        self._names = {code: name for name, code in self._codes.items()}
        self._key = blake2b(token.encode(), person=b"buttons").digest()

    def keyboard(self, reply: Reply, *, chat: str) -> InlineKeyboardMarkup | None:
        """The reply's buttons for that chat; None where it has none."""
        rows: Sequence[Sequence[InlineKeyboardButton]] = [
            [
                InlineKeyboardButton(text=button.label, callback_data=self.data(button.command, chat=chat))
                for button in row
            ]
            for row in reply.buttons
            if row
        ]
        return InlineKeyboardMarkup(rows) if rows else None

    def data(self, command: str, *, chat: str) -> str:
        """Callback data for a command of the language, at most 64 bytes."""
        name, space, rest = command.partition(" ")
        return f"{self._signature(command, chat)}{self._codes[name]}{space}{rest}"

    def command(self, data: str, *, chat: str) -> str | None:
        """The command, or None if it is not one that we put under a message of that chat."""
        signature, code, rest = data[:_SIGNATURE_CHARS], data[_SIGNATURE_CHARS:][:1], data[9:]
        command = f"{self._names.get(code, '')}{rest}"
        expected = self._signature(command, chat)
        return command if hmac.compare_digest(signature.encode(), expected.encode()) else None

    def _signature(self, command: str, chat: str) -> str:
        signed = blake2b(f"{chat}\n{command}".encode(), key=self._key, digest_size=_SIGNATURE_BYTES)
        return base64.urlsafe_b64encode(signed.digest()).decode()
