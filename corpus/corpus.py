"""`Corpus`: everything that the rest of the program may ask of the archive."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from corpus.answering import pipeline, related, relaxation, suggested_questions
from corpus.answering.archive import Archive, Page
from corpus.errors import ArchiveError, CorpusError, DamagedStoreError, IndexUnavailableError, StoreError
from corpus.index import jit
from corpus.index.index import Snapshot
from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    ArticleText,
    Category,
    CorpusOptions,
    Filters,
    Order,
    Statistics,
    Unmet,
    UpdateReport,
)
from corpus.question import parser
from corpus.retrieval import spelling
from corpus.retrieval.filters import Checker, Names, name_key
from corpus.retrieval.standing_queries import Arrivals, Standing, go_on, standing
from corpus.store.store import FILE_NAME, LinkOptions, Store, category_tree
from corpus.text import analyzer
from corpus.updating.maintenance import PAUSE_SECONDS, Upkeep, renew_store
from corpus.updating.parse_posts import ReadOptions
from corpus.updating.pipeline import ROOT, SETTLED, UPDATED
from corpus.updating.progress import Show, show_nothing

logger = logging.getLogger(__name__)

T = TypeVar("T")

VERIFYING_NICENESS = 10


def utc_now() -> datetime:
    """The present, aware."""
    return datetime.now(UTC)


def sample_folder() -> Path:
    """The archive that comes with the program."""
    return Path(str(resources.files("corpus").joinpath("sample")))


class Corpus:
    """An archive of articles, its store and its index. Use as a context manager.

    Reading is safe from any number of threads and processes while one process updates.
    """

    def __init__(self, options: CorpusOptions, store: Store, now: Callable[[], datetime]) -> None:
        self._options = options
        self._store = store
        self._now = now
        self._zone = ZoneInfo(options.timezone)
        self._upkeep = Upkeep(options.data_dir, store, self._zone)
        self._names: tuple[tuple[int, ...], Names] | None = None

    @classmethod
    def open(
        cls,
        options: CorpusOptions,
        *,
        now: Callable[[], datetime] = utc_now,
        rebuild_in_background: bool = False,
        renew: bool = False,
    ) -> "Corpus":
        """Open a corpus, empty when there is none yet. Takes milliseconds: nothing big is loaded.

        An index that is missing or damaged is rebuilt from the store. Where DATA_DIR cannot be written,
        questions are answered all the same.

        Args:
            now: The clock; words such as 昨天 hang on it.
            rebuild_in_background: Do not wait for that: the next `update`, mostly one of another process,
                rebuilds it, and until then questions are answered from what there is.
            renew: For who updates next: a database that cannot be opened for damage is set aside, and an
                empty one begun.

        Raises:
            StoreError: The database cannot be used.
        """
        analyzer.use_cache_dir(options.data_dir)
        try:
            return cls._open(options, now, mend=not rebuild_in_background)
        except DamagedStoreError as error:
            if not renew:
                raise
            renew_store(options.data_dir, error, folder=options.folder, moment=now())
        return cls._open(options, now, mend=not rebuild_in_background)

    @classmethod
    def _open(cls, options: CorpusOptions, now: Callable[[], datetime], *, mend: bool) -> "Corpus":
        store = Store(options.data_dir / FILE_NAME, LinkOptions(options.site_url, options.permalink))
        try:
            corpus = cls(options, store, now)
            corpus._upkeep.open(mend=mend)
        except BaseException:
            store.close()
            raise
        return corpus

    def speed_up(self) -> None:
        """Do in the background what processes that last need: load what makes questions faster, verify."""
        threading.Thread(target=self._verify_quietly, name="verifying", daemon=True).start()
        jit.load_meanwhile(self._options.data_dir / "compiled", first=spelling.load)

    def mend_elsewhere(self, on_damage: Callable[[], None]) -> None:
        """Leave the mending to `update`, mostly of another process; else this one rebuilds the index.

        Args:
            on_damage: Called, in any thread, when there is something to mend.
        """
        self._upkeep.on_damage = on_damage

    @property
    def problem(self) -> str | None:
        """What is damaged at the moment, or None; never raises an error."""
        return self._upkeep.problem

    def _verify_quietly(self) -> None:
        """Verify index and store without getting into the way of questions."""
        with contextlib.suppress(OSError):  # threads have a priority of their own on Linux alone
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), VERIFYING_NICENESS)
        try:
            self._upkeep.examine(pause=lambda: time.sleep(PAUSE_SECONDS))
            self._store.check()
        except CorpusError as error:
            logger.debug("not verified: %s", error)

    def close(self) -> None:
        """Close files. Snapshots in use stay good."""
        self._upkeep.close()
        self._store.close()

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Indexing

    def update(
        self,
        *,
        force: bool = False,
        workers: int | None = None,
        slow_seconds: float | None = None,
        progress: Show = show_nothing,
    ) -> UpdateReport:
        """Bring store and index in line with the folder. Doing it twice changes nothing.

        Args:
            force: Accept another root, or that more than half of the articles are gone.
            workers: Processes that read posts; None: as many as there are cores when it pays; 0: none, and no
                bound of time and memory for a post.
            slow_seconds: After this time with slow posts no further one is begun: those that wait are left
                for the next update, which begins with the others; None: all are read.

        Raises:
            ArchiveError: The folder cannot be read or must not be indexed as it is.
            StoreError: Somebody else is updating, or the database cannot be written.
            IndexUnavailableError: The index cannot be written; what it lacks, it is given by the next update.
        """
        root = self.folder
        # The sample comes with the program: nobody loses it when an archive of their own takes its place.
        force = force or self.indexed_folder == sample_folder().resolve()
        if not root.is_dir():
            raise ArchiveError(self._missing(root))
        options = ReadOptions(
            root.resolve(),
            self._zone,
            self._now(),
            self._options.max_post_bytes,
            self._options.data_dir,
        )
        return self._upkeep.update(
            options, force=force, workers=workers, slow_seconds=slow_seconds, progress=progress
        )

    def _missing(self, root: Path) -> str:
        if self._options.folder is None:
            return (
                f"the folder indexed last, {root}, is gone: "
                "name one (`baotong index FOLDER`) or set CORPUS_DIR"
            )
        return f"CORPUS_DIR {root} is not a folder"

    @property
    def folder(self) -> Path:
        """The archive that `update` reads: as set, else the one indexed last, else the sample."""
        return self._options.folder or self.indexed_folder or sample_folder()

    @property
    def indexed_folder(self) -> Path | None:
        """The archive that was indexed last, resolved; None when there was none yet."""
        remembered = self._store.meta(ROOT)
        return Path(remembered) if remembered else None

    @property
    def unfinished(self) -> bool:
        """Whether no update of this archive has come to its end yet: something is still to be read."""
        return self._store.meta(UPDATED) is None

    # Asking

    @property
    def empty(self) -> bool:
        """Whether there is no article."""
        return self._store.empty

    def ask(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        limit: int = 5,
        offset: int = 0,
        order: Order = Order.RELEVANCE,
    ) -> Answer:
        """Answer a question. Any text will do.

        Args:
            question: As typed; the filter syntax in it is understood.
            filters: In addition to those in the question.
            limit: Hits on the page.
            offset: Hits left out at the start; pages of the same question fit together without gap.
            order: Of the hits. The confidence is always that of the most relevant one.

        Raises:
            IndexUnavailableError: The index is damaged and being made anew.
            StoreError: The database cannot be read.
        """
        page = Page(limit, offset, order)
        return self._reading(
            lambda archive: pipeline.ask(archive, question, filters=filters, page=page),
            lambda: pipeline.nothing(question, filters, self._today()),
        )

    def _reading(self, work: Callable[[Archive], T], nothing: Callable[[], T]) -> T:
        """Do something with the archive; should damage make it fail, once more with what is sound.

        Args:
            nothing: What there is to say of an archive without articles.

        Raises:
            IndexUnavailableError: The index is damaged and being made anew.
            StoreError: The database cannot be read.
        """
        for last in (False, True):
            snapshot = self._snapshot()
            if snapshot is None:
                return nothing()
            try:
                return work(self._archive(snapshot))
            except StoreError:
                raise
            except Exception:  # whatever wrong numbers lead to
                if last or not self._upkeep.damaged():
                    raise
        raise AssertionError  # the second time either returns or raises

    def _archive(self, snapshot: Snapshot) -> Archive:
        return Archive(snapshot, self._store, self._current_names, self._zone, self._today())

    def _snapshot(self) -> Snapshot | None:
        index = self._upkeep.index()
        snapshot = None if index is None else index.snapshot()
        if snapshot is not None and snapshot.count:
            return snapshot
        if self._store.passages_beyond(0):
            raise IndexUnavailableError(
                "the index is being made from the articles that were read; ask again in a while"
            )
        return None

    def _today(self) -> date:
        return self._now().astimezone(self._zone).date()

    def _current_names(self) -> Names:
        mark = self._store.names_mark()
        if self._names is None or self._names[0] != mark:
            self._names = (mark, Names.of(self._store))
        return self._names[1]

    # Browsing

    def latest(
        self,
        *,
        category: Category | None = None,
        author: str | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> ArticlePage:
        """List the newest articles; those whose date is unknown come last.

        Args:
            category: Only at and below this node.
            author: Only of this author, by folded name.
        """
        categories: list[int] | None = None
        if category is not None:
            depth = len(category.path)
            categories = [
                number for number, _, path, _ in self._store.category_rows() if path[:depth] == category.path
            ]
        authors = None if author is None else sorted(self._current_names().author_numbers(author))
        articles, total = self._store.newest(
            categories=categories, authors=authors, limit=limit, offset=offset
        )
        return ArticlePage(tuple(articles), total)

    def categories(self) -> tuple[Category, ...]:
        """Return the roots of the category tree, most articles first."""
        return category_tree(self._store.category_rows())

    def category(self, category_id: str) -> Category | None:
        """Return a node of the tree by id."""
        return next((node for node in self._nodes() if node.id == category_id), None)

    def find_categories(self, name: str) -> tuple[Category, ...]:
        """Find nodes by name, folded: those called exactly so, else those whose name contains it.

        `金融/新浪财经` names a chain. Of nodes below each other that match, only the upper one counts.
        """
        chain = tuple(key for part in name.split("/") if (key := name_key(part)))
        if not chain:
            return ()
        nodes = list(self._nodes())
        keys = {node.id: tuple(map(name_key, node.path)) for node in nodes}
        whole = name_key(name)
        matches = [
            node for node in nodes if keys[node.id][-len(chain) :] == chain or keys[node.id][-1] == whole
        ]
        if not matches:
            matches = [node for node in nodes if whole in keys[node.id][-1]]
        upper = {node.path for node in matches}
        return tuple(
            node
            for node in matches
            if not any(node.path[:depth] in upper for depth in range(1, len(node.path)))
        )

    def _nodes(self) -> Iterator[Category]:
        pending = list(self.categories())
        while pending:
            node = pending.pop(0)
            yield node
            pending.extend(node.children)

    def article(self, article_id: str) -> ArticleText | None:
        """Return a whole article by id, or by path relative to the archive."""
        found = self._store.article(article_id)
        if found is None:
            return None
        number, article = found
        return ArticleText(article, *self._store.body(number))

    def similar(self, article_id: str, *, limit: int = 5) -> tuple[Article, ...]:
        """Find articles about the same things: the heaviest terms of this one are the question.

        Articles that tell the very same story are left out.
        """
        return self._reading(
            lambda archive: related.similar(archive, article_id, limit=limit), tuple[Article, ...]
        )

    def added_after(self, number: int, *, limit: int = 500) -> tuple[tuple[int, Article], ...]:
        """List articles in order of arrival, each with its number, from after `number` on."""
        return tuple(self._store.added_after(number, limit=limit))

    def last_number(self) -> int:
        """Return the number of the article that arrived last; 0 before the first."""
        return self._store.last_number()

    def settled_number(self) -> int:
        """Return the last article's number when this database had read the archive for the first time.

        Articles up to it are no news: a database that was made again numbers them in another order.
        """
        return self._store.number(SETTLED) or 0

    def matching(
        self, question: str, article_ids: Sequence[str], *, filters: Filters = Filters()
    ) -> tuple[str, ...]:
        """Tell which articles hold every word of a question and pass the filters: for subscriptions.

        Of several that tell the same story only the first in the list is named.
        """
        arrivals, wanted = self.arrivals(article_ids), self.standing(question, filters=filters)
        return arrivals.untold(arrivals.match([wanted])[wanted])

    def standing(self, question: str, *, filters: Filters = Filters()) -> Standing:
        """Parse a question that is to be matched with articles as they arrive."""
        return standing(question, filters, self._today())

    def arrivals(self, article_ids: Sequence[str], *, pause: Callable[[], None] = go_on) -> Arrivals:
        """Hold some articles against any number of questions, reading each once.

        Args:
            article_ids: In order.
            pause: Called every few milliseconds of work; may wait, or raise to end it.
        """
        return Arrivals(self._store, article_ids, Checker(self._current_names(), self._zone), pause)

    def unknown_names(self, question: str, *, filters: Filters = Filters()) -> tuple[Unmet, ...]:
        """The categories and authors in the filters of a question that there are none of."""
        parsed = parser.parse(question, filters=filters, today=self._today())
        return relaxation.unknown_names(parsed.filters, self._current_names)

    def trend(self, term: str, *, by: Literal["week", "month"] = "month") -> tuple[tuple[date, int], ...]:
        """Count the articles that hold a term, by week or month of publication.

        Returns:
            First day of the period and count, in order, periods without any included; () when no dated
            article holds the term.
        """
        return self._reading(
            lambda archive: related.trend(archive, term, by=by), tuple[tuple[date, int], ...]
        )

    def example_questions(self, count: int = 3) -> tuple[str, ...]:
        """Make questions that this archive answers, from its newest articles."""
        return self._reading(
            lambda archive: suggested_questions.example_questions(archive, count), tuple[str, ...]
        )

    def statistics(self) -> Statistics:
        """Return size and freshness."""
        articles, passages, newest = self._store.counts()
        index = self._upkeep.index()
        updated = self._store.moment(UPDATED)
        return Statistics(
            articles=articles,
            passages=passages,
            newest=newest,
            updated=updated,
            index_bytes=0 if index is None else index.size,
            store_bytes=self._store.size,
        )

    def export(self) -> Iterator[ArticleText]:
        """Give all articles whole, by path."""
        for number, article in self._store.all_articles():
            yield ArticleText(article, *self._store.body(number))

    def verify(self) -> tuple[str, ...]:
        """Read every file and return what is wrong, one line each."""
        problems = []
        damage = self._store.check()
        if damage is not None:
            problems.append(f"{self._store.path}: {damage}")
        problems += self._upkeep.verify()
        return tuple(problems)
