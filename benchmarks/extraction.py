"""Compare the cleaner with an independent extraction by html5lib: is any visible text lost?

    python benchmarks/extraction.py ARCHIVE [--blocks 50] [--json FILE]

For every post with an HTML body, the blocks of text that html5lib finds (the body without scripts,
styles, comments and what is never text or not displayed) are looked for in the paragraphs kept.
Prints the share of characters kept, paragraphs that came twice (code aside, which tutorials repeat),
and the largest blocks dropped.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import html5lib

from corpus.errors import PostError
from corpus.models import BlockKind
from corpus.posts import addresses, cleaning, reader

SHINGLE = 6
LEFT_OUT = frozenset(
    {
        "script",
        "style",
        "template",
        "svg",
        "button",
        "iframe",
        "video",
        "audio",
        "noscript",
        "select",
        "textarea",
    }
    | {"object", "canvas", "head", "title", "rt", "rp"}
)
INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
    }
    | {
        "label",
        "mark",
        "q",
        "ruby",
        "rb",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
    }
    | {"tt", "u", "var", "wbr", "nobr", "input", "o:p"}
)
LEAD = re.compile(r"\s*(<!--(?:(?!-->).)*-->\s*)*(\[[^\n]*\]\(\S*\)\s*\n-{3,}\s*\n\s*)?(?=<)", re.S)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A block of text that html5lib found and the cleaner did not keep."""

    path: str
    characters: int
    text: str


def blocks(markup: str) -> Iterator[str]:
    """Text of the innermost blocks of a body, in order, by an explicit stack."""
    root = html5lib.parse(markup, treebuilder="etree", namespaceHTMLElements=False).find("body")
    text: list[str] = []
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        element, done = stack.pop()
        if done:
            if _breaks(element):
                yield from _finished(text)
            text.append(element.tail or "")
            continue
        if not isinstance(element.tag, str) or _left_out(element):
            text.append(element.tail or "")
            continue
        if _breaks(element):
            yield from _finished(text)
        text.append(element.text or "")
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(list(element)))
    yield from _finished(text)


def _breaks(element: Any) -> bool:
    return element.tag.rpartition("}")[2] not in INLINE


def _left_out(element: Any) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return (
        element.tag.rpartition("}")[2] in LEFT_OUT
        or "display:none" in style
        or element.get("hidden") is not None
    )


def _finished(text: list[str]) -> Iterator[str]:
    block = " ".join("".join(text).split())
    text.clear()
    if block:
        yield block


def letters(text: str) -> str:
    """What counts as text: letters and digits, so that blanks, marks and invisible characters do not."""
    return "".join(character for character in text if character.isalnum())


def compare(archive: Path) -> dict[str, Any]:
    """Read every post below `archive` and compare; see the module."""
    zone, now = ZoneInfo("Asia/Shanghai"), datetime.now(UTC)
    dropped: list[Dropped] = []
    repeated: list[tuple[str, str]] = []
    failed: list[str] = []
    found = kept = in_blocks = files = html_files = 0
    seconds = 0.0
    for file in sorted(archive.rglob("*")):
        if not file.name.endswith(addresses.SUFFIXES) or file.stem.lower() == "readme" or not file.is_file():
            continue
        path = file.relative_to(archive).as_posix()
        try:
            post = reader.read_post(archive, path, zone=zone, now=now, max_bytes=5_000_000)
        except PostError as error:
            failed.append(str(error))
            continue
        files += 1
        started = time.perf_counter()
        paragraphs = cleaning.paragraphs(post.body, title=post.title)
        seconds += time.perf_counter() - started
        counts = Counter(
            paragraph.text
            for paragraph in paragraphs
            if len(paragraph.text) >= 30 and paragraph.kind is not BlockKind.CODE
        )
        repeated += [(path, text) for text, count in counts.items() if count > 1]
        lead = LEAD.match(post.body)
        if lead is None or not cleaning.is_html(post.body[lead.end() :]):
            continue
        html_files += 1
        ours = letters(" ".join((post.title, *(paragraph.text for paragraph in paragraphs))))
        shingles = {ours[start : start + SHINGLE] for start in range(len(ours))}
        theirs: Counter[str] = Counter()
        for block in blocks(post.body[lead.end() :]):
            text = letters(block)
            theirs.update(text)
            lost = 0 if text in ours else _lost(text, shingles)
            in_blocks += len(text) - lost
            if lost:
                dropped.append(Dropped(path, lost, block))
        found += theirs.total()
        kept += (theirs & Counter(ours)).total()
    return {
        "files": files,
        "html_files": html_files,
        "failed": failed,
        "characters": found,
        "kept": round(kept / max(1, found), 5),
        "kept_in_order": round(in_blocks / max(1, found), 5),
        "repeated": repeated,
        "milliseconds_per_post": round(1000 * seconds / max(1, files), 3),
        "dropped": [asdict(block) for block in sorted(dropped, key=lambda block: -block.characters)],
    }


def _lost(text: str, shingles: set[str]) -> int:
    """Characters of a block that no shingle of the kept text covers."""
    covered = bytearray(len(text))
    for start in range(max(1, len(text) - SHINGLE + 1)):
        if text[start : start + SHINGLE] in shingles:
            covered[start : start + SHINGLE] = b"\1" * len(covered[start : start + SHINGLE])
    return len(text) - sum(covered)


def main() -> None:
    """Parse arguments, compare, print."""
    parser = argparse.ArgumentParser(description="Compare the cleaner with html5lib.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--blocks", type=int, default=50, help="how many dropped blocks to list")
    parser.add_argument("--json", type=Path, help="write everything there")
    options = parser.parse_args()
    result = compare(options.archive)
    if options.json:
        options.json.write_text(json.dumps(result, ensure_ascii=False, indent=1), "utf-8")
    dropped = result.pop("dropped")
    print(json.dumps(result, ensure_ascii=False, indent=1))
    for block in dropped[: options.blocks]:
        print(f"{block['characters']:6} {block['path'][-50:]:50} {block['text'][:120]}")


if __name__ == "__main__":
    main()
