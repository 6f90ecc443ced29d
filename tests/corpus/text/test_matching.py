"""Words to the letter: what a text has as it was typed, and which articles have it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus import Corpus, CorpusOptions
from corpus.text import analyzer, matching
from corpus.text.folding import fold
from tests.corpus.archives import NOW, Folder, post

POSTS = {
    "饭.md": post("早饭", "奶奶用小火熬了一锅小米粥。", category="生活"),
    "车.md": post("新车", "小米汽车本月交付八千辆。", category="科技"),
    "汇.md": post("早报", "小米发布新手机。", "汽车销量下滑。", category="财经"),
    "邮.md": post("An email arrived", "She said hello.", category="生活"),
    "智.md": post("两家AI公司合并", "Both AIs were trained on C++ code.", category="科技"),
    "税.md": post("税率下调", "财政部门昨天公布。", category="财经"),
    "价.md": post("The price of oil", "Two boxes of new apples.", category="财经"),
    "闻.md": post("Good news", "Prices fall, one box at a time.", category="财经"),
    "铺.md": post("川菜馆", "普通话标准。", category="生活"),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    base: Path = tmp_path_factory.mktemp("literal")
    folder = Folder(base / "posts")
    for path, text in POSTS.items():
        folder.write(path, text.replace("category:", "categories:"))
    with Corpus.open(CorpusOptions(folder.root, base / "data"), now=lambda: NOW) as corpus:
        corpus.update(workers=0)
        yield corpus


@pytest.mark.parametrize(
    ("term", "count"),
    [
        pytest.param("小米", 3, id="within a longer word"),
        pytest.param("小米粥", 1, id="a longer word"),
        pytest.param("小米汽车", 1, id="what jieba cuts in two stands together"),
        pytest.param("小米 汽车", 2, id="what blanks part may stand apart"),
        pytest.param("川普", 0, id="characters that stand apart are no name"),
        pytest.param("财经", 0, id="a category is no text"),
        pytest.param("财政", 1, id="beginning like one"),
        pytest.param("AI", 1, id="a Latin word stands alone, in the plural too"),
        pytest.param("prices", 2, id="a plural is its singular too"),
        pytest.param("boxes", 2, id="with a longer ending"),
        pytest.param("oil prices", 1, id="among others"),
        pytest.param("news", 1, id="news is no plural"),
        pytest.param("ai公司", 1, id="Latin and Chinese"),
        pytest.param("c++", 1, id="signs count"),
        pytest.param("早 报", 1, id="single characters"),
        pytest.param("！？", 0, id="nothing"),
    ],
)
def test_a_trend_counts_the_articles_that_hold_what_was_typed(corpus: Corpus, term: str, count: int) -> None:
    assert sum(number for _, number in corpus.trend(term)) == count


@pytest.mark.parametrize(
    ("question", "paths"),
    [
        pytest.param("小米汽车", ["车.md"], id="a name in one"),
        pytest.param("小米 汽车", ["车.md", "汇.md"], id="two words"),
        pytest.param("小米汽车交付多少辆", ["车.md"], id="a question by its words"),
        pytest.param("川普", [], id="characters apart"),
        pytest.param("ai", ["智.md"], id="not in email"),
        pytest.param("emails", ["邮.md"], id="singular"),
        pytest.param("prices", ["价.md", "闻.md"], id="singular and plural"),
        pytest.param("news", ["闻.md"], id="news is no plural"),
    ],
)
def test_a_subscription_is_to_what_was_typed(corpus: Corpus, question: str, paths: list[str]) -> None:
    ids = [text.article.id for text in corpus.export()]
    found = corpus.matching(question, ids)
    assert {text.article.path for one in found if (text := corpus.article(one))} == set(paths)


@pytest.mark.parametrize("phrase", ["小米汽车", "ulsar 集", "a b", "《盐与灯塔》v1.4", "第3季"])
def test_what_holds_a_phrase_has_its_certain_terms(phrase: str) -> None:
    texts = [fold(f"在{phrase}之前"), fold(f"x{phrase}y")]
    for text in texts:
        terms = {term.text for term in matching.required_terms(fold(phrase))}
        assert terms <= set(analyzer.characters(text))
