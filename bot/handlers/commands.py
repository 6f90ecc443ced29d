"""Handlers of commands: what people write behind a command reaches its handler, however it is set off."""

from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import Application, BaseHandler, filters

from bot.handlers.context import Context
from bot.handlers.rules.commands import WrittenCommand, parse_command

Handler = Callable[[Update, Any], Coroutine[Any, Any, None]]


class OnCommand(BaseHandler[Update, Context, None]):
    """Calls a handler for a command, in the text or in the caption of a message, in private and in groups.

    The handler finds the words behind the command in `context.words`, and one by one in `context.args`.

    Args:
        names: The command's names.
        handler: What it does.
        edits: Whether a command that was edited is carried out again.

    Attributes:
        commands: The command's names.
    """

    def __init__(self, names: tuple[str, ...], handler: Handler, *, edits: bool = False) -> None:
        super().__init__(handler)
        self.commands = frozenset(names)
        self._edits = edits

    def check_update(self, update: object) -> WrittenCommand | None:
        """Return the command of an update if it is one of this handler's, for this bot."""
        if not isinstance(update, Update):
            return None
        message = update.message or (update.edited_message if self._edits else None)
        if message is None or message.chat.type == ChatType.CHANNEL:
            return None
        written = parse_command(message, self.commands)
        if written is None or written.name not in self.commands:
            return None
        own = (message.get_bot().username or "").lower()
        return written if written.to in {"", own} else None

    def collect_additional_context(
        self,
        context: Context,
        update: Update,
        application: Application[Any, Context, Any, Any, Any, Any],
        check_result: WrittenCommand | Any,
    ) -> None:
        """Hand the words behind the command to the handler."""
        if isinstance(check_result, WrittenCommand):
            context.words = check_result.words
            context.args = check_result.words.split()


class _Command(filters.MessageFilter):
    """Messages that begin with a command which their client has marked, this bot's or another's."""

    def filter(self, message: Message) -> bool:
        return parse_command(message) is not None


COMMAND = _Command("bot.handlers.commands.COMMAND")
"""Filter of messages whose text or caption begins with a command."""
