"""Commands and the menus that list them. `bot.handlers.menus` sets the menus in Telegram."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from telegram import BotCommand, BotCommandScope, Update

from bot.wording.i18n import Language, translator


class MenuScope(StrEnum):
    """The menus that list a command. It works everywhere it is typed."""

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
        menu: The menus that list it.
        also: Other names, listed in no menu.
        edits: It runs again when its message is edited.
    """

    name: str
    handler: Callable[[Update, Any], Coroutine[Any, Any, None]]
    menu: MenuScope = MenuScope.EVERYWHERE
    also: tuple[str, ...] = ()
    edits: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the command."""
        return (self.name, *self.also)


MENUS = {
    BotCommandScope.ALL_PRIVATE_CHATS: {MenuScope.EVERYWHERE, MenuScope.ADMINS, MenuScope.PRIVATE},
    BotCommandScope.ALL_GROUP_CHATS: {MenuScope.EVERYWHERE},
    BotCommandScope.ALL_CHAT_ADMINISTRATORS: {MenuScope.EVERYWHERE, MenuScope.ADMINS},
}
"""What the menu of each kind of chat lists."""

OPERATOR_MENU = {MenuScope.EVERYWHERE, MenuScope.ADMINS, MenuScope.PRIVATE, MenuScope.OPERATORS}
"""What the menu of an operator's private chat lists."""


def menu(commands: Iterable[Command], shown: set[MenuScope], language: Language) -> tuple[BotCommand, ...]:
    """Return the commands of a menu, in order."""
    t = translator(language)
    return tuple(BotCommand(c.name, t(f"command.{c.name}")) for c in commands if c.menu in shown)
