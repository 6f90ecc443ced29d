"""Feeds of several kinds for the tests, in words of their own."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    title: str = "望江大桥恢复通行"
    link: str = "https://news.test/a/1"
    guid: str | None = None
    body: str = "<p>今天早上六点，望江大桥恢复通行。</p>"
    date: str | None = "Mon, 30 Nov 2026 06:00:00 GMT"


def item(number: int, **values: str | None) -> Item:
    """One of many items, all different; the greater the number, the older."""
    given: dict[str, str | None] = {
        "title": f"第{number}条消息",
        "link": f"https://news.test/a/{number}",
        "guid": f"news-{number}",
        "body": f"<p>第{number}条消息的正文，说的是第{number}件事。</p>",
        "date": format_datetime(MONDAY - timedelta(hours=number), usegmt=True),
        **values,
    }
    return Item(**given)  # type: ignore[arg-type]


def rss(items: Iterable[Item], *, title: str = "城南日报", extra: str = "") -> str:
    parts = []
    for one in items:
        guid = f"<guid isPermaLink='false'>{html.escape(one.guid)}</guid>" if one.guid is not None else ""
        date = f"<pubDate>{one.date}</pubDate>" if one.date is not None else ""
        parts.append(
            f"<item><title>{html.escape(one.title)}</title><link>{html.escape(one.link)}</link>{guid}{date}"
            f"<description>{html.escape(one.body)}</description></item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{html.escape(title)}</title><link>https://news.test/</link>{extra}{''.join(parts)}"
        "</channel></rss>"
    )
