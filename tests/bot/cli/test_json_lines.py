"""`baotong ask --batch`: JSON lines in, JSON lines out."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.json_lines import MAX_LINE_BYTES, answer_lines
from corpus import Corpus
from tests.bot.command_line import Baotong


def answers(corpus: Corpus, *lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer_lines(corpus, io.BytesIO(b"".join(lines)))]


def test_a_batch_gives_one_line_for_each_line_in_order(indexed: Baotong) -> None:
    lines = [
        '{"id": "甲", "question": "临江大桥什么时候通车", "limit": 1}',
        "no json",
        '{"id": 3}',
        "",
        "[1]",
        '{"id": 6, "question": "地铁", "limit": 0}',
        '{"id": [7], "question": "地铁", "since": "2026-09"}',
        '{"id": 8, "question": "地铁", "until": "someday"}',
        '{"id": null, "question": "\\ud800 地铁 \\u0000"}',
    ]
    result = indexed("ask", "--batch", given="\n".join(lines) + "\n")
    assert result.returncode == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(lines)
    assert [answer["id"] for answer in answers] == ["甲", None, 3, None, None, 6, [7], 8, None]
    assert ["error" in answer for answer in answers] == [
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        True,
        False,
    ]
    assert len(answers[0]["hits"]) == 1
    assert answers[6]["filters"]["since"] == "2026-09-01"
    assert "line 2: not JSON" in answers[1]["error"]


def test_ids_come_back_as_they_were(newspaper: Corpus) -> None:
    ids = ["甲", "", 0, -1, 1.5, 12345678901234567890123, True, None, [1, {"a": None}], {"b": []}]
    lines = (json.dumps({"id": one, "question": "地铁", "limit": 1}).encode() + b"\n" for one in ids)
    assert [answer["id"] for answer in answers(newspaper, *lines)] == ids
    [answer] = answers(newspaper, '{"question": "地铁"}'.encode())
    assert answer["id"] is None
    assert len(answer["hits"]) == 5


@pytest.mark.parametrize(
    ("limit", "hits"), [("1", 1), ("3.0", 3), ("null", 5), ('"3"', None), ("2.5", None), ("true", None)]
)
def test_a_limit_is_a_whole_number_or_missing(newspaper: Corpus, limit: str, hits: int | None) -> None:
    [answer] = answers(newspaper, f'{{"question": "地铁", "limit": {limit}}}\n'.encode())
    assert len(answer.get("hits", ())) == (hits or 0)
    assert ("error" in answer) == (hits is None)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"\n", "empty"),
        (b" \r\n", "empty"),
        (b"\xff\n", "not UTF-8"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"id": NaN, "question": "x"}\n', "NaN is no number"),
        (b'{"id": 1, "question": "x"} {}\n', "not JSON: Extra data at character 28"),
        (b'"x"\n', "not an object"),
        (b'{"question": null}\n', '"question" must be a text'),
        (b'{"question": "x", "since": "soon"}\n', "since: 'soon' is not a day"),
        (b'{"question": "x", "category": 1}\n', '"category" must be a text'),
        ('{"question": "x", "category": "天书"}\n'.encode(), "no category '天书'"),
        (b'{"question": "x", "author": "nobody"}\n', "no author 'nobody'"),
        (b'{"question": "x", "since": "2022", "until": "2021"}\n', "is after"),
        (b'{"question": "' + b"x" * MAX_LINE_BYTES + b'"}\n', "longer than 1,000,000 bytes"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_bad_line_is_answered_by_an_error_and_the_next_one_as_usual(
    newspaper: Corpus, line: bytes, error: str
) -> None:
    first, second = answers(newspaper, line, b'{"id": 2, "question": "x"}')
    assert error in first["error"]
    assert first["error"].startswith("line 1: ")
    assert (second["id"], "error" in second) == (2, False)


def test_byte_order_mark_and_carriage_returns_are_no_part_of_a_question(newspaper: Corpus) -> None:
    lines = '\ufeff{"id": 1, "question": "地铁"}\r\n{"id": 2, "question": "地铁"}\r\n'.encode()
    got = [(answer["id"], answer["question"]) for answer in answers(newspaper, lines)]
    assert got == [(1, "地铁"), (2, "地铁")]


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=5))
def test_whatever_comes_each_line_is_answered_by_one_line_of_json(
    newspaper: Corpus, lines: list[bytes]
) -> None:
    made = list(answer_lines(newspaper, io.BytesIO(b"".join(line + b"\n" for line in lines))))
    assert len(made) == len(lines)
    assert all("\n" not in line and isinstance(json.loads(line), dict) for line in made)


def test_a_batch_answers_each_line_before_the_next_is_written(indexed: Baotong) -> None:
    with indexed.started("ask", "--batch") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(b'{"id": %d, "question": "x"}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
    assert process.returncode == 0


def test_a_reader_that_leaves_ends_the_command_quietly(indexed: Baotong) -> None:
    result = indexed.shell('yes \'{"question": "地铁"}\' | head -500 | baotong ask --batch | head -1')
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == ""
