"""What all methods need: the chat a request names, the message it changes, the text it brings."""

import re

from tests.botapi.errors import ApiError, bad_request, forbidden
from tests.botapi.flood import FloodLimits
from tests.botapi.formatting import Entity, FormattedText, Json, clean, entities_from_json, find_entities
from tests.botapi.html import HtmlError, parse_html
from tests.botapi.parameters import Parameters
from tests.botapi.stored import ChatState, Stored
from tests.botapi.values import GENERAL_TOPIC
from tests.botapi.world import World

MAX_TEXT_BYTES = 32_768
MAX_TEXT = 4_096
MAX_CAPTION = 1_024


class MethodsBase:
    """The state that methods work on, and the checks they share.

    Attributes:
        flood: Limits that make 429s by themselves; None: none.
        broken_pictures: Addresses that Telegram cannot fetch a picture from.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.flood: FloodLimits | None = None
        self.broken_pictures: set[str] = set()

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
        private = chat.kind == "private"
        refused = self._world.bot.private_topics_refused if private else thread_id == GENERAL_TOPIC
        if topic is None or topic.deleted or refused:
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
            if len(formatted.text) > MAX_CAPTION:
                raise bad_request("message caption is too long")
        elif not formatted.text:
            raise bad_request("message text is empty")
        elif len(formatted.text) > MAX_TEXT:
            raise bad_request("message is too long")
        place = self._world.name_of(chat)
        if any(character < " " and character not in "\n\t\r" for character in parameters.text(name)):
            self._world.journal.add_lint("control", parameters.text(name)[:60], place)
        return formatted

    def _formatted(self, values: Json, name: str, entities_name: str) -> FormattedText:
        parameters = Parameters(values)
        text, mode = parameters.text(name), parameters.text("parse_mode").lower()
        if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
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


def preview_of(parameters: Parameters, formatted: FormattedText) -> str | None:
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
