"""Hostile archives: bounded time, named in the report, nothing run, nothing outside read."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corpus import Corpus, CorpusOptions
from corpus.models import UpdateReport
from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import Crowd, percentile
from tests.faults.hostile import post, write_hostile
from tests.faults.test_network import UNPACED
from tests.newspaper import write_newspaper

NOW = datetime(2026, 9, 21, 16, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Indexed:
    """The hostile archive after indexing."""

    corpus: Corpus
    report: UpdateReport
    seconds: float
    folder: Path

    def titles(self) -> list[str]:
        return [article.title for article in self.corpus.latest(limit=100).articles]

    def found(self, text: str) -> bool:
        """Whether an article says something."""
        return any(text in hit.passage.text for hit in self.corpus.ask(text).hits)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    base = tmp_path_factory.mktemp("hostile")
    folder = write_hostile(base / "posts")
    with Corpus.open(CorpusOptions(folder, base / "data"), now=lambda: NOW) as corpus:
        started = time.monotonic()
        report = corpus.update(workers=0)
        yield Indexed(corpus, report, time.monotonic() - started, folder)


@pytest.mark.fault(19, 20)
def test_the_whole_archive_is_indexed_in_bounded_time(hostile: Indexed) -> None:
    assert hostile.seconds < 20
    assert hostile.found("灯塔修缮工程")


@pytest.mark.fault(19)
def test_front_matter_bombs_and_objects_do_nothing(hostile: Indexed) -> None:
    named = {one.path for one in (*hostile.report.skipped, *hostile.report.warnings)}
    assert "bomb.md" in named or hostile.found("石榴园")
    assert not (Path.cwd() / "pwned").exists()
    assert not (hostile.folder / "pwned").exists()
    for name, words in (("duplicate", "金丝雀"), ("unclosed", "画眉鸟"), ("nulls", "翠鸟"), ("list", "鸬鹚")):
        assert hostile.found(words) or f"{name}.md" in named, name
    assert "None" not in hostile.titles()


@pytest.mark.fault(20)
def test_what_is_no_post_is_named_with_a_reason(hostile: Indexed) -> None:
    reasons = {one.path: one.reason for one in hostile.report.skipped}
    for name in ("giant.md", "zip.md", "pipe.md"):
        assert reasons.get(name), f"{name} is not named"
    assert hostile.found("珍珠港湾"), "deeply nested, and still read"


@pytest.mark.fault(20)
def test_nothing_outside_the_folder_is_read(hostile: Indexed) -> None:
    assert "机密" not in hostile.titles()
    texts = ["\n".join(part.text for part in article.paragraphs) for article in hostile.corpus.export()]
    assert not any("外面的机密" in text or "root:" in text for text in texts)


@pytest.mark.fault(20)
def test_scripts_and_events_leave_no_trace(hostile: Indexed) -> None:
    for article in hostile.corpus.export():
        for paragraph in article.paragraphs:
            for word in ("alert(", "steal(", "javascript:", "onerror", "\x00", "\x1b", "\x07"):
                assert word not in paragraph.text


@pytest.mark.fault(20)
def test_files_in_other_encodings_are_read_or_named(hostile: Indexed) -> None:
    named = {one.path for one in (*hostile.report.skipped, *hostile.report.warnings)}
    assert hostile.found("国标编码的鸵鸟") or "gbk.md" in named
    assert hostile.found("宽编码的企鹅") or "utf16.md" in named


@pytest.mark.fault(20)
def test_a_file_that_vanishes_or_changes_while_it_is_read_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.md").write_text(
            f"---\ntitle: 第{number}篇\n---\n<p>文字{number}。</p>", encoding="utf-8"
        )
    stop = threading.Event()

    def stir() -> None:
        chance = random.Random(1)
        while not stop.is_set():
            path = folder / f"{chance.randrange(200)}.md"
            if path.exists() and chance.random() < 0.5:
                path.unlink()
            else:
                path.write_text("---\ntitle: 新\n---\n<p>新文字。</p>", encoding="utf-8")

    thread = threading.Thread(target=stir)
    with Corpus.open(CorpusOptions(folder, tmp_path / "data")) as corpus:
        thread.start()
        try:
            for _ in range(3):
                corpus.update(workers=0, force=True)
        finally:
            stop.set()
            thread.join()
        corpus.update(workers=0, force=True)
        assert corpus.statistics().articles == len(list(folder.glob("*.md")))


@pytest.mark.fault(21)
def test_the_same_story_is_one_hit_and_the_same_title_another(hostile: Indexed) -> None:
    hits = hostile.corpus.ask("熊猫馆什么时候开放").hits
    [panda] = [hit for hit in hits if "熊猫馆" in hit.passage.text]
    assert len(panda.same_story) == 1
    observatory = hostile.corpus.ask("天文台停电检修").hits[0]
    assert observatory.article.path == "sametitle.md"
    assert not observatory.same_story


@pytest.mark.fault(21)
def test_an_article_without_a_body_is_found_by_its_title(hostile: Indexed) -> None:
    assert hostile.corpus.ask("只有标题的水獭").hits[0].article.path == "empty.md"


@pytest.mark.fault(23)
def test_questions_are_answered_whole_and_quickly_while_the_archive_grows(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()

    def write(start: int, end: int) -> None:
        for number in range(start, end):
            text = post(f"灯塔第{number}号今天点亮，守塔人换班。", f"title: 消息{number}", "date: 2026-01-01")
            (folder / f"{number}.md").write_text(text, encoding="utf-8")

    write(0, 50)
    options = CorpusOptions(folder, tmp_path / "data")
    failures: list[BaseException] = []
    delays: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        with Corpus.open(options) as reader:
            while not stop.is_set():
                started = time.monotonic()
                try:
                    answer = reader.ask("灯塔什么时候点亮")
                    assert answer.hits
                    assert all("灯塔" in hit.passage.text for hit in answer.hits)
                except BaseException as error:
                    failures.append(error)
                    return
                delays.append(time.monotonic() - started)

    with Corpus.open(options) as writer:
        writer.update(workers=0)
        thread = threading.Thread(target=ask)
        thread.start()
        for start in range(50, 350, 60):
            write(start, start + 60)
            writer.update(workers=0)
        stop.set()
        thread.join()
        assert writer.statistics().articles == 350
    assert not failures
    assert len(delays) > 20
    assert percentile(delays, 0.95) < 0.5


@pytest.mark.fault(23)
@pytest.mark.slow
async def test_the_running_bot_answers_from_new_posts_within_seconds_and_stays_quick(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    archive = write_newspaper(tmp_path / "archive")
    await baotong(archive=archive, PYTHONPATH=UNPACED, LOG_LEVEL="INFO")
    crowd = Crowd(telegram, 50)
    crowd.ask(0)
    await crowd.answered(within=5)
    (archive / "new.md").write_text(post("鲸鱼馆昨天迎来第一头白鲸。", "title: 白鲸来了"), encoding="utf-8")
    written = time.monotonic()
    reader = telegram.person("小红")
    chat = telegram.private(reader)
    while True:
        reader.say(chat, "鲸鱼馆 白鲸")
        if "白鲸来了" in (await chat.next_answer()).text:
            break
        await asyncio.sleep(0.5)
    assert time.monotonic() - written < 5
    for number in range(3_000):
        text = post(f"第{number}号灯塔今天点亮，守塔人换班。", f"title: 灯塔{number}", "date: 2026-01-01")
        (archive / f"{number}.md").write_text(text, encoding="utf-8")
    for number in range(1, 101):
        crowd.ask(number)
        await asyncio.sleep(0.1)
    await crowd.answered(within=10)
    delays = crowd.delays()
    print(
        "\nwhile 3,000 posts are indexed:", *(f"{percentile(delays, share):.3f} s" for share in (0.5, 0.95))
    )
    assert percentile(delays, 0.95) < 1


@pytest.mark.fault(24)
def test_unknown_dates_come_last_and_are_none(hostile: Indexed) -> None:
    articles = hostile.corpus.latest(limit=100).articles
    dated = [article.published is not None for article in articles]
    assert dated == sorted(dated, reverse=True)
    undated = {article.title for article in articles if article.published is None}
    assert {"来自未来", "来自过去"} <= undated
    assert articles[0].title == "一切正常"


@pytest.mark.fault(24)
@pytest.mark.parametrize("system", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_days_are_those_of_the_archives_zone_wherever_the_machine_stands(
    tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    for hour in ("00:30", "23:30"):
        name = hour.replace(":", "")
        text = f"---\ntitle: 钟点{name}\ndate: 2026-03-29 {hour}:00\n---\n<p>钟楼在{name}敲响。</p>"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setenv("TZ", system)
    time.tzset()
    try:
        with Corpus.open(CorpusOptions(folder, tmp_path / "data"), now=lambda: NOW) as corpus:
            corpus.update(workers=0)
            assert len(corpus.ask("钟楼 从:2026-03-29 到:2026-03-29").hits) == 2
            assert not corpus.ask("钟楼 从:2026-03-30").hits
            assert not corpus.ask("钟楼 到:2026-03-28").hits
            assert [article.title for article in corpus.latest().articles] == ["钟点2330", "钟点0030"]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.fault(24)
def test_a_clock_that_jumps_back_keeps_the_order_and_the_archive(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    moment = NOW
    (folder / "a.md").write_text("---\ntitle: 甲\ndate: 2026-09-20\n---\n<p>钟摆。</p>", encoding="utf-8")
    with Corpus.open(CorpusOptions(folder, tmp_path / "data"), now=lambda: moment) as corpus:
        corpus.update(workers=0)
        moment = NOW.replace(year=2025)
        (folder / "b.md").write_text("---\ntitle: 乙\ndate: 2026-09-21\n---\n<p>摆锤。</p>", encoding="utf-8")
        report = corpus.update(workers=0)
        assert (report.added, report.removed) == (1, 0)
        moment = NOW
        corpus.update(workers=0)
        assert {article.title for article in corpus.latest().articles} == {"甲", "乙"}
        assert corpus.ask("摆锤").hits
