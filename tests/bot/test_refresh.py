"""The archive follows its folder while the bot answers."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.metrics import Metrics
from bot.process.processor_time import children_of, family_of, used_by
from bot.refresh import Refresh, RefreshError, concerns_posts, needs_polling
from bot.settings import Settings
from corpus import Corpus
from corpus.models import UpdateReport
from tests.corpus.semantic.encoders import install

SOON = 240.0
"""Seconds; less than two on a machine that does nothing else, and tests share theirs."""

pytestmark = pytest.mark.timeout(600)

POST = "---\ntitle: {title}\ndate: 2026-01-02 08:00:00\n---\n<p>{text}</p>\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "posts"
    folder.mkdir()
    write(folder, "一", "城东新开了一家图书馆，名叫知了书屋。")
    return folder


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests share their machine: a child that steps back behind all of them may wait for a minute."""
    monkeypatch.setattr("bot.refresh.NICENESS", 0)
    monkeypatch.setattr("bot.refresh.VECTORS_NICENESS", 0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(None, data_dir=tmp_path / "data")


def write(folder: Path, title: str, text: str) -> Path:
    path = folder / f"{title}.md"
    path.write_text(POST.format(title=title, text=text), encoding="utf-8")
    return path


@asynccontextmanager
async def refreshing(refresh: Refresh) -> AsyncIterator[None]:
    task = asyncio.create_task(refresh.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: object, seconds: float = SOON) -> float:
    """Wait until a condition holds; return how long it took."""
    started = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110 — looks from outside
            await asyncio.sleep(0.02)
    return time.monotonic() - started


async def test_new_changed_and_deleted_posts_are_found_within_seconds(
    settings: Settings, folder: Path
) -> None:
    reports: list[UpdateReport] = []

    async def note(report: UpdateReport) -> None:
        reports.append(report)

    refresh = Refresh(settings, folder, metrics=Metrics())
    refresh.on_updated.append(note)
    async with refreshing(refresh):
        await until(lambda: reports, SOON)
        with Corpus.open(settings.corpus_options(folder)) as corpus:

            def titles() -> set[str]:
                return {article.title for article in corpus.latest().articles}

            def says(text: str) -> bool:
                return any(text in hit.passage.text for hit in corpus.ask(text).hits)

            path = write(folder, "二", "港口的吊机昨夜停了三个小时。")
            assert await until(lambda: says("吊机"), SOON) < SOON
            path.write_text(POST.format(title="二", text="港口的起重船昨夜停了。"), encoding="utf-8")
            assert await until(lambda: says("起重船"), SOON) < SOON
            path.unlink()
            assert await until(lambda: titles() == {"一"}, SOON) < SOON
            await until(lambda: len(reports) == 4, SOON)
    assert [(one.added, one.changed, one.removed) for one in reports] == [
        (1, 0, 0),
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
    ]


async def test_a_missing_folder_is_told_once_and_taken_up_when_it_comes_back(
    settings: Settings, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.refresh.RETRY_SECONDS", 0.2)
    away = folder.with_name("away")
    folder.rename(away)  # noqa: ASYNC240 — a test waits for nobody
    metrics = Metrics()

    def failed() -> float:
        return metrics.registry.get_sample_value("baotong_refreshes_total", {"result": "failed"}) or 0

    refresh = Refresh(settings, folder, metrics=metrics)
    async with refreshing(refresh):
        await until(lambda: failed() >= 2)
        away.rename(folder)
        await until(lambda: refresh.problem is None)
    said = [record for record in caplog.records if "could not be brought up to date" in record.message]
    assert len(said) == 1
    assert str(folder) in said[0].message


def link_to_itself(folder: Path) -> None:
    (folder / "self.md").symlink_to("self.md")


def links_in_a_circle(folder: Path) -> None:
    (folder / "a.md").symlink_to("b.md")
    (folder / "b.md").symlink_to("a.md")


def link_to_the_folder_above(folder: Path) -> None:
    (folder / "up").symlink_to("..")


def name_that_is_not_utf8(folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/\xff\xfe.md")).touch()


def folder_whose_name_is_not_utf8(folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/\xff")).mkdir()


def files_that_vanish_at_once(folder: Path) -> None:
    for number in range(100):
        write(folder, str(number), "").unlink()


def folder_made_anew(folder: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.mkdir()


def file_without_rights(folder: Path) -> None:
    write(folder, "closed", "").chmod(0)


ODDITIES = (
    link_to_itself,
    links_in_a_circle,
    link_to_the_folder_above,
    name_that_is_not_utf8,
    folder_whose_name_is_not_utf8,
    files_that_vanish_at_once,
    folder_made_anew,
    file_without_rights,
)


@pytest.mark.parametrize("polling", [False, True], ids=["by events", "by polling"])
async def test_whatever_lies_in_the_folder_the_watch_goes_on(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, polling: bool
) -> None:
    """What the watch notes is seen by itself; indexing, tested elsewhere, would take a second each time."""
    monkeypatch.setattr("bot.refresh.RETRY_SECONDS", 0.5)
    monkeypatch.setattr("bot.refresh.POLL_SECONDS", 0.1)
    monkeypatch.setattr("bot.refresh.needs_polling", lambda _: polling)
    refresh = Refresh(settings, folder)
    task = asyncio.create_task(refresh._watch())
    try:
        await asyncio.sleep(0.5)
        for number, happen in enumerate(ODDITIES):
            happen(folder)
            for round_ in range(2):
                await asyncio.sleep(0.3)
                refresh._changed.clear()
                write(folder, f"新{number}-{round_}", "新的文章。")
                try:
                    await until(refresh._changed.is_set)
                except TimeoutError:
                    pytest.fail(f"a new post is not noticed after {happen.__name__}")
        assert refresh.watch_problem is None
        assert not task.done()
    finally:
        refresh._stop.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_watch_that_ends_is_taken_up_again_and_the_folder_polled_meanwhile(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    def limited(*_: object, **__: object) -> object:
        nonlocal begun
        begun += 1
        raise OSError(28, "OS file watch limit reached.")

    monkeypatch.setattr("bot.refresh.RETRY_SECONDS", 0.1)
    monkeypatch.setattr("bot.refresh.POLL_SECONDS", 0.1)
    monkeypatch.setattr("bot.refresh.awatch", limited)
    reports: list[UpdateReport] = []

    async def note(report: UpdateReport) -> None:
        reports.append(report)

    refresh = Refresh(settings, folder)
    refresh.on_updated.append(note)
    async with refreshing(refresh):
        await until(lambda: len(reports) == 1)
        await until(lambda: begun >= 3)
        write(folder, "二", "河边的灯塔今天点亮。")
        await until(lambda: len(reports) == 2)
    assert refresh.watch_problem is None


@pytest.mark.parametrize("trouble", ["gone", "emptied"])
async def test_an_archive_that_is_gone_or_emptied_is_a_problem_until_it_is_back(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr("bot.refresh.RETRY_SECONDS", 0.5)
    monkeypatch.setattr("bot.refresh.POLL_SECONDS", 0.1)
    refresh = Refresh(settings, folder)
    away = folder.with_name("away")
    async with refreshing(refresh):
        await until(lambda: not refresh.running and (settings.data_dir / "index").exists())
        assert refresh.watch_problem is None
        folder.rename(away)  # noqa: ASYNC240
        if trouble == "emptied":
            folder.mkdir()  # noqa: ASYNC240
        await until(lambda: refresh.watch_problem is not None)
        assert str(folder) in str(refresh.watch_problem)
        if trouble == "emptied":
            folder.rmdir()  # noqa: ASYNC240
        away.rename(folder)
        await until(lambda: refresh.watch_problem is None)


async def test_an_emptied_folder_wipes_nothing(settings: Settings, folder: Path) -> None:
    for number in range(5):
        write(folder, f"第{number}篇", "一些文字。")
    refresh = Refresh(settings, folder)
    await refresh.once()
    shutil.rmtree(folder)
    folder.mkdir()  # noqa: ASYNC240
    with pytest.raises(RefreshError, match="--force"):
        await refresh.once()
    with Corpus.open(settings.corpus_options(folder)) as corpus:
        assert corpus.statistics().articles == 6


async def test_the_log_says_how_many_more_were_left_out_than_it_names(
    settings: Settings, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        os.mkfifo(folder / f"{number}.md")
    with caplog.at_level(logging.INFO):
        await Refresh(settings, folder).once()
    assert "not a regular file; and 2 more (`baotong index` names all)" in caplog.text


async def test_a_run_that_changed_nothing_tells_nobody(settings: Settings, folder: Path) -> None:
    told: list[UpdateReport] = []

    async def note(report: UpdateReport) -> None:
        told.append(report)

    refresh = Refresh(settings, folder)
    refresh.on_updated.append(note)
    await refresh.once()
    await refresh.once()
    assert len(told) == 1


async def test_only_what_nobody_waits_for_steps_back(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped_back: list[int] = []
    monkeypatch.setattr("bot.refresh.NICENESS", 7)
    monkeypatch.setattr("os.setpriority", lambda _, __, by: stepped_back.append(by - os.nice(0)))
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    refresh = Refresh(settings, folder)
    for urgent in (True, False):
        with pytest.raises(RefreshError):
            await refresh.once(urgent=urgent)
    assert stepped_back == [7]


async def test_ending_in_the_middle_of_a_run_leaves_no_child(settings: Settings, folder: Path) -> None:
    refresh = Refresh(settings, folder)
    async with refreshing(refresh):
        await until(lambda: refresh.running)
        await asyncio.sleep(0.1)
    assert not refresh.running


async def test_the_child_knows_no_secrets(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BOT_TOKEN", "WEBHOOK_SECRET", "PROXY_URL"):
        monkeypatch.setenv(name, "secret")
    assert "secret" not in Refresh(settings, folder)._environment().values()


async def test_vectors_follow_the_archive_in_a_process_of_their_own(
    settings: Settings, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = install(tmp_path / "packages")
    monkeypatch.setenv("PYTHONPATH", f"{packages}:{Path(__file__).parents[2]}")
    settings = settings.model_copy(update={"semantic": "on"})
    vectors = settings.data_dir / "semantic" / "articles.vectors"
    there_before: list[bool] = []

    async def note(_: UpdateReport) -> None:
        there_before.append(vectors.exists())

    refresh = Refresh(settings, folder)
    refresh.on_updated.append(note)
    async with refreshing(refresh):
        await until(vectors.exists, SOON)
    assert there_before == [False]  # a new post is told of first


async def test_vectors_that_cannot_be_made_are_told_once(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    refresh = Refresh(settings, folder)
    for _ in range(2):
        await refresh._make_vectors()
    assert [record.getMessage() for record in caplog.records] == [
        "no vectors of articles were made: ended with 1"
    ]
    assert refresh.problem is None


@pytest.mark.parametrize(
    ("folder", "polling"),
    [
        ("/mnt/nas/posts", True),
        ("/mnt/nas", True),
        ("/mnt/nas2", False),
        ("/home/me", False),
        ("/mnt/a b/c", True),
        ("/mnt/文章/c", True),
    ],
)
def test_network_file_systems_are_polled(tmp_path: Path, folder: str, polling: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nserver:/x /mnt/nas nfs4 rw 0 0\nhost /mnt/a\\040b fuse.sshfs rw 0 0\n"
        "server:/y /mnt/文章 nfs4 rw 0 0\n",
        encoding="utf-8",
    )
    assert needs_polling(Path(folder), mounts) is polling
    assert needs_polling(Path(folder), tmp_path / "none") is False


@pytest.mark.parametrize(
    ("name", "concerns"),
    [
        *(("a.md", True), ("a.markdown", True), ("A.HTML", True), (".md", True), ("2021.12/a.md", True)),
        *(
            ("access.log", False),
            ("photo.jpg", False),
            ("a.md.tmp", False),
            ("notes", False),
            ("log.1", False),
        ),
        *(("README.md", False), (".a.md", False), ("a.md~", False), (".git/a.md", False)),
    ],
)
def test_only_what_the_scan_takes_for_a_post_is_a_reason_to_index(
    tmp_path: Path, name: str, concerns: bool
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert concerns_posts(path, Path("/data")) is concerns


@pytest.mark.parametrize("name", ["2021", "2021.12", "posts.old", "access.log"])
def test_a_folder_is_a_reason_to_index_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert concerns_posts(tmp_path / name, Path("/data"))


@pytest.mark.parametrize(
    ("name", "concerns"), [("2021", True), ("2021.12", True), ("a.md", True), ("a.log", False)]
)
def test_what_is_gone_is_judged_by_its_name(tmp_path: Path, name: str, concerns: bool) -> None:
    assert concerns_posts(tmp_path / name, Path("/data")) is concerns


@pytest.mark.parametrize(
    "name",
    [
        "bot.sqlite3-wal",
        "corpus.sqlite3",
        "corpus.lock",
        "jieba.cache",
        "index/a.segment",
        "compiled/x",
        "index",
    ],
)
@pytest.mark.parametrize("data", ["/posts/data", "/posts"])
def test_what_indexing_writes_into_the_archive_is_no_reason_to_index_again(data: str, name: str) -> None:
    assert not concerns_posts(Path(data, name), Path(data))
    assert concerns_posts(Path("/posts/index/a.md"), Path("/elsewhere"))
    assert concerns_posts(Path("/posts/2021.12"), Path(data))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system tells of no processor time")
async def test_a_run_that_stands_still_is_told_ended_and_begun_anew(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.refresh.STILL_SECONDS", 0.5)
    monkeypatch.setattr("bot.refresh.STILL_CHECK_SECONDS", 0.1)
    monkeypatch.setattr("bot.refresh.RETRY_SECONDS", 0.1)
    refresh = Refresh(settings, folder, metrics=Metrics())
    already = set(children_of(os.getpid()))
    run = asyncio.create_task(refresh.once())
    await until(lambda: set(children_of(os.getpid())) - already)
    [child] = set(children_of(os.getpid())) - already
    os.kill(child, signal.SIGSTOP)
    with pytest.raises(RefreshError, match="indexing stood still"):
        await run
    assert "indexing stood still" in (refresh.watch_problem or "")
    assert used_by(child) is None
    monkeypatch.setattr("bot.refresh.STILL_SECONDS", 60)
    async with refreshing(refresh):
        await until(lambda: refresh.watch_problem is None)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system tells of no processor time")
def test_the_time_of_a_process_is_that_of_all_it_has_started() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as parent:
        try:
            deadline = time.monotonic() + 30
            while (used_by(parent.pid) or 0) < 0.3:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert len(family_of(parent.pid)) == 2
        finally:
            os.killpg(parent.pid, signal.SIGKILL)
    assert used_by(parent.pid) is None


async def test_while_feeds_are_fetched_the_first_run_comes_at_once_and_others_keep_apart(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = Refresh(settings, folder)
    runs: list[float] = []

    async def note(**_: object) -> UpdateReport:
        runs.append(time.monotonic())
        return UpdateReport(0, 0, 0, 0, (), (), 0.0)

    monkeypatch.setattr(refresh, "once", note)
    monkeypatch.setattr(refresh, "_follow_with_vectors", lambda: None)
    refresh.apart_seconds = 1.5
    async with refreshing(refresh):
        while len(runs) < 2:
            refresh.request()
            await asyncio.sleep(0.05)
        assert runs[1] - runs[0] >= 1.5
        refresh.apart_seconds = 3_600
        refresh.request()
        await asyncio.sleep(0.1)
        assert len(runs) == 2
        refresh.apart_seconds = 0  # the round is over
        await until(lambda: len(runs) == 3)
