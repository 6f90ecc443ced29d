"""Answers to pressed buttons and to inline queries."""

import re
import time

from tests.botapi.errors import bad_request
from tests.botapi.formatting import Json
from tests.botapi.keyboards import read_markup
from tests.botapi.links import link_problem
from tests.botapi.methods.base import MAX_CAPTION, MAX_TEXT, MethodsBase, preview_of
from tests.botapi.parameters import Parameters
from tests.botapi.values import InlineAnswer, InlineResult, PressAnswer

_STALE = "query is too old and response timeout expired or query ID is invalid"


class InlineMethods(MethodsBase):
    """What people wait for after a press or while they type."""

    def answerCallbackQuery(self, parameters: Parameters) -> bool:  # noqa: N802
        asked = self._world.presses.get(parameters.text("callback_query_id"))
        if asked is None or asked.answer or time.time() - asked.at > self._world.press_lifetime:
            raise bad_request(_STALE)
        text = parameters.text("text")
        if len(text) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        url = parameters.text("url") or None
        if url and not url.startswith(f"https://t.me/{self._world.bot.username}?start="):
            raise bad_request("URL_INVALID")
        asked.answer = PressAnswer(text, parameters.flag("show_alert"), url)
        if text and asked.chat_id is not None:
            self._world.chats[asked.chat_id].story.append(f"{self._world.bot.name}（提示）：{text}")
        self._world.journal.look_at(text, f"an answer to a press in {asked.place}")
        self._world.changed()
        return True

    def answerInlineQuery(self, parameters: Parameters) -> bool:  # noqa: N802
        asked = self._world.inline.get(parameters.text("inline_query_id"))
        if asked is None or asked.answer or time.time() - asked.at > self._world.inline_lifetime:
            raise bad_request(_STALE)
        results = parameters.json("results")
        if not isinstance(results, list):
            raise bad_request("can't parse inline query results JSON object")
        if len(results) > 50:
            raise bad_request("RESULTS_TOO_MUCH")
        if len(parameters.text("next_offset").encode()) > 64:
            raise bad_request("NEXT_OFFSET_INVALID")
        ids = [str(result.get("id", "")) for result in results]
        if any(not 1 <= len(result_id.encode()) <= 64 for result_id in ids):
            raise bad_request("RESULT_ID_INVALID")
        if len(set(ids)) < len(ids):
            raise bad_request("RESULT_ID_DUPLICATE")
        button = parameters.json("button") or {}
        self._check_inline_button(button)
        asked.answer = InlineAnswer(
            results=tuple(self._inline_result(result) for result in results),
            next_offset=parameters.text("next_offset"),
            cache_seconds=parameters.integer("cache_time", 300),
            personal=parameters.flag("is_personal"),
            button=button.get("text"),
            start_parameter=button.get("start_parameter"),
        )
        self._world.changed()
        return True

    def answerGuestQuery(self, parameters: Parameters) -> Json:  # noqa: N802
        """Post one message where the bot is a guest (core.telegram.org/bots/api#answerguestquery).

        It is sent as an inline result is, and once; how long a query may wait is not public.
        """
        asked = self._world.guests.get(parameters.text("guest_query_id"))
        if asked is None or asked.answer or time.time() - asked.at > self._world.guest_lifetime:
            raise bad_request(_STALE)
        result = parameters.json("result")
        if not isinstance(result, dict):
            raise bad_request("can't parse inline query result JSON object")
        if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
            raise bad_request("RESULT_ID_INVALID")
        asked.answer = self._inline_result(result)
        self._world.changed()
        return {"inline_message_id": f"guest-{next(self._world.numbers)}"}

    def _check_inline_button(self, button: Json) -> None:
        if not button:
            return
        if not str(button.get("text", "")).strip():
            raise bad_request("BUTTON_TEXT_EMPTY")
        if "web_app" not in button and not re.fullmatch(
            r"[A-Za-z0-9_-]{1,64}", str(button.get("start_parameter", ""))
        ):
            raise bad_request("START_PARAM_INVALID")
        self._world.journal.look_at(button["text"], "the button above inline results")

    def _inline_result(self, result: Json) -> InlineResult:
        kind = result.get("type", "")
        if kind not in ("article", "photo"):
            raise bad_request(f"the test server knows no inline results of type {kind}")
        title, description = str(result.get("title", "")), str(result.get("description", ""))
        if kind == "article" and not title.strip():
            raise bad_request("ARTICLE_TITLE_EMPTY")
        for name in ("url", "thumbnail_url", "photo_url"):
            if result.get(name) and link_problem(result[name]):
                raise bad_request("WEBDOCUMENT_URL_INVALID" if name != "url" else "URL_INVALID")
        content = result.get("input_message_content")
        if content is None and kind == "article":
            raise bad_request("message text is empty")
        name = "message_text" if content is not None else "caption"
        formatted = self._formatted(content if content is not None else result, name, "entities")
        if content is not None and not formatted.text:
            raise bad_request("message text is empty")
        if len(formatted.text) > (MAX_TEXT if content is not None else MAX_CAPTION):
            raise bad_request("message is too long")
        place = "an inline result"
        for text in (title, description):
            self._world.journal.look_at(text, place)
        self._world.journal.look_at_formatted(formatted, place)
        return InlineResult(
            id=str(result["id"]),
            type=kind,
            title=title,
            description=description,
            content=formatted,
            keyboard=read_markup(result.get("reply_markup")).keyboard,
            url=result.get("url"),
            thumbnail=result.get("thumbnail_url"),
            preview=preview_of(Parameters(content or {}), formatted),
            photo=result.get("photo_url") if content is None else None,
        )
