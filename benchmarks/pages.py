"""The main text of saved pages, compared with what people marked: F1 of 4-word shingles.

    python -m benchmarks.pages FOLDER [--own] [--worst 10]

The folder has `truth.jsonl` or `truth.jsonl.gz`, one JSON object a page with `file` and `text`, and the
files it names, packed or not. Each page is read as `baotong import` does, to the very paragraphs that are
indexed: with the extra `fulltext` if it is installed, or, by `--own`, by the reader of `corpus.posts`. The
measure is that of the public article-extraction benchmark: each page counts alike, however long it is.
"""

import argparse
import gzip
import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.posts import paragraphs
from corpus.sources.decoding import decode_feed
from corpus.sources.imports.pages import body_of
from corpus.sources.markup import clean_body

SHINGLE = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of shingles that are right, too many and missing; they add up to one."""

    right: float
    extra: float
    missing: float

    @property
    def f1(self) -> float:
        """F1 of one page."""
        return 2 * self.right / max(2 * self.right + self.extra + self.missing, 1e-9)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if len(words) <= SHINGLE:
        return Counter([tuple(words)] if words else [])
    return Counter(tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1))


def score(true: str, found: str) -> Score:
    """Compare two texts."""
    wanted, got = _shingles(true), _shingles(found)
    right, extra, missing = ((wanted & got).total(), (got - wanted).total(), (wanted - got).total())
    total = right + extra + missing
    return Score(right / total, extra / total, missing / total) if total else Score(1.0, 0.0, 0.0)


def read_page(raw: bytes, *, own: bool) -> str:
    """Return the text of a page as it would be indexed."""
    page = decode_feed(raw)
    body, _ = body_of(page, own=own)
    markup = clean_body(body, "https://page.test/").html
    return "\n".join(one.text for one in paragraphs(f"<div>   \n{markup}  \n</div>", title=""))


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _truth(folder: Path) -> list[dict[str, Any]]:
    path = next(one for one in (folder / "truth.jsonl", folder / "truth.jsonl.gz") if one.exists())
    return [json.loads(line) for line in _unpacked(path).decode().splitlines() if line.strip()]


def main() -> None:
    """Parse arguments, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--own", action="store_true", help="without the extra `fulltext`")
    parser.add_argument("--worst", type=int, default=10, help="how many pages to list")
    parser.add_argument("--show", help="print what is missing and extra of this page")
    options = parser.parse_args()
    results: list[tuple[str, Score]] = []
    started = time.process_time()
    for row in _truth(options.folder):
        if options.show and options.show not in row["file"]:
            continue
        text = read_page(_unpacked(options.folder / row["file"]), own=options.own)
        results.append((row["file"], score(row["text"], text)))
        if options.show:
            _show(row["text"], text)
    seconds = time.process_time() - started
    right = sum(one.right for _, one in results)
    extra = sum(one.extra for _, one in results)
    missing = sum(one.missing for _, one in results)
    precision, recall = right / max(right + extra, 1e-9), right / max(right + missing, 1e-9)
    for name, one in sorted(results, key=lambda pair: pair[1].f1)[: options.worst]:
        print(f"{one.f1:.3f}  {one.extra:.3f} extra  {one.missing:.3f} missing  {name}")
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(
        f"{len(results)} pages: F1 {f1:.4f}, precision {precision:.4f}, recall {recall:.4f}, "
        f"{1000 * seconds / max(1, len(results)):.0f} ms a page"
    )


def _show(true: str, found: str) -> None:
    for mark, one, other in (("+", found, true), ("-", true, found)):
        known = _shingles(other)
        for line in one.splitlines():
            own = _shingles(line)
            if own and (own & known).total() * 2 < own.total():
                print(mark, line[:200])


if __name__ == "__main__":
    main()
