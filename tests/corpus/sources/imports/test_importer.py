"""Files and folders become posts: once, whatever else lies beside them."""

import errno
import json
import os
from pathlib import Path

import pytest

from corpus.errors import SourceError
from corpus.posts import read_post
from corpus.sources.imports import reading
from corpus.sources.imports.files import Kind
from corpus.workers import Bounds
from tests.corpus.sources.imports.conftest import NOW, ZONE, Desk
from tests.corpus.sources.imports.documents import bomb, pdf, word
from tests.corpus.sources.imports.test_pages import PAGE
from tests.corpus.sources.imports.test_telegram_export import export, message

TEXT = "大桥抢通\n\n望江大桥昨夜恢复通行，比计划提前一天。\n\n三人轻伤，司机已被控制，原因还在调查。\n"


def test_all_kinds_of_a_folder_become_posts_once(desk: Desk) -> None:
    desk.put("saved/page.html", PAGE)
    desk.put("saved/page_files/frame.html", "<p>part of the page beside it, never an article of its own</p>")
    desk.put("notes/2026-11-20 纪要.txt", TEXT)
    desk.put("notes/年报.docx", word("全年收入三亿元。", title="年度报告"))
    desk.put("notes/report.pdf", pdf("The bridge was opened to traffic on Friday night, one day early."))
    desk.put("channel/result.json", export(message(2, "明天限行")))
    report = desk.run()
    assert (report.added, report.known, report.updated, report.skipped) == (5, 0, 0, ())
    assert report.read == 5
    before = desk.posts()
    assert sorted(path.rpartition("/")[0] for path in before) == [
        "notes",
        "notes",
        "notes",
        "望江快讯",
        "望江日报",
    ]
    again = desk.run()
    assert (again.added, again.known, again.updated) == (0, 5, 0)
    assert desk.posts() == before


def test_posts_are_read_back_with_what_was_imported(desk: Desk) -> None:
    desk.put("page.html", PAGE)
    desk.run(categories=("民生", "交通"))
    [path] = desk.posts()
    post = read_post(desk.root, path, zone=ZONE, now=NOW, max_bytes=5_000_000)
    assert post.title == "望江大桥抢通"
    assert post.categories == ("民生", "交通", "望江日报")
    assert post.source_url == "https://www.news.test/2026/bridge"
    assert post.published is not None
    assert post.published.isoformat() == "2026-11-20T00:05:00+00:00"
    assert post.author == "望江日报"


@pytest.mark.parametrize(
    "front",
    [
        "link: https://www.news.test/2026/bridge?utm_source=x",
        "source: 'http://news.test/2026/bridge/'",
        'from: "https://news.test/2026/bridge#top"',
        "guid: 'https://news.test/2026/bridge'",
    ],
)
def test_nothing_is_written_beside_a_post_of_the_same_link_or_guid(desk: Desk, front: str) -> None:
    (desk.root / "old.md").write_text(f"---\ntitle: 大桥\n{front}\n---\n\n正文。\n")
    desk.put("page.html", PAGE)
    report = desk.run()
    assert (report.added, report.known) == (0, 1)
    assert list(desk.posts()) == ["old.md"]


def test_what_has_changed_is_written_again_under_its_name(desk: Desk) -> None:
    file = desk.put("a.txt", TEXT)
    desk.run()
    [path] = desk.posts()
    file.write_text(TEXT.replace("抢通", "封闭") + "\n后来又封闭了。\n")
    report = desk.run()
    assert (report.added, report.updated) == (0, 1)
    [(again, text)] = desk.posts().items()
    assert again == path
    assert "后来又封闭了" in text
    assert "updated: " in text
    assert desk.run().known == 1


def test_a_post_that_somebody_has_edited_stays_as_it_is(desk: Desk) -> None:
    desk.put("a.txt", TEXT)
    desk.run()
    [path] = desk.posts()
    edited = desk.posts()[path].replace("三人", "五人")
    (desk.root / path).write_text(edited)
    assert desk.run().known == 1
    assert desk.posts() == {path: edited}


def test_a_post_that_was_moved_is_known_and_one_that_was_deleted_is_written_again(desk: Desk) -> None:
    desk.put("a.txt", TEXT)
    desk.run(categories=("旧",))
    [path] = desk.posts()
    moved = desk.root / "别处.md"
    (desk.root / path).rename(moved)
    assert desk.run().known == 1
    assert list(desk.posts()) == ["别处.md"]
    moved.unlink()
    assert desk.run(categories=("新",)).added == 1
    assert [one.partition("/")[0] for one in desk.posts()] == ["新"]


def test_a_folder_that_was_moved_and_copies_of_a_file_are_known(desk: Desk) -> None:
    desk.put("a/x.txt", TEXT)
    desk.put("a/copy of x.txt", TEXT)
    assert (desk.run().added, len(desk.posts())) == (1, 1)
    (desk.folder / "a").rename(desk.folder / "b")
    report = desk.run()
    assert (report.added, report.known) == (0, 2)


def test_a_lost_state_is_made_again_from_the_posts(desk: Desk) -> None:
    desk.put("a.txt", TEXT)
    desk.put("page.html", PAGE)
    desk.run()
    before = desk.posts()
    (desk.options.data_dir / "feeds.sqlite3").unlink()
    report = desk.run()
    assert (report.added, report.known, report.updated) == (0, 2, 0)
    assert desk.posts() == before


def test_posts_stand_below_the_folder_that_is_named(desk: Desk) -> None:
    desk.put("a.txt", TEXT)
    desk.run(below=("导入",), categories=("杂",))
    assert [path.rpartition("/")[0] for path in desk.posts()] == ["导入/杂"]


def test_hostile_and_broken_files_get_a_reason_and_stop_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(reading.MAX_BYTES, Kind.PAGE, 100_000)
    monkeypatch.setattr("corpus.sources.imports.documents.MAX_UNPACKED_BYTES", 5_000_000)
    secret = tmp_path / "secret.txt"
    secret.write_text("没有人应该看到这句话，它在文件夹之外。")
    desk.put("good.txt", TEXT)
    desk.put("bomb.docx", bomb(6))
    desk.put("pages.pdf", pdf("x", count=3_001))
    desk.put("huge.html", "<p>" + "长" * 100_000)
    desk.put("cut.pdf", pdf("The bridge")[:200])
    desk.put("cut.docx", word("大桥")[:500])
    desk.put("binary.txt", bytes(range(256)) * 9)
    desk.put("empty.html", "")
    desk.put("script.html", "<html><body><div id=root></div><script>load()</script></body></html>")
    desk.put("old.doc", b"\xd0\xcf\x11\xe0")
    desk.put("cut.mhtml", "From: <Saved by Blink>\nContent-Type: multipart/related; boundary=x\n\n--x\n")
    (desk.folder / "out.txt").symlink_to(secret)
    (desk.folder / "loop").symlink_to(desk.folder)
    (desk.folder / "gone.txt").symlink_to(desk.folder / "nowhere.txt")
    os.mkfifo(desk.folder / "pipe.txt")
    report = desk.run()
    reasons = {Path(path).name: reason for path, reason in report.skipped}
    assert desk.titles() == ["大桥抢通"]
    assert report.added == 1
    expected = {
        "bomb.docx": "unpacks to",
        "pages.pdf": "3,001 pages",
        "huge.html": "more than 100000 bytes",
        "cut.pdf": "no PDF",
        "cut.docx": "no document of Word",
        "binary.txt": "not text",
        "empty.html": "an empty file",
        "script.html": "without a text",
        "old.doc": "save it as .docx",
        "cut.mhtml": "no MHTML",
        "out.txt": "leads out of the folder",
        "loop": "a link to a folder",
        "gone.txt": "cannot be read",
        "pipe.txt": "not a regular file",
    }
    assert reasons.keys() == expected.keys()
    for name, words in expected.items():
        assert words in reasons[name], reasons[name]


def test_a_file_that_takes_too_long_or_too_much_memory_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = Bounds(seconds=(0.3, 0.6), stall_seconds=20.0, memory=150_000_000)
    monkeypatch.setattr("corpus.sources.imports.importer.BOUNDS", bounds)
    desk.put("deep.html", "<div>" * 3_000 + ("<p>很长的一段，" + "字" * 50 + "</p>") * 150_000)
    desk.put("good.txt", TEXT)
    report = desk.run(workers=1)
    assert report.added == 1
    [(path, reason)] = report.skipped
    assert path.endswith("deep.html")
    assert "took more than" in reason or "needed more than" in reason


def test_a_full_disk_is_an_error_and_the_next_run_writes_what_was_promised(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("a.txt", TEXT)

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(SourceError, match="cannot be written: No space left"):
            desk.run()
    assert desk.posts() == {}
    assert desk.run().added == 1


def test_what_was_promised_and_cut_off_is_written_at_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("a.txt", TEXT)
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("corpus.sources.storing.write_post", fail)
        with pytest.raises(KeyboardInterrupt):
            desk.run()
    assert desk.posts() == {}
    assert desk.run().added == 1
    assert len(desk.posts()) == 1
    assert desk.run().known == 1


def test_progress_is_shown_with_its_end(desk: Desk) -> None:
    for number in range(3):
        desk.put(f"{number}.txt", TEXT.replace("三人", f"{number}人"))
    desk.run()
    assert desk.shown[-1] == ("import", 3, 3)


def test_imports_are_kept_when_posts_of_feeds_expire(desk: Desk) -> None:
    from dataclasses import replace
    from datetime import timedelta

    from corpus.sources import FeedReader

    desk.put("2020-01-01 旧闻.txt", TEXT)
    desk.run()
    FeedReader(replace(desk.options, keep_days=30), now=lambda: NOW + timedelta(days=900)).fetch()
    assert len(desk.posts()) == 1


def test_subscribers_get_no_imports(desk: Desk) -> None:
    from corpus.sources import withheld

    desk.put("a.txt", TEXT)
    desk.run()
    [path] = desk.posts()
    assert withheld(desk.options.data_dir, [path]) == {path}


def test_of_an_export_that_breaks_off_what_came_before_becomes_posts(desk: Desk) -> None:
    whole = export(*(message(number, f"第{number}条，说的是第{number}件事") for number in range(5)))
    desk.put("result.json", whole[:-20])
    report = desk.run()
    assert report.added == len(desk.posts()) >= 3
    [(path, reason)] = report.skipped
    assert path.endswith("result.json")
    assert "cannot be read" in reason
    desk.put("result.json", whole)
    again = desk.run()
    assert (again.added + again.known, len(desk.posts())) == (5, 5)


def test_an_export_beside_other_json_is_found(desk: Desk) -> None:
    desk.put("x/package.json", json.dumps({"messages": "no export"}))
    desk.put("x/result.json", export(message(7, "限行")))
    desk.put("x/files/attachment.pdf", pdf("belongs to a message"))
    report = desk.run()
    assert (report.added, report.skipped) == (1, ())
