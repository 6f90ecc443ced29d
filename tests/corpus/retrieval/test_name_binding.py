"""Names and numbers of a question: what the archive writes decides."""

from collections.abc import Iterator

import pytest

from corpus import Corpus, CorpusOptions
from corpus.models import Answer, Confidence
from corpus.retrieval import name_binding
from tests.corpus.archives import NAMES, NOW, Folder, post

ARTICLES = {
    "phone.md": ("新机开售", "知夏 Nova 15 Pro 今天开售，售价4299元，Nova 15 Pro 有三种颜色。"),
    "glued.md": ("耳机评测", "编辑部试听了 AirBeansMax，AirBeansMax 的降噪很好。"),
    "parted.md": ("手表评测", "编辑部试戴了 River Watch，River Watch 的电池能用九天。"),
    "letter.md": ("折叠屏手机", "凌川 V Leaf+ 今天上市，凌川 V Leaf+ 展开有八英寸。"),
    "hyphen.md": ("吹风机", "检测的吹风机是 QH-ZD25，QH-ZD25 的风不热。"),
    "k.md": ("平价新机", "知夏K60发布，知夏K60起价1999元。"),
    "actor.md": ("于砚谈新戏", "演员于砚说新戏拍了三个月，于砚演一位船长。"),
    "shop.md": ("得川上市", "电商平台得川昨天上市，得川去年卖出九百万件。"),
    "use.md": ("砚台展", "展品用于砚台研究，适用于砚池修复。老砚台来自各地。"),
    "sum.md": ("捐款", "校友捐款3350 万元，用于修图书馆。"),
    "share.md": ("菜价", "白菜价格上涨19%，萝卜价格上涨百分之七。"),
    "deploy.md": ("Zeabolt review", "Zeabolt deploys sites from a folder. Support answers in Mandarin."),
    "support.md": ("客服热线", "来电的人可以选方言，店里培训三天。"),
    "people.md": ("候鸟", "志愿者数到候鸟四万三千六百只。"),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    folder = Folder(tmp_path_factory.mktemp("names"))
    for path, (title, text) in ARTICLES.items():
        folder.write(path, post(title, text))
    for number, place in enumerate(NAMES):
        folder.write(
            f"{number}.md",
            post(f"{place}今天开放", f"读者从{place}走到江边，适合全家。给物业写信的人有一百人。"),
        )
    options = CorpusOptions(folder.root, tmp_path_factory.mktemp("data"))
    with Corpus.open(options, now=lambda: NOW) as corpus:
        corpus.update(workers=0)
        yield corpus


def first(answer: Answer) -> str | None:
    return answer.hits[0].article.path if answer.hits else None


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("Nova15Pro多少钱", "phone.md"),
        ("nova 15 pro多少钱", "phone.md"),
        ("nova15pro", "phone.md"),
        ("NOVA-15 Pro售价", "phone.md"),
        ("AirBeansMax怎么样", "glued.md"),
        ("air beans max降噪", "glued.md"),
        ("RiverWatch电池", "parted.md"),
        ("riverwatch", "parted.md"),
        ("凌川VLeaf+几英寸", "letter.md"),
        ("vleaf+", "letter.md"),
        ("QHZD25", "hyphen.md"),
        ("qhzd25风热吗", "hyphen.md"),
        ("K60多少钱", "k.md"),
        ("K 60多少钱", "k.md"),
        ("知夏 k-60", "k.md"),
    ],
)
def test_a_model_is_found_however_it_is_spaced(archive: Corpus, question: str, path: str) -> None:
    assert first(archive.ask(question)) == path


@pytest.mark.parametrize("pair", [("Nova15Pro多少钱", "Nova 15 Pro多少钱"), ("K60起价", "K 60起价")])
def test_glued_and_parted_are_answered_alike(archive: Corpus, pair: tuple[str, str]) -> None:
    one, other = map(archive.ask, pair)
    assert one.confidence is other.confidence is Confidence.ANSWER
    assert one.text == other.text
    assert one.score == pytest.approx(other.score, abs=0.02)


@pytest.mark.parametrize(
    "question", ["K70多少钱", "K 70多少钱", "Nova19Pro多少钱", "F35", "F-35", "RTX6", "6 G手机"]
)
def test_a_model_that_the_archive_lacks_is_never_sure(archive: Corpus, question: str) -> None:
    assert archive.ask(question).confidence is not Confidence.ANSWER


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("于砚演什么", "actor.md"),
        ("「于砚」演什么", "actor.md"),
        ("演员于砚演谁", "actor.md"),
        ("得川上市了吗", "shop.md"),
        ("电商得川卖了多少", "shop.md"),
    ],
)
def test_a_name_with_a_function_character_is_found(archive: Corpus, question: str, path: str) -> None:
    answer = archive.ask(question)
    assert first(answer) == path
    assert answer.confidence is not Confidence.NONE


@pytest.mark.parametrize(
    "question",
    [
        "于适",
        "于适多大了",
        "从化发生了什么",
        "有砚",
        "和砚是谁",
        "给物是谁",
        "向佐去哪了",
        "「于适」是谁",
        "谁认识「向砚」",
    ],
)
def test_a_name_that_the_archive_lacks_is_never_sure(archive: Corpus, question: str) -> None:
    assert archive.ask(question).confidence is not Confidence.ANSWER


@pytest.mark.parametrize(
    "question", ["谁捐了三千三百五十万", "捐款3350万", "捐款33500000元", "捐款33,500,000元"]
)
def test_a_large_number_is_found_in_any_spelling(archive: Corpus, question: str) -> None:
    answer = archive.ask(question)
    assert first(answer) == "sum.md"
    assert answer.confidence is Confidence.ANSWER


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("什么涨了百分之十九", "share.md"),
        ("什么涨了7%", "share.md"),
        ("数到43600只什么", "people.md"),
        ("数到4.36万只什么", "people.md"),
    ],
)
def test_percentages_and_numbers_in_characters_are_evidence(
    archive: Corpus, question: str, path: str
) -> None:
    answer = archive.ask(question)
    assert first(answer) == path
    assert answer.confidence is Confidence.ANSWER


@pytest.mark.parametrize("question", ["什么涨了百分之三十", "捐款三千四百万", "捐款350万", "候鸟四万三千只"])
def test_another_number_is_never_sure(archive: Corpus, question: str) -> None:
    assert archive.ask(question).confidence is not Confidence.ANSWER


def test_a_rare_latin_name_counts_more_than_other_words(
    archive: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_binding, "MAX_NAME_SHARE", 0.1)  # the archive is small
    assert first(archive.ask("zeabolt 客服")) == "deploy.md"
    monkeypatch.setattr(name_binding, "NAME_LIFT", 1.0)
    assert first(archive.ask("zeabolt 客服")) == "support.md"
