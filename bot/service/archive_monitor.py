"""The archive while the bot runs: its size for the metrics, and what is wrong with it."""

import asyncio
import logging
import os
from pathlib import Path

from bot.metrics import Metrics
from bot.refresh import Refresh
from corpus import Corpus
from corpus.errors import CorpusError
from corpus.models import UpdateReport

logger = logging.getLogger(__name__)


class ArchiveMonitor:
    """Measures the archive, and names what is wrong with it, with its folder or with indexing."""

    def __init__(self, corpus: Corpus, refresh: Refresh, *, metrics: Metrics) -> None:
        self._corpus = corpus
        self._refresh = refresh
        self._metrics = metrics
        self._measure_problem: str | None = None

    def problem(self) -> str | None:
        """Return what is wrong with the archive, in words for an operator; None: nothing."""
        if damage := self._corpus.problem:
            return damage
        if self._corpus.empty:
            return self._refresh.problem or "no article is indexed"
        return self._measure_problem or self._refresh.watch_problem or self._folder_problem()

    def _folder_problem(self) -> str | None:
        """Return that the articles are not those of the folder that is watched, if so."""
        indexed, watched = self._corpus.indexed_folder, self._corpus.folder
        if indexed is None or indexed == Path(os.path.realpath(watched)):
            return None
        return (
            f"answers come from {indexed}, which was indexed last, and not from {watched}: "
            "`baotong index --force` brings that back"
        )

    async def on_updated(self, _: UpdateReport) -> None:
        """Measure what an update has changed; a hook of the refresh."""
        await self.measure()

    async def measure(self) -> None:
        """Read the size of the archive into the metrics, and have its examples ready; a failure is logged."""
        self.problem()  # a database that was replaced is followed also if nobody asks for `/readyz`
        try:
            size = await asyncio.to_thread(self._corpus.statistics)
            await asyncio.to_thread(self._corpus.example_questions)
        except (CorpusError, OSError) as error:
            logger.warning("the archive could not be measured: %s", error)
            self._measure_problem = str(error)
            return
        self._measure_problem = None
        self._metrics.articles.set(size.articles)
        self._metrics.passages.set(size.passages)
        self._metrics.index_bytes.set(size.index_bytes)
        if size.updated:
            self._metrics.updated.set(size.updated.timestamp())
        if size.newest:
            self._metrics.newest.set(size.newest.timestamp())
