"""Sending and editing messages: in the same topic, quoting in groups, with the chat's kind of preview."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

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
from bot.messages.markup import Html
from bot.storage.chats import Preview

logger = logging.getLogger(__name__)

TYPING_AFTER_SECONDS = 0.7

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
    quoting = None
    if message is not None and update.callback_query is None:
        quoting = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    is_private = chat.type == ChatType.PRIVATE
    try:
        return await _send(context, chat.id, ready, thread, None if is_private else quoting, silent=silent)
    except BadRequest as error:
        # Of a private chat nobody else sees another part. In a group it would be the wrong place.
        if thread is None or not is_private or "thread not found" not in error.message.lower():
            raise
        return await _send(context, chat.id, ready, None, quoting, silent=silent)


async def _send(
    context: Context,
    chat_id: int,
    ready: Reply,
    thread: int | None,
    quoting: ReplyParameters | None,
    *,
    silent: bool,
) -> Message:
    return await context.bot.send_message(
        chat_id=chat_id,
        text=ready.html,
        parse_mode=ParseMode.HTML,
        message_thread_id=thread,
        reply_parameters=quoting,
        reply_markup=ready.keyboard,
        link_preview_options=preview_options(ready, context.chat.preview),
        disable_notification=silent,
    )


async def edit(context: Context, chat_id: int, message_id: int, answer: Reply | Html) -> bool:
    """Replace the content of a message of the bot.

    Returns:
        False if the message is gone or cannot be edited any more.
    """
    ready = answer if isinstance(answer, Reply) else Reply(answer)
    try:
        await context.bot.edit_message_text(
            chat_id=chat_id,
            message_id=message_id,
            text=ready.html,
            parse_mode=ParseMode.HTML,
            reply_markup=ready.keyboard,
            link_preview_options=preview_options(ready, context.chat.preview),
        )
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
        await context.bot.edit_message_reply_markup(chat_id, message_id, reply_markup=keyboard)
    except BadRequest as error:
        return _is_edited(error)
    return True


def _is_edited(error: BadRequest) -> bool:
    """Return whether an edit that was refused is done all the same.

    Raises:
        BadRequest: It was refused for another reason than that the message is gone, or is so already.
    """
    reason = error.message.lower()
    if "not modified" in reason:
        return True
    if "not found" in reason or "can't be edited" in reason:
        return False
    raise error


async def edit_or_send(update: Update, context: Context, answer: Reply | Html) -> int:
    """Edit the message whose button was pressed; send a new one if there is none or it is gone.

    Returns:
        Id of the message that now shows the answer.
    """
    query = update.callback_query
    message = query.message if query else None
    if message is not None and await edit(context, message.chat.id, message.message_id, answer):
        return message.message_id
    return (await reply(update, context, answer)).message_id


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
