"""Each kind of page, in light and dark, on a phone and a desk: no finding of axe-core, an outline that holds.

Pictures of the pages and their outlines are kept in `build/browser`, to be looked at.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.browser.conftest import PICTURES, Open
from tests.browser.showcase import EMPTY, ENGLISH, LONG_WORDS, WHOLE

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

LOOKS = [(390, False), (390, True), (1280, False), (1280, True)]

Address = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page: its address, or how it is found out, and the status of its answer."""

    address: str | Address
    status: int = 200


def article(title: str, anchor: str = "") -> Address:
    """The address of the article with a title."""

    def find(site: str) -> str:
        listed = httpx.get(f"{site}/api/latest?limit=100", trust_env=False).json()["articles"]
        [key] = [one["id"] for one in listed if one["title"] == title]
        return f"/a/{key}{anchor}"

    return find


def category(site: str) -> str:
    """The address of the first category."""
    first = httpx.get(f"{site}/api/categories", trust_env=False).json()[0]
    return f"/category/{first['id']}"


KINDS = {
    "home": Kind("/"),
    "home-en": Kind("/?lang=en"),
    "home-hant": Kind("/?lang=zh-Hant"),
    "search-box": Kind("/search"),
    "answer": Kind(f"/search?q={quote('四号线设站多少座')}"),
    "answer-en": Kind(f"/search?q={quote('四号线设站多少座')}&lang=en"),
    "answer-story": Kind(f"/search?q={quote('望江大桥什么时候恢复通行')}"),
    "answers": Kind(f"/search?q={quote('望江大桥什么时候恢复通行？四号线设站多少座？')}"),
    "list": Kind(f"/search?q={quote('大桥')}&order=newest"),
    "count": Kind(f"/search?q={quote('有几篇关于地铁的文章')}"),
    "answer-2": Kind(f"/search?q={quote('大桥什么时候通车')}&page=2"),
    "filtered": Kind(f"/search?q={quote('大桥')}&category={quote('新闻')}&since=2026-11"),
    "unmet": Kind(f"/search?q={quote('分类:没有这个 大桥')}"),
    "nothing": Kind(f"/search?q={quote('量子计算机超导材料论文')}"),
    "latest": Kind("/latest"),
    "latest-2": Kind("/latest?page=2"),
    "categories": Kind("/category"),
    "category": Kind(category),
    "article": Kind(article(WHOLE)),
    "article-passage": Kind(article(WHOLE, "#p3")),
    "article-en": Kind(article(ENGLISH)),
    "article-empty": Kind(article(EMPTY)),
    "article-long-word": Kind(article(LONG_WORDS)),
    "article-hant": Kind(lambda site: article(WHOLE)(site) + "?script=hant&lang=zh-Hant"),
    "trend": Kind(f"/trend?q={quote('大桥')}"),
    "trend-box": Kind("/trend"),
    "trend-none": Kind(f"/trend?q={quote('量子超导')}"),
    "api": Kind("/api/docs"),
    "missing": Kind("/a/nothing", 404),
    "wrong-day": Kind("/search?q=a&since=soon", 400),
}


def visit(page: Any, site: str, kind: Kind) -> None:
    """Open a page of a kind, its pictures too."""
    address = kind.address if isinstance(kind.address, str) else kind.address(site)
    if kind.status != 200:
        page.witness.expected = ("Failed to load resource",)
    answer = page.goto(address)
    assert answer.status == kind.status
    page.evaluate("() => document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", KINDS)
def test_a_page_has_no_finding_of_axe_in_any_look(open_page: Open, site: str, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, dark in LOOKS:
        page = open_page(width=width, dark=dark)
        visit(page, site, KINDS[name])
        look = f"{name}-{width}-{'dark' if dark else 'light'}"
        whole = not page.evaluate("location.hash")
        page.screenshot(path=PICTURES / f"{look}.png", full_page=whole)
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, look
        for details in page.locator("details").all():
            details.evaluate("one => { one.open = true; }")
        findings = Axe().run(page, options=AXE).response["violations"]
        assert not findings, f"{look}\n" + "\n".join(described(findings))


def described(findings: list[dict[str, Any]]) -> Iterator[str]:
    """Say what axe found, an element a line."""
    for one in findings:
        for node in one["nodes"]:
            yield f"{one['id']}: {one['help']}\n    {node['html'][:200]}\n    {node['failureSummary'][:400]}"


OUTLINE = """() => {
  const named = one => one.getAttribute('aria-label')
    || (one.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean)
      .map(id => document.getElementById(id).textContent).join(' ');
  const parts = ['h1,h2,h3,h4,h5,h6,main,nav,aside,body > header,body > footer',
    'form[role=search],section[aria-label],section[aria-labelledby]'].join();
  return [...document.querySelectorAll(parts)].map(one => ({
    tag: one.tagName.toLowerCase(), name: /^H\\d/.test(one.tagName) ? one.textContent.trim() : named(one)
  }));
}"""


@pytest.mark.parametrize("name", KINDS)
def test_a_page_has_an_outline_that_a_screen_reader_can_follow(open_page: Open, site: str, name: str) -> None:
    page = open_page()
    visit(page, site, KINDS[name])
    outline = page.evaluate(OUTLINE)
    lines = [f"{one['tag']:<8}{one['name']}" for one in outline]
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{name}-outline.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\n{name}", *lines, sep="\n  ")
    tags = [one["tag"] for one in outline]
    assert [tags.count(tag) for tag in ("h1", "main", "header", "footer")] == [1, 1, 1, 1], lines
    levels = [int(tag[1]) for tag in tags if tag[0] == "h" and tag[1:].isdigit()]
    assert levels[0] == 1, lines
    assert all(after - before <= 1 for before, after in pairwise(levels)), lines
    navs = [one["name"] for one in outline if one["tag"] == "nav"]
    assert all(navs), lines
    assert len(set(navs)) == len(navs), lines
    assert page.title()
    assert page.evaluate("document.documentElement.lang") in {"zh-Hans", "zh-Hant", "en"}


@pytest.mark.parametrize("name", ["home", "answer", "filtered", "article", "trend", "categories", "api"])
def test_at_four_times_the_size_nothing_is_cut_off(open_page: Open, site: str, name: str) -> None:
    """A window of 1280 pixels at 400 % is one of 320."""
    page = open_page(width=320)
    visit(page, site, KINDS[name])
    page.screenshot(path=PICTURES / f"{name}-320.png", full_page=True)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(one => {
          const box = one.getBoundingClientRect();
          const scrolled = one.closest('.table, pre');
          return box.width && !scrolled && !one.closest('.skip') && box.right > innerWidth + 1;
        }).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert json.dumps(wide) == "[]"
