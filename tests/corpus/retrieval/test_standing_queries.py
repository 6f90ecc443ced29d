"""Standing queries give what a comparison of all with all would, at a cost that grows with the articles."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from corpus import Corpus
from corpus.models import ArticleText, Filters
from corpus.question import parser
from corpus.retrieval import near_duplicates, repeats, standing_queries
from corpus.retrieval.near_duplicates import ArticleSource, same_story
from corpus.retrieval.pieces import pieces_of
from corpus.store.store import Store
from corpus.text import folding, matching
from corpus.text.sketches import Shingles
from tests.corpus.archives import NOW, Folder, opened, post


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with opened(None, tmp_path_factory.mktemp("data")) as corpus:
        corpus.update(workers=0)
        yield corpus


def all_ids(corpus: Corpus) -> list[str]:
    return [article.id for _, article in corpus.added_after(0, limit=5_000)]


def one_by_one(corpus: Corpus, question: str, filters: Filters = Filters()) -> list[str]:
    """What holds all words in the plainest way: each text searched, each article compared with each."""
    parsed = parser.parse(question, filters=filters, today=NOW.date())
    pieces, named = pieces_of(parsed), list[tuple[str, ArticleSource, Shingles]]()
    for id_ in all_ids(corpus):
        found = corpus.article(id_)
        assert found is not None
        body = "\n".join(paragraph.text for paragraph in found.paragraphs)
        folded = folding.fold(f"{found.article.title}\n{body}")
        if not all(matching.occurs(piece, folded) for piece in pieces) or not passes(found, parsed.filters):
            continue
        source, text = ArticleSource.from_article(found.article), Shingles.from_text(body)
        if not any(same_story(source, text, other, other_text) for _, other, other_text in named):
            named.append((id_, source, text))
    return [id_ for id_, _, _ in named]


def passes(found: ArticleText, filters: Filters) -> bool:
    return filters.category is None or filters.category in found.article.categories


@pytest.mark.parametrize("question", ["的", "中国", "a", "y", "美国 经济", "2021年", "ai", "是"])
def test_a_query_finds_what_a_comparison_of_all_with_all_does(sample: Corpus, question: str) -> None:
    found = list(sample.matching(question, all_ids(sample)))
    assert found == one_by_one(sample, question)


def test_a_whole_category_is_matched_in_order_and_without_repeats(sample: Corpus) -> None:
    for category in sample.categories():
        filters = Filters(category=category.name)
        assert list(sample.matching("", all_ids(sample), filters=filters)) == one_by_one(sample, "", filters)


def test_many_queries_at_once_find_what_each_does_alone(
    sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_queries, "MAX_CHUNK", 5_000)
    monkeypatch.setattr(standing_queries, "MAX_CACHED", 20_000)
    ids = all_ids(sample)
    arrivals = sample.arrivals(ids)
    wanted = [sample.standing(words) for words in ("中国", "经济", "没有这个词", '"美国"', "公司 -中国")]
    for asked in (wanted, wanted[::-1]):  # the second time some articles are in memory and some are not
        found = arrivals.match(asked)
        assert [arrivals.without_repeats(found[each]) for each in wanted] == [
            sample.matching(words, ids) for words in ("中国", "经济", "没有这个词", '"美国"', "公司 -中国")
        ]


def test_what_was_told_before_is_not_told_again_by_another_outlet(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    body = "临江大桥昨天通车，全长二千八百六十米，双向六车道，设计时速八十公里，首月免收通行费。" * 4
    for number, outlet in enumerate(("晚报", "日报", "周刊")):
        folder.write(f"{number}.md", post("临江大桥昨天通车", body, author=outlet))
    folder.write("9.md", post("临江大桥的灯光", "临江大桥的灯光由三千盏灯组成。", author="晚报"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        told, *new = all_ids(corpus)
        arrivals = corpus.arrivals(new)
        assert len(arrivals.without_repeats(new)) == 2
        assert arrivals.without_repeats(new, [told, "gone"]) == (new[-1],)


def write_alike(folder: Folder, count: int, *, outlets: int, start: int = 0) -> None:
    """Posts of one pattern, as an agency's service sends them."""
    for number in range(start, start + count):
        body = f"第{number}号快讯：新闻发布会今天举行，记者在现场了解到有关情况，各方表示关注。" * 8
        folder.write(f"{number:04}.md", post(f"快讯第{number}号", body, author=f"报社{number % outlets}"))


@pytest.mark.parametrize("outlets", [1, 7, 1_000])
def test_the_comparisons_grow_with_the_articles_and_not_with_their_square(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outlets: int
) -> None:
    compared: Counter[str] = Counter()

    def count(*arguments: object, **options: object) -> bool:
        compared["texts"] += 1
        return agree(*arguments, **options)  # type: ignore[arg-type]

    agree = near_duplicates.shingles_agree
    monkeypatch.setattr("corpus.retrieval.repeats.shingles_agree", count)
    folder = Folder(tmp_path / "posts")
    costs = []
    with opened(folder.root, tmp_path / "data") as corpus:
        for start, end in pairwise((0, 60, 120, 240)):
            write_alike(folder, end - start, outlets=outlets, start=start)
            corpus.update(workers=0)
            compared.clear()
            assert corpus.matching("新闻", all_ids(corpus))
            costs.append(compared["texts"] / end)
    assert max(costs) <= repeats.MAX_COMPARED
    assert costs[-1] <= max(costs[0] * 2, 1)


def test_a_copy_is_known_among_hundreds_of_posts_of_its_pattern(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    write_alike(folder, 150, outlets=1)
    scoop = (
        "新闻：江心洲昨夜挖出一艘沉船，船上有瓷器三千件，考古队用了两年才把淤泥清干净，博物馆下月展出。" * 4
    )
    folder.write("1000.md", post("江心洲挖出沉船", scoop, author="报社0"))
    write_alike(folder, 50, outlets=1, start=150)
    folder.write("2000.md", post("江心洲昨夜挖出沉船", scoop, author="另一家"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        found = corpus.matching("新闻", all_ids(corpus))
        assert len(found) == 201
        assert len(corpus.matching("沉船", all_ids(corpus))) == 1


def test_each_article_is_read_once_for_all_queries(sample: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[int] = Counter()
    body = Store.body

    def count(store: Store, number: int, **options: int) -> object:
        read[number] += 1
        return body(store, number, **options)

    monkeypatch.setattr(Store, "body", count)
    arrivals = sample.arrivals(all_ids(sample))
    for words in (["中国", "经济"], ["美国"], ["公司", "市场", "疫情"]):
        arrivals.match([sample.standing(each) for each in words])
    assert set(read.values()) == {1}


def test_work_can_be_ended_at_any_article(sample: Corpus) -> None:
    class EndedError(Exception):
        pass

    calls = 0

    def pause() -> None:
        nonlocal calls
        calls += 1
        if calls == limit:
            raise EndedError

    limit = -1
    ids = all_ids(sample)
    wanted = sample.standing("的")
    whole = sample.matching("的", ids)
    arrivals = sample.arrivals(ids, pause=pause)
    arrivals.without_repeats(arrivals.match([wanted])[wanted])
    assert calls > 3 * len(ids)
    for chosen in range(1, calls, max(1, calls // 15)):
        calls, limit = 0, chosen
        arrivals = sample.arrivals(ids, pause=pause)
        with pytest.raises(EndedError):
            arrivals.without_repeats(arrivals.match([wanted])[wanted])
        again = arrivals.without_repeats(arrivals.match([wanted])[wanted])
        assert again == whole  # nothing is left half done


def test_the_parsed_form_of_a_query_follows_the_day() -> None:
    first = standing_queries.parse_standing("昨天", Filters(), date(2026, 9, 1))
    assert first == standing_queries.parse_standing("昨天", Filters(), date(2026, 9, 1))
