"""`Engine`: an archive's indices in an engine, by generation, and the sessions of questions."""

import threading
import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from corpus.engine.articles import EngineArticles
from corpus.engine.client import EngineClient
from corpus.engine.filling import Filler, FillReport
from corpus.engine.lists import EngineLists, expected_terms
from corpus.engine.mapping import FORMAT, article_index, passage_index
from corpus.engine.model import EngineModel
from corpus.engine.session import Session
from corpus.errors import EngineUnavailableError
from corpus.models import EngineOptions
from corpus.store.store import Store

SHARDS: Final = 3
REPLICAS: Final = 1

STATISTICS_SECONDS: Final = 60.0
"""How long the number of passages and the mean lengths are remembered: they change an idf hardly. That there
are no passages is never remembered."""

MAX_DRIFT: Final = 0.05
"""Share by which the mean lengths may differ from those that the index was made with."""


class Engine:
    """The two indices of an archive, their generations and aliases. For any number of threads."""

    def __init__(self, options: EngineOptions, zone: ZoneInfo) -> None:
        """Prepare; nothing is connected to.

        Raises:
            EngineUnavailableError: An address, a password or a certificate cannot be used.
        """
        self.client = EngineClient(options)
        self._index = options.index
        self._zone = zone
        self._lock = threading.Lock()
        self._model: EngineModel | None = None
        self._model_at = 0.0

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    # Asking

    def session(self, question: str = "") -> tuple[EngineLists, EngineArticles]:
        """Begin a question.

        Args:
            question: Its text, whose terms are looked up together with the first that are asked for.

        Raises:
            EngineUnavailableError: The engine does not answer, or has no such indices.
        """
        session = Session(self.client, self._index, self._current_model(), self._zone)
        return EngineLists(session, expected_terms(question)), EngineArticles(session)

    def _current_model(self) -> EngineModel:
        with self._lock:
            now = time.monotonic()
            if self._model is None or not self._model.count or now - self._model_at > STATISTICS_SECONDS:
                self._model, self._model_at = self._load_model(f"{self._index}-p"), now
            return self._model

    def _load_model(self, name: str) -> EngineModel:
        mappings = self.client.read("GET", f"/{name}/_mapping", may_miss=True)
        if not mappings:
            raise EngineUnavailableError(f"the engine has no index {name}: `baotong engine init` makes it")
        [mapping] = mappings.values()
        meta = mapping["mappings"].get("_meta", {})
        if meta.get("format") != FORMAT:
            raise EngineUnavailableError(
                f"{name} was made by another version: `baotong engine init --again`, fill and swap"
            )
        count = self.client.read("GET", f"/{name}/_count")["count"]
        return EngineModel(count, tuple(map(float, meta["mean"])))

    # Generations

    def generations(self) -> list[int]:
        """Numbers of the generations that are there, growing."""
        names = self.client.read("GET", f"/{self._index}-p-*/_alias", may_miss=True)
        return sorted(int(name.rpartition("-")[2]) for name in names)

    def _names(self, generation: int) -> tuple[str, str]:
        return f"{self._index}-p-{generation}", f"{self._index}-a-{generation}"

    @property
    def current(self) -> int | None:
        """The generation that questions are asked of."""
        names = self.client.read("GET", f"/_alias/{self._index}-p", may_miss=True)
        return int(next(iter(names)).rpartition("-")[2]) if names else None

    def init(self, model: EngineModel, *, again: bool = False) -> int:
        """Make the indices of a new generation; the first one gets the aliases at once.

        Args:
            model: The mean lengths that gains are computed with from now on.
            again: Make another generation beside those that exist.

        Returns:
            Its number.

        Raises:
            EngineUnavailableError: There are indices already, or the engine refuses.
        """
        existing = self.generations()
        if existing and not again:
            raise EngineUnavailableError(f"{self._names(existing[-1])[0]} exists already")
        generation = max(existing, default=0) + 1
        passages, articles = self._names(generation)
        quiet = {"index": {"refresh_interval": "-1"}}
        for name, body in (
            (passages, passage_index(model, shards=SHARDS, replicas=0)),
            (articles, article_index(shards=SHARDS, replicas=0)),
        ):
            body["settings"] |= quiet["index"]
            self.client.write("PUT", f"/{name}", body)
        if self.current is None:
            self._point_to(generation)
        return generation

    def _point_to(self, generation: int) -> None:
        actions = [
            action
            for name in self._names(generation)
            for alias in (name.rpartition("-")[0],)
            for action in (
                {"remove": {"index": f"{alias}-*", "alias": alias, "must_exist": False}},
                {"add": {"index": name, "alias": alias}},
            )
        ]
        self.client.write("POST", "/_aliases", {"actions": actions})
        with self._lock:
            self._model = None

    def fill(self, store: Store, *, show: Callable[[FillReport], None] = lambda _: None) -> FillReport:
        """Bring the newest generation up to date with a store; when it returns, every search sees it.

        Raises:
            EngineUnavailableError: There is no index, or the engine refuses.
        """
        generations = self.generations()
        if not generations:
            raise EngineUnavailableError("the engine has no index: `baotong engine init` makes it")
        names = self._names(generations[-1])
        model = self._load_model(names[0])
        report = Filler(self.client, names, model, self._zone, show).fill(store)
        for name in names:
            settings = {"index": {"refresh_interval": "1s", "number_of_replicas": REPLICAS}}
            self.client.write("PUT", f"/{name}/_settings", settings)
            self.client.write("POST", f"/{name}/_refresh")
        with self._lock:
            self._model = None
        return report

    def drop(self, generation: int) -> None:
        """Delete the indices of a generation."""
        for name in self._names(generation):
            self.client.write("DELETE", f"/{name}")

    def swap(self, store: Store) -> int:
        """Ask questions of the newest generation from now on; one request changes both aliases.

        Returns:
            Its number.

        Raises:
            EngineUnavailableError: It does not have as many articles and passages as the store.
        """
        newest = self.generations()[-1]
        if problem := self._difference(newest, store):
            raise EngineUnavailableError(problem)
        self._point_to(newest)
        return newest

    def _difference(self, generation: int, store: Store) -> str | None:
        """How the size of a generation differs from the store's."""
        articles, passages, _ = store.counts()
        names = self._names(generation)
        has = tuple(
            self.client.read("GET", f"/{name}/_count", may_miss=True).get("count", 0) for name in names
        )
        if has == (passages, articles):
            return None
        return (
            f"{names[1]} has {has[1]} articles and {has[0]} passages, the archive {articles} and {passages}: "
            "`baotong engine fill` brings it up to date"
        )

    def check(self, store: Store, model: EngineModel) -> list[str]:
        """Return what is wrong, one line each; an engine that cannot be asked is one of these lines.

        Args:
            store: What the engine should have.
            model: With the mean lengths of now.
        """
        try:
            return self._problems(store, model)
        except EngineUnavailableError as error:
            return [str(error)]

    def _problems(self, store: Store, model: EngineModel) -> list[str]:
        current = self.current
        if current is None:
            return ["the engine has no index: `baotong engine init` makes it"]
        problems = []
        made_with = self._load_model(self._names(current)[0])
        health = self.client.read("GET", f"/_cluster/health/{self._index}-*")
        if health.get("status") != "green":
            missing = health.get("unassigned_shards", 0)
            problems.append(f"the engine is {health.get('status')}: {missing} copies of shards are missing")
        if difference := self._difference(current, store):
            problems.append(difference)
        drifts = [abs(now / then - 1) for now, then in zip(model.means, made_with.means, strict=True) if then]
        if max(drifts, default=0) > MAX_DRIFT:
            problems.append(
                f"passages are {max(drifts):.0%} longer or shorter than when the index was made: "
                "`baotong engine init --again`, fill and swap"
            )
        return problems
