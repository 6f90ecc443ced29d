"""`baotong chat`: the same application, typed at and shown on one's own screen."""

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.cli.chat import chat
from bot.cli.chat.memory_api import READER_ID, InMemoryBotApi, Sent, Toast
from bot.cli.chat.screen import Screen
from bot.settings import Settings
from bot.storage.database import State
from bot.wording.i18n import Language
from corpus import Corpus, CorpusOptions
from tests.botapi.harness import PROJECT
from tests.newspaper import Story, write_newspaper

Talk = Callable[..., str]


@pytest.fixture
def converse(archive_settings: Settings, archive: Corpus) -> Talk:
    """Type lines and return what the screen shows."""

    def run(
        *lines: str,
        settings: Settings = archive_settings,
        corpus: Corpus = archive,
        locale: str = "zh_CN.UTF-8",
        terminal: bool = False,
    ) -> str:
        output = io.StringIO()
        console = Console(file=output, width=80, highlight=False, force_terminal=terminal)
        typed = io.StringIO("\n".join(lines))
        with State.in_memory() as state:
            assert chat(settings, corpus, state, lines=typed, console=console, locale=locale) == 0
        return output.getvalue()

    return run


def test_a_question_from_a_pipe_is_answered_with_the_answer_in_brackets(converse: Talk) -> None:
    shown = converse("临江大桥什么时候通车")
    assert shown.startswith(
        "您 › 临江大桥什么时候通车\n【临江大桥十月一日零时通车（https://paper.example.com/2026/bridge?id=1&page=2）】"
    )
    assert "【临江大桥将于2026年10月1日零时正式通车。】" in shown
    assert "\x1b" not in shown


def test_on_a_terminal_links_can_be_clicked_and_the_answer_is_bold(converse: Talk) -> None:
    shown = converse("临江大桥什么时候通车", terminal=True)
    assert "\x1b]8;" in shown
    assert "https://paper.example.com/2026/bridge?id=1&page=2" in shown
    assert "\x1b[1m临江大桥将于2026年10月1日零时正式通车。" in shown
    assert "【" not in shown


def test_a_number_presses_the_button_that_bears_it(converse: Talk) -> None:
    shown = converse("地铁什么时候延长", "1")
    assert " 1  读全文" in shown
    reading = shown.partition("您 › 1\n")[2]
    assert "返回结果" in reading


@pytest.mark.parametrize("number", ["0", "99", "999"])
def test_a_number_that_names_nothing_of_the_list_is_told_which_there_are(converse: Talk, number: str) -> None:
    shown = converse("地铁", number).partition(f"您 › {number}\n")[2]
    last = max(map(int, _choices(converse("地铁")).values()))
    assert shown == f"没有编号 {number}，现在可选 1–{last}。想查这个数字，请写成一句话。\n"


def test_a_number_before_any_list_is_a_message(converse: Talk) -> None:
    assert "没有编号" not in converse("88")


def test_from_a_pipe_addresses_can_be_read(tmp_path: Path) -> None:
    address = "https://example.org/%e5%a4%a7%e6%a1%a5%ef%bc%9f/"
    story = Story("大桥通车", "城市", "晚报", "2026-09-20 08:00:00", ("大桥今天通车。",), source=address)
    archive = write_newspaper(tmp_path / "archive", (story,))
    settings = Settings.load(None, data_dir=tmp_path / "data", corpus_dir=archive)
    with Corpus.open(settings.corpus_options()) as corpus, State.in_memory() as state:
        corpus.update(workers=0)
        output = io.StringIO()
        console = Console(file=output, width=80, highlight=False)
        chat(settings, corpus, state, lines=io.StringIO("大桥什么时候通车"), console=console, locale="C")
    assert "（https://example.org/大桥%ef%bc%9f/）" in output.getvalue()


def test_a_number_without_a_button_is_a_message(converse: Talk) -> None:
    shown = converse("2022")
    assert "您 › 2022" in shown
    assert len(shown.splitlines()) > 2


def test_votes_are_not_offered_where_none_are_kept(converse: Talk) -> None:
    choices = _choices(converse("地铁什么时候延长"))
    assert "分享" in choices
    assert not any("👍" in label or "👎" in label for label in choices)


def test_a_toast_is_shown() -> None:
    api = InMemoryBotApi()
    output = io.StringIO()
    api._answerCallbackQuery({"text": "已记下"})
    [toast] = api.take_events()
    Screen(Console(file=output, width=80), Language.HANS).show(toast)
    assert output.getvalue() == "（已记下）\n"


def test_links_back_to_the_bot_are_followed_by_number_or_by_pasting(
    converse: Talk, newspaper_folder: Path, tmp_path: Path
) -> None:
    question = "地铁票价听证会什么时候举行"
    with Corpus.open(CorpusOptions(newspaper_folder, tmp_path)) as homeless:
        homeless.update(workers=0)
        shown = converse(question, corpus=homeless)
        [number] = re.findall(r"【地铁票价听证会下周举行 \[(\d+)\]】", shown)
        followed = converse(question, number, corpus=homeless)
        assert "二十五名代表参加" in followed.rpartition("您 › ")[2]
        shared = converse(question, _choices(shown)["分享"], corpus=homeless)
        link = next(word for word in shared.split() if word.startswith("https://t.me/your_bot?start=a_"))
        assert "二十五名代表参加" in converse(link, corpus=homeless)


def _choices(shown: str) -> dict[str, str]:
    """Label → number, of everything that a number stands for."""
    return {label.strip(): number for number, label in re.findall(r" (\d+)  (.+?)(?=    |\n)", shown)}


@pytest.mark.parametrize("leaving", ["/quit", "/exit"])
def test_quit_leaves_at_once(converse: Talk, leaving: str) -> None:
    assert converse(leaving, "临江大桥什么时候通车") == f"您 › {leaving}\n"


def test_blank_lines_are_passed_over(converse: Talk) -> None:
    assert converse("", "  ") == "您 › \n您 › \n"


def test_words_follow_the_locale(converse: Talk) -> None:
    assert converse("/help", locale="en_US.UTF-8").startswith("you › /help")
    assert "您" in converse("/help", locale="C")
    assert "訂閱" in converse("/help", locale="zh_TW.UTF-8")


def test_a_private_archive_lets_its_operator_in(converse: Talk, archive_settings: Settings) -> None:
    private = archive_settings.model_copy(update={"allowed_ids": frozenset({77})})
    assert "通车" in converse("临江大桥什么时候通车", settings=private)


def test_every_kind_of_odd_line_is_survived(converse: Talk) -> None:
    odd = [
        "\x1b[2J",
        "/start ../../x",
        "/nothing",
        "-h",
        '"',
        "\u202e字",
        "0" * 5000,
        "<b>",
        "/latest 分类 99999999999",
    ]
    assert "\x1b" not in converse(*odd)


# --- the small Bot API


async def call(api: InMemoryBotApi, method: str, **parameters: object) -> tuple[int, dict[str, object]]:
    data = RequestData([RequestParameter.from_input(name, value) for name, value in parameters.items()])
    status, body = await api.do_request(f"https://api.telegram.org/bot0:offline/{method}", "POST", data)
    return status, json.loads(body)


async def test_what_is_sent_and_edited_is_fetched_once_as_it_looks_then() -> None:
    api = InMemoryBotApi()
    _, sent = await call(api, "sendMessage", chat_id=READER_ID, text="一")
    message_id = sent["result"]["message_id"]  # type: ignore[index]
    await call(api, "editMessageText", chat_id=READER_ID, message_id=message_id, text="二")
    await call(api, "answerCallbackQuery", callback_query_id="1", text="好")
    assert api.take_events() == [Sent(message_id, "二", []), Toast("好")]
    assert api.take_events() == []


async def test_other_chats_and_missing_messages_are_refused() -> None:
    api = InMemoryBotApi()
    assert (await call(api, "sendMessage", chat_id=77, text="一"))[0] == 400
    assert (await call(api, "editMessageText", chat_id=READER_ID, message_id=99, text="二"))[0] == 400


async def test_calls_without_a_meaning_here_succeed() -> None:
    api = InMemoryBotApi()
    assert await call(api, "sendChatAction", chat_id=READER_ID, action="typing") == (
        200,
        {"ok": True, "result": True},
    )


def test_pictures_and_buttons_of_other_kinds_are_named() -> None:
    output = io.StringIO()
    screen = Screen(Console(file=output, width=80), Language.HANS)
    buttons: list[list[dict[str, object]]] = [
        [{"text": "原文", "url": "https://example.org/"}],
        [{"text": "复制", "copy_text": {"text": "引文"}}, {"text": "转发", "switch_inline_query": "x"}],
    ]
    screen.show(Sent(1, "<i>图</i>", buttons, "https://example.org/a.jpg"))
    assert output.getvalue().splitlines() == [
        "图",
        "[图片] https://example.org/a.jpg",
        "",
        " 1  原文",
        " 2  复制    3  转发",
        "",
    ]
    notes = [choice.note for number in "123" if (choice := screen.choice(number))]
    assert notes == ["https://example.org/", "引文", "这个按钮只在 Telegram 里有用。"]
    assert screen.choice("2022") is None


# --- a real terminal


def test_a_person_at_a_terminal_is_greeted_answered_and_let_go(
    archive_settings: Settings, archive: Corpus, tmp_path: Path
) -> None:
    keyboard, terminal = pty.openpty()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(PROJECT),
        "TERM": "xterm-256color",
        "LANG": "zh_CN.UTF-8",
        "PYTHONUTF8": "1",
        "COLUMNS": "80",
        "CORPUS_DIR": str(archive_settings.corpus_dir),
        "DATA_DIR": str(archive_settings.data_dir),
    }
    command = [sys.executable, "-m", "bot", "chat"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=terminal, stdout=terminal, stderr=subprocess.DEVNULL
    ) as process:
        os.close(terminal)
        try:
            assert "/quit 离开" in _read_until(keyboard, "可以这样问")
            os.write(keyboard, "临江大桥什么时候通车\n".encode())
            assert "\x1b]8;" in _read_until(keyboard, "读全文")
            os.write(keyboard, b"\x04")
            assert "再见" in _read_until(keyboard, "再见", prompt="\n")
            assert process.wait(10) == 0
        finally:
            process.kill()
    os.close(keyboard)


def _read_until(keyboard: int, words: str, *, prompt: str = "您 › ") -> str:
    """What the terminal shows up to these words and the prompt behind them: then it listens again."""
    shown = b""
    deadline = time.monotonic() + 120
    while prompt not in shown.decode(errors="replace").partition(words)[2]:
        if time.monotonic() > deadline:
            raise AssertionError(f"{words} never came, but:\n{shown.decode(errors='replace')}")
        if select.select([keyboard], [], [], 0.2)[0]:
            try:
                shown += os.read(keyboard, 65_536)
            except OSError:  # the other side is closed
                break
    return shown.decode(errors="replace")
