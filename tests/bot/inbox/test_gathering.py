"""Pieces of one message become one: albums, texts that a client has cut, bursts of forwards."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox import gathering
from bot.inbox.addressing import BotIdentity
from bot.inbox.envelope import Envelope, read_envelope
from bot.inbox.gathering import Bursts, Piece, belongs_to, join, piece_of
from bot.inbox.limits import Allowance, Limits
from tests.bot.inbox.test_inbox import Bot, Open, clock, message, opened, outcomes, path

__all__ = ["clock", "opened", "path"]  # fixtures

Update = dict[str, Any]
ORIGIN = {"type": "hidden_user", "sender_user_name": "某人"}


def forward(update_id: int, text: str = "转来的", **place: Any) -> Update:
    update = message(update_id, text, **place)
    update["message"]["forward_origin"] = ORIGIN
    return update


def picture(update_id: int, caption: str = "", *, album: str = "a", **place: Any) -> Update:
    update = message(update_id, **place)
    del update["message"]["text"]
    update["message"] |= {"photo": [{"file_id": "1"}], "media_group_id": album}
    if caption:
        update["message"]["caption"] = caption
    return update


def envelope(update: Update) -> Envelope:
    found = read_envelope(update, BotIdentity(99, "baotong_bot"))
    assert found is not None
    return found


LONG = "字" * 4_096


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        pytest.param(message(1, "问题"), None, id="a question waits for nothing"),
        pytest.param(message(1, "字" * 3_999), None, id="a long one neither"),
        pytest.param(message(1, LONG), Piece.LONG_TEXT, id="cut off"),
        pytest.param(message(1, "😀" * 2_000), Piece.LONG_TEXT, id="counted as clients count"),
        pytest.param(forward(1), Piece.FORWARDS, id="forward"),
        pytest.param(picture(1), Piece.ALBUM, id="album"),
        pytest.param(picture(1, chat=-5), None, id="an album in a group that is not for the bot"),
        pytest.param(
            message(1, f"@baotong_bot {LONG[20:]}", chat=-5), Piece.LONG_TEXT, id="mention in a group"
        ),
        pytest.param({"update_id": 1, "message": None}, None, id="junk"),
        pytest.param({"update_id": 1, "edited_message": forward(1)["message"]}, None, id="an edit"),
    ],
)
def test_what_may_have_further_pieces_is_recognised(update: Update, expected: Piece | None) -> None:
    assert piece_of(envelope(update), update) is expected


@pytest.mark.parametrize(
    ("before", "update", "expected"),
    [
        pytest.param(message(1, LONG), message(2, "尾巴"), True, id="tail"),
        pytest.param(message(1, "尾巴"), message(2, "问题"), False, id="what follows the tail"),
        pytest.param(message(1, LONG), message(2, "尾巴", person=8, chat=-5), False, id="another person's"),
        pytest.param(message(1, LONG), forward(2), False, id="a forward is no tail"),
        pytest.param(message(1, LONG), picture(2, "图"), False, id="nor a picture"),
        pytest.param(forward(1), forward(2), True, id="forwards"),
        pytest.param(forward(1), message(2, "这是真的吗"), False, id="words after forwards"),
        pytest.param(picture(1), picture(2), True, id="one album"),
        pytest.param(picture(1), picture(2, album="b"), False, id="the next album"),
    ],
)
def test_only_what_its_sender_sent_with_it_belongs_to_a_piece(
    before: Update, update: Update, expected: bool
) -> None:
    piece = piece_of(envelope(before), before) or Piece.LONG_TEXT
    assert belongs_to(piece, before, update) is expected


def test_a_command_after_a_long_text_is_no_tail() -> None:
    command = message(2, "/latest")
    command["message"]["entities"] = [{"type": "bot_command", "offset": 0, "length": 7}]
    assert not belongs_to(Piece.LONG_TEXT, message(1, LONG), command)


def test_a_word_that_was_cut_is_whole_again_and_lines_stay_lines() -> None:
    assert join([message(1, LONG), message(2, "尾")])["message"]["text"] == f"{LONG}尾"
    assert join([forward(1, "一"), forward(2, "二")])["message"]["text"] == "一\n二"
    assert join([picture(1), picture(2, "图说")])["message"]["caption"] == "图说"
    assert "caption" not in join([picture(1), picture(2)])["message"]
    assert len(join([forward(n, LONG) for n in range(20)])["message"]["text"]) == gathering.MAX_JOINED_CHARS


texts = st.text(alphabet="字a😀 \n", max_size=12)


@given(st.lists(st.tuples(texts, st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=5))
def test_formatting_covers_the_same_words_after_joining(pieces: list[tuple[str, int, int]]) -> None:
    def units(text: str, start: int, length: int) -> bytes:
        return text.encode("utf-16-le")[2 * start : 2 * (start + length)]

    updates, marked = [], []
    for number, (text, start, length) in enumerate(pieces):
        update = forward(number, text)
        size = len(text.encode("utf-16-le")) // 2
        if start + length <= size and text:
            update["message"]["entities"] = [{"type": "bold", "offset": start, "length": length}]
            marked.append(units(text, start, length))
        updates.append(update)
    result = join(updates)["message"]
    found = result.get("entities", [])
    assert [units(result["text"], mark["offset"], mark["length"]) for mark in found] == marked
    assert [text for text, _, _ in pieces if text not in result["text"]] == []


async def test_pieces_are_handled_as_one_update_and_all_are_marked(
    opened: Open, path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "GATHER_SECONDS", 60)
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([picture(1, "问题"), picture(2)])
        await asyncio.sleep(0.3)
        monkeypatch.setattr(gathering, "GATHER_SECONDS", 0)
        await inbox.accept([picture(3)])
        await bot.until(lambda: inbox.depth == 0)
        assert bot.answered == [1]
        await bot.until(lambda: outcomes(path) == {1: "answered", 2: "joined", 3: "joined"})


async def test_anything_else_ends_the_wait_at_once_and_nothing_is_lost(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "GATHER_SECONDS", 600)
    monkeypatch.setattr(gathering, "MAX_GATHER_SECONDS", 600)
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([forward(1), forward(2)])
        await inbox.accept([message(3, "这是真的吗")])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1, 3]


async def test_a_stream_of_pieces_is_answered_after_a_while(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "GATHER_SECONDS", 600)
    monkeypatch.setattr(gathering, "MAX_GATHER_SECONDS", 0.3)
    bot = Bot()
    async with opened(bot) as inbox:
        async with asyncio.timeout(60):
            for number in itertools.count(1):
                await inbox.accept([forward(number)])
                await asyncio.sleep(0.02)
                if bot.answered:
                    break
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered[0] == 1
    assert number > 1


async def test_pieces_that_a_restart_finds_are_still_one(opened: Open, path: Any) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([forward(1), forward(2), forward(3)])
        await bot.until(lambda: bot.handled == [1])
    bot.hold.clear()
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1]
    assert outcomes(path) == {1: "answered", 2: "joined", 3: "joined"}


def test_one_message_counts_as_one_against_the_limits() -> None:
    bursts, limits = Bursts(), Limits(person=Allowance(burst=2, per_minute=0.001))
    counted = [
        envelope(update)
        for number in range(1, 21)
        if not bursts.goes_on(envelope(update := forward(number)), update, 100.0 + number * 0.01)
    ]
    assert [one.update_id for one in counted] == [1]
    assert not bursts.goes_on(envelope(message(21)), message(21), 100.3)
    assert not bursts.goes_on(envelope(forward(22)), forward(22), 100.4)  # a burst of its own
    assert not bursts.goes_on(envelope(forward(23)), forward(23), 110.0)  # much later
    assert [limits.judge(one, 0.0).value for one in counted] == ["accept"]


async def test_the_tail_of_a_text_that_was_cut_in_a_group_belongs_to_it(opened: Open, path: Any) -> None:
    bot = Bot()
    question, tail = f"@baotong_bot {LONG[20:]}", "所以大桥几号通车"
    group = {"chat": -5}
    async with opened(bot) as inbox:
        await inbox.accept(
            [
                message(1, question, **group),
                message(2, "好长", person=8, **group),
                message(3, tail, **group),
                message(4, "/roll", **group),
            ]
        )
        await bot.until(lambda: inbox.depth == 0)
        assert bot.answered == [1]
        await bot.until(lambda: outcomes(path) == {1: "answered", 2: "quiet", 3: "joined", 4: "quiet"})


def test_chatter_of_a_group_ends_no_burst_and_begins_none() -> None:
    bursts, group = Bursts(), {"chat": -5}
    updates = [
        (message(1, LONG, **group), 100.0, False),
        (message(2, "无关的尾巴", **group), 100.1, False),
        (message(3, f"@baotong_bot {LONG[20:]}", **group), 100.2, False),
        (message(4, "好长", person=8, **group), 100.3, False),
        (message(5, LONG, **group), 100.4, True),
        (message(6, "尾巴", **group), 100.5, True),
        (message(7, "再说一句", **group), 102.0, False),
    ]
    for update, now, expected in updates:
        assert bursts.goes_on(envelope(update), update, now) is expected
