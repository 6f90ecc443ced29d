"""Archives of the tests in the engine."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from corpus import Corpus, CorpusOptions, EngineOptions
from tests.cluster.nodes import Cluster

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@contextmanager
def indexed(options: CorpusOptions) -> Iterator[Corpus]:
    """An archive in this machine's own index."""
    with Corpus.open(options, now=lambda: NOW) as corpus:
        corpus.update(workers=0)
        yield corpus


@contextmanager
def in_engine(cluster: Cluster, options: CorpusOptions) -> Iterator[Corpus]:
    """The same archive, which was indexed, asked of the engine, under a name of its own."""
    engine = EngineOptions(tuple(cluster.urls), index=f"t{uuid.uuid4().hex[:12]}", seconds=60)
    with Corpus.open(replace(options, engine=engine), now=lambda: NOW) as corpus:
        assert corpus.engine is not None
        try:
            corpus.init_engine()
            corpus.fill_engine()
            cluster.wait_until_whole()
            yield corpus
        finally:
            for generation in corpus.engine.generations():
                corpus.engine.drop(generation)
