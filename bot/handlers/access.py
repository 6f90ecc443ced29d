"""Who may do what: use a private archive, ask in a group, decide for a chat."""

import logging

from telegram import Bot, InlineQueryResultsButton, Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.handlers import answer_press
from bot.handlers.context import Context
from bot.handlers.errors import describe
from bot.handlers.replies import in_group, reply
from bot.handlers.rules.groups import ANONYMOUS_ADMIN
from bot.messages import markup
from bot.messages.markup import Html, code, text
from bot.settings import Settings
from bot.storage.chats import Askers
from bot.wording.i18n import Translate

logger = logging.getLogger(__name__)

START_PARAMETER = "private"
"""Payload of /start behind the button that a denied inline query shows."""

MAX_DENIED_CHATS = 10_000
"""How many denied chats are remembered. When there are more, all are forgotten and told once more."""


def is_allowed(settings: Settings, user_id: int | None, chat_id: int | None) -> bool:
    """Say whether a person, or everybody in a chat, may use the archive; operators always may."""
    if not settings.allowed_ids:
        return True
    admitted = settings.allowed_ids | settings.admin_ids
    return user_id in admitted or chat_id in admitted


def may_call_as_guest(settings: Settings, user_id: int | None) -> bool:
    """Say whether a person may call the bot into a chat in which it is no member.

    What it answers there is read by others. So a private archive is silent, unless the operator says that
    those who are allowed may take it with them.
    """
    if settings.guest == "off" or user_id is None:
        return False
    if not settings.allowed_ids:
        return True
    return settings.guest == "allowed" and user_id in settings.allowed_ids | settings.admin_ids


async def ignore_chatter(update: Update, context: Context) -> None:
    """Stop messages that are not meant for the bot, before anything else looks at them.

    Raises:
        ApplicationHandlerStop: Nobody speaks to the bot.
    """
    del update
    if context.is_chatter:
        raise ApplicationHandlerStop


async def guard(update: Update, context: Context) -> None:
    """Let an update through to the handlers, or deny it politely and stop it here.

    An update passes only if its admission is certain; every failure on the way stops it.

    Raises:
        ApplicationHandlerStop: The person may not use this archive.
    """
    try:
        user, chat = update.effective_user, update.effective_chat
        if update.guest_message is not None:
            if may_call_as_guest(context.settings, user.id if user else None):
                return
            raise ApplicationHandlerStop  # in a chat that is none of its own the bot says nothing
        if is_allowed(context.settings, user.id if user else None, chat.id if chat else None):
            return
        await _deny(update, context)
    except ApplicationHandlerStop:
        raise
    except TelegramError as error:
        logger.info("a denial could not be sent: %s", error.message)
    except Exception as error:
        # The application would log any other exception and go on with the handlers.
        kind, where = describe(error)
        logger.error("access could not be checked: %s at %s", kind, where)
    raise ApplicationHandlerStop


async def _deny(update: Update, context: Context) -> None:
    message, chat = update.message, update.effective_chat
    if update.inline_query:
        button = InlineQueryResultsButton(context.t("access.inline"), start_parameter=START_PARAMETER)
        await update.inline_query.answer([], cache_time=300, is_personal=True, button=button)
    elif update.callback_query:
        await answer_press(update, context.t("access.private", id=update.callback_query.from_user.id))
    elif message and chat and chat.id not in context.bot_data.denied_chats:
        if len(context.bot_data.denied_chats) >= MAX_DENIED_CHATS:
            context.bot_data.denied_chats.clear()
        context.bot_data.denied_chats.add(chat.id)
        await reply(update, context, _denial(message, context.t))


def _denial(message: Message, t: Translate) -> Html:
    """Deny, and name the ids by which an operator lets somebody in."""
    person, group = _ids(message)
    key = "access.private" if group is None else "access.private_group" if person else "access.only_group"
    ids = {name: code(text(str(one))) for name, one in (("id", person), ("group", group)) if one is not None}
    return markup.fill(t.template(key), **ids)


async def identify(update: Update, context: Context) -> None:
    """Tell the ids of the sender and of the group, as ALLOWED_IDS and ADMIN_IDS take them."""
    message, t = update.effective_message, context.t
    if message is None:
        return
    person, group = _ids(message)
    lines = [
        markup.fill(t.template(key), id=code(text(str(one))))
        for key, one in (("about.your_id", person), ("access.group_id", group))
        if one is not None
    ]
    await reply(update, context, markup.join(lines, "\n"))


def _ids(message: Message) -> tuple[int | None, int | None]:
    """Return the id of the sender, None if they write as a chat, and that of the group, None in private."""
    person = message.from_user.id if message.from_user and message.sender_chat is None else None
    group = message.chat.id if in_group(message) else None
    return person, group


async def is_admin(update: Update, context: Context) -> bool:
    """Say whether the sender of an update may decide for the chat; in a private chat everybody may.

    An anonymous admin writes as the group itself, but presses buttons as the real person. The answer is
    no when Telegram cannot be asked.
    """
    chat, user, message = update.effective_chat, update.effective_user, update.effective_message
    if chat is None:
        return False
    if chat.type == ChatType.PRIVATE:
        return True
    if update.callback_query is None and message is not None and message.sender_chat is not None:
        return message.sender_chat.id == chat.id
    if user is None or user.id == ANONYMOUS_ADMIN:
        return False
    return await has_rights(context.bot, chat.id, user.id)


async def has_rights(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Ask Telegram whether a person is an admin of a group. Every failure means no."""
    try:
        member = await bot.get_chat_member(chat_id, user_id)
    except Exception:
        # Telegram may refuse a bot without rights to look up members, but still list the admins.
        try:
            admins = await bot.get_chat_administrators(chat_id)
            return any(admin.user.id == user_id for admin in admins)
        except Exception as error:
            logger.info("the rights of a person could not be looked up: %s", error)
            return False
    return member.status in {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}


async def may_ask(update: Update, context: Context) -> bool:
    """Say whether the sender of an update is answered in this chat.

    If the chat's preferences cannot be read, only its admins are answered.
    """
    everybody_may = context.chat.askers is Askers.ALL and context.chat_is_known
    return everybody_may or await is_admin(update, context)
