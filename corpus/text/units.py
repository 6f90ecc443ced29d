"""Units: what numbers count and measure, and how else a unit is written; from `units.toml`."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self, get_args

from corpus.text import data_files

UnitKind = Literal["classifier", "part", "asked", "series", "measure", "time", "money", "magnitude", "people"]
"""What a unit does; `units.toml` says what each means."""

KINDS: Final[tuple[UnitKind, ...]] = get_args(UnitKind)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """All units.

    Attributes:
        by_kind: Kind → its units.
        spellings: Unit → what is written for it, itself first.
    """

    by_kind: Mapping[UnitKind, tuple[str, ...]]
    spellings: Mapping[str, tuple[str, ...]]

    @classmethod
    def load(cls) -> Self:
        """Read `units.toml`.

        Raises:
            LanguageDataError: Something in the file is wrong.
        """
        file = data_files.read("corpus.text", "units.toml")
        file.require_keys("kinds", "spelling")
        kinds = file.table("kinds")
        kinds.require_keys(*KINDS)
        by_kind: dict[UnitKind, tuple[str, ...]] = {kind: kinds.words(kind) for kind in KINDS}
        known = [unit for units in by_kind.values() for unit in units]
        if len(known) != len(set(known)):
            twice = sorted({unit for unit in known if known.count(unit) > 1})
            raise kinds.error(f"{' '.join(twice)}: a unit stands once")
        spellings: dict[str, tuple[str, ...]] = {unit: (unit,) for unit in known}
        for entry in file.tables("spelling"):
            entry.require_keys("words", "examples")
            words = entry.words("words")
            for word in words:
                if word not in spellings:
                    raise entry.error(f"{word} is no unit of [kinds]")
                spellings[word] = tuple(dict.fromkeys((*spellings[word], *words)))
        return cls(by_kind, spellings)

    def of(self, *kinds: UnitKind) -> tuple[str, ...]:
        """Return the units of some kinds, longest first, so that they can be alternatives of a pattern."""
        units = (unit for kind in kinds for unit in self.by_kind[kind])
        return tuple(sorted(units, key=lambda unit: (-len(unit), unit)))


@functools.cache
def default_units() -> Units:
    """Return the units of the package, read once."""
    return Units.load()
