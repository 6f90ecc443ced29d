"""Work on what strangers wrote, in worker processes: each item under bounds that the kernel enforces."""

from corpus.workers.pool import Refusal, Workers, usable_cores
from corpus.workers.process import Bounds, Cause, WorkerError

__all__ = ["Bounds", "Cause", "Refusal", "WorkerError", "Workers", "usable_cores"]
