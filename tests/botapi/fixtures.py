"""Fixtures for everything that talks to the bot; loaded by `tests/conftest.py`.

`telegram` is the server, `talk` the application inside the test, `say` its shortest form, `baotong` the bot
as a process. Nothing here is started unless a test asks for it; what is tested is imported only then, so that
a fault of the bot does not keep the tests of the corpus from running.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
import pytest_asyncio
from telegram.request import HTTPXRequest

from tests.botapi.harness import BotProcess, Talk, quiet_libraries, transcript
from tests.botapi.messages import Message
from tests.botapi.play import Chat
from tests.botapi.server import BotApiServer
from tests.newspaper import SITE, write_newspaper

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.storage.database import State
    from corpus import Corpus

Say = Callable[..., Awaitable[list[Message]]]
"""`await say("问题", by=…, chat=…, reply_to=…, topic=…)`: the new messages, see `Talk.say`."""


class StartBot(Protocol):
    """Start the bot as a process; keyword arguments become its environment."""

    async def __call__(
        self,
        *,
        archive: Path | None = None,
        wait: float = 40.0,
        program: tuple[str, ...] | None = None,
        **environment: object,
    ) -> BotProcess:
        """Start it and wait until it polls or has set its webhook; `wait=0` returns at once."""
        ...


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[BotApiServer]:
    """A Bot API server. At the end of the test there must be no lint and no refused request.

    A test that provokes some says so: `telegram.journal.forgive(kind, …)`, `telegram.expect_refusals()`.
    """
    quiet_libraries()
    async with BotApiServer() as server:
        yield server
        server.check()


@pytest.fixture(scope="session")
def newspaper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of posts of `tests.newspaper`; not to be changed."""
    return write_newspaper(tmp_path_factory.mktemp("newspaper"))


@pytest.fixture(scope="session")
def archive_settings(newspaper_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> "Settings":
    """Settings of the shared corpus over `newspaper_folder`."""
    from bot.settings import Settings

    return Settings.load(
        env_file=None,
        corpus_dir=newspaper_folder,
        data_dir=tmp_path_factory.mktemp("newspaper-data"),
        site_url=SITE,
        permalink=":year/:month/:day/:title/",
    )


@pytest.fixture(scope="session")
def archive(archive_settings: "Settings") -> Iterator["Corpus"]:
    """The corpus over `newspaper_folder`, indexed once for all tests; only read it."""
    from corpus import Corpus

    with Corpus.open(archive_settings.corpus_options()) as corpus:
        corpus.update(workers=1)
        yield corpus


@pytest.fixture
def settings(telegram: BotApiServer, archive_settings: "Settings", tmp_path: Path) -> "Settings":
    """Settings of a bot of this test's own; a test may override the fixture to change some."""
    from bot.settings import Settings

    changes = {"bot_token": telegram.token, "telegram_api_base": telegram.url, "data_dir": tmp_path}
    return Settings.load(env_file=None, **{**archive_settings.model_dump(exclude_unset=True), **changes})


@pytest.fixture
def state(settings: "Settings") -> Iterator["State"]:
    """The bot's own database, new."""
    from bot.storage.database import State

    with State.open(settings.state_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def talk(
    telegram: BotApiServer, settings: "Settings", archive: "Corpus", state: "State"
) -> AsyncIterator[Talk]:
    """The real application inside the test, over real HTTP."""
    from bot.service.application import build_application

    request = HTTPXRequest(connection_pool_size=8, httpx_kwargs={"trust_env": False})
    application = build_application(settings, archive, state, request=request)
    async with Talk(telegram, application) as talking:
        yield talking


@pytest.fixture
def say(talk: Talk) -> Say:
    """`[answer] = await say("临江大桥什么时候通车")`, in the private chat of `talk.me`."""
    return talk.say


@pytest.fixture(scope="session")
def newspaper_data(archive: "Corpus", archive_settings: "Settings") -> Path:
    """A DATA_DIR in which `newspaper_folder` is indexed; to be copied."""
    return archive_settings.data_dir


@pytest_asyncio.fixture
async def baotong(
    telegram: BotApiServer, newspaper_folder: Path, newspaper_data: Path, tmp_path: Path
) -> AsyncIterator[StartBot]:
    """Start the bot as a process; in the end it is killed and its log searched for token and tracebacks.

    Over the usual archive it starts with that indexed, unless the test does not even wait until it is up.
    """
    processes: list[BotProcess] = []

    async def start(
        *,
        archive: Path | None = None,
        wait: float = 40.0,
        program: tuple[str, ...] | None = None,
        **environment: object,
    ) -> BotProcess:
        folder = tmp_path / f"bot-{len(processes)}"
        usual = {"SITE_URL": SITE, "PERMALINK": ":year/:month/:day/:title/"}
        process = BotProcess(telegram, folder, archive or newspaper_folder, **{**usual, **environment})
        process.program = program or process.program
        processes.append(process)
        if archive is None and wait:
            shutil.copytree(newspaper_data, process.data_dir)
        return await process.start(wait=wait)

    try:
        yield start
    finally:
        for process in processes:
            await process.kill()
    for process in processes:
        process.check_log()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Write chats as readable text into the folder named by TRANSCRIPTS; without it, do nothing.

    `tell(chat, other_chat)` makes one file, named after the test.
    """
    folder = os.environ.get("TRANSCRIPTS")

    def write(*chats: Chat) -> None:
        if folder:
            transcript(Path(folder) / f"{request.node.name}.txt", chats, f"# {request.node.name}")

    return write
