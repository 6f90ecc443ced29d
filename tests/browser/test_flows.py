"""What people do on the pages, in a browser: ask, read, narrow, go back, with a mouse and with keys alone."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.web.options import SiteOptions
from bot.web.responses import TELEGRAM_WEB
from bot.web.site import Site
from corpus import Corpus
from tests.bot.web.sites import serving_in_thread
from tests.browser.conftest import Open
from tests.browser.showcase import WHOLE

QUESTION = "四号线第三标段设车站几座"


def question_of(page: Any) -> str:
    """What is asked in the address of a page."""
    found: list[str] = parse_qs(urlsplit(page.url).query).get("q", [""])
    return found[0]


def colour(page: Any, selector: str, name: str = "backgroundColor") -> str:
    """A colour of an element as it is shown."""
    shown: str = page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{name}")
    return shown


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_who_asks_gets_to_the_passage_and_back(open_page: Open, width: int, dark: bool) -> None:
    page = open_page(width=width, dark=dark)
    page.goto("/")
    page.get_by_role("searchbox").fill(QUESTION)
    page.get_by_role("button").click()
    page.wait_for_url("**/search?*")
    assert question_of(page) == QUESTION
    assert page.get_by_role("searchbox").input_value() == QUESTION
    answer = page.locator("article.first mark").first.inner_text()
    assert answer
    page.locator("article.first h2 a").click()
    page.wait_for_url("**/a/**")
    assert page.get_by_role("heading", level=1).inner_text() == WHOLE
    target = page.locator(".text :target mark, .text mark:target").first
    assert target.is_visible()
    box = target.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900
    marked = page.locator(".text :target mark, .text mark:target").all_inner_texts()
    assert answer[:10] in "".join(marked)
    assert colour(page, ".text :target mark, .text mark:target") != "rgba(0, 0, 0, 0)"
    page.go_back()
    assert question_of(page) == QUESTION
    assert page.get_by_role("searchbox").input_value() == QUESTION


def test_filters_narrow_a_search_and_come_off_again(open_page: Open) -> None:
    page = open_page()
    page.goto("/search?q=大桥")
    before = page.locator("nav.choices a").count()
    choice = page.locator("nav.choices", has_text="分类").locator("a").first
    name = choice.inner_text().split()[0]
    choice.click()
    page.wait_for_url("**category=**")
    assert question_of(page) == "大桥"
    chosen = page.locator("nav.tags a[aria-current]")
    assert name in chosen.inner_text()
    assert page.locator("nav.choices a").count() < before
    chosen.click()
    page.wait_for_function("!location.search.includes('category=')")
    page.locator("nav.choices a", has_text="最新").first.click()
    page.wait_for_url("**order=newest**")
    assert page.locator("nav.choices a[aria-current]").count() == 1


def test_keys_alone_lead_from_the_first_page_to_the_passage(open_page: Open) -> None:
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reach(page, "form.ask input")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*")
    reach(page, "article.first h2 a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/**")
    reach(page, ".contents summary", back=True)
    assert not page.locator(".contents ol").is_visible()
    page.keyboard.press("Enter")
    assert page.locator(".contents ol").is_visible()


def reach(page: Any, selector: str, *, back: bool = False) -> None:
    """Press Tab until an element has the focus; whatever has it on the way shows that it does."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        seen = page.evaluate(
            """selector => {
              const one = document.activeElement;
              const ring = parseFloat(getComputedStyle(one).outlineWidth);
              return [one.matches(selector), one === document.body || one.id === 'main' || ring >= 2];
            }""",
            selector,
        )
        assert seen[1], page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if seen[0]:
            return
    raise AssertionError(f"no way to {selector}")


def test_marks_are_seen_where_colours_are_forced_and_on_paper(open_page: Open) -> None:
    page = open_page()
    page.goto("/search?q=" + QUESTION)
    address = page.locator("article.first h2 a").get_attribute("href")
    page.emulate_media(forced_colors="active")
    page.goto(address)
    marked = ".text :target mark, .text mark:target"
    assert colour(page, marked) != colour(page, "body")
    page.emulate_media(forced_colors="none", media="print")
    assert colour(page, marked) != colour(page, "body")
    assert not page.locator("header.bar").is_visible()


def test_nothing_moves_for_those_who_want_no_motion(open_page: Open) -> None:
    page = open_page(reduced_motion="reduce")
    for path in ("/", "/search?q=大桥", "/trend?q=大桥"):
        page.goto(path)
        moving = page.evaluate("document.getAnimations().length")
        smooth = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
        assert (moving, smooth) == (0, "auto")


def test_pictures_stay_away_where_the_operator_wants_none(browser: Any, archive: Corpus) -> None:
    options = SiteOptions(images=False)
    with serving_in_thread(Site(archive, options), options) as url, browser.new_context() as context:
        page = context.new_page()
        hosts = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(f"{url}/latest")
        assert hosts == {urlsplit(url).netloc}


@pytest.mark.parametrize(
    ("outside", "is_shown"),
    [*((f"{host}/k/", True) for host in TELEGRAM_WEB), ("https://evil.example/", False)],
)
def test_telegram_in_a_browser_shows_the_page_in_its_frame_and_nobody_else_does(
    browser: Any, archive: Corpus, outside: str, is_shown: bool
) -> None:
    public = "https://news.example.org"
    options = SiteOptions(bot="baotong_bot", public_url=public)
    with serving_in_thread(Site(archive, options), options) as url, browser.new_context() as context:
        context.route(
            f"{public}/**",
            lambda route: route.fulfill(response=route.fetch(url=route.request.url.replace(public, url))),
        )
        frame = f'<iframe src="{public}/#tgWebAppData=x" width=400 height=600></iframe>'
        context.route(outside, lambda route: route.fulfill(body=frame, content_type="text/html"))
        page = context.new_page()
        page.goto(outside)
        page.wait_for_load_state("networkidle")
        inside = page.frame_locator("iframe")
        assert inside.get_by_role("searchbox").is_visible() == is_shown
        if is_shown:
            inside.get_by_role("searchbox").fill("大桥什么时候通车")
            inside.get_by_role("button").click()
            inside.locator("article.first h2 a").click()
            inside.locator(".text :target mark, .text mark:target").first.wait_for()
