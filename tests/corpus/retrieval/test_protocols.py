"""The embedded index and store keep what every implementation of the archive keeps."""

import pytest

from corpus import Corpus
from corpus.retrieval.protocols import Articles, Lists
from tests.corpus.retrieval.contract import EVERYTHING, ArticlesContract, ListsContract, Truth


@pytest.fixture(scope="module")
def truth(sample: Corpus) -> Truth:
    """The passages of the sample archive."""
    passages = sample._store.passages_after(0, limit=EVERYTHING)
    assert len(passages) < EVERYTHING
    return Truth(passages)


@pytest.fixture
def lists(sample: Corpus) -> Lists:
    """The index of the sample archive."""
    snapshot = sample._snapshot()
    assert snapshot is not None
    return snapshot


@pytest.fixture
def articles(sample: Corpus) -> Articles:
    """Its store."""
    return sample._store


class TestSnapshot(ListsContract):
    pass


class TestStore(ArticlesContract):
    pass
