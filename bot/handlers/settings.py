"""/settings: a chat chooses by buttons; in groups only admins do, anonymous ones included."""

import asyncio
import logging
from functools import partial

from telegram import MaybeInaccessibleMessage, Update
from telegram.error import TelegramError

from bot.handlers import menus
from bot.handlers.access import is_admin
from bot.handlers.context import Context
from bot.handlers.replies import edit_or_send, in_group, reply
from bot.handlers.settings_panel import Panel, Setting, SettingItem, item_choices, menu
from bot.messages import markup
from bot.storage import chats
from bot.storage.chats import ChatPreferences
from bot.wording.i18n import Language, Translate, language_of, translator

logger = logging.getLogger(__name__)

MAX_CATEGORIES = 40


async def command(update: Update, context: Context) -> None:
    """Show the settings of the chat."""
    if not await is_admin(update, context):
        await reply(update, context, markup.text(context.t("settings.only_admins")))
        return
    await reply(update, context, menu(await _panel(update, context, context.chat)))


async def press(update: Update, context: Context, data: Setting) -> str | None:
    """Open an item, or choose one of its values."""
    if not await is_admin(update, context):
        return context.t("settings.only_admins")
    if data.value:
        return await _choose(update, context, data)
    panel = await _panel(update, context, context.chat)
    shown = menu(panel) if data.item is SettingItem.MENU else item_choices(panel, data.item)
    await edit_or_send(update, context, shown)
    return None


async def _choose(update: Update, context: Context, data: Setting) -> str:
    """Store a value and show the menu again; return the notice for whoever pressed."""
    chat = update.effective_chat
    panel = await _panel(update, context, context.chat)
    offered = dict(panel.values(data.item)) if data.item in panel.items else {}
    if chat is None or data.value not in offered:
        return context.t("buttons.outdated")
    stored = await context.keep(chats.change, chat.id, partial(panel.with_value, data.item, data.value))
    if stored is None:
        return context.t("state.not_saved")
    changed = await _panel(update, context, stored)
    if data.item is SettingItem.LANGUAGE and not panel.group:
        await set_menu(context, chat.id, changed.t.language)
    await edit_or_send(update, context, menu(changed))
    return changed.t("settings.saved")


async def _panel(update: Update, context: Context, preferences: ChatPreferences) -> Panel:
    now = context.now()
    return Panel(
        t=_translator(update, preferences),
        preferences=preferences,
        group=_is_group(update),
        default_zone=context.settings.timezone,
        categories=(await asyncio.to_thread(context.corpus.categories))[:MAX_CATEGORIES],
        clock=lambda zone: f"{now.astimezone(zone):%H:%M}",
    )


def _translator(update: Update, preferences: ChatPreferences) -> Translate:
    """Return the words in the chosen language, else in that of the person's client."""
    user = update.effective_user
    return translator(language_of(preferences.language or (user.language_code if user else None)))


def _is_group(update: Update) -> bool:
    message: MaybeInaccessibleMessage | None = update.effective_message
    if update.callback_query is not None:
        message = update.callback_query.message
    return message is not None and in_group(message)


async def set_menu(context: Context, chat_id: int, language: Language) -> None:
    """Set the menu of commands in the chosen language. A failure is logged: nothing depends on the menu."""
    operator = chat_id in context.settings.admin_ids
    commands = context.bot_data.commands
    try:
        await menus.set_chat_menu(context.bot, commands, chat_id, language, operator=operator)
    except TelegramError as error:
        logger.info("the menu of commands could not be set: %s", error.message)
