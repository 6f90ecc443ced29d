"""A noisy group: of an hour with 3,000 messages of 200 people and two other bots, 120 are for the bot."""

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.botapi.fixtures import StartBot
from tests.botapi.formatting import Entity
from tests.botapi.messages import Message
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer
from tests.botapi.values import Topic

MESSAGES_A_QUESTION = 25
SECONDS_A_MESSAGE = 1.2
PEOPLE = 200

ASKED = (
    *(
        "临江大桥什么时候通车",
        "地铁票价听证会什么时候举行",
        "图书馆周几延长开放",
        "头茬茶收购均价",
        "地铁广告收入",
    ),
    *("今天有什么新闻", "火星上有多少猫", "地铁", "你好", "最新", "有哪些分类", "古井在哪里发现"),
)
CHATTER = (
    *("哈哈", "真的吗？", "临江大桥什么时候通车", "最新", "还有吗", "详细点", "2", "谢谢报童", "报童在吗"),
    *(
        "baotong_bot 这个机器人好用吗",
        "写信到 news@baotong_bot.org 吧",
        "https://example.org/p/1?a=@baotong_bot",
    ),
    *("@lisi 你怎么看", "😀😀", "有人知道地铁几点关门吗", "/", "／ask 桥", "/问 桥", "1+1=2", "设置", "退订"),
)
OTHER_COMMANDS = (
    "/roll",
    "/roll 2d6",
    "/weather@weather_bot 临江",
    "/ask@weather_bot 桥",
    "/start@dice_bot",
    "/ban",
)
BOT_POSTS = (
    "🎲 4",
    "@baotong_bot 临江大桥什么时候通车",
    "/ask@baotong_bot 地铁",
    "/latest",
    "临江：晴，21 度",
)


@dataclass
class Noise:
    """Writes what is not for the bot; each call writes one message, an album several."""

    telegram: BotApiServer
    chance: random.Random
    group: Chat
    people: list[Person]
    bots: list[Person]
    channel: Chat
    topics: list[Topic | None]

    def __post_init__(self) -> None:
        self.said: list[tuple[Person, Message]] = []
        self.questions: list[Message] = []
        self.ways: list[Callable[[float], int]] = [
            *[self._chat] * 24,
            *[self._reply] * 5,
            *[self._command] * 8,
            *[self._bot_posts] * 5,
            *[self._talks_about_an_answer] * 2,
            self._forward,
            self._album,
            self._picture,
            self._sticker,
            self._comes_and_goes,
            self._post_of_the_channel,
        ]

    def write(self, sent: float) -> int:
        """Write something; now and then somebody edits or reacts too. Returns how many messages that were."""
        self._edit_or_react()
        return self.chance.choice(self.ways)(sent)

    def _say(self, person: Person, text: str, sent: float, **options: object) -> int:
        topic = self.chance.choice(self.topics) if "reply_to" not in options else None
        message = person.say(self.group, text, sent=sent, topic=topic, **options)  # type: ignore[arg-type]
        self.said.append((person, message))
        return 1

    def _chat(self, sent: float) -> int:
        return self._say(self.chance.choice(self.people), self.chance.choice(CHATTER), sent)

    def _reply(self, sent: float) -> int:
        if not self.said:
            return 0
        person, other = self.chance.choice(self.people), self.chance.choice(self.said)[1]
        return self._say(person, self.chance.choice(CHATTER[:9]), sent, reply_to=other)

    def _command(self, sent: float) -> int:
        return self._say(self.chance.choice(self.people), self.chance.choice(OTHER_COMMANDS), sent)

    def _bot_posts(self, sent: float) -> int:
        bot, post = self.chance.choice(self.bots), self.chance.choice(BOT_POSTS)
        answers = self.group.answers
        if answers and self.chance.random() < 0.3:
            return self._say(bot, "还有吗", sent, reply_to=answers[-1])
        return self._say(bot, post, sent)

    def _talks_about_an_answer(self, sent: float) -> int:
        answers = self.group.answers
        if not answers:
            return 0
        # Nobody edits this one: without the name it would be meant for the bot.
        person = self.chance.choice(self.people)
        person.say(self.group, "@lisi 你看，还有吗", sent=sent, reply_to=answers[-1])
        return 1

    def _forward(self, sent: float) -> int:
        words = self.chance.choice(("@baotong_bot 地铁", "/ask@baotong_bot 地铁", "还有吗"))
        return self._say(self.chance.choice(self.people), words, sent, forwarded=True)

    def _album(self, sent: float) -> int:
        del sent
        captions = self.chance.choice((("", "", ""), ("昨天的江边", "", "", ""), ("@lisi 看", "")))
        return len(self.chance.choice(self.people).send_album(self.group, *captions))

    def _picture(self, sent: float) -> int:
        del sent
        self.chance.choice(self.people).send_photo(self.group, self.chance.choice(CHATTER[:9]))
        return 1

    def _sticker(self, sent: float) -> int:
        del sent
        self.chance.choice(self.people).send_sticker(self.group)
        return 1

    def _comes_and_goes(self, sent: float) -> int:
        del sent
        person = self.telegram.person("过客")
        person.join(self.group)
        person.leave(self.group)
        return 2

    def _post_of_the_channel(self, sent: float) -> int:
        del sent
        self.group.forward_post(self.channel, self.channel.post("@baotong_bot 临江大桥什么时候通车"))
        return 1

    def _edit_or_react(self) -> None:
        dice = self.chance.random()
        if dice < 0.05 and self.said:
            person, message = self.chance.choice(self.said[-50:])
            person.edit(message, self.chance.choice(CHATTER))
        elif dice < 0.09 and self.said:
            person, message = self.chance.choice(self.said)
            person.touch(message)
        elif dice < 0.12 and self.questions:
            self.people[0].touch(self.chance.choice(self.questions))


class Asking:
    """Asks the bot, in all ways in turn."""

    def __init__(self, noise: Noise, admin: Person, editor: Person) -> None:
        self._noise = noise
        self._admin = admin
        self._editor = editor
        self._paper = noise.telegram.channel("晨报频道")

    def ask(self, number: int, sent: float) -> Message:
        """Ask a question and return its message."""
        noise, group = self._noise, self._noise.group
        words, person = ASKED[number % len(ASKED)], noise.people[number % PEOPLE]
        topic = noise.topics[number % len(noise.topics)]
        match number % 10:
            case 0:
                return person.say(group, f"@baotong_bot {words}", sent=sent, topic=topic)
            case 1:
                return person.say(group, f"{words} @BAOTONG_bot", sent=sent, topic=topic)
            case 2:
                return person.say(group, f"/ask@baotong_bot {words}", sent=sent, topic=topic)
            case 3:
                return person.say(group, f"/ask {words}", sent=sent, topic=topic)
            case 4:
                return person.say(group, "还有吗", sent=sent, reply_to=group.answers[-1])
            case 5:
                other = noise.people[(number + 7) % PEOPLE].say(group, words, sent=sent, topic=topic)
                return person.say(group, "@baotong_bot", sent=sent, reply_to=other)
            case 6:
                return self._admin.say(group, f"@baotong_bot {words}", sent=sent, topic=topic)
            case 7:
                return self._editor.say(group, f"@baotong_bot {words}", sent=sent, as_channel=self._paper)
            case 8:
                return person.say(group, "/latest@baotong_bot", sent=sent, topic=topic)
            case _:
                name = Entity("text_mention", 0, 2, user=noise.telegram.bot.as_user())
                return person.say(group, f"报童 {words}", sent=sent, topic=topic, entities=[name])


@pytest.mark.parametrize(
    "questions", [pytest.param(20, id="10 minutes"), pytest.param(120, id="an hour", marks=pytest.mark.slow)]
)
async def test_what_is_for_the_bot_gets_one_answer_and_everything_else_nothing(
    telegram: BotApiServer, baotong: StartBot, questions: int
) -> None:
    telegram.configure(reads_all=True, hears_bots=True)
    chance = random.Random(18)
    people = [telegram.person(f"群友{number}") for number in range(PEOPLE)]
    admin, editor = telegram.person("群主"), telegram.person("编辑")
    bots = [telegram.other_bot("骰子", "dice_bot"), telegram.other_bot("天气", "weather_bot")]
    group = telegram.forum("闲聊群", admin, editor, *people, *bots)
    admin.promote(group, anonymous=True)
    topics = [None, group.topic("城市", by=editor), group.topic("交通", by=editor)]
    bot = await baotong(program=("-m", "tests.e2e.unpaced", "run"))
    noise = Noise(telegram, chance, group, people, bots, telegram.channel("晨报"), topics)
    asking = Asking(noise, admin, editor)

    asked: list[Message] = []
    messages, written = questions * MESSAGES_A_QUESTION, 0
    began = time.time() - messages * SECONDS_A_MESSAGE
    while written < messages:
        sent = began + written * SECONDS_A_MESSAGE
        if written < len(asked) * MESSAGES_A_QUESTION:
            written += noise.write(sent)
            continue
        question = asking.ask(len(asked), sent)
        answer = await group.next_answer()
        replied = group.state.stored[answer.reply_to].view() if answer.reply_to else None
        where = f"asked {question.text!r}, replied to {replied}: {answer}"
        assert (answer.reply_to, answer.topic) == (question.id, question.topic), where
        asked.append(question)
        noise.questions.append(question)
        written += 1
    await telegram.updates.emptied()
    await group.silence(1)

    assert len(asked) == questions
    assert len(group.answers) == questions
    assert not group.new_edits()
    ends, stored = _inbox(bot.data_dir)
    assert ends["answered"] == questions
    assert ends["quiet"] > messages - questions
    assert set(ends) == {"answered", "quiet", "unchanged"}  # nobody was over a limit
    assert stored == 0  # nothing that anybody said is kept


def _inbox(data_dir: Path) -> tuple[dict[str, int], int]:
    """How many updates came to which end, and of how many the content is stored."""
    with closing(sqlite3.connect(f"{(data_dir / 'bot.sqlite3').as_uri()}?mode=ro", uri=True)) as connection:
        ends = dict(connection.execute("SELECT outcome, count(*) FROM inbox GROUP BY outcome"))
        (stored,) = connection.execute("SELECT count(*) FROM inbox WHERE body IS NOT NULL").fetchone()
    return ends, stored
