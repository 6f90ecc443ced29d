"""The words of dates: every example of `words.toml` is read, every counter-example is left alone."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from corpus.text.dates import read_dates
from corpus.text.dates.vocabulary import TABLES, entries, lookup, split_words
from corpus.text.folding import fold

TODAY = date(2022, 9, 28)


def _examples(key: str) -> Iterator[tuple[str, Any]]:
    for name in TABLES:
        for entry in entries(name):
            yield from ((name, example) for example in entry.get(key, []))


@pytest.mark.parametrize(("name", "example"), list(_examples("reads")))
def test_examples_are_read(name: str, example: list[str]) -> None:
    text, since, until = example
    mentions = read_dates(fold(text), TODAY).mentions
    assert mentions
    assert (str(mentions[0].since), str(mentions[-1].until)) == (since, until)


@pytest.mark.parametrize(("name", "text"), list(_examples("leaves")))
def test_counter_examples_are_left_alone(name: str, text: str) -> None:
    assert read_dates(fold(text), TODAY).mentions == ()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_words_are_folded_and_stand_once(name: str) -> None:
    words = [word for entry in entries(name) for word in split_words(entry["words"])]
    assert words
    assert len(words) == len(set(words))
    assert [fold(word) for word in words] == words


def test_a_word_keeps_its_entry() -> None:
    assert lookup("day")["昨天"]["offset"] == -1
    assert lookup("year")["last year"]["offset"] == -1
