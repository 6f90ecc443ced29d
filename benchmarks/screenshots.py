"""Makes the pictures of the READMEs from the sample archive: what people see, photographed by Chromium.

    python -m benchmarks.screenshots        (make screenshots)

It needs Chromium, fonts with Chinese characters and emoji (Debian: chromium fonts-noto-cjk
fonts-noto-color-emoji), Playwright (requirements-browser.lock) and Pillow (requirements-plots.lock). The
answers of the chat are the application's own, over the Bot API in memory that `baotong chat` uses; pages are
those that `baotong serve` shows.
"""

import asyncio
import html
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, ParamSpec
from urllib.parse import quote

import typer
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright
from telegram import Update

from bot.cli.chat.memory_api import InMemoryBotApi, Json, Sent
from bot.service.application import OFFLINE_TOKEN, build_application
from bot.settings import Settings
from bot.storage.database import State
from bot.web.options import SiteOptions
from bot.web.site import Site
from corpus import Corpus, CorpusOptions, sample_folder
from tests.bot.web.sites import serving_in_thread

P = ParamSpec("P")

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
NOW: Final = datetime(2026, 11, 24, 2, tzinfo=UTC)
"""The day after the newest article of the sample, so that a picture is the same whenever it is made."""

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCALE: Final = 2
MARGIN: Final = 16
COLOURS: Final = 64

STYLE: Final = """
body { margin: 0; padding: 14px; background: #dfe7ee; color: #14181d; width: 432px; box-sizing: border-box;
  font: 15px/1.5 "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
.line { display: flex; flex-direction: column; align-items: flex-start; margin-bottom: 10px;
  max-width: 392px; }
.mine { align-items: flex-end; max-width: none; }
.bubble { background: #fff; border-radius: 14px; padding: 8px 12px; white-space: pre-wrap;
  overflow-wrap: anywhere; box-shadow: 0 1px 1px #0002; }
.mine .bubble { background: #e3f6d4; }
a { color: #1668b5; text-decoration: none; }
blockquote { margin: 3px 0; padding: 3px 10px; border-left: 3px solid #1668b5; border-radius: 4px;
  background: #1668b512; }
code { font-family: "Noto Sans Mono CJK SC", monospace; font-size: 13px; }
.row { display: flex; gap: 4px; width: 100%; margin-top: 4px; }
.row span { flex: 1; background: #55708a; color: #fff; border-radius: 8px; padding: 5px; text-align: center;
  font-size: 13px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture of a chat.

    Attributes:
        name: Of the file, without its ending.
        language: The reader's, as Telegram names it.
        lines: What the reader writes.
    """

    name: str
    language: str
    lines: tuple[str, ...]


SCENES: Final = (
    Scene("chat", "zh-hans", ("望江大桥什么时候恢复通行",)),
    Scene("chat-honest", "zh-hans", ("知夏 Q30 多少钱", "那充电头呢", "火星移民什么时候开始")),
)


@dataclass(frozen=True, slots=True)
class View:
    """A picture of a page.

    Attributes:
        name: Of the file, without its ending.
        question: What is searched for.
        width: Of the window, in CSS pixels, as its height.
        is_read: Whether the answer's article is opened at its passage.
    """

    name: str
    question: str
    width: int
    height: int
    is_read: bool = False


VIEWS: Final = (
    View("search", "望江大桥什么时候恢复通行", 1_000, 720),
    View("reader", "望江大桥什么时候恢复通行", 390, 720, is_read=True),
)


def main() -> None:
    """Make all pictures anew."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        typer.echo("no Chromium here; Debian: apt-get install chromium fonts-noto-cjk", err=True)
        raise typer.Exit(1)
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        opened(Path(data)) as corpus,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]) as chromium,
        serving_in_thread(Site(corpus, SiteOptions(), now=lambda: NOW), SiteOptions()) as url,
    ):
        for scene in SCENES:
            # In a thread of its own: Playwright's loop runs in this one.
            page = on_a_thread(chat_page_of, corpus, Path(data), scene)
            save(scene.name, trimmed(photograph(chromium, page)))
        for view in VIEWS:
            save(view.name, with_few_colours(Image.open(io.BytesIO(look(chromium, url, view)))))


def save(name: str, picture: bytes) -> None:
    """Write a picture."""
    path = FOLDER / f"{name}.png"
    path.write_bytes(picture)
    typer.echo(f"{path}  {len(picture):,} bytes")


def opened(data: Path) -> Corpus:
    """Open the sample, indexed."""
    corpus = Corpus.open(CorpusOptions(folder=sample_folder(), data_dir=data), now=lambda: NOW)
    corpus.update()
    return corpus


def chat_page_of(corpus: Corpus, data: Path, scene: Scene) -> str:
    """Return the page of a scene."""
    return chat_page(converse(corpus, data, scene))


def converse(corpus: Corpus, data: Path, scene: Scene) -> list[str | Sent]:
    """Return the lines of a scene, each followed by the messages that answer it."""
    api = InMemoryBotApi(scene.language)
    settings = Settings.load(None, data_dir=data)
    shown: list[str | Sent] = []
    with State.in_memory() as state, asyncio.Runner() as runner:
        application = build_application(
            settings, corpus, state, token=OFFLINE_TOKEN, request=api, now=lambda: NOW
        )
        runner.run(application.initialize())
        for line in scene.lines:
            update = Update.de_json(api.typed(line), application.bot)
            runner.run(application.process_update(update))
            shown += [line, *(event for event in api.take_events() if isinstance(event, Sent))]
        runner.run(application.shutdown())
    return shown


def chat_page(shown: Sequence[str | Sent]) -> str:
    """Return a page that looks as a chat does; the markup of messages is HTML already."""
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{''.join(_lines(shown))}"


def _lines(shown: Sequence[str | Sent]) -> Iterator[str]:
    for one in shown:
        if isinstance(one, str):
            yield f"<div class='line mine'><div class=bubble>{html.escape(one)}</div></div>"
            continue
        rows = "".join(f"<div class=row>{_buttons(row)}</div>" for row in one.keyboard)
        yield f"<div class=line><div class=bubble>{one.html}</div>{rows}</div>"


def _buttons(row: Sequence[Json]) -> str:
    return "".join(f"<span>{html.escape(button['text'])}</span>" for button in row)


def photograph(chromium: Any, page: str) -> bytes:
    """Return what a browser shows of a page, whole, as PNG."""
    with chromium.new_page(viewport={"width": 432, "height": 200}, device_scale_factor=SCALE) as tab:
        tab.set_content(page)
        picture: bytes = tab.screenshot(full_page=True)
    return picture


def look(chromium: Any, url: str, view: View) -> bytes:
    """Return what a browser shows of the upper end of a page of the site, as PNG."""
    size = {"width": view.width, "height": view.height}
    with chromium.new_page(viewport=size, device_scale_factor=SCALE, locale="zh-CN") as tab:
        tab.goto(f"{url}/search?q={quote(view.question)}")
        if view.is_read:
            tab.locator("article.first h2 a").click()
            tab.wait_for_url("**/a/**")
        clip = {"x": 0, "y": 0, **size}
        picture: bytes = tab.screenshot(full_page=True, clip=clip)
    return picture


def on_a_thread(work: Callable[P, str], *arguments: P.args, **named: P.kwargs) -> str:
    """Do something on a thread without an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments, **named).result()


def trimmed(png: bytes) -> bytes:
    """Cut off what is empty below, but for a margin."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    corner = image.getpixel((image.width - 1, image.height - 1))
    box = ImageChops.difference(image, Image.new("RGB", image.size, corner)).getbbox()
    bottom = min(image.height, (box[3] if box else 0) + MARGIN)
    return with_few_colours(image.crop((0, 0, image.width, bottom)))


def with_few_colours(image: Image.Image) -> bytes:
    """Return a picture as a small PNG."""
    made = io.BytesIO()
    image.convert("RGB").quantize(COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()


if __name__ == "__main__":
    typer.run(main)
