"""Search engines behind one small face, all given the same words: ours and four that people use."""

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from rank_bm25 import BM25Okapi

from corpus.index import jit
from corpus.index.bm25 import Okapi
from corpus.index.index import Document, Index, Term

Words = Sequence[str]


def load_loops() -> None:
    """Make and load the compiled loops, so that no engine's figures hold the time that takes."""
    if not jit.load(Path(tempfile.gettempdir()) / "baotong-loops"):
        raise RuntimeError("there are no compiled loops: is numba installed?")


class Engine(Protocol):
    """An engine that was built over passages, numbered from 0."""

    name: str

    def search(self, words: Words, limit: int) -> list[int]:
        """The best passages by its own BM25, best first."""
        ...


class Ours:
    """This project's index with rank_bm25's model and compiled loops: the same scores as `RankBm25`."""

    name = "baotong"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        self.index = Index.create(folder / "baotong", Okapi)
        self.index.add(Document(number, number, words) for number, words in enumerate(passages, 1))
        self.index.merge(thorough=True)

    def search(self, words: Words, limit: int) -> list[int]:  # noqa: D102 — as in `Engine`
        matches = self.index.search([Term(word) for word in words], limit=limit)
        return [match.number - 1 for match in matches]


class OursNumpy(Ours):
    """The same index without compiled loops, over what `Ours` built."""

    name = "baotong numpy"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        del passages
        self.index = Index(folder / "baotong", Okapi, compiled_loops=False)


class RankBm25:
    """rank_bm25's `BM25Okapi` as its README uses it, but for a quicker choice of the best."""

    name = "rank_bm25"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        del folder  # it keeps nothing
        self.model = BM25Okapi(passages)

    def search(self, words: Words, limit: int) -> list[int]:  # noqa: D102 — as in `Engine`
        scores = self.model.get_scores(words)
        best = np.argpartition(scores, -limit)[-limit:]
        return [int(number) for number in best[np.argsort(-scores[best])]]


class Bm25s:
    """bm25s with every score computed beforehand."""

    name = "bm25s numpy"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        import bm25s

        self.retriever = bm25s.BM25(k1=1.5, b=0.75, backend="numpy")
        self.retriever.index([list(words) for words in passages], show_progress=False)
        self.retriever.save(str(folder / "bm25s"))

    def search(self, words: Words, limit: int) -> list[int]:  # noqa: D102 — as in `Engine`
        known = [word for word in words if word in self.retriever.vocab_dict]
        if not known:
            return []
        found, _ = self.retriever.retrieve([known], k=limit, show_progress=False)
        return [int(number) for number in found[0]]


class Bm25sNumba(Bm25s):
    """bm25s with its compiled loops, over what `Bm25s` saved."""

    name = "bm25s numba"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        import bm25s

        del passages
        self.retriever = bm25s.BM25.load(str(folder / "bm25s"), backend="numba")
        self.retriever.activate_numba_scorer()


class Tantivy:
    """tantivy, the engine in Rust, through its Python binding; k1 1.2 and b 0.75 are fixed."""

    name = "tantivy"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        path = folder / "tantivy"
        path.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="words", index_option="freq")
        builder.add_unsigned_field("number", stored=True)
        self._schema = builder.build()
        self.index = tantivy.Index(self._schema, str(path))
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self.index.register_tokenizer("words", analyzer)
        writer = self.index.writer(200_000_000, 1)
        for number, words in enumerate(passages):
            writer.add_document(tantivy.Document(text=" ".join(words), number=number))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def search(self, words: Words, limit: int) -> list[int]:  # noqa: D102 — as in `Engine`
        tantivy = self._tantivy
        should = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", word, "freq"))
            for word in words
        ]
        hits = self.searcher.search(tantivy.Query.boolean_query(should), limit, count=False).hits
        return [self.searcher.doc(address)["number"][0] for _, address in hits]


class Fts5:
    """SQLite's full-text search; k1 1.2 and b 0.75 are fixed."""

    name = "SQLite FTS5"

    def __init__(self, passages: Sequence[Words], folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "fts5.sqlite3", check_same_thread=False)
        self.connection.execute("PRAGMA cache_size=-200000")
        self.connection.execute("CREATE VIRTUAL TABLE passages USING fts5(text, content='')")
        with self.connection:
            self.connection.executemany(
                "INSERT INTO passages(rowid, text) VALUES (?, ?)",
                ((number, " ".join(words)) for number, words in enumerate(passages)),
            )
            self.connection.execute("INSERT INTO passages(passages) VALUES ('optimize')")

    def search(self, words: Words, limit: int) -> list[int]:  # noqa: D102 — as in `Engine`
        question = " OR ".join(f'"{word}"' for word in words)
        rows = self.connection.execute(
            "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?", (question, limit)
        )
        return [number for (number,) in rows]


ENGINES = (Ours, OursNumpy, RankBm25, Tantivy, Bm25s, Bm25sNumba, Fts5)
