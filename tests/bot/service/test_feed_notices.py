"""What operators are told of feeds, and what subscribers are not."""

from datetime import UTC, datetime
from typing import Any

from bot.service.deliveries import NewArticles
from bot.service.feed_notices import FeedNotices
from bot.settings import Settings
from corpus import Corpus
from corpus.sources import Notice, RoundReport

SINCE = datetime(2026, 11, 29, 6, tzinfo=UTC)


class Chat:
    """Stands for the application: it keeps what is sent."""

    def __init__(self, chat: int | None) -> None:
        self.bot_data = self
        self.bot = self
        self.settings = Settings.load(None, error_chat_id=chat)
        self.sent: list[str] = []

    async def send_message(self, _: int, text: str, **__: object) -> None:
        self.sent.append(text)


def report(*notices: Notice, disk: str | None = None) -> RoundReport:
    return RoundReport(1, 0, 0, (), 0, 0, 1.0, disk, notices)


def tell(chat: Chat) -> Any:
    return FeedNotices(chat)  # type: ignore[arg-type]


async def test_notices_go_into_one_message() -> None:
    chat = Chat(7)
    await tell(chat)(report(Notice("failing", "虎嗅", "403: 拒绝", SINCE), Notice("back", "城南日报")))
    [text] = chat.sent
    assert "《虎嗅》自2026年11月29日起抓不到：403" in text
    assert "《城南日报》恢复了" in text


async def test_nothing_to_tell_is_not_told() -> None:
    for chat in (Chat(7), Chat(None)):
        await tell(chat)(report())
    await tell(Chat(None))(report(Notice("back", "城南日报")))
    assert chat.sent == []


async def test_a_full_disk_is_told_once() -> None:
    chat = Chat(7)
    notices = tell(chat)
    for _ in range(3):
        await notices(report(disk="/posts cannot be written: No space left on device"))
    await notices(report())
    await notices(report(disk="full again"))
    assert len(chat.sent) == 2
    assert "No space left" in chat.sent[0]


def test_subscribers_do_not_get_what_is_withheld(newspaper: Corpus) -> None:
    last = newspaper.last_number()
    every = NewArticles(newspaper, last, 0, lambda: None)
    held = next(iter(every._articles.values())).path
    some = NewArticles(
        newspaper, last, 0, lambda: None, withheld=lambda paths: frozenset({held} & set(paths))
    )
    assert len(some._articles) == len(every._articles) - 1
    assert held not in {article.path for article in some._articles.values()}
