"""Keyboards: read from a request, refused where Telegram refuses, shown as values."""

import json
from dataclasses import dataclass
from typing import Any

from tests.botapi.errors import ApiError, bad_request
from tests.botapi.formatting import Json
from tests.botapi.links import link_problem

MAX_BUTTONS = 100
MAX_BYTES = 10_240
"""Telegram publishes neither; larger keyboards were seen refused."""
MAX_DATA_BYTES = 64
MAX_COPY_TEXT = 256

_ACTIONS = (
    "callback_data",
    "url",
    "copy_text",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "web_app",
    "login_url",
    "pay",
    "callback_game",
)


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a message; of the fields below `text` exactly one is set.

    Attributes:
        data: What a press sends to the bot, 1–64 bytes.
        url: What a press opens.
        copy_text: What a press puts on the clipboard.
        switch_inline: Inline query that a press begins in a chat of the reader's choice.
        switch_inline_here: Inline query that a press begins in this chat.
    """

    text: str
    data: str | None = None
    url: str | None = None
    copy_text: str | None = None
    switch_inline: str | None = None
    switch_inline_here: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]
"""Rows of buttons, from top to bottom."""


@dataclass(frozen=True, slots=True)
class Markup:
    """A `reply_markup` that was accepted: an inline keyboard, or another kind kept as JSON."""

    keyboard: Keyboard = ()
    raw: Json | None = None

    @property
    def inline(self) -> bool:
        """Whether it is an inline keyboard (the only kind that messages carry and edits accept)."""
        return self.raw is None or "inline_keyboard" in self.raw


def read_markup(value: Any) -> Markup:
    """Check a `reply_markup`.

    Raises:
        ApiError: 400, as Telegram says it.
    """
    if value in (None, "", {}):
        return Markup()
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in value:
        if not {"keyboard", "remove_keyboard", "force_reply"} & value.keys():
            return Markup()
        return Markup(raw=value)
    rows = value["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
    keyboard = tuple(_row(row) for row in rows)
    keyboard = tuple(row for row in keyboard if row)
    if sum(map(len, keyboard)) > MAX_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    if len(json.dumps(value, ensure_ascii=False).encode()) > MAX_BYTES:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return Markup(keyboard, value if keyboard else None)


def _row(row: Any) -> tuple[Button, ...]:
    if not isinstance(row, list):
        raise bad_request("can't parse inline keyboard button: expected an Array of InlineKeyboardButton")
    return tuple(_button(item) for item in row)


def _button(item: Any) -> Button:
    if not isinstance(item, dict):
        raise _unreadable("expected an Object")
    text = item.get("text")
    if not isinstance(text, str):
        raise _unreadable('can\'t find field "text"')
    if not text.strip():
        raise bad_request(
            "text buttons are unallowed in the inline keyboard" if not text else "BUTTON_TEXT_EMPTY"
        )
    actions = [name for name in _ACTIONS if name in item]
    if not actions:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request("BUTTON_TYPE_INVALID")
    [action] = actions
    value = item[action]
    if action == "copy_text":
        value = value.get("text") if isinstance(value, dict) else None
    if action in ("web_app", "login_url", "pay", "callback_game", "switch_inline_query_chosen_chat"):
        raise bad_request(f"the test server knows no buttons with {action}")
    if not isinstance(value, str):
        raise _unreadable(f'field "{action}" must be of type String')
    return _checked(text, action, value)


def _checked(text: str, action: str, value: str) -> Button:
    if action == "callback_data":
        if not 1 <= len(value.encode()) <= MAX_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
        return Button(text, data=value)
    if action == "url":
        problem = link_problem(value)
        if problem:
            raise bad_request(f"inline keyboard button URL '{value}' is invalid: {problem}")
        return Button(text, url=value)
    if action == "copy_text":
        if not 1 <= len(value) <= MAX_COPY_TEXT:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
        return Button(text, copy_text=value)
    if len(value) > MAX_COPY_TEXT:
        raise bad_request("SWITCH_INLINE_QUERY_INVALID")
    if action == "switch_inline_query":
        return Button(text, switch_inline=value)
    return Button(text, switch_inline_here=value)


def _unreadable(reason: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {reason}")
