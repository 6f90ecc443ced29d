"""Imports into an archive and a data folder of the test's own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from corpus.sources import Importer, ImportReport, SourceOptions

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@dataclass
class Desk:
    """What somebody has, and the archive it is imported into."""

    folder: Path
    options: SourceOptions
    shown: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.options.root

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(
        self, *paths: Path, addresses: tuple[str, ...] = (), limit: int = 500, **values: object
    ) -> ImportReport:
        importer = Importer(
            self.options,
            now=lambda: NOW,
            show=lambda *state: self.shown.append(state),
            **{"workers": 0, **values},  # type: ignore[arg-type]
        )
        return importer.run(paths or (() if addresses else (self.folder,)), addresses, limit=limit)

    def posts(self) -> dict[str, str]:
        """The posts by their paths."""
        return {
            path.relative_to(self.root).as_posix(): path.read_text("utf-8")
            for path in sorted(self.root.rglob("*.md"))
        }

    def titles(self) -> list[str]:
        return sorted(text.split("title: '")[1].split("'\n")[0] for text in self.posts().values())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder, root = tmp_path / "mine", tmp_path / "posts"
    folder.mkdir()
    root.mkdir()
    return Desk(folder, SourceOptions(data_dir=tmp_path / "data", root=root, zone=ZONE))
