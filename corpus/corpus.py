"""`Corpus`: everything that the rest of the program may ask of the archive."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from corpus import (
    analyzer,
    asking,
    compiled,
    examples,
    filtering,
    finding,
    literal,
    query,
    related,
    relaxing,
    spelling,
    stories,
)
from corpus.errors import ArchiveError
from corpus.filtering import Names
from corpus.index import Snapshot
from corpus.ingest import ROOT, UPDATED
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
from corpus.progress import Show, show_nothing
from corpus.reading import ReadOptions
from corpus.store import FILE_NAME, LinkOptions, Store, category_tree
from corpus.stories import Body, Teller
from corpus.upkeep import Upkeep


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
    ) -> "Corpus":
        """Open a corpus, empty when there is none yet. Takes milliseconds: nothing big is loaded.

        An index that is missing or damaged is rebuilt from the store. Where DATA_DIR cannot be written,
        questions are answered all the same.

        Args:
            now: The clock; words such as 昨天 hang on it.
            rebuild_in_background: Do not wait for that: the next `update`, mostly one of another process,
                rebuilds it, and until then questions are answered from what there is.

        Raises:
            StoreError: The database cannot be used.
        """
        analyzer.use_cache_dir(options.data_dir)
        store = Store(options.data_dir / FILE_NAME, LinkOptions(options.site_url, options.permalink))
        try:
            corpus = cls(options, store, now)
            corpus._upkeep.open(mend=not rebuild_in_background)
        except BaseException:
            store.close()
            raise
        return corpus

    def speed_up(self) -> None:
        """Load, in the background, what questions need or are faster with: for processes that last."""
        compiled.load_meanwhile(self._options.data_dir / "compiled", first=spelling.load)

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
        """
        snapshot = self._snapshot()
        if snapshot is None:
            return asking.nothing(question, filters, self._today())
        page = finding.Page(limit, offset, order)
        return asking.ask(self._archive(snapshot), question, filters=filters, page=page)

    def _archive(self, snapshot: Snapshot) -> finding.Archive:
        return finding.Archive(snapshot, self._store, self._current_names, self._zone, self._today())

    def _snapshot(self) -> Snapshot | None:
        index = self._upkeep.index()
        snapshot = None if index is None else index.snapshot()
        return snapshot if snapshot is not None and snapshot.count else None

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
        chain = tuple(key for part in name.split("/") if (key := filtering.name_key(part)))
        if not chain:
            return ()
        nodes = list(self._nodes())
        keys = {node.id: tuple(map(filtering.name_key, node.path)) for node in nodes}
        whole = filtering.name_key(name)
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
        snapshot = self._snapshot()
        return () if snapshot is None else related.similar(self._archive(snapshot), article_id, limit=limit)

    def added_after(self, number: int, *, limit: int = 500) -> tuple[tuple[int, Article], ...]:
        """List articles in order of arrival, each with its number, from after `number` on."""
        return tuple(self._store.added_after(number, limit=limit))

    def last_number(self) -> int:
        """Return the number of the article that arrived last; 0 before the first."""
        return self._store.last_number()

    def matching(
        self, question: str, article_ids: Sequence[str], *, filters: Filters = Filters()
    ) -> tuple[str, ...]:
        """Tell which articles hold every word of a question and pass the filters: for subscriptions.

        Of several that tell the same story only the first in the list is named.
        """
        parsed = query.parse(question, filters=filters, today=self._today())
        pieces, names = literal.pieces_of(parsed), self._current_names()
        named: list[tuple[Teller, Body]] = []
        matching = []
        for article_id in article_ids:
            text = self.article(article_id)
            if text is None or not filtering.holds(text, pieces, parsed.filters, names, self._zone):
                continue
            body = Body.of("\n".join(paragraph.text for paragraph in text.paragraphs))
            teller = Teller.of(text.article)
            if not any(stories.same_story(teller, body, *other) for other in named):
                named.append((teller, body))
                matching.append(article_id)
        return tuple(matching)

    def unknown_names(self, question: str, *, filters: Filters = Filters()) -> tuple[Unmet, ...]:
        """The categories and authors in the filters of a question that there are none of."""
        parsed = query.parse(question, filters=filters, today=self._today())
        return relaxing.unknown_names(parsed.filters, self._current_names)

    def trend(self, term: str, *, by: Literal["week", "month"] = "month") -> tuple[tuple[date, int], ...]:
        """Count the articles that hold a term, by week or month of publication.

        Returns:
            First day of the period and count, in order, periods without any included; () when no dated
            article holds the term.
        """
        snapshot = self._snapshot()
        return () if snapshot is None else related.trend(self._archive(snapshot), term, by=by)

    def example_questions(self, count: int = 3) -> tuple[str, ...]:
        """Make questions that this archive answers, from its newest articles."""
        snapshot = self._snapshot()
        return () if snapshot is None else examples.example_questions(self._archive(snapshot), count)

    def statistics(self) -> Statistics:
        """Return size and freshness."""
        articles, passages, newest = self._store.counts()
        index = self._upkeep.index()
        updated = self._store.meta(UPDATED)
        return Statistics(
            articles=articles,
            passages=passages,
            newest=None if newest is None else datetime.fromtimestamp(newest, UTC),
            updated=None if updated is None else datetime.fromtimestamp(int(updated), UTC),
            index_bytes=0 if index is None else index.size,
            store_bytes=self._store.path.stat().st_size,
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
