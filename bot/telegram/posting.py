"""Putting a reply into a chat, message by message; a second try goes on where the first one stopped."""

from bot.chat import NO_HOOKS, ChatRef, MessageId, SendHooks, SendRefused
from bot.reply import Reply
from bot.telegram.outbound import Outbound
from bot.telegram.render import render


class Posting:
    """One reply on its way into one chat. `finish` may be called again after a failure worth another try."""

    def __init__(
        self,
        outbound: Outbound,
        chat: ChatRef,
        reply: Reply,
        *,
        urgent: bool,
        answers: int | None = None,
        already_posted: int = 0,
    ) -> None:
        """urgent: somebody waits for it. answers: the message that the first one is shown as an answer to.

        already_posted: how many of its messages an earlier attempt posted.
        """
        self._outbound = outbound
        self._chat = chat
        self._reply = reply
        self._messages = render(reply)
        self._urgent = urgent
        self._answers = answers
        self._already_posted = already_posted

    def redirect(self, chat: ChatRef) -> None:
        """What is not sent yet goes to this chat: the one it was for has another id now."""
        if chat != self._chat:
            self._chat, self._answers = chat, None  # messages are numbered anew there

    async def finish(self, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """Sends what does not stand in the chat yet; the id of the last message.

        Raises the port's errors: SendRefused if there is nothing to show or Telegram will not have it.
        """
        if not self._messages:
            raise SendRefused("the reply has nothing to show")
        while True:
            is_last = self._already_posted == len(self._messages) - 1
            message = await self._outbound.send(
                self._chat,
                self._messages[self._already_posted],
                self._reply,
                is_last=is_last,
                answers=self._answers if self._already_posted == 0 else None,
                urgent=self._urgent,
                hooks=hooks,
            )
            if is_last:
                return message
            self._already_posted += 1
            hooks.message_posted()
