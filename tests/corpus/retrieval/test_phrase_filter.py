"""Exact containment: what holds a phrase is found, and few articles are read for it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from corpus import Corpus, CorpusOptions
from corpus.answering.parameters import DEFAULTS
from corpus.retrieval.parameters import RetrievalParameters
from corpus.retrieval.phrase_filter import articles_containing
from corpus.store.store import ArticleHead
from tests.corpus.archives import NOW, Folder, opened, post


def test_a_phrase_is_found_however_many_articles_have_the_other_words(tmp_path: Path) -> None:
    parameters = replace(DEFAULTS, retrieval=RetrievalParameters(checked_block=2))
    folder = Folder(tmp_path / "posts")
    for number, words in enumerate(("港口 货轮", "货轮 码头", "码头 航线", "航线 港口")):
        folder.write(f"{number}.md", post(words, f"{words}。"))
    folder.write("x.md", post("船员的一天", "天没亮就起床。" * 20, "午饭是酸汤鱼，码头上吃的。"))
    options = CorpusOptions(folder.root, tmp_path / "data")
    with Corpus.open(options, now=lambda: NOW, parameters=parameters) as corpus:
        corpus.update(workers=0)
        answer = corpus.ask('港口 货轮 码头 航线 "鱼，码"', limit=1)
    assert [hit.article.path for hit in answer.hits] == ["x.md"]


def test_no_piece_is_in_no_article(sample: Corpus) -> None:
    snapshot = sample._snapshot()
    assert snapshot is not None
    assert articles_containing(sample._archive(snapshot, sample._store), []) == []


def test_a_term_of_the_index_is_read_only_where_an_outlet_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("a.md", post("大桥通车", "大桥今天通车，财经界关注。", author="江岸周刊"))
    folder.write("b.md", post("茶园丰收", "茶农增收。", author="潮声财经"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        snapshot = corpus._snapshot()
        assert snapshot is not None
        archive = corpus._archive(snapshot, corpus._store)
        read: list[int] = []
        load = archive.store.heads

        def counted(numbers: Sequence[int]) -> dict[int, ArticleHead]:
            read.extend(numbers)
            return load(numbers)

        monkeypatch.setattr(archive.store, "heads", counted)
        assert [path_of(corpus, number) for number in articles_containing(archive, ["财经"])] == ["a.md"]
        assert [path_of(corpus, number) for number in read] == ["b.md"]


def path_of(corpus: Corpus, number: int) -> str:
    return corpus._store.articles_by_number([number])[number].path
