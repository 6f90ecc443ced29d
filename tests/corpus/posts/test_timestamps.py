from datetime import date
from zoneinfo import ZoneInfo

import pytest

from corpus.posts.timestamps import dated_name, day_in_path, parse_timestamp

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Fri, 20 Nov 2026 08:57:00 MEST", "2026-11-20T14:57"),
        ("Fri, 20 Nov 2026 08:57:00 HKT", "2026-11-20T08:57"),
        ("Fri, 20 Nov 2026 08:57:00 BST", "2026-11-20T15:57"),
        ("Fri, 20 Nov 2026 08:57:00 EST", "2026-11-20T21:57"),
        ("Friday, 20-Nov-26 08:57:00 GMT", "2026-11-20T16:57"),
        ("Fri Nov 20 23:57:00 CST 2026", "2026-11-20T23:57"),
        ("星期五, 20 十一月 2026 23:57:00 +0800", "2026-11-20T23:57"),
        ("星期五 十一月 20 23:57:00 CST 2026", "2026-11-20T23:57"),
        ("Fri Nov 20 23:57:00 2026", "2026-11-20T23:57"),
        ("2026-11-20T08:05:00.000-0500", "2026-11-20T21:05"),
        ("2026-11-20T08:05[Asia/Tokyo]", "2026-11-20T07:05"),
        ("2026-11-20T08:05:00Z[UTC]", "2026-11-20T16:05"),
        ("2026-11-20 08:05 UTC+9", "2026-11-20T07:05"),
        ("2026-11-20 08:05（北京时间）", "2026-11-20T08:05"),
        ("北京时间2026年11月20日8时", "2026-11-20T08:00"),
        ("2026/11/20 中午12:10", "2026-11-20T12:10"),
        ("2026-11-20 凌晨12:10", "2026-11-20T00:10"),
        ("2026-11-20 晚上12:00", "2026-11-21T00:00"),
        ("20261120T080500Z", "2026-11-20T16:05"),
        ("November 20, 2026 at 8:05 p.m.", "2026-11-20T20:05"),
        ("二零二六年11月20日", "2026-11-20T00:00"),
        ("更新时间: 2026-11-20 星期五 08:05", "2026-11-20T08:05"),
    ],
)
def test_one_reader_knows_every_form(text: str, shown: str) -> None:
    found = parse_timestamp(text, SHANGHAI)
    assert found is not None
    assert found.moment.astimezone(SHANGHAI).isoformat()[:16] == shown
    assert found.unknown_zone is None


def test_a_zone_that_is_not_known_is_named() -> None:
    found = parse_timestamp("Fri, 20 Nov 2026 08:57:00 QQT", SHANGHAI)
    assert found is not None
    assert (found.moment.hour, found.unknown_zone) == (0, "QQT")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "3小时前",
            "昨天 14:52",
            "12-30 14:52",
            "30/12/2021",
            "2021-2-30",
            "11月20日",
            "二〇二六年",
            "14:52",
            "",
        ),
        *("2026-11-20 25:00", "2026-11-20 24:01", "2026-11-20 +99:99", "2023-02-010T00:00:00Z", "上周五"),
    ],
)
def test_what_says_no_certain_time_is_none(text: str) -> None:
    assert parse_timestamp(text, SHANGHAI) is None


@pytest.mark.parametrize(
    ("name", "day", "rest"),
    [
        ("2026-11-20", date(2026, 11, 20), ""),
        ("2026_11_20_早报", date(2026, 11, 20), "早报"),
        ("20261120.早报", date(2026, 11, 20), "早报"),
        ("2026-11-20早报", date(2026, 11, 20), "早报"),
        ("2026-11-2011", None, "2026-11-2011"),
        ("2026-13-01-早报", None, "2026-13-01-早报"),
        ("202611201", None, "202611201"),
        ("12345678", None, "12345678"),
        ("1984-读后", None, "1984-读后"),
    ],
)
def test_a_name_may_begin_with_a_day(name: str, day: date | None, rest: str) -> None:
    assert dated_name(name) == (day, rest)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("新闻/2026/11/20/早报", date(2026, 11, 20)),
        ("2026/11/20-早报", date(2026, 11, 20)),
        ("2026-11-20-早报/index", date(2026, 11, 20)),
        ("2026-11-20-早报/第二篇", None),
        ("2026/11/早报", None),
        ("2026/13/20/早报", None),
    ],
)
def test_folders_may_name_the_day(path: str, day: date | None) -> None:
    assert day_in_path(path) == day
