"""The methods of the Bot API that this project may use, as strict as the real ones.

Each takes the parameters of a request, changes the world, and returns the `result` of the answer or raises
the `ApiError` that Telegram would answer with. A method that is not here answers 404, and the journal
records it.
"""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from telegram.constants import ReactionEmoji

from tests.botapi.errors import ApiError, bad_request, forbidden, too_many_requests
from tests.botapi.flood import FloodLimits
from tests.botapi.formatting import Entity, FormattedText, Json, clean, entities_from_json, find_entities
from tests.botapi.html import HtmlError, parse_html
from tests.botapi.keyboards import read_markup
from tests.botapi.links import link_problem
from tests.botapi.parameters import Parameters
from tests.botapi.play import all_permissions, member_json, photo_sizes, place_in_thread
from tests.botapi.updates import Webhook
from tests.botapi.world import (
    GENERAL_TOPIC,
    ChatState,
    InlineAnswer,
    InlineResult,
    Member,
    PressAnswer,
    Stored,
    World,
)

MOST_TEXT_BYTES = 32_768
MOST_TEXT = 4_096
MOST_CAPTION = 1_024
MOST_PHOTO_BYTES = 10_000_000

_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_REACTIONS = frozenset(emoji.value for emoji in ReactionEmoji)
_STALE = "query is too old and response timeout expired or query ID is invalid"
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_MEMBER_STATUS = {"muted": "restricted", "administrator": "administrator", "member": "member"}


class Methods:
    """The methods, by name; `call` finds one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.flood: FloodLimits | None = None
        """Limits that make 429s by themselves; None: none."""
        self.broken_pictures: set[str] = set()
        """Addresses that Telegram cannot fetch a picture from."""
        self._table: dict[str, Callable[[Parameters], Any]] = {
            name.lower(): getattr(self, name)
            for name in vars(type(self))
            if name[0] != "_" and name != "call"
        }

    async def call(self, name: str, parameters: Parameters) -> Any:
        """Run a method by its name, in any case.

        Raises:
            ApiError: It refuses, or there is none of this name.
        """
        method = self._table.get(name.lower())
        if method is None:
            self._world.journal.add_lint("unknown_method", name, "a request")
            raise ApiError(404, "Not Found: method not found")
        result = method(parameters)
        return await result if isinstance(result, Awaitable) else result

    # --- the bot itself, updates

    def getMe(self, _: Parameters) -> Json:  # noqa: N802
        return self._world.bot.as_me()

    async def getUpdates(self, parameters: Parameters) -> list[Json]:  # noqa: N802
        updates = self._world.updates
        updates.allow(_kinds(parameters))
        return await updates.poll(
            offset=parameters.integer("offset"),
            limit=parameters.number("limit", 100, 1, 100),
            wait=parameters.number("timeout", 0, 0, 50),
        )

    async def setWebhook(self, parameters: Parameters) -> bool:  # noqa: N802
        url = parameters.text("url")
        updates = self._world.updates
        if not url:
            return await self.deleteWebhook(parameters)
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if parts.port not in (None, 443, 80, 88, 8443):
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        secret = parameters.text("secret_token")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        if parameters.flag("drop_pending_updates"):
            updates.drop()
        updates.allow(_kinds(parameters))
        await updates.set_webhook(Webhook(url, secret, parameters.number("max_connections", 40, 1, 100)))
        return True

    async def deleteWebhook(self, parameters: Parameters) -> bool:  # noqa: N802
        if parameters.flag("drop_pending_updates"):
            self._world.updates.drop()
        await self._world.updates.set_webhook(None)
        return True

    def getWebhookInfo(self, _: Parameters) -> Json:  # noqa: N802
        updates = self._world.updates
        info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": updates.waiting}
        if updates.webhook:
            info |= {"url": updates.webhook.url, "max_connections": updates.webhook.max_connections}
            if updates.webhook.last_error:
                info |= {
                    "last_error_date": int(time.time()),
                    "last_error_message": updates.webhook.last_error,
                }
        return info

    # --- messages

    def sendMessage(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat_to_write_in(parameters)
        formatted = self._text(parameters, "text", chat)
        message = self._new_message(parameters, chat, formatted)
        message.preview = _preview(parameters, formatted)
        return self._post(chat, message)

    def sendPhoto(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat_to_write_in(parameters)
        message = self._new_message(parameters, chat, self._text(parameters, "caption", chat, caption=True))
        message.photo = self._picture(parameters)
        message.photo_json = photo_sizes(message.id)
        return self._post(chat, message)

    def editMessageText(self, parameters: Parameters) -> Json | bool:  # noqa: N802
        message, chat = self._message_to_edit(parameters)
        formatted = self._text(parameters, "text", chat)
        if message.photo_json:
            raise bad_request("there is no text in the message to edit")
        result = self._change(parameters, chat, message, formatted)
        message.preview = _preview(parameters, formatted)
        return result

    def editMessageCaption(self, parameters: Parameters) -> Json | bool:  # noqa: N802
        message, chat = self._message_to_edit(parameters)
        if not message.photo_json:
            raise bad_request("there is no caption in the message to edit")
        return self._change(parameters, chat, message, self._text(parameters, "caption", chat, caption=True))

    def editMessageReplyMarkup(self, parameters: Parameters) -> Json | bool:  # noqa: N802
        message, chat = self._message_to_edit(parameters)
        return self._change(parameters, chat, message, message.formatted)

    def deleteMessage(self, parameters: Parameters) -> bool:  # noqa: N802
        chat = self._chat_to_write_in(parameters)
        message = chat.stored.get(parameters.integer("message_id"))
        if message is None or message.deleted:
            raise bad_request("message to delete not found")
        if not message.from_bot and chat.kind != "private" and chat.bot != "administrator":
            raise bad_request("message can't be deleted")
        message.deleted = True
        self._world.happened(chat, "delete", message)
        return True

    def sendChatAction(self, parameters: Parameters) -> bool:  # noqa: N802
        chat = self._chat_to_write_in(parameters)
        action = parameters.text("action")
        if action not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        self._thread(parameters, chat)
        self._world.happened(chat, "action", detail=action)
        return True

    def setMessageReaction(self, parameters: Parameters) -> bool:  # noqa: N802
        chat = self._chat_to_write_in(parameters)
        message = chat.stored.get(parameters.integer("message_id"))
        if message is None or message.deleted:
            raise bad_request("message to react not found")
        reactions = parameters.json("reaction") or []
        if len(reactions) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        if any(item.get("type") != "emoji" or item.get("emoji") not in _REACTIONS for item in reactions):
            raise bad_request("REACTION_INVALID")
        message.reactions = tuple(item["emoji"] for item in reactions)
        self._world.happened(chat, "reaction", message, "".join(message.reactions))
        return True

    # --- presses and inline mode

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

    # --- commands and descriptions

    def setMyCommands(self, parameters: Parameters) -> bool:  # noqa: N802
        commands = parameters.json("commands")
        if not isinstance(commands, list):
            raise bad_request("can't parse commands JSON object")
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(command.get("command", ""))):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", "")).strip()) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
            self._world.journal.look_at(command["description"], "a command list")
        self._world.commands[self._scope(parameters), _language(parameters)] = tuple(commands)
        self._world.changed()
        return True

    def getMyCommands(self, parameters: Parameters) -> list[Json]:  # noqa: N802
        return list(self._world.commands.get((self._scope(parameters), _language(parameters)), ()))

    def deleteMyCommands(self, parameters: Parameters) -> bool:  # noqa: N802
        self._world.commands.pop((self._scope(parameters), _language(parameters)), None)
        return True

    def setMyName(self, parameters: Parameters) -> bool:  # noqa: N802
        return self._set_text(parameters, "name", 64)

    def getMyName(self, parameters: Parameters) -> Json:  # noqa: N802
        return self._get_text(parameters, "name", self._world.bot.name)

    def setMyDescription(self, parameters: Parameters) -> bool:  # noqa: N802
        return self._set_text(parameters, "description", 512)

    def getMyDescription(self, parameters: Parameters) -> Json:  # noqa: N802
        return self._get_text(parameters, "description")

    def setMyShortDescription(self, parameters: Parameters) -> bool:  # noqa: N802
        return self._set_text(parameters, "short_description", 120)

    def getMyShortDescription(self, parameters: Parameters) -> Json:  # noqa: N802
        return self._get_text(parameters, "short_description")

    # --- chats

    def getChat(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat(parameters)
        info: Json = {
            **chat.as_json(),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(
                (
                    "unlimited_gifts",
                    "limited_gifts",
                    "unique_gifts",
                    "premium_subscription",
                    "gifts_from_channels",
                ),
                False,
            ),
        }
        if chat.kind != "private":
            info["permissions"] = all_permissions()
        return info

    def getChatMember(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat(parameters)
        user_id = parameters.integer("user_id")
        if user_id == self._world.bot.id:
            return member_json(self._world.bot.as_user(), _MEMBER_STATUS.get(chat.bot, "left"))
        user = self._world.users.get(user_id)
        if user is None:
            raise bad_request("user not found" if user_id > 0 else "invalid user_id specified")
        if chat.kind == "private":
            return member_json(user, "member")
        member = chat.members.get(user_id, Member("left"))
        return member_json(user, member.status, anonymous=member.anonymous)

    def getChatMemberCount(self, parameters: Parameters) -> int:  # noqa: N802
        chat = self._chat(parameters)
        return 1 + sum(member.status not in ("left", "kicked") for member in chat.members.values())

    def getChatAdministrators(self, parameters: Parameters) -> list[Json]:  # noqa: N802
        chat = self._chat(parameters)
        if chat.kind == "private":
            raise bad_request("there are no administrators in the private chat")
        administrators = [
            member_json(self._world.users[user_id], member.status, anonymous=member.anonymous)
            for user_id, member in chat.members.items()
            if member.status in ("creator", "administrator")
        ]
        if chat.bot == "administrator":
            administrators.append(member_json(self._world.bot.as_user(), "administrator"))
        return administrators

    def leaveChat(self, parameters: Parameters) -> bool:  # noqa: N802
        chat = self._chat(parameters)
        if chat.kind == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.bot = "left"
        self._world.changed()
        return True

    # --- which chat, which message

    def _chat(self, parameters: Parameters) -> ChatState:
        if not parameters.has("chat_id"):
            raise bad_request("chat_id is empty")
        key = parameters.text("chat_id")
        chat = self._world.find_chat(int(key) if re.fullmatch(r"-?\d{1,18}", key) else key)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        kind = f"{chat.kind} chat"
        if chat.bot == "kicked":
            raise forbidden(f"bot was kicked from the {kind}")
        if chat.bot == "left":
            raise forbidden(f"bot is not a member of the {kind}")
        return chat

    def _chat_to_write_in(self, parameters: Parameters) -> ChatState:
        chat = self._chat(parameters)
        if chat.bot == "blocked":
            raise forbidden("bot was blocked by the user")
        if chat.bot == "deactivated":
            raise forbidden("user is deactivated")
        if chat.bot == "unstarted":
            raise forbidden("bot can't initiate conversation with a user")
        if chat.bot == "muted":
            raise bad_request("not enough rights to send text messages to the chat")
        return chat

    def _thread(self, parameters: Parameters, chat: ChatState) -> int | None:
        """The topic to write in; General must not be named."""
        if not parameters.has("message_thread_id"):
            return None
        thread_id = parameters.integer("message_thread_id")
        topic = chat.topics.get(thread_id)
        if thread_id == GENERAL_TOPIC or topic is None or topic.deleted:
            raise bad_request("message thread not found")
        if topic.closed and chat.bot != "administrator":
            raise bad_request("TOPIC_CLOSED")
        return thread_id

    def _message_to_edit(self, parameters: Parameters) -> tuple[Stored, ChatState]:
        if parameters.has("inline_message_id"):
            message = self._world.inline_messages.get(parameters.text("inline_message_id"))
            if message is None:
                raise bad_request("MESSAGE_ID_INVALID")
            return message, self._world.chats[message.chat_id]
        chat = self._chat_to_write_in(parameters)
        found = chat.stored.get(parameters.integer("message_id"))
        if found is None or found.deleted:
            raise bad_request("message to edit not found")
        if not found.from_bot or found.inline_message_id:
            raise bad_request("message can't be edited")
        return found, chat

    # --- what is written

    def _text(
        self, parameters: Parameters, name: str, chat: ChatState, *, caption: bool = False
    ) -> FormattedText:
        """Parse and check the text of a request."""
        formatted = self._formatted(
            parameters.values, name, "entities" if name == "text" else f"{name}_entities"
        )
        if caption:
            if len(formatted.text) > MOST_CAPTION:
                raise bad_request("message caption is too long")
        elif not formatted.text:
            raise bad_request("message text is empty")
        elif len(formatted.text) > MOST_TEXT:
            raise bad_request("message is too long")
        place = self._world.name_of(chat)
        if any(character < " " and character not in "\n\t\r" for character in parameters.text(name)):
            self._world.journal.add_lint("control", parameters.text(name)[:60], place)
        return formatted

    def _formatted(self, values: Json, name: str, entities_name: str) -> FormattedText:
        parameters = Parameters(values)
        text, mode = parameters.text(name), parameters.text("parse_mode").lower()
        if len(text.encode("utf-8", "surrogatepass")) > MOST_TEXT_BYTES:
            raise bad_request("text is too long")
        entities: tuple[Entity, ...] = ()
        if mode == "html":
            try:
                parsed = parse_html(text)
            except HtmlError as error:
                raise bad_request(f"can't parse entities: {error}") from error
            for address, reason in parsed.dropped:
                self._world.journal.add_lint("link_dropped", f"{address} ({reason})", text[:60])
            for address in parsed.blank_links:
                self._world.journal.add_lint("link_blank", address, text[:60])
            text, entities = parsed.formatted.text, parsed.formatted.entities
        elif mode:
            raise bad_request(f"the test server knows no parse mode {mode}")
        else:
            entities = entities_from_json(parameters.json(entities_name))
        return find_entities(clean(FormattedText(text, entities)))

    def _new_message(self, parameters: Parameters, chat: ChatState, formatted: FormattedText) -> Stored:
        thread_id = self._thread(parameters, chat)
        reply_to, quote = self._reply(parameters, chat)
        markup = read_markup(parameters.json("reply_markup"))
        if self.flood and (seconds := self.flood.wait(chat.id, time.time())):
            raise too_many_requests(seconds)
        message = Stored(
            chat.id,
            chat.next_id(),
            self._world.bot.as_user(),
            formatted,
            markup,
            reply_to=reply_to,
            quote=quote,
            from_bot=True,
            silent=parameters.flag("disable_notification"),
        )
        place_in_thread(message, chat, thread_id)
        return message

    def _reply(self, parameters: Parameters, chat: ChatState) -> tuple[Stored | None, str | None]:
        reply: Json = parameters.json("reply_parameters") or {}
        if not reply and parameters.has("reply_to_message_id"):
            reply = {
                "message_id": parameters.integer("reply_to_message_id"),
                "allow_sending_without_reply": parameters.flag("allow_sending_without_reply"),
            }
        if not reply:
            return None, None
        message = chat.stored.get(int(reply.get("message_id", 0)))
        if message is None or message.deleted or message.service:
            if reply.get("allow_sending_without_reply"):
                return None, None
            raise bad_request("message to be replied not found")
        quote = reply.get("quote")
        if quote is not None:
            quote = self._formatted(
                {"quote": quote, "parse_mode": reply.get("quote_parse_mode", "")}, "quote", "quote_entities"
            ).text
            if len(quote) > MOST_CAPTION or quote not in message.formatted.text:
                raise bad_request("QUOTE_TEXT_INVALID")
        return message, quote or None

    def _post(self, chat: ChatState, message: Stored) -> Json:
        self._world.store(message)
        self._world.happened(chat, "message", message)
        return self._world.message_json(message)

    def _change(
        self, parameters: Parameters, chat: ChatState, message: Stored, formatted: FormattedText
    ) -> Json | bool:
        markup = read_markup(parameters.json("reply_markup"))
        if not markup.inline:
            raise bad_request("inline keyboard expected")
        if message.same_content(formatted, markup):
            raise bad_request(_SAME)
        message.formatted, message.markup, message.edited = formatted, markup, time.time()
        self._world.happened(chat, "edit", message)
        return True if message.inline_message_id else self._world.message_json(message)

    def _picture(self, parameters: Parameters) -> bytes | str:
        reference = parameters.text("photo")
        part = reference.removeprefix("attach://") if reference.startswith("attach://") else "photo"
        if part in parameters.files:
            _, content = parameters.files[part]
            if not content:
                raise bad_request("file must be non-empty")
            if len(content) > MOST_PHOTO_BYTES:
                raise bad_request("PHOTO_SAVE_FILE_INVALID")
            if not content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff", b"RIFF", b"GIF8")):
                raise bad_request("IMAGE_PROCESS_FAILED")
            return content
        if not reference:
            raise bad_request("there is no photo in the request")
        if reference.startswith("photo-"):
            return reference
        if link_problem(reference) or not reference.lower().startswith(("http://", "https://")):
            raise bad_request("wrong remote file identifier specified: Wrong string length")
        if reference in self.broken_pictures:
            raise bad_request("wrong type of the web page content")
        return reference

    # --- inline results

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
        if len(formatted.text) > (MOST_TEXT if content is not None else MOST_CAPTION):
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
            preview=_preview(Parameters(content or {}), formatted),
            photo=result.get("photo_url") if content is None else None,
        )

    # --- scopes and texts

    def _scope(self, parameters: Parameters) -> str:
        scope = parameters.json("scope") or {"type": "default"}
        kind = scope.get("type")
        if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
            return str(kind)
        if kind not in ("chat", "chat_administrators", "chat_member"):
            raise bad_request("can't parse BotCommandScope: unsupported type specified")
        chat = self._chat(Parameters({"chat_id": scope.get("chat_id")}))
        if kind == "chat_administrators" and chat.kind == "private":
            raise bad_request("can't use specified scope in private chats")
        if kind == "chat_member":
            if chat.kind == "private":
                raise bad_request("can't use specified scope in private chats")
            return f"chat_member:{chat.id}:{scope.get('user_id')}"
        return f"{kind}:{chat.id}"

    def _set_text(self, parameters: Parameters, name: str, longest: int) -> bool:
        text = parameters.text(name)
        if len(text) > longest:
            raise bad_request(f"BOT_{name.upper()}_TOO_LONG")
        self._world.journal.look_at(text, f"the bot's {name}")
        self._world.texts[name, _language(parameters)] = text
        return True

    def _get_text(self, parameters: Parameters, name: str, default: str = "") -> Json:
        texts = self._world.texts
        return {name: texts.get((name, _language(parameters))) or texts.get((name, "")) or default}


def _kinds(parameters: Parameters) -> list[str] | None:
    kinds = parameters.json("allowed_updates")
    return kinds if isinstance(kinds, list) else None


def _language(parameters: Parameters) -> str:
    code = parameters.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def _preview(parameters: Parameters, formatted: FormattedText) -> str | None:
    """The address whose preview is shown under a message."""
    options = parameters.json("link_preview_options") or {}
    if options.get("is_disabled") or parameters.flag("disable_web_page_preview"):
        return None
    if options.get("url"):
        return str(options["url"])
    links = (
        entity.url or formatted.covered(entity)
        for entity in formatted.entities
        if entity.type in ("text_link", "url")
    )
    return next(links, None)
