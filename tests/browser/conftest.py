"""A real `baotong serve` over an archive with everything a post can have, and Chromium to look at it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.showcase import PICTURE, write_showcase

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROJECT = Path(__file__).parents[2]
FOLDER = Path(__file__).relative_to(PROJECT).parent
PICTURES = PROJECT / "build" / "browser"
"""Where pictures of the pages and their outlines are kept."""

Open = Callable[..., Any]
"""Opens a page of the browser: `open_page(width=390, dark=True)`."""


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only who names this folder means it."""
    return None if any(str(FOLDER) in argument for argument in config.args) else True


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served archive, without a slash at its end."""
    folder = tmp_path_factory.mktemp("site")
    archive = write_showcase(folder / "posts")
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "serve", "--port", "0"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CORPUS_DIR": str(archive),
            "DATA_DIR": str(folder / "data"),
        },
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip().rstrip("/")
        process.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, started once."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("no Chromium here; Debian: apt-get install chromium fonts-noto-cjk", pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=found, args=options)
        yield chromium
        chromium.close()


class Witness:
    """What a page did besides showing itself: messages of its console, failures, requests to others."""

    def __init__(self, page: Any, site: str) -> None:
        self._host = urlsplit(site).netloc
        self.messages: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", self._asked)

    def _failed(self, request: Any) -> None:
        if not (request.failure or "").startswith("net::ERR_ABORTED"):  # a page left before it was all there
            self.messages.append(f"{request.url}: {request.failure}")

    def _asked(self, request: Any) -> None:
        if urlsplit(request.url).netloc != self._host and request.resource_type != "image":
            self.messages.append(f"{request.resource_type} from another host: {request.url}")

    def check(self) -> None:
        """Make sure that nothing was said that the test did not expect."""
        assert [one for one in self.messages if not any(part in one for part in self.expected)] == []


@contextmanager
def new_page(browser: Any, site: str, **options: Any) -> Iterator[Any]:
    """Open a page that shows a picture in the place of each picture of another host."""
    with browser.new_context(locale="zh-CN", **options) as context:
        context.set_default_timeout(60_000)
        context.route(
            lambda url: urlsplit(url).netloc != urlsplit(site).netloc,
            lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"),
        )
        page = context.new_page()
        witness = Witness(page, site)
        page.witness = witness
        yield page
        witness.check()


@pytest.fixture
def open_page(browser: Any, site: str) -> Iterator[Open]:
    """Opens pages; at the end of the test none of them may have said anything in its console."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def open_one(*, width: int = 1280, dark: bool = False, **options: Any) -> Any:
            scheme = "dark" if dark else "light"
            size = {"width": width, "height": 900}
            page = new_page(browser, site, viewport=size, color_scheme=scheme, base_url=site, **options)
            return stack.enter_context(page)

        yield open_one
