"""Units: one list, which questions, headlines and spelt numbers share."""

import pytest

from corpus.errors import LanguageDataError
from corpus.text import data_files
from corpus.text.units import Units, default_units


def test_a_unit_is_written_as_itself_first() -> None:
    spellings = default_units().spellings
    assert all(every[0] == unit for unit, every in spellings.items())
    assert spellings["次"] == ("次", "场", "回", "遍", "轮")
    assert spellings["集"] == ("集",)


def test_units_of_kinds_are_longest_first() -> None:
    units = default_units().of("measure", "money")
    assert units.index("公里") < units.index("里" if "里" in units else "米")
    assert "元" in units
    assert "个" not in units


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[kinds]\nclassifier = "个 座"\npart = "座"', "座: a unit stands once"),
        ('[kinds]\nclassifier = "个"\n[[spelling]]\nwords = "个 座"', "座 is no unit"),
        ('[kinds]\nclasifier = "个"', "`clasifier` is unknown"),
    ],
)
def test_a_mistake_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch, text: str, reason: str) -> None:
    monkeypatch.setattr(data_files, "_source", lambda *_: text)
    with pytest.raises(LanguageDataError, match=reason) as told:
        Units.load()
    assert told.value.where.startswith("units.toml")
