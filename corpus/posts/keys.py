"""Keys of front matter that mean the same: names of the date, whatever the generator calls it."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from corpus.posts.front_matter import Value

_TABLES: Final = ("meta", "metadata", "extra", "params", "taxonomies", "frontmatter", "fields")
"""Keys below which some generators keep what others have at the top."""

_WHEN: Final = "(?:date(?:time)?|time(?:stamp)?|at|on)"
_NAMES_OF_DATES: Final[tuple[re.Pattern[str], ...]] = tuple(
    map(
        re.compile,
        (
            "date|日期|datetime",
            rf"(?:first|original)?(?:published|posted|issued|released){_WHEN}?"
            rf"|(?:first|original)?(?:pub|publish|publication|post|issue|release){_WHEN}"
            rf"|date(?:published|posted|issued|released)|(?:首次)?(?:发布|發佈|发表|發表|刊登|刊发)(?:于|於|时间|時間|日期)",
            rf"(?:created|written){_WHEN}?|(?:create|creation){_WHEN}|date(?:created|written)|ctime"
            r"|(?:创建|創建|建立|写作|撰写)(?:于|於|时间|時間|日期)",
            "time|timestamp|时间|時間",
            rf"(?:last)?(?:updated|modified|mod){_WHEN}?|(?:last)?(?:update|modify|modification){_WHEN}"
            rf"|date(?:updated|modified)|(?:最后)?(?:更新|修改|編輯|编辑)(?:于|於|时间|時間|日期)",
        ),
    )
)
"""Names of the date, of publication first, else of writing, else of the last change."""


@lru_cache(maxsize=1024)
def _rank(key: str) -> int | None:
    name = key.lower().replace("_", "").replace("-", "").replace(" ", "")
    return next((rank for rank, names in enumerate(_NAMES_OF_DATES) if names.fullmatch(name)), None)


def date_values(values: Mapping[str, Value]) -> Iterator[Value]:
    """The values under all names of the date, the most telling name first."""
    ranked = [(rank, place) for place, key in enumerate(values) if (rank := _rank(key)) is not None]
    every = list(values.values())
    yield from (every[place] for _, place in sorted(ranked))


def flattened(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Front matter with what stands in tables such as `[extra]` at the top; nothing there is replaced."""
    tables = [table for name in _TABLES if isinstance(table := values.get(name), dict)]
    if not tables:
        return values
    found = dict(values)
    for table in tables:
        for key, value in table.items():
            found.setdefault(key.strip().lower(), value)
    return found
