"""Questions in pinyin, and English words that are none."""

import time

import pytest

from corpus import Corpus
from corpus.models import Confidence
from corpus.question.english_words import is_english
from corpus.text.pinyin import syllable_splits


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("wangjiang daqiao", "望江大桥"),
        ("wangjiangdaqiao", "望江大桥"),
        ("wang jiang da qiao", "望江大桥"),
        ("Gaotie Piaojia", "高铁票价"),
        ("dazhaxie", "大闸蟹"),
        ("jilan gaotie", "霁澜高铁"),
        ("wangjiangdaqiao shenme shihou huifu tongxing", "望江大桥什么时候恢复通行"),
    ],
)
def test_pinyin_is_read_as_the_archive_writes_it(sample: Corpus, typed: str, read: str) -> None:
    answer = sample.ask(typed)
    assert answer.corrected == read
    meant = sample.ask(read)
    assert (answer.kind, answer.confidence) == (meant.kind, meant.confidence)
    assert answer.hits[0].article == meant.hits[0].article


def test_a_question_in_pinyin_is_sure_and_a_name_alone_is_not(sample: Corpus) -> None:
    asked = sample.ask("wangjiangdaqiao shenme shihou huifu tongxing")
    assert asked.confidence is Confidence.ANSWER
    assert sample.ask("dazhaxie").confidence is Confidence.RELATED


@pytest.mark.parametrize("typed", ["pulsar", "banana", "the receipts", "xqzt", "wangjiangx", "huai", "a n"])
def test_other_words_are_not_read_as_pinyin(sample: Corpus, typed: str) -> None:
    answer = sample.ask(typed)
    assert not any(character > "一" for character in answer.corrected or "")


@pytest.mark.parametrize(
    "typed", ["yi" * 20, "shi " * 8, "xianxian" * 4, "nanananananananananananananananananana", "a" * 40]
)
def test_the_time_to_read_pinyin_is_bounded(sample: Corpus, typed: str) -> None:
    sample.ask("dazhaxie")  # the tables are loaded
    started = time.process_time()
    sample.ask(typed)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("letters", "splits"),
    [("xian", (("xian",), ("xi", "an"))), ("gaotie", (("gao", "tie"),)), ("pulsar", ()), ("", ((),))],
)
def test_letters_are_split_into_syllables(letters: str, splits: tuple[tuple[str, ...], ...]) -> None:
    assert syllable_splits(letters)[: len(splits)] == splits


@pytest.mark.parametrize("word", ["pound", "fall", "minister", "queens", "crashed", "stopped"])
def test_an_english_word_exists(word: str) -> None:
    assert is_english(word)


@pytest.mark.parametrize(
    "question",
    [
        "When did the pound fall?",
        "Who is the prime minister?",
        "Why did the market crash?",
        "Is the stop closed?",
    ],
)
def test_a_word_that_exists_is_not_corrected_to_another(sample: Corpus, question: str) -> None:
    answer = sample.ask(question)
    assert answer.corrected is None
    assert answer.suggestions == ()
    assert answer.confidence is not Confidence.ANSWER
