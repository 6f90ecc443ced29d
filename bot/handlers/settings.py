"""/settings: what a chat may choose, by buttons; in groups for admins, anonymous ones included.

Also who counts as an admin, and whom the bot answers in a group.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MaybeInaccessibleMessage, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.handlers.context import Context
from bot.handlers.replies import Reply, in_group, reply, turn
from bot.handlers.rules.groups import ANONYMOUS_ADMIN
from bot.messages import markup, menus
from bot.messages.callback_data import encode, payload
from bot.storage import chats
from bot.storage.chats import AnswerLength, Askers, ChatPreferences, Preview, QuietHours, Script
from bot.wording.i18n import Language, Translate, language_of, translator
from corpus.models import Category

logger = logging.getLogger(__name__)

ZONES = (
    *("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul"),
    *("Australia/Sydney", "Asia/Kolkata", "Asia/Dubai", "Europe/Moscow", "Europe/Berlin", "Europe/London"),
    *("America/Sao_Paulo", "America/New_York", "America/Chicago", "America/Los_Angeles"),
)
"""Zones to choose from; their order is part of the buttons, so append only."""

QUIET_HOURS = ((21, 7), (22, 7), (22, 8), (23, 7), (23, 8), (0, 7), (0, 8), (0, 9))
MOST_CATEGORIES = 40
NONE = "none"
"""The value of a button that goes back to the default."""


class Item(StrEnum):
    """What can be set; MENU shows them all."""

    MENU = "m"
    LANGUAGE = "l"
    LENGTH = "n"
    ASKERS = "a"
    PREVIEW = "p"
    CATEGORY = "c"
    QUIET = "q"
    ZONE = "z"
    SCRIPT = "s"


@payload("G")
@dataclass(frozen=True, slots=True)
class Setting:
    """Show the choices of an item; with a value, choose it."""

    item: Item
    value: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is needed to show the settings of a chat.

    Attributes:
        t: Words in the language that is set, which a press may just have changed.
        categories: The roots of the tree.
        clock: What a clock in a zone shows now, `13:05`.
    """

    t: Translate
    preferences: ChatPreferences
    group: bool
    default_zone: str
    categories: tuple[Category, ...]
    clock: Callable[[ZoneInfo], str]

    @property
    def items(self) -> tuple[Item, ...]:
        """What this chat can set."""
        items = [Item.LANGUAGE, Item.LENGTH]
        if self.group:
            items.append(Item.ASKERS)
        items += [Item.PREVIEW, Item.CATEGORY, Item.QUIET, Item.ZONE]
        # Only readers of traditional characters need to decide in which script articles are shown.
        if self.t.language is Language.HANT:
            items.append(Item.SCRIPT)
        return tuple(items)


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
    preferences = context.chat
    notice = None
    if data.value:
        chosen = await _choose(update, context, data)
        if isinstance(chosen, str):
            return chosen
        preferences = chosen
        notice = _panel_words(update, preferences)("settings.saved")
    panel = await _panel(update, context, preferences)
    if data.item is Item.MENU or data.value:
        await turn(update, context, menu(panel))
    else:
        await turn(update, context, choices(panel, data.item))
    return notice


async def is_admin(update: Update, context: Context) -> bool:
    """Say whether whoever caused an update may decide for the chat; in private everybody may.

    An anonymous admin writes as the group itself; the presses of one carry the real person. When
    Telegram cannot be asked the answer is no.
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
    return await _has_rights(context.bot, chat.id, user.id)


async def _has_rights(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Ask Telegram whether somebody is an admin of a group; no, whatever goes wrong."""
    try:
        member = await bot.get_chat_member(chat_id, user_id)
    except Exception:
        # A bot without rights of its own may be refused to look at members, but may see the admins.
        try:
            admins = await bot.get_chat_administrators(chat_id)
            return any(admin.user.id == user_id for admin in admins)
        except Exception as error:
            logger.info("rights of a person could not be asked for: %s", error)
            return False
    return member.status in {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}


async def may_ask(update: Update, context: Context) -> bool:
    """Say whether whoever caused an update is answered in this chat.

    Where the choice of a chat cannot be read, only those are who may make it.
    """
    return (context.chat.askers is Askers.ALL and context.chat_is_known) or await is_admin(update, context)


def zone_name(key: str, t: Translate) -> str:
    """Name a zone by its city where the locales know it, else by its IANA name."""
    return t(f"zone.{key.replace('/', '-')}") if key in ZONES else key


def menu(panel: Panel) -> Reply:
    """Show what is set, with a button for each item."""
    t = panel.t
    lines = [markup.bold(markup.text(t("settings.title_group" if panel.group else "settings.title")))]
    lines += [
        markup.fill(
            t.template("settings.line"),
            item=markup.text(_name(panel, item)),
            value=markup.text(_value(panel, item)),
        )
        for item in panel.items
    ]
    buttons = [_button(_name(panel, item), Setting(item)) for item in panel.items]
    return Reply(markup.join(lines, "\n"), InlineKeyboardMarkup(_rows(buttons, 2)))


def choices(panel: Panel, item: Item) -> Reply:
    """Show the values an item can have, the present one marked."""
    t = panel.t
    lines = [
        markup.bold(markup.text(_name(panel, item))),
        markup.text(t(f"settings.about_{item.name.lower()}")),
    ]
    now = _present(panel, item)
    buttons = [
        _button(f"✓ {label}" if value == now else label, Setting(item, value))
        for value, label in _options(panel, item)
    ]
    width = 2 if item in {Item.ZONE, Item.CATEGORY, Item.QUIET} else 1
    rows = [*_rows(buttons, width), [_button(t("settings.back"), Setting(Item.MENU))]]
    return Reply(markup.join(lines, "\n"), InlineKeyboardMarkup(rows))


async def _panel(update: Update, context: Context, preferences: ChatPreferences) -> Panel:
    now = context.now()
    return Panel(
        t=_panel_words(update, preferences),
        preferences=preferences,
        group=_is_group(update),
        default_zone=context.settings.timezone,
        categories=(await asyncio.to_thread(context.corpus.categories))[:MOST_CATEGORIES],
        clock=lambda zone: f"{now.astimezone(zone):%H:%M}",
    )


def _panel_words(update: Update, preferences: ChatPreferences) -> Translate:
    user = update.effective_user
    return translator(language_of(preferences.language or (user.language_code if user else None)))


def _is_group(update: Update) -> bool:
    message: MaybeInaccessibleMessage | None = update.effective_message
    if update.callback_query is not None:
        message = update.callback_query.message
    return message is not None and in_group(message)


async def _choose(update: Update, context: Context, data: Setting) -> ChatPreferences | str:
    """Store a choice; the words of a notice when it is none or cannot be stored."""
    chat = update.effective_chat
    panel = await _panel(update, context, context.chat)
    offered = {value for value, _ in _options(panel, data.item)}
    if chat is None or data.value not in offered or data.item not in panel.items:
        return context.t("buttons.outdated")
    change = partial(_with, panel, data.item, data.value)
    stored = await context.keep(chats.change, chat.id, change)
    if stored is None:
        return context.t("state.not_saved")
    if data.item is Item.LANGUAGE and not panel.group:
        await _offer_commands(update, context, _panel_words(update, stored).language)
    return stored


async def _offer_commands(update: Update, context: Context, language: Language) -> None:
    """Bring the menu of commands into the language that was chosen; without it nothing is lost."""
    chat = update.effective_chat
    if chat is None:
        return
    try:
        operator = chat.id in context.settings.admin_ids
        await menus.offer(context.bot, context.bot_data.commands, chat.id, language, operator=operator)
    except TelegramError as error:
        logger.info("the menu of commands could not be set: %s", error.message)


def _with(panel: Panel, item: Item, value: str, before: ChatPreferences) -> ChatPreferences:
    """Return preferences with one of them chosen; `value` is one that `_options` offered."""
    chosen = None if value == NONE else value
    if item is Item.LANGUAGE:
        return replace(before, language=chosen)
    if item is Item.LENGTH:
        return replace(before, length=AnswerLength(value))
    if item is Item.ASKERS:
        return replace(before, askers=Askers(value))
    if item is Item.PREVIEW:
        return replace(before, preview=Preview(value))
    if item is Item.SCRIPT:
        return replace(before, script=Script(value))
    if item is Item.ZONE:
        return replace(before, zone=ZONES[int(value)] if chosen else None)
    if item is Item.QUIET:
        return replace(before, quiet=QuietHours(*map(int, value.split("-"))) if chosen else None)
    paths = {category.id: "/".join(category.path) for category in panel.categories}
    return replace(before, category=paths[value] if chosen else None)


def _options(panel: Panel, item: Item) -> Iterator[tuple[str, str]]:
    """Yield the values an item can have, with their names."""
    t = panel.t
    if item is Item.LANGUAGE:
        yield NONE, t("settings.language_group" if panel.group else "settings.language_client")
        yield from ((language, translator(language)("settings.language_name")) for language in Language)
    elif item in _KINDS:
        yield from ((value, t(f"settings.{item.name.lower()}_{value}")) for value in _KINDS[item])
    elif item is Item.CATEGORY:
        yield NONE, t("settings.category_all")
        yield from ((category.id, category.name) for category in panel.categories)
    elif item is Item.QUIET:
        yield NONE, t("settings.quiet_none")
        yield from ((f"{start}-{end}", _hours(start, end)) for start, end in QUIET_HOURS)
    elif item is Item.ZONE:
        yield NONE, _zone(panel, None)
        yield from ((str(number), _zone(panel, name)) for number, name in enumerate(ZONES))


_KINDS: dict[Item, type[StrEnum]] = {
    Item.LENGTH: AnswerLength,
    Item.ASKERS: Askers,
    Item.PREVIEW: Preview,
    Item.SCRIPT: Script,
}


def _present(panel: Panel, item: Item) -> str:
    """Return the value an item has, as its button carries it."""
    preferences = panel.preferences
    if item is Item.LANGUAGE:
        return preferences.language or NONE
    if item is Item.ZONE:
        return str(ZONES.index(preferences.zone)) if preferences.zone in ZONES else NONE
    if item is Item.QUIET:
        return f"{preferences.quiet.start}-{preferences.quiet.end}" if preferences.quiet else NONE
    if item is Item.CATEGORY:
        ids = {"/".join(category.path): category.id for category in panel.categories}
        return ids.get(preferences.category or "", NONE)
    return {
        Item.LENGTH: preferences.length,
        Item.ASKERS: preferences.askers,
        Item.PREVIEW: preferences.preview,
        Item.SCRIPT: preferences.script,
    }[item]


def _value(panel: Panel, item: Item) -> str:
    """Name the value an item has, also one that is not among the buttons."""
    preferences = panel.preferences
    if item is Item.CATEGORY and preferences.category:
        return preferences.category
    if item is Item.QUIET and preferences.quiet:
        return _hours(preferences.quiet.start, preferences.quiet.end)
    if item is Item.ZONE:
        return _zone(panel, preferences.zone)
    return dict(_options(panel, item))[_present(panel, item)]


def _name(panel: Panel, item: Item) -> str:
    return panel.t(f"settings.{item.name.lower()}")


def _hours(start: int, end: int) -> str:
    return f"{start:02}:00–{end:02}:00"


def _zone(panel: Panel, name: str | None) -> str:
    """Name a zone by its city, with what its clock shows; people know their time better than its name."""
    city = zone_name(name or panel.default_zone, panel.t)
    clock = panel.clock(replace(panel.preferences, zone=name).zone_info(panel.default_zone))
    return panel.t("settings.zone_default" if name is None else "settings.zone_city", city=city, clock=clock)


def _button(label: str, data: object) -> InlineKeyboardButton:
    words = " ".join(markup.clean(label).split())  # a category may be named by a blank
    return InlineKeyboardButton(markup.shorten(words, 40) or "…", callback_data=encode(data))


def _rows(buttons: list[InlineKeyboardButton], width: int) -> list[list[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]
