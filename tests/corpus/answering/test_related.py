"""Similar articles."""

import math
from pathlib import Path

import pytest

from corpus import Corpus
from corpus.answering import related
from corpus.text.terms import Term
from tests.corpus.archives import Folder, opened, post

STORY = "临江大桥今天恢复通车，比计划提前三天，市民在桥上合影，收费站没有排队。" * 5


def test_copies_of_an_article_are_not_similar_to_it_but_further_reports_are(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write_named(20)
    folder.write("一.md", post("临江大桥恢复通车", STORY, author="江岸周刊"))
    folder.write("二.md", post("临江大桥恢复通车了", STORY, author="临江晚报"))
    folder.write("三.md", post("大桥恢复通车首日", "临江大桥恢复通车首日收费站排队。", author="临江晚报"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        text = corpus.article("一.md")
        assert text is not None
        paths = [article.path for article in corpus.similar(text.article.id)]
    assert "三.md" in paths
    assert "二.md" not in paths


def test_similarity_is_the_cosine_of_weighed_words(archive: Corpus) -> None:
    snapshot = archive._snapshot()
    assert snapshot is not None
    store = archive._store
    articles = dict(store.added_after(0, limit=15))
    texts = store.beginnings(list(articles), passages=related.COMPARED_PASSAGES)
    counts = {each: related._word_counts(articles[each].title, texts.get(each, "")) for each in articles}

    def vector(number: int) -> dict[str, float]:
        idfs = snapshot.idfs([Term(word) for word in counts[number]])
        values = [math.log1p(count) * idf for count, idf in zip(counts[number].values(), idfs, strict=True)]
        return {word: value / math.hypot(*values) for word, value in zip(counts[number], values, strict=True)}

    first = min(articles)
    found = related._similarity(snapshot, first, articles, texts)
    own = vector(first)
    for number, article in articles.items():
        cosine = sum(value * own[word] for word, value in vector(number).items() if word in own)
        lift = 1 + related.SAME_CATEGORY_LIFT * (article.categories == articles[first].categories)
        assert found[number] == pytest.approx(cosine * lift, rel=1e-9, abs=1e-12)
    assert len([value for value in found.values() if value > 0]) > 2


def test_an_article_without_words_is_similar_to_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write_named(5)
    folder.write("空.md", post("！！！", ""))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        [empty] = [one for one in corpus.latest(limit=10).articles if one.path == "空.md"]
        assert corpus.similar(empty.id) == ()
