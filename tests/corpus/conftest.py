"""What tests of the corpus share."""

import fcntl
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

import pytest

from corpus import Corpus, CorpusOptions, sample_folder
from corpus.index import jit


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The sample archive, indexed once, on the day after its newest posts; for reading only."""
    options = CorpusOptions(sample_folder(), tmp_path_factory.mktemp("sample"))
    with Corpus.open(options, now=lambda: datetime(2026, 11, 23, 4, tzinfo=UTC)) as corpus:
        corpus.update(workers=0)
        yield corpus


@pytest.fixture(scope="session")
def kernels(pytestconfig: pytest.Config) -> ModuleType:
    """The compiled loops, made once and kept for later runs."""
    numba = pytest.importorskip("numba")
    folder = pytestconfig.cache.mkdir("compiled")
    with (folder / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.delenv("NUMBA_DISABLE_JIT", raising=False)
        patch.setattr(numba.config, "DISABLE_JIT", 0)
        assert jit.load(folder / "loops")
    found, jit._state.kernels = jit.kernels(), None
    assert found is not None
    return found


@pytest.fixture(params=["numpy", "compiled"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test both ways of searching. Name of the way."""
    used = request.getfixturevalue("kernels") if request.param == "compiled" else None
    monkeypatch.setattr(jit._state, "kernels", used)
    return str(request.param)
