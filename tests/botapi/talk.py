"""The application inside a test: a question and its answer take milliseconds, over real HTTP all the same."""

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from telegram import Update
from telegram.ext import CallbackContext

from tests.botapi.messages import Message
from tests.botapi.play import Chat, InlineQuery, Person, Press
from tests.botapi.server import BotApiServer
from tests.botapi.values import InlineAnswer, PressAnswer, Topic

if TYPE_CHECKING:
    from bot.handlers.context import App


MORE = "更多"
"""The button behind which others are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the bot did about one thing that a person did.

    Attributes:
        messages: New messages, in any chat.
        edits: Messages it changed, as they look after the change.
        answer: To a press, or None.
    """

    messages: tuple[Message, ...]
    edits: tuple[Message, ...]
    answer: PressAnswer | None = None

    @property
    def shown(self) -> Message:
        """The one message that came or changed.

        Raises:
            AssertionError: None did, or several.
        """
        [message] = (*self.messages, *self.edits)
        return message


class Talk:
    """The application inside the test, with one person's private chat as the usual place.

    Attributes:
        server: Its Telegram.
        application: The real one, initialized, its job queue not started.
        me: A person.
        chat: Their private chat with the bot.
        errors: What handlers raised; a test must expect it with `expect_errors`.
    """

    def __init__(self, server: BotApiServer, application: "App") -> None:
        self.server = server
        self.application = application
        self.me = server.person("小明", username="xiaoming")
        self.chat = server.private(self.me)
        self.errors: list[BaseException] = []
        self._errors_expected = False
        application.add_error_handler(self._note_error)

    async def __aenter__(self) -> Self:
        await self.application.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.application.shutdown()
        if kind is None and self.errors and not self._errors_expected:
            raise AssertionError(f"{len(self.errors)} handlers failed") from self.errors[0]

    def expect_errors(self) -> None:
        """Let handlers fail: the test provokes it."""
        self._errors_expected = True

    async def say(
        self,
        text: str,
        *,
        by: Person | None = None,
        chat: Chat | None = None,
        reply_to: Message | None = None,
        topic: Topic | None = None,
    ) -> list[Message]:
        """Write a message and return what the bot wrote in return, in the same chat."""
        person, chat = by or self.me, chat or (self.server.private(by) if by else self.chat)
        chat.new_answers()
        person.say(chat, text, reply_to=reply_to, topic=topic)
        await self.settle()
        return chat.new_answers()

    async def press(self, message: Message, label: str, *, by: Person | None = None) -> Outcome:
        """Press a button (by its words or data) and return what came of it.

        One that is not in sight is looked for behind 更多, as people do.
        """
        if not message.has_button(label):
            message = await self.unfold(message, by=by)
        return await self._pressed(message, (by or self.me).press(message, label))

    async def unfold(self, message: Message, *, by: Person | None = None) -> Message:
        """Return a message with all its buttons in sight, as it looks then."""
        current = self._chat(message.chat_id).now(message)
        if current.has_button(MORE):
            await self._pressed(current, (by or self.me).press(current, MORE))
        return self._chat(message.chat_id).now(message)

    async def forge(self, message: Message, data: str, *, by: Person | None = None) -> Outcome:
        """Send any callback data from under a message."""
        return await self._pressed(message, (by or self.me).forge(message, data))

    async def edit(self, message: Message, text: str, *, by: Person | None = None) -> Outcome:
        """Change a message that was said and return what came of it."""
        chat = self._chat(message.chat_id)
        (by or self.me).edit(message, text)
        await self.settle()
        return Outcome(tuple(chat.new_answers()), tuple(chat.new_edits()))

    async def inline(self, query: str, offset: str = "", *, by: Person | None = None) -> InlineAnswer:
        """Type an inline query and return the results."""
        _, answer = await self.inline_with_query(query, offset, by=by)
        return answer

    async def inline_with_query(
        self, query: str, offset: str = "", *, by: Person | None = None
    ) -> tuple[InlineQuery, InlineAnswer]:
        """The same, with the query itself, which `Person.choose` needs."""
        asked = (by or self.me).inline(query, offset)
        await self.settle()
        return asked, await asked.answer(within=0.1)

    async def settle(self) -> None:
        """Let the application deal with everything that is pending, in order, to its end."""
        from bot.inbox.rich_messages import with_text  # as the inbox does

        while updates := self.server.updates.take():
            for body in map(with_text, updates):
                await self.application.process_update(Update.de_json(body, self.application.bot))

    async def _pressed(self, message: Message, press: Press) -> Outcome:
        chat = self._chat(message.chat_id)
        chat.new_answers(), chat.new_edits()
        await self.settle()
        return Outcome(tuple(chat.new_answers()), tuple(chat.new_edits()), press.asked.answer)

    def _chat(self, chat_id: int) -> Chat:
        return self.server.chat(chat_id)

    async def _note_error(self, _: object, context: CallbackContext) -> None:  # type: ignore[type-arg]
        if context.error is not None:
            self.errors.append(context.error)
