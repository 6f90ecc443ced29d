"""Messages: sent, edited, deleted, reacted to."""

import time

from telegram.constants import ReactionEmoji

from tests.botapi.errors import ApiError, bad_request, too_many_requests
from tests.botapi.formatting import FormattedText, Json
from tests.botapi.keyboards import read_markup
from tests.botapi.links import link_problem
from tests.botapi.methods.base import MAX_CAPTION, MethodsBase, preview_of
from tests.botapi.parameters import Parameters
from tests.botapi.stored import ChatState, Stored, photo_sizes, place_in_thread

MAX_PHOTO_BYTES = 10_000_000


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
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class MessageMethods(MethodsBase):
    """What the bot does with messages."""

    def sendMessage(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat_to_write_in(parameters)
        formatted = self._text(parameters, "text", chat)
        message = self._new_message(parameters, chat, formatted)
        message.preview = preview_of(parameters, formatted)
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
        return self._change(parameters, chat, message, formatted, preview=preview_of(parameters, formatted))

    def editMessageCaption(self, parameters: Parameters) -> Json | bool:  # noqa: N802
        message, chat = self._message_to_edit(parameters)
        if not message.photo_json:
            raise bad_request("there is no caption in the message to edit")
        return self._change(parameters, chat, message, self._text(parameters, "caption", chat, caption=True))

    def editMessageMedia(self, parameters: Parameters) -> Json | bool:  # noqa: N802
        message, chat = self._message_to_edit(parameters)
        media: Json = parameters.json("media") or {}
        if media.get("type") != "photo":
            raise bad_request(f"the test server knows no media of type {media.get('type')}")
        picture = self._picture(Parameters({"photo": media.get("media", "")}, parameters.files))
        same_picture = message.photo == picture
        message.photo, message.photo_json = picture, photo_sizes(message.id)
        caption = self._text(Parameters(media), "caption", chat, caption=True)
        return self._change(parameters, chat, message, caption, another_picture=not same_picture)

    def editMessageReplyMarkup(self, parameters: Parameters) -> Json | bool:  # noqa: N802
        message, chat = self._message_to_edit(parameters)
        return self._change(parameters, chat, message, message.formatted, preview=message.preview)

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

    def _new_message(self, parameters: Parameters, chat: ChatState, formatted: FormattedText) -> Stored:
        if chat.direct_messages and not parameters.has("direct_messages_topic_id"):
            # Required there (core.telegram.org/bots/api#sendmessage); its words are not public.
            raise bad_request("DIRECT_MESSAGES_TOPIC_ID_REQUIRED")
        thread_id = self._thread(parameters, chat)
        reply_to, quote = self._reply(parameters, chat)
        markup = read_markup(parameters.json("reply_markup"))
        if self.flood and (seconds := self.flood.wait(chat.id, time.time())):
            raise too_many_requests(seconds)
        receiver = self._receiver(parameters, chat)
        message = Stored(
            chat.id,
            -29_000_000 - chat.next_id() if receiver else chat.next_id(),
            self._world.bot.as_user(),
            formatted,
            markup,
            reply_to=reply_to,
            quote=quote,
            from_bot=True,
            silent=parameters.flag("disable_notification"),
            receiver=receiver,
        )
        place_in_thread(message, chat, thread_id)
        return message

    def _receiver(self, parameters: Parameters, chat: ChatState) -> Json | None:
        """The only member who gets a message, if the server knows such messages; else it goes to all.

        Bots that are no administrators may send them only in answer to a press or to an ephemeral command
        (core.telegram.org/bots/features#ephemeral-messages). What is refused elsewhere: BOT_NOT_ADMIN.
        """
        wanted = parameters.json("ephemeral_message_parameters")
        if not wanted or not self._world.bot.ephemeral:
            return None
        press = self._world.presses.get(str(wanted.get("callback_query_id", "")))
        is_press = press is not None and press.chat_id == chat.id
        if chat.kind not in ("group", "supergroup") or not (chat.bot == "administrator" or is_press):
            raise bad_request("BOT_NOT_ADMIN")
        user_id = wanted.get("receiver_user_id")
        member = chat.members.get(user_id)
        user = self._world.users.get(user_id)
        if user is None or member is None or member.status in ("left", "kicked"):
            raise bad_request("USER_NOT_PARTICIPANT")
        return user

    def editEphemeralMessageText(self, parameters: Parameters) -> bool:  # noqa: N802
        """Change an ephemeral message; its text is measured as a caption (tdlib/telegram-bot-api#881)."""
        message, chat = self._ephemeral_to_edit(parameters)
        formatted = self._text(parameters, "text", chat)
        if len(formatted.text) > MAX_CAPTION:
            raise bad_request("MEDIA_CAPTION_TOO_LONG")
        self._change(parameters, chat, message, formatted, preview=preview_of(parameters, formatted))
        return True

    def editEphemeralMessageReplyMarkup(self, parameters: Parameters) -> bool:  # noqa: N802
        message, chat = self._ephemeral_to_edit(parameters)
        self._change(parameters, chat, message, message.formatted, preview=message.preview)
        return True

    def _ephemeral_to_edit(self, parameters: Parameters) -> tuple[Stored, ChatState]:
        if not self._world.bot.ephemeral:
            raise ApiError(404, "Not Found: method not found")
        chat = self._chat_to_write_in(parameters)
        found = chat.stored.get(-parameters.integer("ephemeral_message_id"))
        receiver = parameters.integer("receiver_user_id")
        if found is None or found.receiver is None or found.receiver["id"] != receiver:
            raise bad_request("message to edit not found")
        return found, chat

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
        if message is None or message.deleted:
            if reply.get("allow_sending_without_reply"):
                return None, None
            raise bad_request("message to be replied not found")
        quote = reply.get("quote")
        if quote is not None:
            quote = self._formatted(
                {"quote": quote, "parse_mode": reply.get("quote_parse_mode", "")}, "quote", "quote_entities"
            ).text
            if len(quote) > MAX_CAPTION or quote not in message.formatted.text:
                raise bad_request("QUOTE_TEXT_INVALID")
        return message, quote or None

    def _post(self, chat: ChatState, message: Stored) -> Json:
        self._world.store(message)
        self._world.happened(chat, "message", message)
        return self._world.message_json(message)

    def _change(
        self,
        parameters: Parameters,
        chat: ChatState,
        message: Stored,
        formatted: FormattedText,
        *,
        another_picture: bool = False,
        preview: str | None = None,
    ) -> Json | bool:
        markup = read_markup(parameters.json("reply_markup"))
        if not markup.inline:
            raise bad_request("inline keyboard expected")
        if message.same_content(formatted, markup) and not another_picture:
            raise bad_request(_SAME)
        message.formatted, message.markup, message.edited = formatted, markup, time.time()
        message.preview = preview
        self._world.happened(chat, "edit", message)
        return True if message.inline_message_id else self._world.message_json(message)

    def _picture(self, parameters: Parameters) -> bytes | str:
        reference = parameters.text("photo")
        part = reference.removeprefix("attach://") if reference.startswith("attach://") else "photo"
        if part in parameters.files:
            _, content = parameters.files[part]
            if not content:
                raise bad_request("file must be non-empty")
            if len(content) > MAX_PHOTO_BYTES:
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
