"""An archive in the engine: the same answers in few round trips; changes, generations, nodes that die."""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from corpus import Answer, Corpus, CorpusOptions, sample_folder
from corpus.errors import EngineUnavailableError
from tests.cluster.archives import in_engine, indexed
from tests.cluster.nodes import Cluster
from tests.corpus.archives import Folder, post

ALIKE = "塔高三十米，灯光可达二十海里，日落时点亮，日出时熄灭，雾天鸣笛，冬天也不休息。"

QUESTIONS = [
    json.loads(line)["question"]
    for line in (Path(__file__).parents[1] / "sample_questions.jsonl").read_text().splitlines()
][::3]


@pytest.fixture(scope="module")
def both(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Corpus, Corpus]]:
    """The sample archive on this machine, and in the engine."""
    options = CorpusOptions(sample_folder(), tmp_path_factory.mktemp("sample"))
    with indexed(options) as own, in_engine(cluster, options) as other:
        yield own, other


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A small archive."""
    folder = Folder(tmp_path / "posts")
    for number in range(8):
        folder.write(
            f"{number}.md", post(f"第{number}号灯塔", f"第{number}号灯塔由看守人{number}照看。{ALIKE}")
        )
    return folder


def ids(answer: Answer) -> list[str]:
    return [hit.article.id for hit in answer.hits]


def first_titles(corpus: Corpus, question: str) -> list[str]:
    return [hit.article.title for hit in corpus.ask(question).hits]


def test_answers_are_those_of_this_machines_index_in_few_round_trips(both: tuple[Corpus, Corpus]) -> None:
    own, other = both
    assert other.engine is not None
    other.ask(QUESTIONS[0])
    pairs, trips = [], []
    for question in QUESTIONS:
        before = other.engine.client.trips
        pairs.append((own.ask(question, limit=10), other.ask(question, limit=10)))
        trips.append(other.engine.client.trips - before)

    def share(values: list[bool]) -> float:
        return statistics.fmean(values)

    assert share([ids(a)[:1] == ids(b)[:1] for a, b in pairs]) >= 0.98
    assert share([ids(a)[:5] == ids(b)[:5] for a, b in pairs]) >= 0.95
    assert share([a.confidence == b.confidence for a, b in pairs]) >= 0.98
    shown = [(a.hits[0].passage.text, b.hits[0].passage.text) for a, b in pairs if a.hits and b.hits]
    assert share([a == b for a, b in shown]) >= 0.98
    assert statistics.median(trips) <= 5
    assert sorted(trips)[int(0.95 * len(trips))] <= 11


def test_what_changes_in_the_folder_changes_in_the_engine(
    cluster: Cluster, folder: Folder, tmp_path: Path
) -> None:
    options = CorpusOptions(folder.root, tmp_path / "data")
    with indexed(options), in_engine(cluster, options) as corpus:
        assert first_titles(corpus, "第3号灯塔")[0] == "第3号灯塔"
        assert corpus.fill_engine().written == 0
        folder.write("3.md", post("第3号灯塔", f"第3号灯塔改由机器人青鸟照看。{ALIKE}"))
        folder.write("9.md", post("新港口", f"新港口今天启用，名叫琥珀湾。{ALIKE}"))
        (folder.root / "5.md").unlink()
        corpus.update(workers=0)
        assert "青鸟" in corpus.ask("第3号灯塔由谁照看").hits[0].passage.text
        assert first_titles(corpus, "琥珀湾")[0] == "新港口"
        assert "第5号灯塔" not in first_titles(corpus, "第5号灯塔")
        assert corpus.engine is not None
        lists, articles = corpus.engine.session()
        articles_now, passages_now, _ = articles.counts()
        assert (articles_now, passages_now) == corpus._store.counts()[:2]
        assert lists.count == passages_now
        assert corpus.check_engine() == []


def wait_for(asked: list[int], count: int, wrong: list[object]) -> None:
    """Wait until so many questions were asked; a wrong answer ends that."""
    while len(asked) < count:
        assert not wrong
        time.sleep(0.01)


def test_another_generation_takes_over_while_questions_are_asked(
    cluster: Cluster, folder: Folder, tmp_path: Path
) -> None:
    options = CorpusOptions(folder.root, tmp_path / "data")
    with indexed(options), in_engine(cluster, options) as corpus:
        with pytest.raises(EngineUnavailableError, match="exists already"):
            corpus.init_engine()
        assert corpus.init_engine(again=True) == 2
        with pytest.raises(EngineUnavailableError, match="has 0 articles"):
            corpus.swap_engine()
        corpus.fill_engine()
        ended, wrong, asked = threading.Event(), list[object](), list[int]()

        def ask() -> None:
            while not ended.is_set():
                try:
                    titles = first_titles(corpus, "第3号灯塔")
                    asked.append(1)
                    if titles[:1] != ["第3号灯塔"]:
                        wrong.append(titles)
                except Exception as error:
                    wrong.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            wait_for(asked, 1, wrong)
            assert corpus.swap_engine() == 2
            wait_for(asked, len(asked) + 5, wrong)
        finally:
            ended.set()
            asking.join()
        assert not wrong
        assert corpus.engine is not None
        assert corpus.engine.current == 2


def test_any_node_may_die_while_questions_are_asked(cluster: Cluster, both: tuple[Corpus, Corpus]) -> None:
    own, other = both
    for dead in cluster.nodes[1:]:
        cluster.kill(dead)
        httpx.get(
            f"{cluster.urls[0]}/_cluster/health?wait_for_nodes=2&wait_for_status=yellow&timeout=60s",
            timeout=90,
        ).raise_for_status()
        for question in QUESTIONS[:10]:
            assert ids(other.ask(question))[:1] == ids(own.ask(question))[:1]
        assert any("copies of shards are missing" in line for line in other.check_engine())
        cluster.start_node(dead)
        cluster.wait_until_whole()


def test_a_question_that_part_of_the_archive_cannot_answer_has_no_answer(
    cluster: Cluster, folder: Folder, tmp_path: Path
) -> None:
    options = CorpusOptions(folder.root, tmp_path / "data")
    with indexed(options), in_engine(cluster, options) as corpus:
        engine = corpus.engine
        assert engine is not None
        single = {"index": {"number_of_replicas": 0}}
        for name in engine._names(1):
            engine.client.write("PUT", f"/{name}/_settings", single)
        dead = cluster.nodes[2]
        cluster.kill(dead)
        try:
            httpx.get(
                f"{cluster.urls[0]}/_cluster/health?wait_for_nodes=2&timeout=60s", timeout=90
            ).raise_for_status()
            with pytest.raises(EngineUnavailableError):
                corpus.ask("第3号灯塔由谁照看")
            assert corpus.check_engine()
        finally:
            cluster.start_node(dead)
            cluster.wait_until_whole()
        assert first_titles(corpus, "第3号灯塔")[0] == "第3号灯塔"
