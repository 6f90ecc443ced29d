"""The engine keeps what every implementation of the archive keeps, over real nodes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from corpus import Corpus, CorpusOptions, sample_folder
from corpus.engine import Engine
from corpus.retrieval.protocols import Articles, Lists
from tests.cluster.archives import engine_of
from tests.cluster.nodes import Cluster
from tests.corpus.retrieval.contract import EVERYTHING, ArticlesContract, ListsContract, Truth


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The sample archive, indexed on this machine."""
    options = CorpusOptions(sample_folder(), tmp_path_factory.mktemp("sample"))
    with Corpus.open(options, now=lambda: datetime(2026, 11, 23, 4, tzinfo=UTC)) as corpus:
        corpus.update(workers=0)
        yield corpus


@pytest.fixture(scope="module")
def engine(cluster: Cluster, sample: Corpus) -> Iterator[Engine]:
    """The sample archive in the engine."""
    with engine_of(cluster, sample) as engine:
        yield engine


@pytest.fixture(scope="module")
def truth(sample: Corpus) -> Truth:
    """The passages of the sample archive."""
    return Truth(sample._store.passages_after(0, limit=EVERYTHING))


@pytest.fixture
def lists(engine: Engine) -> Lists:
    """One question's lists."""
    return engine.session()[0]


@pytest.fixture
def articles(engine: Engine) -> Articles:
    """One question's articles."""
    return engine.session()[1]


class TestEngineLists(ListsContract):
    tolerance = 0.002
    """Gains are whole numbers in the engine, and its scores have 24 bits."""


class TestEngineArticles(ArticlesContract):
    pass
