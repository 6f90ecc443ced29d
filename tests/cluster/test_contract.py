"""The engine keeps what every implementation of the archive keeps, over real nodes."""

from collections.abc import Iterator

import pytest

from corpus import Corpus, CorpusOptions, sample_folder
from corpus.retrieval.protocols import Articles, Lists
from tests.cluster.archives import in_engine, indexed
from tests.cluster.nodes import Cluster
from tests.corpus.retrieval.contract import EVERYTHING, ArticlesContract, ListsContract, Truth


@pytest.fixture(scope="module")
def filled(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The sample archive in the engine."""
    options = CorpusOptions(sample_folder(), tmp_path_factory.mktemp("sample"))
    with indexed(options), in_engine(cluster, options) as corpus:
        yield corpus


@pytest.fixture(scope="module")
def truth(filled: Corpus) -> Truth:
    """The passages of the sample archive."""
    return Truth(filled._store.passages_after(0, limit=EVERYTHING))


@pytest.fixture
def lists(filled: Corpus) -> Lists:
    """One question's lists."""
    assert filled.engine is not None
    return filled.engine.session()[0]


@pytest.fixture
def articles(filled: Corpus) -> Articles:
    """One question's articles."""
    assert filled.engine is not None
    return filled.engine.session()[1]


class TestEngineLists(ListsContract):
    tolerance = 0.002
    """Gains are whole numbers in the engine, and its scores have 24 bits."""


class TestEngineArticles(ArticlesContract):
    pass
