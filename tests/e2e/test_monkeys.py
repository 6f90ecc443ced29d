"""People who press, type and edit at random: nothing they do may be refused, leak, or go unanswered."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from telegram.request import HTTPXRequest

from bot.service.application import build_application
from bot.settings import Settings
from bot.storage.database import State
from corpus import Corpus, CorpusOptions
from tests.botapi.harness import Talk
from tests.botapi.journal import Call
from tests.botapi.messages import Message
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer
from tests.newspaper import SITE, STORIES, Story, write_newspaper

HOSTILE = (
    Story(
        "<b>粗</b> & </a>「标题」",
        "类<i>",
        "报社&",
        "2026-09-02 12:00:00",
        ("正文有 <u> 与 &amp; 和 地铁 二字。",),
    ),
    Story("无日期的文章 _*[x](y)*_", "类<i>", "报社&", None, ("地铁 {page} %s `code` 反引号。",)),
    Story(
        "超长" + "标题" * 36,
        "城市",
        "临江晚报",
        "2026-08-01 12:00:00",
        ("地铁" + "很长的句子，" * 700 + "完。",),
    ),
    Story(
        "表情 😀👨‍👩‍👧𠮷", "城市", "临江晚报", "2026-08-02 12:00:00", ("地铁里的 😀 表情 👨‍👩‍👧 和 𠮷 字。",)
    ),
)
WORDS = (
    "地铁",
    "临江大桥什么时候通车",
    "分类:城市 地铁",
    '"流动图书馆"',
    "还有吗",
    "那去年呢",
    "谁说的",
    "😀",
    "<b>粗</b>",
    "火星上有多少猫",
    "-h",
    "从:2026-08-01 到:2026-07-01 地铁",
    "圖書館",
    "ferry ticket",
    "/latest",
    "/latest 城市 3",
    "/latest 类<i>",
    "/category",
    "/category 报社&",
    "/subscribe 地铁 -广告",
    "/subscriptions",
    "/settings",
    "/trend 地铁",
    "/help",
    "/start",
    "/start a_../../x",
    "/ask",
    "/nonsense",
    "/forget",
    "最新",
    "分类",
)


@pytest.fixture(scope="module")
def hostile_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    folder = tmp_path_factory.mktemp("hostile")
    archive = write_newspaper(folder / "archive", STORIES + HOSTILE)
    options = CorpusOptions(archive, folder / "data", site_url=SITE, permalink=":year/:month/:day/:title/")
    with Corpus.open(options) as corpus:
        corpus.update(workers=0)
        yield corpus


class Monkey:
    """Somebody without a plan."""

    def __init__(self, talk: Talk, person: Person, chats: tuple[Chat, ...], chance: random.Random) -> None:
        self._talk = talk
        self._person = person
        self._chats = chats
        self._chance = chance
        self._said: list[Message] = []

    async def act(self) -> str:
        """Do something and return a word for it."""
        chat = self._chance.choice(self._chats)
        deeds: list[Callable[[Chat], object]] = [
            self.type,
            self.press,
            self.press,
            self.press,
            self.edit,
            self.inline,
        ]
        deed = self._chance.choice(deeds)
        done = deed(chat)
        await self._talk.settle()
        return str(done)

    def type(self, chat: Chat) -> str:
        words = self._chance.choice(WORDS)
        group = chat.state.kind != "private"
        answers = chat.answers
        answered = self._chance.choice(answers) if answers and self._chance.random() < 0.3 else None
        if group and answered is None and not words.startswith("/"):
            words = f"@baotong_bot {words}"
        self._said.append(self._person.say(chat, words, reply_to=answered))
        return f"type {words!r}"

    def press(self, chat: Chat) -> str:
        pressable = [
            (message, button) for message in chat.answers for button in message.buttons if button.data
        ]
        if not pressable:
            return self.type(chat)
        message, button = self._chance.choice(pressable)
        data = button.data or ""
        if self._chance.random() < 0.1:
            data = data[: self._chance.randrange(len(data))] + self._chance.choice(["", "9", "-1", ":", "😀"])
        self._person.forge(message, data)
        return f"press [{button.text}] {data!r}"

    def edit(self, chat: Chat) -> str:
        mine = [message for message in self._said if message.chat_id == chat.id]
        if not mine:
            return self.type(chat)
        words = self._chance.choice(WORDS)
        self._person.edit(self._chance.choice(mine), words)
        return f"edit to {words!r}"

    def inline(self, _: Chat) -> str:
        words, offset = self._chance.choice([*WORDS, ""]), self._chance.choice(["", "", "20", "-1", "x"])
        self._person.inline(words, offset)
        return f"inline {words!r} {offset!r}"


def _is_taken_well(call: Call) -> bool:
    """Say whether the bot goes on from a refusal: of what changes nothing, or of a message for one person."""
    reason = call.description or ""
    return "not modified" in reason or "BOT_NOT_ADMIN" in reason


async def _let_loose(telegram: BotApiServer, talk: Talk, seed: int, steps: int) -> None:
    chance = random.Random(seed)
    people = [
        telegram.person("甲"),
        telegram.person("乙<b>", language="en"),
        telegram.person("丙", language="zh-hant"),
    ]
    group = telegram.group("群 <i>&", *people)
    forum = telegram.forum("论坛", *people)
    forum.topic("财经")
    people[1].promote(group, anonymous=True)
    monkeys = [Monkey(talk, person, (telegram.private(person), group, forum), chance) for person in people]
    telegram.journal.allow(
        *(story.title for story in HOSTILE), *(text for story in HOSTILE for text in story.paragraphs)
    )
    telegram.journal.allow("<b>粗</b>", "类<i>", "&amp;", "<u>", "{page}", "乙<b>", "群 <i>&", "<i>", "</a>")
    deeds: list[str] = []
    for _ in range(steps):
        deeds.append(await chance.choice(monkeys).act())
        refused = [call for call in telegram.journal.refused if not _is_taken_well(call)]
        faults = [*map(str, telegram.lints), *map(str, refused)]
        assert not faults, "\n".join([*faults, "after:", *deeds[-8:]])
        assert not talk.errors, "\n".join([repr(talk.errors[0]), "after:", *deeds[-8:]])


@pytest.mark.parametrize(
    ("seed", "steps"), [(1, 120), pytest.param(2, 3_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
async def test_nothing_people_do_at_random_is_refused_leaks_or_goes_unanswered(
    telegram: BotApiServer,
    hostile_archive: Corpus,
    archive_settings: Settings,
    tmp_path: Path,
    seed: int,
    steps: int,
) -> None:
    telegram.configure(reads_all=True)
    telegram.expect_refusals()
    changes = {"bot_token": telegram.token, "telegram_api_base": telegram.url, "data_dir": tmp_path}
    settings = Settings.load(env_file=None, **{**archive_settings.model_dump(exclude_unset=True), **changes})
    request = HTTPXRequest(connection_pool_size=8, httpx_kwargs={"trust_env": False})
    with State.open(settings.state_path) as state:
        application = build_application(settings, hostile_archive, state, request=request)
        async with Talk(telegram, application) as talk:
            await _let_loose(telegram, talk, seed, steps)
