"""The archive while the bot runs: its size for the metrics, and what is wrong with it."""

import asyncio
import logging
import os
from pathlib import Path

from bot.metrics import Metrics
from bot.process.open_file import OpenFile
from bot.refresh import Refresh
from corpus import Corpus
from corpus.errors import CorpusError
from corpus.models import UpdateReport
from corpus.store import FILE_NAME

logger = logging.getLogger(__name__)


class ArchiveMonitor:
    """Watches the file that answers come from.

    Args:
        data_dir: Folder of the archive's database.
    """

    def __init__(self, corpus: Corpus, refresh: Refresh, data_dir: Path, *, metrics: Metrics) -> None:
        self._corpus = corpus
        self._refresh = refresh
        self._path = data_dir / FILE_NAME
        self._metrics = metrics
        self._file = _open_file(self._path)
        self._measure_problem: str | None = None

    @property
    def is_replaced(self) -> bool:
        """Whether another file, or none, stands in place of the open one."""
        return self._file is not None and self._file.change is not None

    def problem(self) -> str | None:
        """Return what is wrong with the archive, in words for an operator; None: nothing."""
        if damage := self._corpus.problem:
            return damage
        self._file = self._file or _open_file(self._path)
        if self._file is not None and (change := self._file.change):
            return (
                f"{self._path} was {change} while the bot runs: answers come from the file that "
                "was opened, until the archive is indexed again or the bot restarted"
            )
        if self._file is not None and self._file.is_truncated:
            return f"{self._path} is damaged: it was cut short; it is made anew from the folder"
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
        """Follow the file that an update may have replaced, and measure it; a hook of the refresh."""
        self._file = _open_file(self._path)
        await self.measure()

    async def measure(self) -> None:
        """Read the size of the archive into the metrics; a failure is logged."""
        try:
            size = await asyncio.to_thread(self._corpus.statistics)
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


def _open_file(path: Path) -> OpenFile | None:
    try:
        return OpenFile.from_path(path)
    except OSError:
        return None
