"""What tests of the corpus share."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from corpus import Corpus, CorpusOptions, sample_folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The sample archive, indexed once, on the day after its newest posts; for reading only."""
    options = CorpusOptions(sample_folder(), tmp_path_factory.mktemp("sample"))
    with Corpus.open(options, now=lambda: datetime(2026, 11, 23, 4, tzinfo=UTC)) as corpus:
        corpus.update(workers=0)
        yield corpus
