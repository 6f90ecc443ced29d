"""Groups: one greeting when the bot joins, with a diagnosis of its rights, and migration to supergroups."""

import logging

from telegram import (
    Bot,
    Chat,
    ChatMember,
    ChatMemberAdministrator,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Update,
    User,
)
from telegram.error import Forbidden, TelegramError

from bot.handlers.context import Context
from bot.handlers.replies import reply
from bot.messages import markup
from bot.messages.markup import Html, text
from bot.storage import chats
from bot.storage.chats import forget_greeting, greet
from bot.wording.i18n import Translate

logger = logging.getLogger(__name__)

_AWAY = {ChatMember.LEFT, ChatMember.BANNED}


async def membership(update: Update, context: Context) -> None:
    """Greet a group that has just added the bot."""
    change = update.my_chat_member
    if change is None or change.chat.type not in {Chat.GROUP, Chat.SUPERGROUP}:
        return
    if change.chat.is_direct_messages:
        return  # people write to the channel there
    if change.new_chat_member.status in _AWAY:
        await context.write(forget_greeting, change.chat.id)
        return
    if not _joined(change) or not await context.write(greet, change.chat.id, context.now()):
        return
    t = context.t
    blocks = [text(t("group.greeting", username=context.bot.username)), text(t("group.greeting_help"))]
    try:
        await reply(update, context, markup.fit([*blocks, *await diagnosis(context.bot, change.chat, t)]))
    except Forbidden as error:  # added and muted
        logger.info("a group could not be greeted: %s", error.message)


async def migrated(update: Update, context: Context) -> None:
    """Move a group's preferences to its new id; Telegram announces the migration in both chats."""
    message = update.effective_message
    if message is None:
        return
    old = message.migrate_from_chat_id or message.chat.id
    new = message.migrate_to_chat_id or message.chat.id
    await context.write(chats.migrate, old, new)
    await context.write(greet, new, context.now())


async def diagnosis(bot: Bot, chat: Chat, t: Translate) -> list[Html]:
    """Say what the bot can see and do in a group, and how to give it more rights."""
    try:
        me = await bot.get_me()
        member = await bot.get_chat_member(chat.id, me.id)
    except TelegramError as error:
        logger.info("rights in a group could not be read: %s", error.message)
        return []
    lines = [text(line) for line in findings(me, member, bool(chat.is_forum), t)]
    return [markup.join([markup.bold(text(t("help_group.title"))), *lines], "\n")]


def findings(me: User, member: ChatMember, is_forum: bool, t: Translate) -> list[str]:
    """Describe privacy mode, rights and topics in words. Pure."""
    muted = isinstance(member, ChatMemberRestricted) and not member.can_send_messages
    if isinstance(member, ChatMemberAdministrator):
        rights = [t("help_group.admin")]  # sees everything, whatever the privacy mode
    else:
        mode = "privacy_off" if me.can_read_all_group_messages else "privacy_on"
        rights = [
            t(f"help_group.{mode}", username=me.username),
            t("help_group.muted" if muted else "help_group.member"),
        ]
    return [*rights, t("help_group.topic" if is_forum else "help_group.no_topics")]


def _joined(change: ChatMemberUpdated) -> bool:
    return change.old_chat_member.status in _AWAY
