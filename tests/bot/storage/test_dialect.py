"""What is translated for PostgreSQL, and what is not."""

import pytest

from bot.inbox.update import Outcome
from bot.storage.dialect import adapt, translate


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT ?", "SELECT %s"),
        ("a = :a AND b = :long_name2", "a = %(a)s AND b = %(long_name2)s"),
        ("'?' || ':a' || ?", "'?' || ':a' || %s"),
        ("a LIKE '%' || :a", "a LIKE '%%' || %(a)s"),
        ("a -- what is it? :no\n, b", "a \n, b"),
        ("5 % 2", "5 %% 2"),
    ],
)
def test_values_are_marked_as_the_driver_wants_it(sql: str, translated: str) -> None:
    assert translate(sql) == translated


def test_types_are_translated_in_definitions_of_tables_only() -> None:
    assert translate("\n CREATE TABLE t (a INTEGER, b BLOB) STRICT, WITHOUT ROWID").split() == (
        ["CREATE", "TABLE", "t", "(a", "BIGINT,", "b", "BYTEA)"]
    )
    assert translate("SELECT 'REAL INTEGER'") == "SELECT 'REAL INTEGER'"


def test_values_are_those_that_both_databases_keep() -> None:
    assert adapt((True, "a\0b", Outcome.POISON, None, b"\0", 1.5)) == (
        1,
        "a\ufffdb",
        "poison",
        None,
        b"\0",
        1.5,
    )
    assert [type(value) for value in adapt((True, Outcome.POISON))] == [int, str]
    assert adapt({"a": False}) == {"a": 0}
