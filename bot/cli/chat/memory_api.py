"""The Bot API of one private chat, in memory."""

import itertools
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from telegram.request import BaseRequest, RequestData

from bot.service.application import OFFLINE_TOKEN

Json = dict[str, Any]

READER_ID = 1
"""Id of the user, who is also the operator."""

BOT: Json = {
    "id": int(OFFLINE_TOKEN.partition(":")[0]),
    "is_bot": True,
    "first_name": "报童",
    "username": "your_bot",  # as in the README: the operator's bot has a name that is not known here
    "can_join_groups": False,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
DEEP_LINK = re.compile(rf"https://t\.me/{BOT['username']}\?start=([A-Za-z0-9_-]{{1,64}})")
"""A deep link to this bot."""


@dataclass(slots=True)
class Sent:
    """A message of the bot in its present state.

    Attributes:
        id: Message id.
        html: Text or caption.
        keyboard: Rows of buttons, as the Bot API writes them.
        picture: Address of the picture; empty for an uploaded one, None without a picture.
    """

    id: int
    html: str
    keyboard: list[list[Json]]
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Toast:
    """The notice that answers a pressed button."""

    text: str


Event = Sent | Toast


class RefusalError(Exception):
    """The call is answered with `"ok": false`."""


class InMemoryBotApi(BaseRequest):
    """A Bot API in memory: one person, one private chat, no network.

    Messages and toasts are kept until `take_events` fetches them. Calls without a meaning here (menus,
    chat actions, reactions) succeed and do nothing.
    """

    def __init__(self, language_code: str | None = None) -> None:
        self.language_code = language_code
        self._messages: dict[int, Sent] = {}
        self._events: list[Event] = []
        self._numbers = itertools.count(1)
        self._user: Json = {"id": READER_ID, "is_bot": False, "first_name": "您"}
        if language_code:
            self._user["language_code"] = language_code
        self._chat: Json = {"id": READER_ID, "type": "private", "first_name": "您"}

    def typed(self, text: str) -> Json:
        """Return the update of a message that the person wrote."""
        message: Json = {**self._frame(next(self._numbers)), "from": self._user, "text": text[:4096]}
        command = re.match(r"/[A-Za-z0-9_]+(?:@\w+)?", text)
        if command:
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": command.end()}]
        return {"update_id": next(self._numbers), "message": message}

    def pressed(self, message_id: int, data: str) -> Json:
        """Return the update of a button that the person pressed."""
        query = {
            "id": str(next(self._numbers)),
            "from": self._user,
            "chat_instance": str(READER_ID),
            "message": self._as_json(self._messages[message_id]),
            "data": data,
        }
        return {"update_id": next(self._numbers), "callback_query": query}

    def take_events(self) -> list[Event]:
        """Return what the bot showed since the last call; each message once, in its present state."""
        events, self._events = self._events, []
        shown: list[Event] = []
        for event in events:
            if event not in shown:
                shown.append(event)
        return shown

    # --- the interface of BaseRequest

    @property
    def read_timeout(self) -> float | None:
        """There is no timeout: nothing here waits."""
        return None

    async def initialize(self) -> None:
        """Do nothing: there is no connection."""

    async def shutdown(self) -> None:
        """Do nothing: there is no connection."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Answer one call of the Bot API."""
        parameters: Json = dict(request_data.parameters) if request_data else {}
        if request_data and request_data.contains_files:
            parameters["files"] = request_data.multipart_data
        answer = getattr(self, f"_{url.rpartition('/')[2]}", None)
        try:
            result = answer(parameters) if answer else True
        except RefusalError as refusal:
            body = {"ok": False, "error_code": 400, "description": f"Bad Request: {refusal}"}
            return 400, json.dumps(body).encode()
        return 200, json.dumps({"ok": True, "result": result}).encode()

    # --- methods, named as the Bot API names them

    def _getMe(self, _: Json) -> Json:  # noqa: N802
        return BOT

    def _sendMessage(self, parameters: Json) -> Json:  # noqa: N802
        return self._send(parameters, "text", _picture_of(parameters))

    def _sendPhoto(self, parameters: Json) -> Json:  # noqa: N802
        photo = parameters.get("photo")
        return self._send(parameters, "caption", photo if isinstance(photo, str) and "://" in photo else "")

    def _editMessageText(self, parameters: Json) -> Json:  # noqa: N802
        message = self._message(parameters)
        message.html, message.picture = parameters["text"], _picture_of(parameters)
        return self._changed(message, parameters)

    def _editMessageCaption(self, parameters: Json) -> Json:  # noqa: N802
        message = self._message(parameters)
        message.html = parameters.get("caption", "")
        return self._changed(message, parameters)

    def _editMessageReplyMarkup(self, parameters: Json) -> Json:  # noqa: N802
        return self._changed(self._message(parameters), parameters)

    def _deleteMessage(self, parameters: Json) -> bool:  # noqa: N802
        self._messages.pop(self._message(parameters).id)
        return True

    def _answerCallbackQuery(self, parameters: Json) -> bool:  # noqa: N802
        if parameters.get("text"):
            self._events.append(Toast(parameters["text"]))
        return True

    def _getMyCommands(self, _: Json) -> list[Json]:  # noqa: N802
        return []

    def _getChatMember(self, _: Json) -> Json:  # noqa: N802
        return {"status": "member", "user": self._user}

    # --- helpers

    def _send(self, parameters: Json, text: str, picture: str | None) -> Json:
        if parameters.get("chat_id") != READER_ID:
            raise RefusalError("chat not found")
        message = Sent(next(self._numbers), parameters.get(text, ""), _rows(parameters), picture)
        self._messages[message.id] = message
        self._events.append(message)
        return self._as_json(message)

    def _message(self, parameters: Json) -> Sent:
        message = self._messages.get(int(parameters.get("message_id", 0)))
        if message is None:
            raise RefusalError("message to edit not found")
        return message

    def _changed(self, message: Sent, parameters: Json) -> Json:
        message.keyboard = _rows(parameters)
        self._events.append(message)
        return self._as_json(message)

    def _frame(self, message_id: int) -> Json:
        return {"message_id": message_id, "date": int(time.time()), "chat": self._chat}

    def _as_json(self, message: Sent) -> Json:
        json: Json = {**self._frame(message.id), "from": BOT, "text": message.html}
        if message.keyboard:
            json["reply_markup"] = {"inline_keyboard": message.keyboard}
        return json


def _rows(parameters: Json) -> list[list[Json]]:
    rows: list[list[Json]] = (parameters.get("reply_markup") or {}).get("inline_keyboard", [])
    return rows


def _picture_of(parameters: Json) -> str | None:
    """Return the address of the picture that a large preview shows."""
    options: Json = parameters.get("link_preview_options") or {}
    return options.get("url") if options.get("prefer_large_media") else None
