"""A folder into store and index: what is read, what is left, what is reported."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from corpus import ArchiveError, Corpus, IndexUnavailableError, StoreError, UpdateReport
from corpus.posts.marks import MAX_MARKS
from corpus.store.store import Store
from corpus.updating import parse_posts
from corpus.updating.parse_posts import ReadOptions, parse_file
from corpus.updating.progress import Progress, uninterrupted
from corpus.updating.scanning import FileState, scan
from tests.corpus.archives import NOW, Folder, opened, place, post, readable_by_all, titles, unprivileged


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "posts")


@pytest.fixture
def corpus(folder: Folder, tmp_path: Path) -> Iterator[Corpus]:
    with opened(folder.root, tmp_path / "data") as corpus:
        yield corpus


def counts(report: UpdateReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


def paths(corpus: Corpus) -> list[str]:
    return [text.article.path for text in corpus.export()]


def reasons(report: UpdateReport) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in report.skipped}


# What changes


def test_the_first_run_adds_everything_and_the_second_nothing(folder: Folder, corpus: Corpus) -> None:
    folder.write_named(5)
    assert counts(corpus.update(workers=0)) == (5, 0, 0, 0)
    assert counts(corpus.update(workers=0)) == (0, 0, 0, 5)


def test_running_twice_writes_nothing_into_the_index(folder: Folder, corpus: Corpus, tmp_path: Path) -> None:
    folder.write_named(5)
    folder.write("bad.md", b"\0\1\2")
    corpus.update(workers=0)
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "data" / "index").iterdir()}
    corpus.update(workers=0)
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "data" / "index").iterdir()} == before


def test_one_changed_file_touches_one_article(
    folder: Folder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_named(5)
    corpus.update(workers=0)
    read: list[str] = []

    def noted(file: FileState, known_digest: str, options: ReadOptions) -> parse_posts.ParsedFile:
        read.append(file.path)
        return parse_file(file, known_digest, options)

    monkeypatch.setattr(parse_posts, "parse_file", noted)
    folder.write("城市/晚报/00002.md", post("改了题", "钟楼的指针今天重新走动。"))
    assert counts(corpus.update(workers=0)) == (0, 1, 0, 4)
    assert read == ["城市/晚报/00002.md"]
    assert titles(corpus, "钟楼指针") == ["改了题"]
    assert "云顶茶园2号工程完工" not in titles(corpus, "云顶茶园")


def test_a_correction_of_the_same_length_with_the_date_set_back_is_read(
    folder: Folder, corpus: Corpus
) -> None:
    path = folder.write("a.md", post("水位", "今天水位31米，闸门关闭。"))
    old = time.time() - 86_400
    os.utime(path, (old, old))
    corpus.update(workers=0)
    folder.write("a.md", post("水位", "今天水位37米，闸门关闭。"))
    os.utime(path, (old, old))
    assert counts(corpus.update(workers=0)) == (0, 1, 0, 0)
    assert "37米" in corpus.ask("水位多少米").hits[0].passage.text


def test_a_file_with_another_date_and_the_same_content_is_unchanged(folder: Folder, corpus: Corpus) -> None:
    [path] = folder.write_named(1)
    corpus.update(workers=0)
    number = corpus.last_number()
    folder.touch(path, seconds=5_000)
    assert counts(corpus.update(workers=0)) == (0, 0, 0, 1)
    assert corpus.last_number() == number


def test_a_renamed_file_is_one_gone_and_one_new(folder: Folder, corpus: Corpus) -> None:
    paths_ = folder.write_named(4)
    corpus.update(workers=0)
    (folder.root / paths_[0]).rename(folder.root / "新名.md")
    assert counts(corpus.update(workers=0)) == (1, 0, 1, 3)
    assert titles(corpus, place(0)) == [f"{place(0)}0号工程完工"]


def test_a_deleted_file_is_not_found_and_a_restored_one_is(folder: Folder, corpus: Corpus) -> None:
    paths_ = folder.write_named(4)
    corpus.update(workers=0)
    text = (folder.root / paths_[1]).read_bytes()
    (folder.root / paths_[1]).unlink()
    assert counts(corpus.update(workers=0)) == (0, 0, 1, 3)
    assert titles(corpus, place(1)) == []
    folder.write(paths_[1], text)
    assert counts(corpus.update(workers=0)) == (1, 0, 0, 3)
    assert titles(corpus, place(1)) == [f"{place(1)}1号工程完工"]


def test_a_post_that_becomes_a_draft_is_named_and_not_found(folder: Folder, corpus: Corpus) -> None:
    paths_ = folder.write_named(3)
    corpus.update(workers=0)
    folder.write(paths_[0], post("还没写完", "正文。", draft="true"))
    for _ in range(2):
        report = corpus.update(workers=0)
        assert reasons(report) == {paths_[0]: "draft"}
        assert counts(report) == (0, 0, 0, 2)
        assert paths_[0] not in paths(corpus)
    folder.write(paths_[0], post("写完了", "正文。"))
    assert counts(corpus.update(workers=0)) == (1, 0, 0, 2)


def test_pages_of_the_site_are_named_once_and_not_read_again(folder: Folder, corpus: Corpus) -> None:
    folder.write("tags/index.md", "---\ntitle: 标签\ntype: tags\n---\n")
    folder.write("甲.md", post("甲", "正文。"))
    for _ in range(2):
        report = corpus.update(workers=0)
        assert reasons(report) == {"tags/index.md": "a page of the site, not an article"}
    assert paths(corpus) == ["甲.md"]


def test_an_empty_file_is_named_and_becomes_an_article_when_it_is_filled(
    folder: Folder, corpus: Corpus
) -> None:
    folder.write("甲.md", "")
    assert "empty" in reasons(corpus.update(workers=0))["甲.md"]
    folder.write("甲.md", post("甲", "正文。"))
    assert counts(corpus.update(workers=0)) == (1, 0, 0, 0)
    os.utime(folder.write("甲.md", ""))  # it is being copied again: what was read still answers
    corpus.update(workers=0)
    assert paths(corpus) == ["甲.md"]
    folder.write("甲.md", "")  # nobody writes any more
    folder.write("乙.md", post("乙", "正文。"))
    corpus.update(workers=0, force=True)
    assert paths(corpus) == ["乙.md"]


def test_files_passed_over_are_in_the_report(folder: Folder, corpus: Corpus) -> None:
    for path in ("a.pdf", "b.pdf", "c.docx", "d.png"):
        folder.write(path, "x")
    assert corpus.update(workers=0).passed_over == ((".pdf", 2), (".docx", 1))


def test_the_folder_is_read_anew_when_the_reader_has_changed(
    folder: Folder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_named(3)
    corpus.update(workers=0)
    monkeypatch.setattr(parse_posts, "READER_VERSION", 99)
    assert counts(corpus.update(workers=0)) == (0, 3, 0, 0)
    assert counts(corpus.update(workers=0)) == (0, 0, 0, 3)


def test_dates_without_a_zone_follow_the_timezone(folder: Folder, tmp_path: Path) -> None:
    folder.write("a.md", post("零点", "正文。", date="2026-09-20 00:30:00"))
    for zone, day in (("Asia/Shanghai", 19), ("UTC", 20)):
        with opened(folder.root, tmp_path / "data", timezone=zone) as corpus:
            corpus.update(workers=0)
            [article] = corpus.latest().articles
            assert article.published is not None
            assert article.published.day == day
            assert corpus.ask("零点 2026年9月20日").hits


# What cannot be read


def test_each_bad_file_is_named_with_its_reason_and_the_rest_is_read(folder: Folder, corpus: Corpus) -> None:
    folder.write_named(2)
    folder.write("binary.md", b"PK\x03\x04\0\0\0\0")
    with folder.write("giant.md", "x").open("r+b") as file:
        file.truncate(100_000_000)  # a hole: nothing of it is on the disk
    os.mkfifo(folder.root / "pipe.md")
    folder.write("x.md/inside.md", post("里面的", "正文。"))
    outside = folder.root.parent / "secret.md"
    outside.write_text(post("机密", "不得外传。"))
    (folder.root / "link.md").symlink_to(outside)
    report = corpus.update(workers=0)
    assert report.added == 3
    found = reasons(report)
    assert found["binary.md"] == "binary, not text"
    assert "100000000 bytes" in found["giant.md"]
    assert found["pipe.md"] == "not a regular file"
    assert found["x.md"] == "a folder, not a post"
    assert found["link.md"] == "a link that leads out of the archive"
    assert len(found) == 5
    assert titles(corpus, "机密外传") == []


@pytest.mark.parametrize("field", ["title", "author", "slug", "abbrlink", "permalink", "categories", "link"])
def test_half_characters_in_any_field_do_no_harm(folder: Folder, corpus: Corpus, field: str) -> None:
    folder.write_named(1)
    folder.write("a.md", post(**{"title": "题", field: r'"a\ud800b"'}))
    report = corpus.update(workers=0)
    assert report.added + len(report.skipped) == 2


def test_a_file_that_cannot_be_opened_is_named_and_read_once_it_can() -> None:
    with readable_by_all() as root:
        folder = Folder(root / "posts")
        folder.write_named(2)
        (folder.root / "城市/晚报/00001.md").chmod(0)
        (root / "data").mkdir()
        (root / "data").chmod(0o777)
        with unprivileged(), opened(folder.root, root / "data") as corpus:
            report = corpus.update(workers=0)
            assert report.added == 1
            assert "cannot be read" in reasons(report)["城市/晚报/00001.md"]
            assert "cannot be read" in reasons(corpus.update(workers=0))["城市/晚报/00001.md"]
        (folder.root / "城市/晚报/00001.md").chmod(0o644)
        with unprivileged(), opened(folder.root, root / "data") as corpus:
            assert counts(corpus.update(workers=0)) == (1, 0, 0, 1)


def test_what_was_read_stays_while_its_file_cannot_be_read() -> None:
    with readable_by_all() as root:
        folder = Folder(root / "posts")
        [first, second] = folder.write_named(2)
        (root / "data").mkdir()
        (root / "data").chmod(0o777)
        with unprivileged(), opened(folder.root, root / "data") as corpus:
            corpus.update(workers=0)
        for path in (first, second):
            folder.touch(path, seconds=9_000)
            (folder.root / path).chmod(0)
        with unprivileged(), opened(folder.root, root / "data") as corpus:
            report = corpus.update(workers=0)
            assert len(report.skipped) == 2
            assert report.removed == 0
            assert titles(corpus, place(0)) == [f"{place(0)}0号工程完工"]
        for path in (first, second):
            (folder.root / path).chmod(0o644)


def test_a_file_that_vanishes_while_it_is_read_is_gone_at_the_next_run(
    folder: Folder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths_ = folder.write_named(3)
    scanned = scan

    def and_then_gone(root: Path) -> object:
        found = scanned(root)
        (folder.root / paths_[2]).unlink(missing_ok=True)
        return found

    monkeypatch.setattr("corpus.updating.pipeline.scan", and_then_gone)
    report = corpus.update(workers=0)
    assert report.added == 2
    assert "No such file" in reasons(report)[paths_[2]]
    report = corpus.update(workers=0)
    assert reasons(report) == {}
    assert report.removed == 0


@pytest.mark.parametrize("count", [40_000, 100_000])
def test_a_paragraph_of_megabytes_of_links_is_read_within_the_bounds(
    folder: Folder, corpus: Corpus, count: int
) -> None:
    links = "".join(f"<a href='https://x.example/{number}'>第{number}</a>" for number in range(count))
    folder.write("a.md", post("链接", f"始{links}终"))
    report = corpus.update(workers=1)
    assert (report.added, report.skipped) == (1, ())
    text = corpus.article("a.md")
    assert text is not None
    [paragraph] = text.paragraphs
    assert paragraph.text == f"始{''.join(f'第{number}' for number in range(count))}终"
    assert len(paragraph.marks) <= MAX_MARKS


def test_an_error_nobody_thought_of_costs_one_post(
    folder: Folder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corpus.posts import cleaning

    clean = cleaning.paragraphs

    def broken(body: str, *, title: str) -> object:
        if "1号" in title:
            raise ZeroDivisionError
        return clean(body, title=title)

    folder.write_named(3)
    monkeypatch.setattr(cleaning, "paragraphs", broken)
    report = corpus.update(workers=0)
    assert report.added == 2
    assert reasons(report) == {"城市/晚报/00001.md": "unexpected ZeroDivisionError while reading"}


def test_a_remark_on_a_post_that_could_be_read_is_a_warning(folder: Folder, corpus: Corpus) -> None:
    folder.write("a.md", "---\ntitle: 'it's\ndate: never\n---\n正文。\n")
    report = corpus.update(workers=0)
    assert report.added == 1
    [warning] = report.warnings
    assert warning.path == "a.md"


def test_an_empty_archive_is_no_error(folder: Folder, corpus: Corpus) -> None:
    assert counts(corpus.update(workers=0)) == (0, 0, 0, 0)
    assert corpus.empty
    assert not corpus.unfinished
    assert corpus.ask("有什么").hits == ()


# Guards


def test_another_folder_needs_force(folder: Folder, corpus: Corpus, tmp_path: Path) -> None:
    folder.write_named(3)
    corpus.update(workers=0)
    other = Folder(tmp_path / "other")
    other.write("b.md", post("别处", "别处的新闻。"))
    with opened(other.root, tmp_path / "data") as moved:
        with pytest.raises(ArchiveError, match=r"belongs to the archive .*posts, not to .*other"):
            moved.update(workers=0)
        assert len(paths(moved)) == 3
        assert counts(moved.update(force=True, workers=0)) == (1, 0, 3, 0)
        assert paths(moved) == ["b.md"]


def test_an_emptied_folder_needs_force(folder: Folder, corpus: Corpus) -> None:
    for path in folder.write_named(3):
        corpus.update(workers=0)
        last = path
    for file in list(folder.root.rglob("*.md")):
        file.unlink()
    with pytest.raises(ArchiveError, match="3 of 3 articles are gone"):
        corpus.update(workers=0)
    assert last in paths(corpus)
    assert counts(corpus.update(force=True, workers=0)) == (0, 0, 3, 0)
    assert paths(corpus) == []


def test_a_missing_folder_changes_nothing(folder: Folder, corpus: Corpus) -> None:
    folder.write_named(2)
    corpus.update(workers=0)
    folder.root.rename(folder.root.with_name("unmounted"))
    with pytest.raises(ArchiveError, match="is not a folder"):
        corpus.update(workers=0)
    assert len(paths(corpus)) == 2


def test_only_one_may_write_at_a_time(folder: Folder, corpus: Corpus, tmp_path: Path) -> None:
    folder.write_named(2)

    def second(_: Progress) -> None:
        with opened(folder.root, tmp_path / "data") as other:
            with pytest.raises(StoreError, match="another process is indexing"):
                other.update(workers=0)
            with suppress(IndexUnavailableError):  # it says so while nothing of it can be searched yet
                other.ask("临江大桥")

    corpus.update(progress=second, workers=0)
    assert corpus.ask("临江大桥").hits


# In processes, with progress, interrupted


def test_worker_processes_give_the_same_archive(folder: Folder, tmp_path: Path) -> None:
    folder.write_named(150)
    folder.write("bad.md", b"\0")
    found = []
    for workers in (0, 2):
        with opened(folder.root, tmp_path / f"data{workers}") as corpus:
            report = corpus.update(workers=workers)
            answer = corpus.ask("柳林车站21号工程用了几个月")
            found.append(
                (
                    counts(report),
                    reasons(report),
                    [(hit.passage.id, hit.score) for hit in answer.hits],
                    [(text.article.id, text.paragraphs) for text in corpus.export()],
                )
            )
    assert found[0] == found[1]


def test_progress_goes_through_all_phases_to_the_end(folder: Folder, corpus: Corpus) -> None:
    folder.write_named(130)
    seen: list[Progress] = []
    corpus.update(progress=seen.append, workers=0)
    assert list(dict.fromkeys(state.phase for state in seen)) == ["scan", "read", "index"]
    reads = [state for state in seen if state.phase == "read"]
    assert [state.done for state in reads] == [64, 128, 130]
    assert {state.total for state in reads} == {130}


def test_a_report_tells_what_took_the_time(folder: Folder, corpus: Corpus) -> None:
    folder.write_named(130)
    report = corpus.update(workers=0)
    stages = dict(report.stages)
    assert list(stages) == ["scan", "read", "store", "index", "merge"]
    assert min(stages.values()) >= 0
    assert stages["read"] > 0 < stages["store"]
    assert report.seconds / 2 < sum(stages.values()) <= report.seconds


def test_ctrl_c_keeps_what_was_read_and_the_next_run_goes_on(folder: Folder, corpus: Corpus) -> None:
    folder.write_named(200)

    def interrupt(state: Progress) -> None:
        if state.phase == "read" and state.done == 128:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpus.update(progress=interrupt, workers=0)
    assert len(paths(corpus)) == 128
    assert titles(corpus, "望湖剧院124号") != []
    assert corpus.unfinished
    assert counts(corpus.update(workers=0)) == (72, 0, 0, 128)
    assert not corpus.unfinished


def test_another_archive_is_unfinished_until_it_was_read_to_the_end(
    folder: Folder, corpus: Corpus, tmp_path: Path
) -> None:
    folder.write_named(3)
    corpus.update(workers=0)
    other = Folder(tmp_path / "other")
    other.write_named(2)

    def interrupt(state: Progress) -> None:
        if state.phase == "read":
            raise KeyboardInterrupt

    with opened(other.root, tmp_path / "data") as moved:
        with pytest.raises(KeyboardInterrupt):
            moved.update(force=True, progress=interrupt)
        assert moved.unfinished
        moved.update(workers=0)
        assert not moved.unfinished


def test_ctrl_c_waits_for_what_belongs_together() -> None:
    done: list[str] = []

    def write() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("written")
        done.append("not reached")

    with pytest.raises(KeyboardInterrupt):
        write()
    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_said_at_ctrl_c_does_not_wait() -> None:
    done: list[str] = []

    def stop(number: int, frame: object) -> None:
        done.append("said")
        raise KeyboardInterrupt

    def write() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("written")

    usual = signal.signal(signal.SIGINT, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            write()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert done == ["said", "written"]


def test_threads_are_not_troubled_by_ctrl_c() -> None:
    ran = []

    def work() -> None:
        with uninterrupted():
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


def test_when_the_store_cannot_take_more_what_it_took_is_found(
    folder: Folder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_named(130)
    apply = Store.apply
    batches: list[bool] = []

    def full(store: Store, *arguments: object, **more: object) -> object:
        if batches:
            raise StoreError("the disk is full")
        batches.append(True)
        return apply(store, *arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Store, "apply", full)
        with pytest.raises(StoreError, match="full"):
            corpus.update(workers=0)
    assert len(titles(corpus, "临江大桥")) > 0
    assert counts(corpus.update(workers=0)) == (66, 0, 0, 64)


def test_reading_says_what_came_of_a_file(folder: Folder) -> None:
    folder.write("a.md", post("标题", "第一段。", "第二段。", author="晚报"))
    options = ReadOptions(folder.root, ZoneInfo("Asia/Shanghai"), NOW + timedelta(days=1), 1_000)
    outcome = parse_file(FileState("a.md", "1:1"), "", options)
    assert outcome.article is not None
    assert outcome.article.passages == ("第一段。\n第二段。",)
    assert outcome.article.post.body == ""
    again = parse_file(FileState("a.md", "1:1"), outcome.article.digest, options)
    assert (again.article, again.reason) == (None, None)
