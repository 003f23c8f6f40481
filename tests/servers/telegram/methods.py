"""The Bot API's methods, by their names there, over what the server knows."""

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable

from tests.servers.telegram import rules
from tests.servers.telegram.flood import Flood
from tests.servers.telegram.model import Chat, Json, Posted, Refused, bad, bot_json, user_json

ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
ACTIONS = ("typing", "upload_photo", "upload_document", "find_location")


class Methods:
    """What a bot can ask of Telegram."""

    def __init__(self, *, flood: Flood | None = None) -> None:
        """flood: None enforces no limits."""
        self.flood = flood
        self.chats: dict[int, Chat] = {}
        self.posted: list[Posted] = []
        self.acknowledged: dict[str, Json] = {}  # by query
        self.offered: dict[str, Json] = {}  # by inline query
        self.commands: dict[str, list[Json]] = {}  # by scope
        self.descriptions: dict[str, str] = {}
        self.actions: list[tuple[int, str]] = []
        self.webhook: Json | None = None
        self._queries: set[str] = set()
        self._updates: list[Json] = []
        self._polls = 0
        self._ids: defaultdict[str, int] = defaultdict(int)
        self._happened = asyncio.Condition()

    async def call(self, method: str, params: Json) -> object:
        """The method's result. Raises Refused."""
        found = getattr(self, f"_{method}", None)
        if found is None or not re.fullmatch(r"[a-z]+[A-Z]\w+", method):
            raise Refused(404, "Not Found: method not found")
        result = found(params)
        return await result if asyncio.iscoroutine(result) else result

    async def until(self, holds: Callable[[], bool], *, timeout_s: float = 60.0) -> None:
        """Waits for what a test expects; TimeoutError if it does not come."""
        async with asyncio.timeout(timeout_s), self._happened:
            await self._happened.wait_for(holds)

    async def _notify(self) -> None:
        async with self._happened:
            self._happened.notify_all()

    # --- updates

    async def _getUpdates(self, params: Json) -> list[Json]:  # noqa: N802
        if self.webhook is not None:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._polls += 1  # ends the one before
        mine = self._polls
        offset = int(params.get("offset", 0))
        self._updates = [u for u in self._updates if u["update_id"] >= offset]
        await self._notify()
        try:
            await self.until(
                lambda: bool(self._updates) or self._polls != mine,
                timeout_s=int(params.get("timeout", 0)) or 0.001,
            )
        except TimeoutError:
            return []
        if self._polls != mine:
            raise Refused(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
        limit = int(params.get("limit", 100))
        allowed = params.get("allowed_updates") or None
        kept = [u for u in self._updates if allowed is None or any(kind in u for kind in allowed)]
        return kept[:limit]

    def _setWebhook(self, params: Json) -> bool:  # noqa: N802
        # http is for servers of one's own, which this one stands for; Telegram's takes https alone.
        if not re.match(r"https?://", params.get("url", "")):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", params.get("secret_token", "x")):
            raise bad("secret token contains unallowed characters")
        self.webhook = params
        return True

    def _deleteWebhook(self, params: Json) -> bool:  # noqa: N802
        self.webhook = None
        return True

    # --- messages

    def _sendMessage(self, params: Json) -> Json:  # noqa: N802
        chat = self._writable(params)
        thread = int(params["message_thread_id"]) if "message_thread_id" in params else None
        if thread is not None and thread not in (chat.topics or ()):
            raise bad("message thread not found")
        text, entities = rules.formatted(params)
        keyboard = rules.keyboard(params.get("reply_markup"))
        self._count(chat)
        posted = Posted(
            id=self._next("message"),
            chat=chat.id,
            thread=thread,
            text=text,
            entities=entities,
            keyboard=keyboard,
            reply_to=(params.get("reply_parameters") or {}).get("message_id"),
            preview=not (params.get("link_preview_options") or {}).get("is_disabled", False),
            at=time.monotonic(),
        )
        self.posted.append(posted)
        return self._as_json(posted)

    def _editMessageText(self, params: Json) -> Json:  # noqa: N802
        chat = self._writable(params)
        number = int(params.get("message_id", 0))
        posted = next((p for p in self.posted if p.id == number and p.chat == chat.id), None)
        if posted is None:
            raise bad("message to edit not found")
        text, entities = rules.formatted(params)
        keyboard = rules.keyboard(params.get("reply_markup"))
        self._count(chat)
        if (text, entities, keyboard) == (posted.text, posted.entities, posted.keyboard):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        posted.text, posted.entities, posted.keyboard = text, entities, keyboard
        posted.edits += 1
        return self._as_json(posted)

    def _sendChatAction(self, params: Json) -> bool:  # noqa: N802
        chat = self._writable(params)
        if params.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        self.actions.append((chat.id, params["action"]))
        return True

    # --- answers to queries

    def _answerCallbackQuery(self, params: Json) -> bool:  # noqa: N802
        query = self._query(params.get("callback_query_id", ""))
        rules.check_press_answer(params)
        self._queries.remove(query)
        self.acknowledged[query] = params
        return True

    def _answerInlineQuery(self, params: Json) -> bool:  # noqa: N802
        query = self._query(params.get("inline_query_id", ""))
        rules.check_offers(params)
        self._queries.remove(query)
        self.offered[query] = params
        return True

    def _query(self, query: str) -> str:
        if query not in self._queries:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        return query

    # --- the bot itself, and who is who

    def _getMe(self, params: Json) -> Json:  # noqa: N802
        return {
            **bot_json(),
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": True,
        }

    def _setMyCommands(self, params: Json) -> bool:  # noqa: N802
        rules.check_commands(params["commands"])
        self.commands[_scope(params)] = params["commands"]
        return True

    def _getMyCommands(self, params: Json) -> list[Json]:  # noqa: N802
        return self.commands.get(_scope(params), [])

    def _setMyDescription(self, params: Json) -> bool:  # noqa: N802
        return self._describe("description", params, most=512)

    def _getMyDescription(self, params: Json) -> Json:  # noqa: N802
        return {"description": self.descriptions.get("description", "")}

    def _setMyShortDescription(self, params: Json) -> bool:  # noqa: N802
        return self._describe("short_description", params, most=120)

    def _getMyShortDescription(self, params: Json) -> Json:  # noqa: N802
        return {"short_description": self.descriptions.get("short_description", "")}

    def _describe(self, what: str, params: Json, *, most: int) -> bool:
        if len(params[what]) > most:
            raise bad(f"bot {what.replace('_', ' ')} is too long")
        self.descriptions[what] = params[what]
        return True

    def _getChatMember(self, params: Json) -> Json:  # noqa: N802
        chat = self._writable(params)
        user = int(params["user_id"])
        status = chat.members.get(user)
        if status is None:
            raise bad("PARTICIPANT_ID_INVALID")
        member: Json = {"status": status, "user": user_json(user)}
        if status == "administrator":
            member |= dict.fromkeys(ADMIN_RIGHTS, False)
        elif status == "creator":
            member["is_anonymous"] = False
        return member

    # --- rules

    def _writable(self, params: Json) -> Chat:
        if not params.get("chat_id"):
            raise bad("chat_id is empty")
        chat = self.chats.get(int(params["chat_id"]))
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to is not None:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to,
            )
        if chat.bot_status == "kicked":
            what = "blocked by the user" if chat.type == "private" else f"kicked from the {chat.type} chat"
            raise Refused(403, f"Forbidden: bot was {what}")
        if chat.bot_status == "left":
            raise Refused(403, f"Forbidden: bot is not a member of the {chat.type} chat")
        return chat

    def _count(self, chat: Chat) -> None:
        if self.flood is not None:
            self.flood.check(chat.id)

    def _as_json(self, posted: Posted) -> Json:
        chat = self.chats[posted.chat]
        message: Json = {
            "message_id": posted.id,
            "date": int(time.time()),
            "chat": chat.as_json(),
            "text": posted.text,
            "entities": list(posted.entities),
        }
        message |= {"sender_chat": chat.as_json()} if chat.type == "channel" else {"from": bot_json()}
        if posted.thread is not None:
            message |= {"message_thread_id": posted.thread, "is_topic_message": True}
        if posted.keyboard:
            message["reply_markup"] = {"inline_keyboard": posted.keyboard}
        return message

    def _next(self, kind: str) -> int:
        self._ids[kind] += 1
        return self._ids[kind]


def _scope(params: Json) -> str:
    scope = params.get("scope") or {"type": "default"}
    return str(scope["type"]) if len(scope) == 1 else json.dumps(scope)
