"""`Corpus`, the facade: everything that the rest of the program asks of the archive."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar
from zoneinfo import ZoneInfo

from corpus.answering import pipeline, related, relaxation, suggested_questions
from corpus.answering.page import Page
from corpus.answering.parameters import DEFAULTS, Parameters
from corpus.errors import (
    ArchiveError,
    CorpusError,
    DamagedStoreError,
    EngineUnavailableError,
    IndexUnavailableError,
    StoreError,
)
from corpus.files import sample_folder
from corpus.index import jit
from corpus.index.index import Snapshot
from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    ArticleText,
    Category,
    CorpusOptions,
    EngineOptions,
    Filters,
    Order,
    Statistics,
    Unmet,
    UpdateReport,
)
from corpus.question import parser
from corpus.retrieval.archive import Archive
from corpus.retrieval.filters import Checker
from corpus.retrieval.names import Names, name_key
from corpus.retrieval.protocols import Articles, Lists
from corpus.retrieval.standing_queries import Arrivals, StandingQuery, no_pause, parse_standing
from corpus.semantic.encoder import Encoder, load_encoder
from corpus.semantic.reader import SemanticReader
from corpus.semantic.vector_file import FILE_NAME as VECTORS_NAME
from corpus.store.categories import category_tree
from corpus.store.counts import Counts, mark_of
from corpus.store.store import FILE_NAME, LinkOptions, Store
from corpus.text import analyzer
from corpus.text.terms import Family
from corpus.updating.maintenance import PAUSE_SECONDS, IndexMaintenance
from corpus.updating.parse_posts import ReadOptions
from corpus.updating.pipeline import ROOT, SETTLED, UPDATED
from corpus.updating.progress import Show, show_nothing
from corpus.updating.store_recovery import renew_store
from corpus.updating.vector_sync import Vectors, VectorStatistics

if TYPE_CHECKING:
    from corpus.engine import Engine, EngineModel, FillReport

logger = logging.getLogger(__name__)

T = TypeVar("T")

VERIFYING_NICENESS = 10

MAX_SIMILAR_REMEMBERED = 1_000
"""Articles whose similar ones are remembered while nothing changes: one page has many addresses."""

VECTORS_FOLDER = "semantic"
"""Folder in DATA_DIR for the vectors of articles."""
OWN_POSTS = "posts"
"""Folder in DATA_DIR into which sources write where there is no archive yet."""


MIN_EXAMPLES = 9
"""How many example questions are made at once: enough for those who choose among them by language."""


@dataclass(frozen=True, slots=True)
class _Examples:
    """Example questions, the state of the archive they were made in, and how many were wanted."""

    mark: tuple[object, ...]
    wanted: int
    questions: tuple[str, ...]


def utc_now() -> datetime:
    """Return the current time, aware."""
    return datetime.now(UTC)


def _engine_of(options: EngineOptions, zone: ZoneInfo) -> "Engine":
    from corpus.engine import Engine  # few archives have one, and its HTTP client takes a while to import

    return Engine(options, zone)


class Corpus:
    """An archive of articles, its store and its index. Use as a context manager.

    Any number of threads and processes may read while one process updates.
    """

    def __init__(
        self,
        options: CorpusOptions,
        store: Store,
        now: Callable[[], datetime],
        parameters: Parameters = DEFAULTS,
        encoder: Callable[[], Encoder] = load_encoder,
    ) -> None:
        self._options = options
        self._parameters = parameters
        self._store = store
        self._now = now
        self._zone = ZoneInfo(options.timezone)
        self._upkeep = IndexMaintenance(options.data_dir, store, self._zone)
        self._names: tuple[tuple[int, ...], Names] | None = None
        self._counted: Counts | None = None
        self._similar: tuple[tuple[int, ...], dict[tuple[str, int], tuple[Article, ...]]] = ((), {})
        self._examples: _Examples | None = None
        self._load_encoder = encoder
        self._engine = None if options.engine is None else _engine_of(options.engine, self._zone)
        self._semantic = (
            SemanticReader(self._vectors_path, encoder, lambda: store.identity) if options.semantic else None
        )

    @classmethod
    def open(
        cls,
        options: CorpusOptions,
        *,
        now: Callable[[], datetime] = utc_now,
        rebuild_in_background: bool = False,
        renew: bool = False,
        parameters: Parameters = DEFAULTS,
        encoder: Callable[[], Encoder] = load_encoder,
    ) -> "Corpus":
        """Open a corpus, an empty one if there is none yet. Takes milliseconds: nothing big is loaded.

        An index that is missing or damaged is rebuilt from the store. If DATA_DIR cannot be written,
        questions are answered nevertheless.

        Args:
            options: Where the corpus lives and what it reads.
            now: The clock; words such as 昨天 depend on it.
            rebuild_in_background: Do not wait for a rebuild. The next `update`, mostly by another process,
                rebuilds the index; until then questions are answered from what there is.
            renew: If damage keeps the database from being opened, set it aside and begin an empty one. For
                processes that update next.
            parameters: Of ranking, answering and confidence; for benchmarks.
            encoder: Loads what makes vectors of texts, if the options say that they are used.

        Raises:
            StoreError: The database cannot be used.
        """
        analyzer.use_cache_dir(options.data_dir)
        try:
            return cls._open(options, now, parameters, encoder, mend=not rebuild_in_background)
        except DamagedStoreError as error:
            if not renew:
                raise
            renew_store(options.data_dir, error, folder=options.folder, moment=now())
        return cls._open(options, now, parameters, encoder, mend=not rebuild_in_background)

    @classmethod
    def _open(
        cls,
        options: CorpusOptions,
        now: Callable[[], datetime],
        parameters: Parameters,
        encoder: Callable[[], Encoder],
        *,
        mend: bool,
    ) -> "Corpus":
        store = Store(options.data_dir / FILE_NAME, LinkOptions(options.site_url, options.permalink))
        try:
            corpus = cls(options, store, now, parameters, encoder)
            corpus._upkeep.open(repair=mend)
        except BaseException:
            store.close()
            raise
        return corpus

    def speed_up(self) -> None:
        """Load in the background what makes questions faster, and verify: for long-running processes."""
        threading.Thread(target=self._verify_quietly, name="verifying", daemon=True).start()
        if self._semantic is not None:
            self._semantic.load_in_background()
        jit.warm_up(self._options.data_dir / "compiled", first=pipeline.warm_up)

    def mend_elsewhere(self, on_damage: Callable[[], None]) -> None:
        """Leave the rebuild of a damaged index to `update`, mostly by another process.

        Otherwise this process rebuilds it.

        Args:
            on_damage: Called, in any thread, when damage is found, or the database was removed or replaced.
        """
        self._upkeep.on_damage = on_damage

    @property
    def problem(self) -> str | None:
        """What is missing or damaged at the moment, or None. Never raises.

        To look is also to follow: where another database took the place of the open one, that one is answered
        from afterwards.
        """
        return self._upkeep.problem

    def _verify_quietly(self) -> None:
        """Verify index and store at low priority, so that questions do not wait."""
        with contextlib.suppress(OSError):  # only on Linux threads have a priority of their own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), VERIFYING_NICENESS)
        try:
            self._upkeep.examine(pause=lambda: time.sleep(PAUSE_SECONDS))
            self._store.check()
        except CorpusError as error:
            logger.debug("not verified: %s", error)

    def close(self) -> None:
        """Close files and connections. Snapshots in use stay valid."""
        if self._engine is not None:
            self._engine.close()
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
        """Bring store and index up to date with the folder. A second update in a row changes nothing.

        Args:
            force: Accept another root, or that more than half of the articles are gone.
            workers: Processes that read posts; None: as many as there are cores, if it pays; 0: none, and
                then no limit of time and memory for a post.
            slow_seconds: After this time with slow posts no further slow post is begun. The posts that wait
                are left for the next update, which reads them after the others. None: all are read.
            progress: Shows how far the update is.

        Raises:
            ArchiveError: The folder cannot be read or must not be indexed as it is.
            StoreError: Another process is updating, or the database cannot be written.
            IndexUnavailableError: The index cannot be written; the next update adds what it lacks.
        """
        root = self.folder
        # The sample comes with the program: nothing is lost if another archive takes its place.
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
        report = self._upkeep.update(
            options, force=force, workers=workers, slow_seconds=slow_seconds, progress=progress
        )
        if self._engine is not None and self._engine.generations():
            self._engine.fill(self._store)
        return report

    @property
    def _vectors_path(self) -> Path:
        return self._options.data_dir / VECTORS_FOLDER / VECTORS_NAME

    def update_vectors(self, *, progress: Show = show_nothing) -> int:
        """Make the vectors of new and changed articles, if the options say that vectors are used.

        It takes some 5 ms of processor time an article. A second run in a row does nothing.

        Returns:
            Number of articles encoded.

        Raises:
            EncoderUnavailableError: The package of the extra is missing or does not work.
            StoreError: Another process makes vectors, or the database cannot be read.
            IndexUnavailableError: The file cannot be written.
        """
        if self._semantic is None or self._store.empty:
            return 0
        return self._vectors().synchronize(progress=progress)

    def vector_statistics(self) -> VectorStatistics | None:
        """Return what there is of vectors; None if the options say that none are used.

        Raises:
            EncoderUnavailableError: The package of the extra is missing or does not work.
        """
        return None if self._semantic is None else self._vectors().statistics()

    def _vectors(self) -> Vectors:
        return Vectors(self._vectors_path, self._store, self._load_encoder())

    def _missing(self, root: Path) -> str:
        if self._options.folder is None:
            return (
                f"the folder indexed last, {root}, is gone: "
                "name one (`baotong index FOLDER`) or set CORPUS_DIR"
            )
        return f"CORPUS_DIR {root} is not a folder"

    @property
    def folder(self) -> Path:
        """The folder that `update` reads.

        The one that is set; else the one indexed last, unless that is the sample; else `posts` in DATA_DIR,
        into which sources write; else the sample.
        """
        if self._options.folder is not None:
            return self._options.folder
        indexed = self.indexed_folder
        own = self._own_posts
        if (indexed is None or indexed == sample_folder().resolve()) and own.is_dir():
            return own
        return indexed or sample_folder()

    @property
    def posts_folder(self) -> Path:
        """The folder that sources write posts into: that of the archive, but never the sample.

        Raises:
            ArchiveError: The sample is set as the archive.
        """
        sample = sample_folder().resolve()
        if self._options.folder is not None:
            if self._options.folder.resolve() == sample:
                raise ArchiveError(
                    "CORPUS_DIR is the sample archive, which is never written: set another folder"
                )
            return self._options.folder
        indexed = self.indexed_folder
        return self._own_posts if indexed is None or indexed == sample else indexed

    @property
    def _own_posts(self) -> Path:
        return self._options.data_dir / OWN_POSTS

    @property
    def indexed_folder(self) -> Path | None:
        """The folder that was indexed last, resolved; None before the first update."""
        remembered = self._store.meta(ROOT)
        return Path(remembered) if remembered else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days are counted."""
        return self._zone

    @property
    def unfinished(self) -> bool:
        """Whether no update of this archive has finished yet: posts are still to be read."""
        return self._store.meta(UPDATED) is None

    # The engine

    @property
    def engine(self) -> "Engine | None":
        """The engine that questions are asked of; None: this machine's own index."""
        return self._engine

    def init_engine(self, *, again: bool = False) -> int:
        """Make the engine's indices; see `Engine.init`. The archive is indexed on this machine first.

        Raises:
            EngineUnavailableError: There are indices already, or the engine refuses.
        """
        return self._known_engine().init(self._engine_model(), again=again)

    def fill_engine(self, *, show: "Callable[[FillReport], None]" = lambda _: None) -> "FillReport":
        """Write into the engine's newest indices what they lack; see `Engine.fill`."""
        return self._known_engine().fill(self._store, show=show)

    def swap_engine(self) -> int:
        """Ask questions of the engine's newest indices from now on; see `Engine.swap`."""
        return self._known_engine().swap(self._store)

    def check_engine(self) -> list[str]:
        """Return what is wrong with the engine, one line each."""
        return self._known_engine().check(self._store, self._engine_model())

    def _known_engine(self) -> "Engine":
        if self._engine is None:
            raise EngineUnavailableError("ENGINE_URL is not set: this machine's own index is used")
        return self._engine

    def _engine_model(self) -> "EngineModel":
        """The statistics of this machine's index, by which gains are computed."""
        snapshot = self._snapshot()
        if snapshot is None:
            raise EngineUnavailableError("the archive is empty: `baotong index` comes before the engine")
        from corpus.engine import EngineModel  # as in `_engine_of`

        return EngineModel(snapshot.count, tuple(snapshot.mean_length(family) for family in Family))

    # Asking

    @property
    def empty(self) -> bool:
        """Whether the archive has no article."""
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
            question: As typed; it may contain filter syntax.
            filters: In addition to those of the question.
            limit: Number of hits on the page.
            offset: Number of hits before the page; pages of a question join without gap.
            order: Of the hits. The confidence is always that of the most relevant hit.

        Raises:
            IndexUnavailableError: The index is damaged and is being rebuilt.
            StoreError: The database cannot be read.
        """
        page = Page(limit, offset, order)
        return self._reading(
            lambda archive: pipeline.ask(
                archive, question, filters=filters, page=page, parameters=self._parameters
            ),
            lambda: pipeline.answer_without_articles(question, filters, self.today()),
            question,
        )

    def _reading(self, work: Callable[[Archive], T], nothing: Callable[[], T], question: str = "") -> T:
        """Read from the archive. If damage makes it fail, read once more from what is sound.

        Args:
            work: Reads.
            nothing: Returns the result for an archive without articles.
            question: What is asked, if it is a question.

        Raises:
            IndexUnavailableError: The index is damaged and is being rebuilt.
            StoreError: The database cannot be read.
        """
        if self._engine is not None:
            lists, articles = self._engine.session(question)
            return work(self._archive(lists, articles)) if lists.count else nothing()
        for last in (False, True):
            snapshot = self._snapshot()
            if snapshot is None:
                return nothing()
            try:
                return work(self._archive(snapshot, self._store))
            except StoreError:
                raise
            except Exception:  # wrong numbers may lead to any error
                if last or not self._upkeep.damaged():
                    raise
        raise AssertionError  # the second time either returns or raises

    def _archive(self, lists: Lists, articles: Articles) -> Archive:
        return Archive(lists, articles, self._current_names, self._zone, self.today(), self._semantic)

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

    def today(self) -> date:
        """Return the current day in the zone of the archive, from which 昨天 is counted."""
        return self._now().astimezone(self._zone).date()

    def _current_names(self) -> Names:
        mark = self._store.names_mark()
        if self._names is None or self._names[0] != mark:
            self._names = (mark, Names.from_store(self._store))
        return self._names[1]

    def _counts(self) -> Counts:
        if self._counted is None or self._counted.mark != mark_of(self._store):
            self._counted = Counts.from_store(self._store)
        return self._counted

    # Browsing

    def latest(
        self,
        *,
        category: Category | None = None,
        author: str | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> ArticlePage:
        """List the newest articles; those without a date come last.

        Args:
            category: Only articles at and below this node.
            author: Only articles of this author, by folded name.
            limit: Number of articles on the page.
            offset: Number of articles before the page.
        """
        categories: list[int] | None = None
        if category is not None:
            depth = len(category.path)
            categories = [
                number for number, _, path, _ in self._counts().categories if path[:depth] == category.path
            ]
        authors = None if author is None else sorted(self._current_names().author_numbers(author))
        articles, total = self._store.newest(
            categories=categories, authors=authors, limit=limit, offset=offset
        )
        return ArticlePage(tuple(articles), total)

    def categories(self) -> tuple[Category, ...]:
        """Return the roots of the category tree, those with most articles first."""
        return category_tree(self._counts().categories)

    def author_articles(self, author: str) -> int:
        """Return how many articles an author has, by folded name; 0 for an unknown one."""
        return self._counts().of_authors(self._current_names().author_numbers(author))

    def category(self, category_id: str) -> Category | None:
        """Return a node of the category tree by id."""
        return next((node for node in self._nodes() if node.id == category_id), None)

    def find_categories(self, name: str) -> tuple[Category, ...]:
        """Find nodes of the category tree by folded name: exact matches, else those that contain the name.

        `金融/新浪财经` names a chain. Of matches below each other only the upper one is returned.
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
        """Return a whole article by its id, or by its path relative to the archive."""
        found = self._store.article(article_id)
        if found is None:
            return None
        number, article = found
        return self._store.text(article, number)

    def article_at(self, url: str) -> Article | None:
        """Return the article whose address this is, on its publisher's or the operator's site."""
        found = self._store.article_at(url)
        return None if found is None else found[1]

    def passages(self, article_id: str) -> tuple[str, ...]:
        """Return the texts of an article's passages by ordinal; () if there is no such article."""
        found = self._store.article(article_id)
        if found is None:
            return ()
        numbers = self._store.passage_numbers([found[0]]).get(found[0], [])
        texts = self._store.passage_texts(numbers)
        return tuple(texts[number] for number in numbers if number in texts)

    def mark(self) -> tuple[int, ...]:
        """Return numbers that change whenever an answer may: what was made of equal marks is the same."""
        index = self._upkeep.index()
        generation = 0 if index is None else index.generation
        return (self._store.identity, *self._store.contents_mark(), generation)

    def similar(self, article_id: str, *, limit: int = 5) -> tuple[Article, ...]:
        """Find articles about the same things: the heaviest terms of this one are the query.

        Near-duplicates of the article, and of one another, are left out.
        """
        mark, key = self.mark(), (article_id, limit)
        remembered = self._similar
        if remembered[0] != mark or len(remembered[1]) >= MAX_SIMILAR_REMEMBERED:
            remembered = self._similar = (mark, {})
        if key not in remembered[1]:
            remembered[1][key] = self._reading(
                lambda archive: related.similar(archive, article_id, limit=limit), tuple[Article, ...]
            )
        return remembered[1][key]

    def added_after(self, number: int, *, limit: int = 500) -> tuple[tuple[int, Article], ...]:
        """List the articles that arrived after the one with a number, each with its own, in order."""
        return tuple(self._store.added_after(number, limit=limit))

    @property
    def is_index_behind(self) -> bool:
        """Whether articles were stored that a question cannot find yet; False where there is no index."""
        index = self._upkeep.index()
        return index is not None and index.state.get("through", 0) < self._store.last_passage()

    def last_number(self) -> int:
        """Return the number of the article that arrived last; 0 if there is none."""
        return self._store.last_number()

    def settled_number(self) -> int:
        """Return the number of the last article of the first update of this database; 0 before its end.

        Articles up to it are no news: a new database numbers them in another order.
        """
        return self._store.number(SETTLED) or 0

    def matching(
        self, question: str, article_ids: Sequence[str], *, filters: Filters = Filters()
    ) -> tuple[str, ...]:
        """Tell which articles hold every word of a question and pass the filters: for subscriptions.

        Of several that tell the same story only the first in the list is named.
        """
        arrivals, query = self.arrivals(article_ids), self.standing(question, filters=filters)
        return arrivals.without_repeats(arrivals.match([query])[query])

    def standing(self, question: str, *, filters: Filters = Filters()) -> StandingQuery:
        """Parse a question that is to be matched with articles as they arrive."""
        return parse_standing(question, filters, self.today())

    def arrivals(self, article_ids: Sequence[str], *, pause: Callable[[], None] = no_pause) -> Arrivals:
        """Prepare articles to be matched with any number of standing queries; each is read once.

        Args:
            article_ids: Ids of the articles, in order.
            pause: Called every few milliseconds of work; may wait, or raise to end it.
        """
        return Arrivals(self._store, article_ids, Checker(self._current_names(), self._zone), pause)

    def unknown_names(self, question: str, *, filters: Filters = Filters()) -> tuple[Unmet, ...]:
        """Return the categories and authors in the filters of a question that do not exist."""
        parsed = parser.parse(question, filters=filters, today=self.today())
        return relaxation.unknown_names(parsed.filters, self._current_names)

    def trend(self, term: str, *, by: Literal["week", "month"] = "month") -> tuple[tuple[date, int], ...]:
        """Count the articles that contain a term, by week or month of publication.

        Returns:
            First day of each period and its count, in order, periods without articles included; () if no
            article with a date contains the term.
        """
        return self._reading(
            lambda archive: related.trend(archive, term, by=by), tuple[tuple[date, int], ...]
        )

    def example_questions(self, count: int = 3) -> tuple[str, ...]:
        """Make questions that this archive answers, from the headlines of its newest articles.

        They are made once for each state of the archive and each day: whoever says hello waits for them.
        """
        wanted = max(count, MIN_EXAMPLES)
        return self._reading(lambda archive: self._made_examples(archive, wanted), tuple[str, ...])[:count]

    def _made_examples(self, archive: Archive, wanted: int) -> tuple[str, ...]:
        mark = (self._store.contents_mark(), archive.snapshot.count, self.today())
        if self._examples is None or self._examples.mark != mark or self._examples.wanted < wanted:
            made = suggested_questions.suggest_questions(archive, wanted, parameters=self._parameters)
            self._examples = _Examples(mark, wanted, made)
        return self._examples.questions

    def statistics(self) -> Statistics:
        """Return the size of the corpus and when it was updated."""
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
        """Yield all articles whole, by path."""
        for number, article in self._store.all_articles():
            yield self._store.text(article, number)

    def verify(self) -> tuple[str, ...]:
        """Read every file of store and index; return what is damaged, one line each."""
        problems = []
        damage = self._store.check()
        if damage is not None:
            problems.append(f"{self._store.path}: {damage}")
        problems += self._upkeep.verify()
        return tuple(problems)
