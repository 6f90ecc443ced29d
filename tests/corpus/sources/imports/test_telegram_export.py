"""Exports of Telegram channels."""

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.sources.imports.telegram_export import channel_name, is_export, read_export
from corpus.sources.imports.values import ImportedEntry, UnreadableError
from tests.corpus.sources.imports.conftest import ZONE


def message(number: int, text: Any = "", *, second: int = 0, **values: Any) -> dict[str, Any]:
    unixtime = str(second or 1_795_132_800 + number * 60)
    return {"id": number, "type": "message", "date_unixtime": unixtime, "text": text, **values}


def export(*messages: dict[str, Any], **values: Any) -> str:
    channel = {"name": "望江快讯", "type": "public_channel", "id": 1234567, **values}
    return json.dumps({**channel, "messages": list(messages)}, ensure_ascii=False, indent=1)


def read(tmp_path: Path, text: str, **values: Any) -> list[ImportedEntry]:
    path = tmp_path / "result.json"
    path.write_text(text)
    return list(read_export(path, zone=ZONE, **values))


def test_a_message_is_an_article_with_its_link_date_and_origin(tmp_path: Path) -> None:
    text = [
        {"type": "bold", "text": "大桥抢通"},
        "\n\n望江大桥昨夜恢复通行 <双向>，详见",
        {"type": "text_link", "text": "公告", "href": "https://news.test/a?x=1&y=2"},
        "。",
        {"type": "link", "text": "news.test/b"},
        {"type": "text_link", "text": "坏", "href": "javascript:alert(1)"},
    ]
    [found] = read(tmp_path, export(message(2, text, forwarded_from="城南日报")))
    entry = found.entry
    assert (entry.title, entry.guid, entry.author) == ("大桥抢通", "telegram:1234567/2", "城南日报")
    assert entry.link == "https://t.me/c/1234567/2"
    assert entry.published is not None
    assert entry.published.isoformat() == "2026-11-20T00:02:00+00:00"
    assert found.outlet == "望江快讯"
    assert entry.body == (
        "<p><strong>大桥抢通</strong></p>\n<p>望江大桥昨夜恢复通行 &lt;双向&gt;，详见"
        '<a href="https://news.test/a?x=1&amp;y=2">公告</a>。<a href="https://news.test/b">news.test/b</a>坏</p>'
    )


def test_code_keeps_its_lines_and_stands_apart(tmp_path: Path) -> None:
    text = ["先装：", {"type": "pre", "text": "# 注释\n\nls <x>"}, "再看文件。"]
    [found] = read(tmp_path, export(message(2, text)))
    assert found.entry.body == "<p>先装：</p>\n<pre># 注释\n\nls &lt;x&gt;</pre>\n<p>再看文件。</p>"


def test_the_public_name_of_a_channel_makes_links_that_everybody_can_open(tmp_path: Path) -> None:
    [found] = read(tmp_path, export(message(2, "限行")), name=channel_name("@wangjiang"))
    assert found.entry.link == "https://t.me/wangjiang/2"


def test_an_album_is_one_article_and_messages_without_text_are_counted(tmp_path: Path) -> None:
    silent = []
    found = read(
        tmp_path,
        export(
            message(1, photo="1.jpg", second=100),
            message(2, "现场图片", photo="2.jpg", second=100),
            message(3, photo="3.jpg", second=100),
            message(4, "另一条", photo="4.jpg", second=100),  # with a text of its own
            message(5, photo="5.jpg", second=200),
            message(6, "没有图", second=200),
            {"id": 7, "type": "service", "action": "pin_message", "text": ""},
        ),
        on_silent=lambda: silent.append(1),
    )
    assert [(one.entry.title, one.entry.guid[-2:]) for one in found] == [
        ("现场图片", "/1"),
        ("另一条", "/4"),
        ("没有图", "/6"),
    ]
    assert len(silent) == 1


def test_a_poll_is_an_article(tmp_path: Path) -> None:
    [found] = read(tmp_path, export(message(1, poll={"question": "该不该限行", "answers": [{"text": "该"}]})))
    assert (found.entry.title, found.entry.body) == ("该不该限行", "<p>该不该限行</p>\n<p>该</p>")


def test_a_long_first_line_gives_its_first_sentence_as_title(tmp_path: Path) -> None:
    [one, two] = read(tmp_path, export(message(1, "大桥昨夜抢通。" + "又" * 80), message(2, "长" * 90)))
    assert one.entry.title == "大桥昨夜抢通。"
    assert two.entry.title == "长" * 59 + "…"


def test_only_channels_of_a_whole_account_are_read(tmp_path: Path) -> None:
    channel = json.loads(export(message(1, "公开的")))
    private = {"name": "朋友", "type": "personal_chat", "id": 9, "messages": [message(1, "私下说的")]}
    account = {
        "about": "…",
        "personal_information": {"first_name": "王"},
        "chats": {"about": "…", "list": [private, channel, private]},
        "left_chats": {"list": []},
    }
    assert [one.entry.title for one in read(tmp_path, json.dumps(account))] == ["公开的"]
    account["chats"] = {"list": [private]}
    with pytest.raises(UnreadableError, match="without a channel"):
        read(tmp_path, json.dumps(account))


@pytest.mark.parametrize("cut", [1, 30, 200, 1_000])
def test_of_an_export_that_breaks_off_what_came_before_is_kept(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "result.json"
    path.write_text(export(*(message(number, f"第{number}条") for number in range(40)))[:-cut])
    titles = []
    articles = read_export(path, zone=ZONE)
    with pytest.raises(UnreadableError, match="cannot be read"):  # noqa: PT012 — the iterator ends with it
        while True:
            titles.append(next(articles).entry.title)
    assert titles == [f"第{number}条" for number in range(len(titles))]
    assert len(titles) >= 25


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "{}", '{"messages": 7}', "\0", "[" * 100_000, '{"messages": [' + "[" * 9_999]
)
def test_what_is_no_export_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableError):
        read(tmp_path, text)


def test_an_export_is_told_by_its_beginning() -> None:
    assert is_export(export()[:200])
    assert not is_export('{"name": "baotong", "version": 1}')
    assert not is_export("[]")
