"""Hostile words from authors and askers: shown as they are, refused nowhere, answered at once.

The server refuses and lints as Telegram would; each test ends with its verdict.
"""

import base64
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.service.application import build_application
from bot.settings import Settings
from bot.storage.database import State
from corpus import Corpus
from tests.botapi import BotApiServer, Message
from tests.botapi.harness import Talk
from tests.faults.conftest import percentile
from tests.faults.hostile import write_hostile

HTML_NAME = '<b>名</b> & "字" </a><!--'


@pytest.fixture(scope="module")
def hostile_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    base = tmp_path_factory.mktemp("hostile-talk")
    return Settings.load(None, corpus_dir=write_hostile(base / "posts"), data_dir=base / "data")


@pytest.fixture(scope="module")
def hostile_corpus(hostile_settings: Settings) -> Iterator[Corpus]:
    with Corpus.open(hostile_settings.corpus_options()) as corpus:
        corpus.update(workers=0)
        yield corpus


@pytest_asyncio.fixture
async def hostile(
    telegram: BotApiServer, hostile_settings: Settings, hostile_corpus: Corpus, tmp_path: Path
) -> AsyncIterator[Talk]:
    """The application over the hostile archive."""
    # What looks like markup or Python here is what the articles and people really say.
    telegram.journal.allow("<b>粗体", "</a><!--", "<i>作者", "<u>栏目", "<b>不是粗体</b>", "&amp;")
    # Asked without the quotes, which ask for a phrase: the label of a button is plain text.
    telegram.journal.allow(HTML_NAME, HTML_NAME.replace('"', ""), "['touch pwned']")
    changes = {"bot_token": telegram.token, "telegram_api_base": telegram.url, "data_dir": tmp_path}
    settings = hostile_settings.model_copy(
        update=Settings.load(None, **changes).model_dump(exclude_unset=True)
    )
    with State.open(settings.state_path) as state:
        async with Talk(telegram, build_application(settings, hostile_corpus, state)) as talk:
            yield talk


@pytest.mark.fault(1)
async def test_markup_in_titles_authors_categories_and_names_is_shown_as_it_is(
    telegram: BotApiServer, hostile: Talk
) -> None:
    [answer] = await hostile.say("河蚌研究所发布了什么")
    assert '<b>粗体 & "引号" </a><!-- 标题' in answer.text
    assert "<i>作者 & 合伙人" in answer.text
    await hostile.press(answer, "读全文")
    await hostile.say("/latest 30")
    await hostile.say("/category")
    await hostile.say("/category <u>栏目 & 其他")
    await hostile.say(f"{HTML_NAME} 河蚌")
    someone = telegram.person(HTML_NAME)
    group = telegram.group(HTML_NAME, someone)
    await hostile.say(f"@{telegram.bot.username} {HTML_NAME} 是什么", by=someone, chat=group)


@pytest.mark.fault(2)
async def test_bold_falls_on_whole_characters_beside_emoji(telegram: BotApiServer, hostile: Talk) -> None:
    for question in ("紫藤花开在哪里", "𠮷野家", "😀", "👩‍👩‍👧‍👦", "e\u0301 组合字符", "🇨🇳"):
        for message in await hostile.say(question):
            for bold in message.bold:
                assert not any("\ud800" <= letter <= "\udfff" for letter in bold)
    [answer] = await hostile.say("紫藤花开在哪里")
    assert any("紫藤花开在第九街。" in bold for bold in answer.bold)


@pytest.mark.fault(3)
@pytest.mark.parametrize("question", ["琥珀公司的报告", "珊瑚岛传来了什么消息"])
async def test_passages_that_grow_by_escaping_still_fit(
    telegram: BotApiServer, hostile: Talk, question: str
) -> None:
    [answer] = await hostile.say(question)
    outcome = await hostile.press(answer, "读全文")
    for message in (answer, outcome.shown):
        assert len(message.text) <= 4_096


@pytest.mark.fault(4)
@pytest.mark.parametrize("ship", ["蓝鲸号", "白鹭号", "黑鹳号", "灰雁号"])
async def test_bad_addresses_become_plain_or_safe_titles(
    telegram: BotApiServer, hostile: Talk, ship: str
) -> None:
    [answer] = await hostile.say(f"{ship}返航了吗")
    assert ship in answer.text
    for link in answer.links:
        assert link.url.startswith(("https://", "http://", "tg://"))
        assert " " not in link.url


FORGED = (
    *(
        "x",
        "0",
        "1",
        "null",
        "{}",
        "'",
        "%00",
        "\u202e",
        "9" * 64,
        "a" * 64,
        "1p",
        "1p:",
        "1p::",
        "1p:::::",
    ),
    *("1p:zzzzzzzz:0", "1p:zzzzzzzz:-1", "1p:zzzzzzzz:99999999999999", "1p:zzzzzzzz:x", "2p:zzzzzzzz:0"),
    *("1r:../../etc:0:0::0", "1r:8DO8BcGURDj:-99:0::0", "1n:zzzzzzzz:?:8DO8BcGURDj", "1v:1:g", "1v:-1:b"),
    *(
        "1v:99999999999999999999:g",
        "1u:zzzzzzzz",
        "1S:1:2",
        "1X:1",
        "1G:language:xx",
        "1G:x",
        "1c:zzzzzz:0",
        "1l:0:-5",
    ),
    *("1h:x:0:y", "1i:../..", "1q:x", "1t:x:99", "1s:x:-1", "1H:99-99", "1F:1", "1T:x", "1:1:1:1:1:1:1:1"),
)


@pytest.mark.fault(5)
async def test_forged_buttons_get_a_toast_and_change_nothing(telegram: BotApiServer, hostile: Talk) -> None:
    [answer] = await hostile.say("灯塔修缮工程")
    before = answer.text
    for data in FORGED:
        outcome = await hostile.forge(answer, data)
        assert outcome.answer is not None, data
    assert hostile.chat.now(answer).text in (before, hostile.chat.now(answer).text)
    assert not hostile.errors


@pytest.mark.fault(5)
async def test_the_buttons_of_others_and_of_other_chats_are_harmless(
    telegram: BotApiServer, hostile: Talk
) -> None:
    [mine] = await hostile.say("灯塔修缮工程")
    stranger = telegram.person("路人")
    group = telegram.group("群", stranger)
    [theirs] = await hostile.say(f"@{telegram.bot.username} 天文台停电检修", by=stranger, chat=group)
    for button in (button for row in mine.keyboard for button in row):
        if button.data:
            outcome = await hostile.forge(theirs, button.data, by=stranger)
            assert outcome.answer is not None, button
    assert not hostile.errors


@pytest.mark.fault(6, 7)
async def test_forged_deep_links_get_a_polite_word(telegram: BotApiServer, hostile: Talk) -> None:
    junk = base64.urlsafe_b64encode(bytes(range(40))).decode().rstrip("=")
    payloads = ["a_", "a_../../x", "a_%2e%2e%2fx", "a_AAAAAAAAAAA", "a_8DO8BcGURDj_99999", "s_", "s_zzzzzzzz"]
    payloads += [
        "c_",
        "c_zzzzzz",
        "u_",
        "u_zzzzzzzz",
        "x" * 64,
        junk,
        "-",
        "_",
        "a_" + "0" * 62,
        "../../etc/passwd",
    ]
    for payload in payloads:
        answers = await hostile.say(f"/start {payload}")
        assert len(answers) == 1, payload
        assert "root:" not in answers[0].text
    assert not hostile.errors


@pytest.mark.fault(7)
def test_an_article_id_is_never_a_path(hostile_corpus: Corpus, hostile_settings: Settings) -> None:
    folder = hostile_settings.corpus_dir
    assert folder is not None
    for name in (
        "../secret.md",
        "./good.md",
        "/etc/passwd",
        str(folder / "good.md"),
        "outside.md",
        "",
        "\x00",
        ".",
    ):
        found = hostile_corpus.article(name)
        assert found is None or found.article.path == "good.md", name


ODD = {
    "4,096 characters": "钟楼" * 2_048,
    "one character 4,000 times": "啊" * 4_000,
    "digits": "1" * 4_000,
    "spaces between": "中 " * 2_000,
    "punctuation": "？！。，、；：" * 300,
    "one question mark": "?",
    "stop words": "的了吗呢吧是在",
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "zero width": "\u200b\u200c\u200d\ufeff灯\u200b塔",
    "emoji only": "😀👍🏽🇨🇳",
    "option": "-h",
    "long option": "--help --version",
    "unclosed quotes": '"灯塔',
    "many quotes": '"' * 500 + "灯塔",
    "minus only": "-",
    "filters without value": "分类: 作者: 从: 到:",
    "nonsense filters": "分类:没有 作者:没有 从:2026-99-99 到:昨天的昨天",
    "filters a thousand times": "分类:金融 " * 400,
    "brackets": "(" * 1_000 + "[" * 1_000,
    "regular expression": "(a+)+$" + "a" * 3_000 + "!",
    "sql": "'; DROP TABLE inbox; --",
    "format": "{0.__class__} %s %n ${x} {{x}}",
    "html": "<b><i></b></i><script>",
    "markdown": "_*[<&`~>#+-=|{}.!",
    "lone entity": "&nbsp;&#0;&#xD800;",
    "combining": "e" + "\u0301" * 2_000,
    "unknown words": "qwrtp zxcvb " * 300,
    "urls": "https://example.org/?q=灯塔 " * 100,
}


@pytest.mark.fault(8)
@pytest.mark.parametrize("question", [pytest.param(text, id=name) for name, text in ODD.items()])
async def test_odd_questions_are_answered_in_two_seconds_of_processor_time(
    telegram: BotApiServer, hostile: Talk, question: str
) -> None:
    telegram.journal.allow(question)
    telegram.journal.forgive("control")  # the question's own, quoted
    started = time.process_time()
    answers: list[Message] = await hostile.say(question)
    assert time.process_time() - started < 2
    assert len(answers) == 1
    assert not hostile.errors


@pytest.mark.fault(8)
def test_questions_no_client_can_send_do_no_harm(hostile_corpus: Corpus) -> None:
    for text in ("", " ", "\x00", "a\x00b", "\ud800", "灯\udc00塔", "\n" * 9_000, "灯塔" * 100_000):
        started = time.process_time()
        hostile_corpus.ask(text)
        assert time.process_time() - started < 2, repr(text[:9])


@pytest.mark.fault(9)
@pytest.mark.parametrize(
    "unit",
    ["灯塔", "a", "a ", "分类:", "从:2026", '"', "((", "2026年", "-词 ", "上周", "\u200b", "&amp;", "Ａ１"],
)
def test_time_grows_with_length_and_no_faster(hostile_corpus: Corpus, unit: str) -> None:
    hostile_corpus.ask("热身")

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        durations = []
        for _ in range(3):
            started = time.thread_time()
            hostile_corpus.ask(text)
            durations.append(time.thread_time() - started)
        return min(durations)

    short, long = seconds(4_000), seconds(16_000)
    assert long < 1.5
    assert long < 12 * short + 0.05  # four times the length; sixteen times would be its square


@pytest.mark.fault(8, 9)
def test_a_burst_of_odd_questions_stays_quick(hostile_corpus: Corpus) -> None:
    durations = []
    for text in [*ODD.values()] * 2:
        started = time.thread_time()
        hostile_corpus.ask(text)
        durations.append(time.thread_time() - started)
    assert percentile(durations, 0.95) < 0.5
