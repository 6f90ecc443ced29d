"""Sending and editing messages: in the same topic, quoting in groups, with the chat's kind of preview."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from telegram import (
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MaybeInaccessibleMessage,
    Message,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatAction, ChatType, ParseMode
from telegram.error import BadRequest, TelegramError

from bot.handlers.context import Context, topic_of
from bot.inbox.envelope import SHARED_IDS
from bot.messages.markup import Html
from bot.outbox.refusals import is_unreachable, mentions_any
from bot.storage import searches
from bot.storage.chats import Audience, Preview

logger = logging.getLogger(__name__)

TYPING_AFTER_SECONDS = 0.7

_PREVIEW_REFUSALS = ("webpage",)
"""Word of the errors with which Telegram refuses a message for the address of its preview.

core.telegram.org/method/messages.sendMedia: WEBPAGE_CURL_FAILED, WEBPAGE_MEDIA_EMPTY, WEBPAGE_NOT_FOUND,
WEBPAGE_URL_INVALID.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """A message ready to be sent.

    Attributes:
        html: The text.
        keyboard: Buttons below.
        source: Address of the first source; previewed if the chat wants previews.
        picture: Address of a picture of the article; always shown, above the text.
    """

    html: Html
    keyboard: InlineKeyboardMarkup | None = None
    source: str | None = None
    picture: str | None = None


def in_group(message: MaybeInaccessibleMessage) -> bool:
    """Say whether several people read this chat."""
    return message.chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}


def key_of(message: MaybeInaccessibleMessage) -> int:
    """Return the id by which a message is remembered and edited.

    A message that only its receiver sees has no id of the chat's, but a number of its own (Bot API 10.2). It
    is negative here.
    """
    number = message.api_kwargs.get("ephemeral_message_id")
    return -number if isinstance(number, int) and not message.message_id else message.message_id


async def reply(update: Update, context: Context, answer: Reply | Html, *, silent: bool = False) -> Message:
    """Send a message where the update came from: same chat, same topic, quoting the question in a group.

    After a pressed button the message goes to the same place and quotes nothing. Where Telegram refuses the
    topic of a private chat, the message goes to the chat itself and quotes the question.
    """
    message, chat = update.effective_message, update.effective_chat
    if chat is None:
        raise ValueError("an update without a chat cannot be replied to")
    ready = answer if isinstance(answer, Reply) else Reply(answer)
    thread = topic_of(message)
    if receiver := _receiver(update, context):
        to_one = _to_one(update, receiver)
        sent = await _unless_refused(
            _send(context, chat.id, ready, thread, None, silent=silent, to_one=to_one)
        )
        if sent is not None:
            return sent
    quoting = None
    if message is not None and message.message_id and update.callback_query is None:
        quoting = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    is_private = chat.type == ChatType.PRIVATE
    try:
        return await _send(context, chat.id, ready, thread, None if is_private else quoting, silent=silent)
    except BadRequest as error:
        # Of a private chat nobody else sees another part. In a group it would be the wrong place.
        if thread is None or not is_private or "thread not found" not in error.message.lower():
            raise
        return await _send(context, chat.id, ready, None, quoting, silent=silent)


def _receiver(update: Update, context: Context) -> int | None:
    """Return who alone is to see a reply, as the group chose; None: everybody."""
    message, user = update.effective_message, update.effective_user
    if message is None or user is None or user.id in SHARED_IDS or context.is_guest:
        return None
    return user.id if in_group(message) and context.chat.audience is Audience.ASKER else None


def _to_one(update: Update, receiver: int) -> dict[str, Any]:
    """Return what makes a message one that a single member of the group sees (Bot API 10.2)."""
    parameters: dict[str, Any] = {"receiver_user_id": receiver}
    if update.callback_query is not None:
        parameters["callback_query_id"] = update.callback_query.id
    return parameters


async def _unless_refused(sending: Awaitable[Message]) -> Message | None:
    """Send a message to one member of a group; None: Telegram refuses that here.

    It does where the bot is no administrator. A server that does not know such messages sends it to all.
    """
    try:
        return await sending
    except BadRequest as error:
        if is_unreachable(error):
            raise
        logger.info("an answer could not be sent to its asker alone: %s", error.message)
        return None


async def _send(
    context: Context,
    chat_id: int,
    ready: Reply,
    thread: int | None,
    quoting: ReplyParameters | None,
    *,
    silent: bool,
    to_one: dict[str, Any] | None = None,
) -> Message:
    async def send(preview: LinkPreviewOptions) -> Message:
        return await context.bot.send_message(
            chat_id=chat_id,
            text=ready.html,
            parse_mode=ParseMode.HTML,
            message_thread_id=thread,
            reply_parameters=quoting,
            reply_markup=ready.keyboard,
            link_preview_options=preview,
            disable_notification=silent,
            api_kwargs=_ephemeral(to_one),
        )

    return await _with_preview(send, preview_options(ready, context.chat.preview))


def _ephemeral(to_one: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if to_one is None else {"ephemeral_message_parameters": to_one}


async def reply_with_picture(
    update: Update,
    context: Context,
    picture: bytes,
    caption: Html,
    keyboard: InlineKeyboardMarkup | None = None,
) -> None:
    """Send a picture where the update came from, to those who would see an answer.

    A picture that one member of a group sees is sent anew under a button: Telegram takes no new file in
    place of it (core.telegram.org/bots/api#editephemeralmessagemedia).
    """
    message, chat = update.effective_message, update.effective_chat
    if chat is None:
        return

    async def send(quoting: ReplyParameters | None, to_one: dict[str, Any] | None) -> Message:
        return await context.bot.send_photo(
            chat.id,
            picture,
            caption=caption,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard,
            message_thread_id=topic_of(message),
            reply_parameters=quoting,
            api_kwargs=_ephemeral(to_one),
        )

    receiver = _receiver(update, context)
    if receiver and await _unless_refused(send(None, _to_one(update, receiver))) is not None:
        return
    quoting = None
    if message is not None and in_group(message) and update.callback_query is None and message.message_id:
        quoting = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    await send(quoting, None)


async def _with_preview(call: Callable[[LinkPreviewOptions], Awaitable[T]], preview: LinkPreviewOptions) -> T:
    """Send or edit a message with a preview; without it where Telegram refuses its address.

    A picture that cannot be shown is no reason to keep the text from people.
    """
    try:
        return await call(preview)
    except BadRequest as error:
        if preview.is_disabled or not mentions_any(error, _PREVIEW_REFUSALS):
            raise
        logger.info("a preview was refused: %s", error.message)
        return await call(LinkPreviewOptions(is_disabled=True))


async def reply_in_place(update: Update, context: Context, answer: Reply | Html) -> int:
    """Send a message; where the question was edited, in place of the answer to the old one.

    Returns:
        Id of the message that now shows the answer.
    """
    question = update.edited_message
    before = None
    if question is not None:
        before = context.read(searches.answer_to, question.chat.id, key_of(question))
    if before is not None and await edit(context, before.chat_id, before.message_id, answer):
        return before.message_id
    return key_of(await reply(update, context, answer))


async def edit(context: Context, chat_id: int, message_id: int, answer: Reply | Html) -> bool:
    """Replace the content of a message of the bot.

    Returns:
        False if the message is gone or cannot be edited any more.
    """
    ready = answer if isinstance(answer, Reply) else Reply(answer)

    async def change(preview: LinkPreviewOptions) -> None:
        if message_id < 0:
            await _edit_for_one(context, chat_id, message_id, ready, preview)
            return
        await context.bot.edit_message_text(
            chat_id=chat_id,
            message_id=message_id,
            text=ready.html,
            parse_mode=ParseMode.HTML,
            reply_markup=ready.keyboard,
            link_preview_options=preview,
        )

    try:
        await _with_preview(change, preview_options(ready, context.chat.preview))
    except BadRequest as error:
        return _is_edited(error)
    return True


async def edit_buttons(
    context: Context, chat_id: int, message_id: int, keyboard: InlineKeyboardMarkup | None
) -> bool:
    """Replace the buttons of a message of the bot, and nothing else.

    Returns:
        False if the message is gone or cannot be edited any more.
    """
    try:
        if message_id < 0:
            await _call_for_one(
                context, "editEphemeralMessageReplyMarkup", chat_id, message_id, reply_markup=keyboard
            )
            return True
        await context.bot.edit_message_reply_markup(chat_id, message_id, reply_markup=keyboard)
    except BadRequest as error:
        return _is_edited(error)
    return True


async def _edit_for_one(
    context: Context, chat_id: int, message_id: int, ready: Reply, preview: LinkPreviewOptions
) -> None:
    await _call_for_one(
        context,
        "editEphemeralMessageText",
        chat_id,
        message_id,
        text=ready.html,
        parse_mode=ParseMode.HTML,
        reply_markup=ready.keyboard,
        link_preview_options=preview,
    )


async def _call_for_one(
    context: Context, method: str, chat_id: int, message_id: int, **values: object
) -> None:
    """Change a message that only the person sees who caused the update; the library cannot."""
    user = context.update_in_hand.effective_user if context.update_in_hand else None
    place = {
        "chat_id": chat_id,
        "receiver_user_id": user.id if user else 0,
        "ephemeral_message_id": -message_id,
    }
    given = {name: value for name, value in values.items() if value is not None}
    await context.bot.do_api_request(method, api_kwargs={**place, **given})


def _is_edited(error: BadRequest) -> bool:
    """Return whether an edit that was refused is done all the same.

    Raises:
        BadRequest: It was refused for another reason than that the message is gone, or is so already.
    """
    reason = error.message.lower()
    if "not modified" in reason:
        return True
    # The text of an ephemeral message is taken for a caption, which is shorter (tdlib/telegram-bot-api#881).
    if any(words in reason for words in ("not found", "can't be edited", "caption_too_long")):
        return False
    raise error


async def edit_or_send(update: Update, context: Context, answer: Reply | Html) -> int:
    """Edit the message whose button was pressed; send a new one if there is none or it is gone.

    Returns:
        Id of the message that now shows the answer.
    """
    query = update.callback_query
    message = query.message if query else None
    if message is not None and await edit(context, message.chat.id, key_of(message), answer):
        return key_of(message)
    return key_of(await reply(update, context, answer))


async def with_typing(update: Update, context: Context, work: Awaitable[T]) -> T:
    """Wait for work; after 0.7 s the chat shows the typing indicator."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=TYPING_AFTER_SECONDS)
        chat = update.effective_chat
        if not done and chat is not None:
            try:
                await context.bot.send_chat_action(
                    chat.id, ChatAction.TYPING, message_thread_id=topic_of(update.effective_message)
                )
            except TelegramError as error:
                logger.info("the typing indicator could not be shown: %s", error.message)
        return await task
    finally:
        task.cancel()


def preview_options(answer: Reply, preview: Preview) -> LinkPreviewOptions:
    """Return the link preview of a message: its picture, a small preview of its source, or none."""
    if answer.picture:
        return LinkPreviewOptions(url=answer.picture, prefer_large_media=True, show_above_text=True)
    if answer.source and preview is Preview.SMALL:
        return LinkPreviewOptions(url=answer.source, prefer_small_media=True, show_above_text=False)
    return LinkPreviewOptions(is_disabled=True)
