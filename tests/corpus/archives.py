"""Archives for the tests of indexing: few short posts, written and changed at will."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from corpus import Corpus, CorpusOptions

NOW = datetime(2026, 10, 1, 4, tzinfo=UTC)

NAMES = (
    "临江大桥",
    "柳林车站",
    "云顶茶园",
    "青石码头",
    "望湖剧院",
    "松涛学校",
    "白鹭湿地",
    "长风电厂",
    "南浦菜场",
    "北山隧道",
)


def post(title: str, *paragraphs: str, date: str = "2026-09-20 08:00:00", **front: str) -> str:
    """The text of a post file; further keys of the front matter by name."""
    values = {"title": title, "date": date, **front}
    lines = "".join(f"{key}: {value}\n" for key, value in values.items() if value)
    body = "".join(f"<p>{text}</p>\n" for text in paragraphs)
    return f"---\n{lines}---\n<div>\n{body}</div>\n"


class Folder:
    """An archive's folder. What is written looks as if it had been there for a day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._written = 0

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file, older than the last two seconds, each time with another date."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        self._written += 1
        self.touch(path, seconds=self._written)
        return file

    def touch(self, path: str, *, seconds: int) -> None:
        """Give a file a date of yesterday and so many seconds."""
        moment = datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=seconds)
        os.utime(self.root / path, (moment.timestamp(), moment.timestamp()))

    def write_named(self, count: int, *, start: int = 0) -> list[str]:
        """Write posts that can be told apart: `place` finds each."""
        paths = []
        for number in range(start, start + count):
            path = f"城市/晚报/{number:05}.md"
            text = f"{place(number)}的第{number}号工程今天完工，共用了{number + 3}个月。"
            self.write(path, post(f"{place(number)}{number}号工程完工", text))
            paths.append(path)
        return paths


def place(number: int) -> str:
    """A name that stands in posts by number."""
    return NAMES[number % len(NAMES)]


def options(folder: Path | None, data: Path, **values: object) -> CorpusOptions:
    """Options with a zone that is not the machine's."""
    return CorpusOptions(folder=folder, data_dir=data, **values)  # type: ignore[arg-type]


@contextmanager
def opened(folder: Path | None, data: Path, **values: object) -> Iterator[Corpus]:
    """A corpus whose clock stands still."""
    with Corpus.open(options(folder, data, **values), now=lambda: NOW) as corpus:
        yield corpus


def titles(corpus: Corpus, question: str) -> list[str]:
    """Titles of the articles found, best first."""
    return [hit.article.title for hit in corpus.ask(question, limit=50).hits]


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run a block as somebody who has no special rights, as tests in a container often have."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def readable_by_all() -> Iterator[Path]:
    """A temporary folder that `unprivileged` blocks may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def forbid_writing(folder: Path) -> None:
    """Take the right to write from a folder and all in it."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
