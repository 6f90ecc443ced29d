"""Many subscriptions and many new articles: everybody is told once, and nobody waits for it."""

import time
from collections import Counter
from pathlib import Path

import pytest

from bot.storage import subscriptions
from bot.storage.database import State
from corpus import Corpus, CorpusOptions
from corpus.models import Filters
from tests.botapi import BotApiServer, Chat
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import ANSWER, Crowd, until
from tests.newspaper import write_newspaper

WORDS = ("新闻", "发布会", "记者", "现场", "市民", "关注", "情况", "号快讯", "本台", "今天")


def subscribe(data_dir: Path, chats: list[Chat]) -> None:
    """Let chats subscribe to all words, as if they had long ago."""
    with Corpus.open(CorpusOptions(folder=None, data_dir=data_dir)) as corpus:
        cursor = corpus.last_number()
    with State.open(data_dir / "bot.sqlite3") as state, state.transaction() as connection:
        for chat in chats:
            for word in WORDS:
                subscriptions.add(
                    connection,
                    chat_id=chat.id,
                    thread_id=None,
                    question=word,
                    filters=Filters(),
                    user_id=chat.id,
                    language="zh-Hans",
                    cursor=cursor,
                    now=state.now(),
                )


def publish(archive: Path, count: int) -> None:
    """Write posts of one pattern, all at once."""
    (archive / "快讯").mkdir()
    for number in range(count):
        body = f"本台今天第{number}号快讯：新闻发布会上公布了有关情况，记者在现场了解到，市民表示关注。" * 6
        text = f"---\ntitle: 第{number}号快讯\nauthor: 晚报\ndate: 2026-09-20 08:00:00\n---\n<p>{body}</p>\n"
        (archive / "快讯" / f"{number}.md").write_text(text, encoding="utf-8")


@pytest.mark.fault(10, 21, 28)
@pytest.mark.slow
async def test_a_stop_amid_many_pushes_is_quick_and_afterwards_everybody_was_told_of_each_article_once(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    archive = write_newspaper(tmp_path / "archive")
    bot = await baotong(archive=archive, wait=40.0)
    await bot.stop()
    people = [telegram.person(f"订户{number}") for number in range(12)]
    chats = [telegram.private(person, started=True) for person in people]
    subscribe(bot.data_dir, chats)
    await bot.start()
    crowd = Crowd(telegram, 1)
    publish(archive, 300)
    await until(lambda: any(chat.answers for chat in chats), within=60)
    crowd.ask(0)
    await crowd.answered(within=10, bot=bot)
    assert ANSWER in crowd.chats[0].answers[-1].text
    started = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - started < 10
    await bot.start()
    await until(lambda: all(chat.answers for chat in chats), within=60)
    for chat in chats:
        named = Counter(link.text for message in chat.answers for link in message.links)
        assert set(named.values()) == {1}
    assert (crowd.lost(), crowd.doubled()) == (0, 0)
