"""Archives of the tests in the engine."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from corpus import Corpus
from corpus.engine import Engine, EngineModel
from corpus.models import EngineOptions
from corpus.text.terms import Family
from tests.cluster.nodes import Cluster


def model_of(corpus: Corpus) -> EngineModel:
    """The statistics of an archive's own index."""
    snapshot = corpus._snapshot()
    assert snapshot is not None
    return EngineModel(snapshot.count, tuple(snapshot.mean_length(family) for family in Family))


@contextmanager
def engine_of(cluster: Cluster, corpus: Corpus) -> Iterator[Engine]:
    """An engine that was filled with an archive, under a name of its own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    engine = Engine(EngineOptions(tuple(cluster.urls), index=name), corpus.zone)
    try:
        engine.init(model_of(corpus))
        engine.fill(corpus._store)
        cluster.wait_until_whole()
        yield engine
    finally:
        for generation in engine.generations():
            for index in engine._names(generation):
                engine.client.write("DELETE", f"/{index}")
        engine.close()
