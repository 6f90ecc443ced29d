"""Archives of the tests in the engine."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from corpus import Corpus
from corpus.engine import Engine
from corpus.models import EngineOptions
from tests.cluster.nodes import Cluster


@contextmanager
def engine_of(cluster: Cluster, corpus: Corpus) -> Iterator[Engine]:
    """An engine that was filled with an archive, under a name of its own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    engine = Engine(EngineOptions(tuple(cluster.urls), index=name), corpus.zone)
    try:
        engine.init(corpus._engine_model())
        engine.fill(corpus._store)
        cluster.wait_until_whole()
        yield engine
    finally:
        for generation in engine.generations():
            engine.drop(generation)
        engine.close()
