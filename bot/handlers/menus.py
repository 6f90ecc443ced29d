"""Sets command menus and the bot's descriptions in Telegram."""

import functools
import logging
from collections.abc import Awaitable, Callable, Iterable

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    MenuButtonCommands,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import TelegramError

from bot.messages import markup
from bot.messages.menus import MENUS, OPERATOR_MENU, Command, menu
from bot.wording.i18n import Language, translator

logger = logging.getLogger(__name__)


async def set_chat_menu(
    bot: Bot, commands: Iterable[Command], chat_id: int, language: Language, *, operator: bool
) -> None:
    """Set the menu of one private chat, in the language its person chose or reads.

    A menu per language is not enough: Telegram knows both Chinese scripts as `zh`.

    Raises:
        TelegramError: The menu could not be set.
    """
    shown = OPERATOR_MENU if operator else MENUS[BotCommandScope.ALL_PRIVATE_CHATS]
    await bot.set_my_commands(menu(commands, shown, language), scope=BotCommandScopeChat(chat_id))


async def set_menus(bot: Bot, commands: Iterable[Command], operators: Iterable[int]) -> None:
    """Set menus and descriptions, per scope and language, where they differ from Telegram's.

    A failure is logged; only the menus depend on them.
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
            wanted = menu(commands, MENUS[scope.type], language)
            steps.append(functools.partial(_set, bot, wanted, scope, code))
    for step in steps:
        try:
            await step()
        except TelegramError as error:
            logger.warning("a menu or description could not be set: %s", error.message)
    complete = {menu(commands, OPERATOR_MENU, language) for language in Language}
    for person in operators:
        theirs = BotCommandScopeChat(person)
        try:
            if (
                await bot.get_my_commands(scope=theirs) not in complete
            ):  # else it is right already, in some language
                await bot.set_my_commands(menu(commands, OPERATOR_MENU, Language.HANS), scope=theirs)
        except TelegramError as error:  # they have not started the bot yet; /start sets the menu then
            logger.info("the menu of operator %s could not be set: %s", person, error.message)


async def set_menu_button(bot: Bot, public_url: str | None) -> None:
    """Let the menu button open the search page; without an https address it lists the commands again.

    A button that somebody else set for another page is then left alone. A failure is logged; nothing else
    depends on the button.

    Args:
        bot: The bot.
        public_url: Base address of the pages, without a slash at its end; None: nobody may see pages.
    """
    label = translator(Language.HANS)("bot.menu_button")
    address = markup.address(f"{public_url}/") if public_url else None
    try:
        current = await bot.get_chat_menu_button()
        if address is not None and address.startswith("https://"):
            wanted = MenuButtonWebApp(label, WebAppInfo(address))
            if current != wanted:
                await bot.set_chat_menu_button(menu_button=wanted)
        elif isinstance(current, MenuButtonWebApp) and current.text == label:
            await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    except TelegramError as error:
        logger.warning("the menu button could not be set: %s", error.message)


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
