"""The menus of commands that Telegram shows, per scope and language, and the bot's descriptions."""

import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    Update,
)
from telegram.error import TelegramError

from bot.wording.i18n import Language, translator

logger = logging.getLogger(__name__)


class Where(StrEnum):
    """In whose menu a command stands; it works wherever it is typed."""

    EVERYWHERE = "everywhere"
    PRIVATE = "private"
    ADMINS = "admins"
    """Private chats, and groups for their admins."""
    OPERATORS = "operators"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Command:
    """A command; its description is the locale entry `command.<name>`.

    Attributes:
        also: Other names for it that stand in no menu.
        edits: It is carried out again when the message is edited.
    """

    name: str
    handler: Callable[[Update, Any], Coroutine[Any, Any, None]]
    menu: Where = Where.EVERYWHERE
    also: tuple[str, ...] = ()
    edits: bool = False


_SHOWN = {
    BotCommandScope.ALL_PRIVATE_CHATS: {Where.EVERYWHERE, Where.ADMINS, Where.PRIVATE},
    BotCommandScope.ALL_GROUP_CHATS: {Where.EVERYWHERE},
    BotCommandScope.ALL_CHAT_ADMINISTRATORS: {Where.EVERYWHERE, Where.ADMINS},
}
_OPERATORS = {Where.EVERYWHERE, Where.ADMINS, Where.PRIVATE, Where.OPERATORS}


def menu(commands: Iterable[Command], shown: set[Where], language: Language) -> tuple[BotCommand, ...]:
    """Return the commands of a menu, in order."""
    t = translator(language)
    return tuple(BotCommand(c.name, t(f"command.{c.name}")) for c in commands if c.menu in shown)


async def offer(
    bot: Bot, commands: Iterable[Command], chat_id: int, language: Language, *, operator: bool
) -> None:
    """Set the menu of one private chat: its person chose a language, or reads traditional characters.

    Telegram tells languages apart by two letters only, so for it `zh` is both scripts.

    Raises:
        TelegramError: The menu could not be set.
    """
    shown = _OPERATORS if operator else _SHOWN[BotCommandScope.ALL_PRIVATE_CHATS]
    await bot.set_my_commands(menu(commands, shown, language), scope=BotCommandScopeChat(chat_id))


async def register(bot: Bot, commands: Iterable[Command], operators: Iterable[int]) -> None:
    """Tell Telegram commands and descriptions, per scope and language, where they have changed.

    A failure is logged and harms nothing but the menus.
    """
    commands = tuple(commands)
    steps: list[Callable[[], Awaitable[None]]] = []
    for code, language in (("", Language.HANS), ("en", Language.ENGLISH)):
        steps.append(functools.partial(_describe, bot, language, code))
        for scope in (
            BotCommandScopeAllPrivateChats(),
            BotCommandScopeAllGroupChats(),
            BotCommandScopeAllChatAdministrators(),
        ):
            wanted = menu(commands, _SHOWN[scope.type], language)
            steps.append(functools.partial(_set, bot, wanted, scope, code))
    for step in steps:
        try:
            await step()
        except TelegramError as error:
            logger.warning("a menu or description could not be set: %s", error.message)
    complete = {menu(commands, _OPERATORS, language) for language in Language}
    for person in operators:
        theirs = BotCommandScopeChat(person)
        try:
            if await bot.get_my_commands(scope=theirs) not in complete:  # else in the language they read
                await bot.set_my_commands(menu(commands, _OPERATORS, Language.HANS), scope=theirs)
        except TelegramError as error:  # they have not started the bot yet; /start offers the menu too
            logger.info("the menu of operator %s could not be set: %s", person, error.message)


async def _set(bot: Bot, wanted: tuple[BotCommand, ...], scope: BotCommandScope, code: str) -> None:
    if await bot.get_my_commands(scope=scope, language_code=code) != wanted:
        await bot.set_my_commands(wanted, scope=scope, language_code=code)


async def _describe(bot: Bot, language: Language, code: str) -> None:
    t = translator(language)
    long, short = t("bot.description"), t("bot.short_description")
    if (await bot.get_my_description(language_code=code)).description != long:
        await bot.set_my_description(long, language_code=code)
    if (await bot.get_my_short_description(language_code=code)).short_description != short:
        await bot.set_my_short_description(short, language_code=code)
