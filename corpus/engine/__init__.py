"""An engine of several machines behind the promises of `corpus.retrieval.protocols`: OpenSearch."""

from corpus.engine.engine import Engine
from corpus.engine.filling import FillReport
from corpus.engine.model import EngineModel

__all__ = ["Engine", "EngineModel", "FillReport"]
