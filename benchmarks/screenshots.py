"""Makes the pictures of the READMEs from the sample archive: what people see, photographed by Chromium.

    python -m benchmarks.screenshots        (make screenshots)

It needs Chromium, fonts with Chinese characters and emoji (Debian: chromium fonts-noto-cjk
fonts-noto-color-emoji) and Pillow, which comes with matplotlib. The answers are the application's own, over
the Bot API in memory that `baotong chat` uses.
"""

import asyncio
import html
import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer
from PIL import Image, ImageChops
from telegram import Update

from bot.cli.chat.memory_api import InMemoryBotApi, Json, Sent
from bot.service.application import OFFLINE_TOKEN, build_application
from bot.settings import Settings
from bot.storage.database import State
from corpus import Corpus, CorpusOptions, sample_folder

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
NOW: Final = datetime(2026, 11, 24, 2, tzinfo=UTC)
"""The day after the newest article of the sample, so that a picture is the same whenever it is made."""

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCALE: Final = 2
MAX_HEIGHT: Final = 2_400
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


def main() -> None:
    """Make all pictures anew."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        typer.echo("no Chromium here; Debian: apt-get install chromium fonts-noto-cjk", err=True)
        raise typer.Exit(1)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data, opened(Path(data)) as corpus:
        for scene in SCENES:
            page = Path(data) / f"{scene.name}.html"
            page.write_text(chat_page(converse(corpus, Path(data), scene)), encoding="utf-8")
            picture = photograph(browser, page.as_uri(), width=432)
            (FOLDER / f"{scene.name}.png").write_bytes(trimmed(picture))
            typer.echo(f"{FOLDER / scene.name}.png")


def opened(data: Path) -> Corpus:
    """Open the sample, indexed."""
    corpus = Corpus.open(CorpusOptions(folder=sample_folder(), data_dir=data), now=lambda: NOW)
    corpus.update()
    return corpus


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


def photograph(browser: str, address: str, *, width: int, height: int = MAX_HEIGHT) -> bytes:
    """Return what a browser shows of an address, in a window of a size in CSS pixels, as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        options = [
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--disable-background-networking", f"--user-data-dir={folder}/profile"),
            *(f"--force-device-scale-factor={SCALE}", f"--window-size={width},{height}"),
        ]
        command = [browser, *options, f"--screenshot={picture}", address]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return picture.read_bytes()


def trimmed(png: bytes) -> bytes:
    """Cut off what is empty at the right and below, but for a margin; few colours make a small file."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    corner = image.getpixel((image.width - 1, image.height - 1))
    box = ImageChops.difference(image, Image.new("RGB", image.size, corner)).getbbox()
    bottom = min(image.height, (box[3] if box else 0) + MARGIN)
    made = io.BytesIO()
    image.crop((0, 0, image.width, bottom)).quantize(COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()


if __name__ == "__main__":
    typer.run(main)
