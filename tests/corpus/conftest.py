"""What tests of the corpus share."""

from collections.abc import Iterator

import pytest

from corpus import Corpus, CorpusOptions, sample_folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The sample archive, indexed once; for reading only."""
    with Corpus.open(CorpusOptions(sample_folder(), tmp_path_factory.mktemp("sample"))) as corpus:
        corpus.update(workers=0)
        yield corpus
