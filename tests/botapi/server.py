"""A local Bot API server over real HTTP, as strict as Telegram's, for tests.

    async with BotApiServer() as server:
        bot = telegram.Bot(server.token, base_url=server.url + "/bot")
        ...

It runs on the event loop of the test. Everything that people do is in `tests.botapi.play`, everything the
bot may do in `tests.botapi.methods`; faults are planned in `server.faults`, what happened stands in
`server.journal`.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from tests.botapi.errors import ApiError
from tests.botapi.faults import Faults
from tests.botapi.formatting import Json
from tests.botapi.http import ApiHandler, NotFound
from tests.botapi.journal import Call, Lint, report
from tests.botapi.members import commands_shown
from tests.botapi.methods import Methods
from tests.botapi.parameters import Parameters
from tests.botapi.play import PATIENCE, Chat, Person
from tests.botapi.stored import ChatState
from tests.botapi.values import BotProfile, Member, Topic
from tests.botapi.world import World

_LARGEST_REQUEST = 50_000_000


class BotApiServer:
    """One server with one bot.

    Attributes:
        world: Everything that exists; tests rarely need it.
        faults: What will go wrong, and when.
        journal: Every request, and the lints.
        methods: The methods, with the flood limits and broken pictures as settings.
        updates: The queue to the bot: raw and repeated updates, webhook settings.
    """

    def __init__(self, bot: BotProfile | None = None) -> None:
        self.world = World(bot or BotProfile())
        self.faults = Faults()
        self.methods = Methods(self.world)
        self.journal = self.world.journal
        self.updates = self.world.updates
        self.updates.on_reply = self._run_reply
        self._chats: list[Chat] = []
        self._http: HTTPServer | None = None
        self._port = 0
        self._hanging: set[asyncio.Future[None]] = set()
        self._refusals_expected = False

    # --- life

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.updates.close()
        await self._hang_up()

    @property
    def url(self) -> str:
        """Root of the API, for TELEGRAM_API_BASE."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.bot.token

    @property
    def bot(self) -> BotProfile:
        """The bot as BotFather has it; `configure` changes it."""
        return self.world.bot

    def configure(self, **changes: Any) -> None:
        """Change what BotFather has set for the bot: `reads_all`, `inline`, …"""
        self.world.bot = replace(self.world.bot, **changes)

    @contextlib.asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Be unreachable: connections are cut, new ones refused. People go on writing meanwhile."""
        await self._hang_up()
        try:
            yield
        finally:
            await self._listen()

    async def _listen(self) -> None:
        sockets = bind_sockets(self._port, "127.0.0.1", family=socket.AF_INET, reuse_port=False)
        self._port = sockets[0].getsockname()[1]
        # No access log: its lines would mix with those of the bot under test.
        routes: list[Any] = [(r"/bot([^/]*)/([^/]*)", ApiHandler, {"server": self}), (r".*", NotFound)]
        self._http = HTTPServer(
            Application(routes, log_function=lambda _: None), max_buffer_size=_LARGEST_REQUEST
        )
        self._http.add_sockets(sockets)

    async def _hang_up(self) -> None:
        self.updates.abandon()
        for future in self._hanging:
            future.cancel()
        if self._http:
            self._http.stop()
            await self._http.close_all_connections()
            self._http = None
        await asyncio.sleep(0)

    # --- people and chats

    def person(
        self, name: str = "小明", *, username: str | None = None, language: str | None = "zh-hans"
    ) -> Person:
        """Somebody new."""
        number = next(self.world.numbers)
        user: Json = {"id": 510_000_000 + number, "is_bot": False, "first_name": name}
        if username:
            user["username"] = username
        if language:
            user["language_code"] = language
        return Person(self.world, user)

    def other_bot(self, name: str, username: str) -> Person:
        """Another bot. What it writes reaches the bot under test only if that `hears_bots`."""
        number = next(self.world.numbers)
        user: Json = {"id": 520_000_000 + number, "is_bot": True, "first_name": name, "username": username}
        return Person(self.world, user)

    def private(self, person: Person | None = None, *, started: bool = False) -> Chat:
        """The private chat of a person (a new one by default) with the bot; the same each time.

        Args:
            started: The person has written to the bot before, so that it may write to them.
        """
        person = person or self.person()
        if person.id not in self.world.chats:
            username = person.as_user().get("username")
            self._new_chat(ChatState(person.id, "private", person.name, username, bot="unstarted"))
        chat = self.chat(person.id)
        if started:
            chat.state.bot = "member"
        return chat

    def chat(self, chat_id: int) -> Chat:
        """A chat by its id; that of an upgraded group leads to the supergroup.

        Raises:
            LookupError: There is none.
        """
        state = self.world.chats.get(chat_id)
        if state and state.migrated_to:
            chat_id = state.migrated_to
        for chat in self._chats:
            if chat.id == chat_id:
                return chat
        raise LookupError(f"no chat {chat_id}")

    def group(
        self, title: str = "读报群", *members: Person, basic: bool = False, administrator: bool = False
    ) -> Chat:
        """A group with these members and the bot; the first member created it.

        Args:
            basic: A basic group, which can be upgraded, instead of a supergroup.
            administrator: The bot is an administrator, so that it gets all messages.
        """
        number = next(self.world.numbers)
        chat_id = -410_000_000 - number if basic else -1_001_000_000_000 - number
        return self._new_group(
            ChatState(chat_id, "group" if basic else "supergroup", title), members, administrator
        )

    def forum(self, title: str = "读报论坛", *members: Person, administrator: bool = False) -> Chat:
        """A supergroup with topics: General, and what `chat.topic(name)` opens."""
        chat_id = -1_001_000_000_000 - next(self.world.numbers)
        state = ChatState(chat_id, "supergroup", title, forum=True, last_id=1)
        return self._new_group(state, members, administrator)

    def channel(self, title: str = "新闻频道") -> Chat:
        """A channel in which the bot is an administrator."""
        state = ChatState(
            -1_001_000_000_000 - next(self.world.numbers), "channel", title, bot="administrator"
        )
        return self._new_group(state, (), administrator=True)

    def direct_messages(self, title: str = "新闻频道", *members: Person) -> Chat:
        """The private messages of a channel that the bot administers; members are people who write to it."""
        chat_id = -1_001_000_000_000 - next(self.world.numbers)
        state = ChatState(chat_id, "supergroup", title, direct_messages=True)
        return self._new_group(state, members, administrator=True)

    def _new_group(self, state: ChatState, members: tuple[Person, ...], administrator: bool) -> Chat:
        for index, person in enumerate(members):
            state.members[person.id] = Member("member" if index else "creator")
        if administrator:
            state.bot = "administrator"
        return self._new_chat(state)

    def _new_chat(self, state: ChatState) -> Chat:
        self.world.chats[state.id] = state
        chat = Chat(self.world, state)
        self._chats.append(chat)
        return chat

    def commands(self, chat: Chat, person: Person) -> dict[str, str]:
        """The command menu that this person sees in this chat: command → description."""
        shown = commands_shown(self.world, chat.state, person.as_user())
        return {item["command"]: item["description"] for item in shown}

    async def until(self, condition: Callable[[], object], within: float = PATIENCE) -> None:
        """Wait until something holds that the bot's requests bring about.

        Raises:
            AssertionError: It does not, within so many seconds.
        """
        if await self.world.wait_for(lambda: condition() or None, within) is None:
            raise AssertionError(f"not so within {within} s")

    def topic_of(self, chat: Chat, name: str) -> Topic:
        """A topic by its name."""
        return next(topic for topic in chat.state.topics.values() if topic.name == name)

    # --- checks

    @property
    def lints(self) -> list[Lint]:
        """What people should not have seen, and what was left unanswered until now."""
        self.world.overdue()
        return self.journal.lints

    def expect_refusals(self) -> None:
        """Let `check` accept requests that the server refused: the test provokes them."""
        self._refusals_expected = True

    def check(self) -> None:
        """Make sure that there are no lints and no refused requests.

        Raises:
            AssertionError: With all of them.
        """
        problems = report(self.lints)
        calls = [] if self._refusals_expected else self.journal.refused
        refused = "\n".join(f"- {call}" for call in calls)
        if problems or refused:
            raise AssertionError("\n".join(filter(None, ["the server found faults:", problems, refused])))

    # --- requests

    async def _run_reply(self, reply: Json) -> None:
        """Run a method that the bot wrote into its answer to a push; as in reality, errors are lost."""
        values = {name: value for name, value in reply.items() if name != "method"}
        call = Call(reply["method"], values)
        self.journal.calls.append(call)
        with contextlib.suppress(ApiError):
            await self.act(call, Parameters(values))

    async def act(self, call: Call, parameters: Parameters) -> Json:
        """Run the method of a call and note the outcome."""
        try:
            call.result = await self.methods.call(call.method, parameters)
        except ApiError as error:
            call.status, call.description = error.code, error.description
            raise
        call.status, call.acted = 200, True
        return {"ok": True, "result": call.result}

    async def hang(self) -> None:
        """Wait until the connection or the server ends."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hanging.add(future)
        try:
            await future
        finally:
            self._hanging.discard(future)
