"""Mistyped names and Latin words."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Corpus, CorpusOptions
from corpus.retrieval.spelling import edits
from corpus.text.pinyin import homophones
from tests.corpus.archives import NAMES, NOW, Folder, post


@pytest.mark.parametrize(("typed", "meant"), [("义", "毅"), ("软", "阮"), ("彦", "砚"), ("从", "虫")])
def test_a_homophone_is_found_also_as_southern_speakers_say_it(typed: str, meant: str) -> None:
    assert meant in homophones(typed)


def test_a_character_is_no_homophone_of_itself_and_latin_has_none() -> None:
    assert "毅" not in homophones("毅")
    assert homophones("a") == ()


@pytest.mark.parametrize("typed", ["pulsr", "plusar", "pulsarr", "pulzar"])
def test_one_slip_is_one_edit(typed: str) -> None:
    assert "pulsar" in edits(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("方志远说了什么", "方知远说了什么"),
        ("软长庚说了什么", "阮长庚说了什么"),
        ("蓝琼半导体", "蓝穹半导体"),
        ("蓝穷半导体", "蓝穹半导体"),
        ("安装pulsra", "安装pulsar"),
        ("长庚说了什么", None),
        ("地方志说了什么", None),
        ("去长街玩三天", None),
        ("the noisy pulsar", None),
        ("安装pulsra。" + "读者走完了长街，" * 15, None),
        ("abcdefghijklmnoqrstuvwxyz", None),
    ],
)
def test_a_name_is_mended_though_a_part_of_it_is_a_word(names: Corpus, typed: str, meant: str | None) -> None:
    answer = names.ask(typed)
    assert {answer.corrected, *answer.suggestions} - {None} == ({meant} if meant else set())


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    folder = Folder(tmp_path_factory.mktemp("names"))
    for number, place in enumerate(NAMES):
        folder.write(
            f"{number}.md", post(f"{place}今天开放", f"读者走完了长街，三天后到{place}看方圆和志愿者。")
        )
    folder.write("a.md", post("阮长庚辞职", "董事长阮长庚昨天说，他要退休了。阮长庚六十岁。"))
    folder.write("b.md", post("方知远新作", "作家方知远说了新书的事，方知远写了五年。"))
    folder.write("c.md", post("方知远获奖", "评委认为方知远写出了山城。"))
    folder.write("d.md", post("蓝穹半导体扩产", "蓝穹半导体说了产线的事，蓝穹明年扩产。"))
    folder.write("e.md", post("pulsar 3.0", "pulsar 3.0 makes less noise. 安装 pulsar 很快。"))
    folder.write("f.md", post("字母", "abcdefghijklmnopqrstuvwxyz"))
    options = CorpusOptions(folder.root, tmp_path_factory.mktemp("data"))
    with Corpus.open(options, now=lambda: NOW) as corpus:
        corpus.update(workers=0)
        yield corpus


@given(st.text(alphabet="abcdefgh", min_size=1, max_size=12))
def test_edits_are_other_words_of_nearly_the_same_length(word: str) -> None:
    found = edits(word)
    assert word not in found
    assert all(abs(len(other) - len(word)) <= 1 for other in found)
