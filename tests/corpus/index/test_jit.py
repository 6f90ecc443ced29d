"""The compiled loops and numpy give the same, to the last bit; where there are none, numpy goes on."""

import errno
import gc
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.index import jit, kernel_search, posting_reader
from corpus.index.bm25 import BM25F, Okapi
from corpus.index.index import Document, Family, Index, Restriction, Snapshot, Term, codes_of

WORDS = [f"词{number}" for number in range(300)]
SHARES = [1 / (rank + 1) for rank in range(300)]
CHARACTERS = [chr(0x4E00 + number) for number in range(120)]


def random_documents(chance: random.Random, count: int) -> list[Document]:
    """Passages some of whose lists are long and dense, and some of whose words occur very often."""
    return [
        Document(
            number=number,
            article=number // 3,
            words=chance.choices(WORDS, SHARES, k=chance.randint(0, 30))
            + ["词7"] * chance.choice([0] * 20 + [200]),
            title_words=chance.choices(WORDS, SHARES, k=chance.randint(0, 7)),
            characters=codes_of(chance.choices(CHARACTERS, SHARES[:120], k=chance.randint(0, 40))),
            title_characters=codes_of(chance.choices(CHARACTERS, k=chance.randint(0, 4))),
            published=chance.randint(0, 9),
            labels=(chance.randint(0, 3),),
        )
        for number in range(1, count + 1)
    ]


def random_terms(chance: random.Random) -> list[Term]:
    words = chance.choices([*WORDS, "没有这个词"], k=chance.randint(0, 8))
    return [Term(word, weight=chance.choice([1.0, 0.3, 0.0])) for word in words] + [
        Term(character, Family.CHARACTERS, 0.5)
        for character in chance.choices(CHARACTERS, k=chance.randint(0, 12))
    ]


def everything_found(snapshot: Snapshot, seed: int, count: int) -> list[object]:
    """What a snapshot answers to many requests."""
    chance = random.Random(seed)
    found: list[object] = []
    for _ in range(12):
        terms = random_terms(chance)
        numbers = chance.sample(range(1, count + 9), min(count, 30))
        where = chance.choice([None, Restriction(since=3), Restriction(labels=(frozenset({1}),), until=8)])
        boosts = chance.choice(
            [[], [(Restriction(since=5), 0.4), (Restriction(labels=(frozenset({2}),)), 0.1)]]
        )
        found += [
            snapshot.search(terms, limit=limit, where=where, boosts=boosts, per_article=per_article)
            for limit in (1, 10, 60)
            for per_article in (True, False)
        ]
        found += [snapshot.scores_of(numbers, terms), snapshot.shares_of(numbers, terms).tolist()]
        found += [snapshot.document_frequencies(terms), snapshot.idfs(terms)]
    return found


@contextmanager
def using(used: ModuleType | None) -> Iterator[None]:
    before, jit._state.kernels = jit._state.kernels, used
    try:
        yield
    finally:
        jit._state.kernels = before


@pytest.mark.parametrize("model", [BM25F, Okapi])
def test_both_ways_give_the_same_to_the_last_bit(
    model: type[BM25F], kernels: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(deadline=None, max_examples=6)
    @given(seed=st.integers(0, 2**32), count=st.integers(1, 3_000), commits=st.integers(1, 3))
    def check(seed: int, count: int, commits: int) -> None:
        chance = random.Random(seed)
        documents = random_documents(chance, count)
        folder = tmp_path_factory.mktemp("index")
        with Index.create(folder, model) as index:
            for part in range(commits):
                index.add(documents[part * count // commits : (part + 1) * count // commits])
                index.commit()
            index.remove(chance.sample(documents, count // 6))
            index.commit()
        with using(kernels):
            with_numpy = Index(folder, model, compiled_loops=False).snapshot()
            with_loops = Index(folder, model).snapshot()
            assert with_loops._compiled is not None
            assert with_numpy._compiled is None
            assert everything_found(with_loops, seed, count) == everything_found(with_numpy, seed, count)

    check()


def test_nothing_is_compiled_in_the_middle_of_a_question(kernels: ModuleType, tmp_path: Path) -> None:
    before = [
        len(function.signatures) for function in (kernels.search, kernels.look_up, kernels.contributions)
    ]
    assert before == [1, 1, 1]
    with Index.create(tmp_path) as index, using(kernels):
        index.add(random_documents(random.Random(1), 200))
        index.commit()
        everything_found(index.snapshot(), 1, 200)
    after = [
        len(function.signatures) for function in (kernels.search, kernels.look_up, kernels.contributions)
    ]
    assert after == before


def test_more_matches_than_the_loops_keep_are_found_too(
    kernels: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_search, "MAX_LIMIT", 5)
    with Index.create(tmp_path) as index, using(kernels):
        index.add(random_documents(random.Random(2), 300))
        index.commit()
        few, many = (index.search([Term("词0")], limit=limit) for limit in (5, 50))
        assert many[:5] == few
        assert len(many) == 50


def test_where_lengths_are_too_many_for_the_loops_numpy_goes_on(
    kernels: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting_reader, "SHARED_TABLE_LENGTHS", 4)
    with Index.create(tmp_path) as index:
        index.add(random_documents(random.Random(3), 300))
        index.commit()
    with using(kernels):
        readable = Index(tmp_path).snapshot()
        expected = readable.search([Term("词0"), Term("词1")], limit=9)
        assert readable._compiled is not None
        monkeypatch.setattr(posting_reader, "MAX_GAIN_ROWS", 8)
        unreadable = Index(tmp_path).snapshot()
        assert unreadable.search([Term("词0"), Term("词1")], limit=9) == expected
        assert unreadable._compiled is None


ASK = """
import logging, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
from corpus.index import jit
from corpus.index.index import Index, Term
print(jit.load(Path(sys.argv[1])))
print([match.number for match in Index(Path(sys.argv[2])).search([Term("金砖")], limit=3)])
"""


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("raise ImportError('there is no numba')", id="missing"),
        pytest.param("raise OSError('libLLVM is gone')", id="fails to load"),
        pytest.param(
            "def njit(*a, **k): raise TypeError('cannot compile')\ntypes = njit", id="another numba"
        ),
    ],
)
def test_a_numba_that_does_not_work_costs_one_line_in_the_log(tmp_path: Path, code: str) -> None:
    package = tmp_path / "path" / "numba"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code, encoding="utf-8")
    with Index.create(tmp_path / "index") as index:
        index.add([Document(1, 1, ["金砖", "峰会"])])
        index.commit()
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "made"), str(tmp_path / "index")],
        env={**os.environ, "PYTHONPATH": str(package.parent), "NUMBA_DISABLE_JIT": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    line, loaded, found = done.stdout.splitlines()
    assert line.startswith("INFO searching without compiled loops: ")
    assert (loaded, found) == ("False", "[1]")


def test_where_nothing_can_be_kept_numpy_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("numba")
    monkeypatch.delenv("NUMBA_DISABLE_JIT")
    monkeypatch.setattr(jit._state, "kernels", None)
    caplog.set_level("INFO")
    (tmp_path / "file").touch()
    assert not jit.load(tmp_path / "file" / "compiled")
    assert jit.kernels() is None
    [record] = [record for record in caplog.records if record.name == "corpus.index.jit"]
    assert "NotADirectoryError" in record.message


def test_many_threads_search_at_the_same_time(kernels: ModuleType, tmp_path: Path) -> None:
    with Index.create(tmp_path) as index, using(kernels), ThreadPoolExecutor(4) as pool:
        index.add(random_documents(random.Random(4), 1_500))
        index.commit()
        snapshot = index.snapshot()
        expected = [everything_found(snapshot, seed, 1_500) for seed in range(4)]
        found = pool.map(lambda seed: everything_found(snapshot, seed, 1_500), range(4))
        assert list(found) == expected


def test_loaded_loops_take_over_in_a_running_process(kernels: ModuleType, tmp_path: Path) -> None:
    with Index.create(tmp_path) as index:
        index.add([Document(1, 1, ["金砖", "峰会"]), Document(2, 2, ["金砖"])])
        index.commit()
        snapshot = index.snapshot()
        with using(None):
            expected = snapshot.search([Term("金砖")], limit=3)
        with using(kernels):
            assert snapshot.search([Term("金砖")], limit=3) == expected
            assert snapshot._compiled is not None


def test_what_fails_in_the_background_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = ModuleType("kernels")
    tries: list[str] = []

    def first() -> None:
        tries.append("first")
        if len(tries) == 1:
            raise OSError(errno.EMFILE, "Too many open files")

    def load(_: Path) -> ModuleType | None:
        tries.append("load")
        return loaded if len(tries) > 4 else None

    monkeypatch.setattr(jit, "_state", jit._State())
    monkeypatch.setattr(jit, "WARM_UP_DELAY_SECONDS", 0.0)
    monkeypatch.setattr(jit, "RETRY_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(jit, "_load_kernels", load)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    jit.warm_up(tmp_path, first=first)
    assert jit._state.thread is not None
    jit._state.thread.join(60)
    assert tries == ["first", "first", "load", "first", "load"]
    assert jit.kernels() is loaded


LASTING = """
import gc, sys
from pathlib import Path
from corpus import Corpus, CorpusOptions
from corpus.index import jit
from corpus.text import pinyin
jit.PATIENCE_SECONDS = 0
with Corpus.open(CorpusOptions(None, Path(sys.argv[1]))) as corpus:
    corpus.speed_up()
    corpus.speed_up()
    jit._state.thread.join()
    print(pinyin.characters_by_sound.cache_info().currsize, gc.get_freeze_count() > 100_000)
"""


def test_a_process_that_lasts_loads_what_its_first_questions_need(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LASTING, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "True"]
