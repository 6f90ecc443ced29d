"""Coverage-guided fuzzing of what reads strangers' text: posts, their front matter and bodies, questions.

    python -m benchmarks.fuzzing TARGET FOLDER [--seeds POSTS] [options of libFuzzer: -max_total_time=600]

TARGET is one of `post`, `front-matter`, `body`, `markdown`, `query`. Inputs that reach new code are kept in
FOLDER, so a later run goes on from there; one that breaks a promise ends the run, with its bytes in a file
`crash-…`. Needs the extra `fuzz` (atheris). POSTS is an archive, by default the sample.
"""

import html
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["corpus", "markdown_it", "bs4"]):
    from corpus.errors import PostError
    from corpus.models import BlockKind, Paragraph
    from corpus.posts.cleaning import paragraphs
    from corpus.posts.front_matter import read_front_matter
    from corpus.posts.markdown import markdown_to_html
    from corpus.posts.reader import parse_post
    from corpus.question.parser import DEFAULT_PARAMETERS, parse

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LONGEST_INPUT = 8_192
SECONDS, SECONDS_A_BYTE = 1.0, 0.0004
"""Processor time allowed, several times what the worst real post needs while it is watched."""

ADDED = frozenset(" \n|•（）…“”—\ufffd")
"""What cleaning may put in: joints of cells, quotation marks and dashes restored, U+FFFD for what is no
character."""

SEEDS = 400


class BrokenPromiseError(AssertionError):
    """A parser did what it promises not to do."""


def promise(kept: bool, what: str) -> None:
    """Fail unless it is kept."""
    if not kept:
        raise BrokenPromiseError(what)


def check_post(raw: bytes) -> None:
    """Any bytes are a post or refused with a reason; what is shown is text without controls."""
    try:
        post = parse_post("新闻/稿.md", raw, zone=ZONE, now=NOW)
    except PostError:
        return
    shown = (post.title, *post.categories, post.author or "")
    for line in shown:
        controls = [letter for letter in line if unicodedata.category(letter) in ("Cc", "Cs")]
        promise(not controls, f"control characters in {line!r}")
    promise(bool(post.title.strip()), "no title")
    promise(post.published is None or post.published.utcoffset() is not None, "a time without a zone")


def check_front_matter(raw: bytes) -> None:
    """Any text has front matter, or none, and its body is the end of it."""
    text = raw.decode("utf-8", "replace")
    read = read_front_matter(text)
    promise(text.endswith(read.body), "the body is not the end of the text")
    promise(all(isinstance(key, str) for key in read.values), "a key that is no text")


def check_body(raw: bytes) -> None:
    """Any body gives clean paragraphs of its own characters."""
    text = raw.decode("utf-8", "replace")
    check_paragraphs(paragraphs(text, title="标题"), text)


def check_markdown(raw: bytes) -> None:
    """Any Markdown is rendered, and its paragraphs hold its own characters."""
    text = "前文\n\n" + raw.decode("utf-8", "replace")
    markdown_to_html(text)
    check_paragraphs(paragraphs(text, title="标题"), text)


def check_paragraphs(found: tuple[Paragraph, ...], source: str) -> None:
    """No controls, nothing empty, no character that the source does not have."""
    own = set(unicodedata.normalize("NFKC", source + html.unescape(source)) + source + html.unescape(source))
    for paragraph in found:
        promise(bool(paragraph.text.strip()), "an empty paragraph")
        allowed = "\n\t" if paragraph.kind is BlockKind.CODE else ""
        for letter in paragraph.text:
            category = unicodedata.category(letter)
            promise(category not in ("Cc", "Cs") or letter in allowed, f"control {letter!r}")
            promise(letter in own or letter in ADDED, f"{letter!r} comes from nowhere")


def check_query(raw: bytes) -> None:
    """Any text is a question; filters are taken out without moving what is left."""
    query = parse(raw.decode("utf-8", "replace"), today=date(2026, 11, 23))
    promise(len(query.terms) <= DEFAULT_PARAMETERS.max_terms, "too many terms")
    promise(len(query.free_text) == len(query.typed) <= DEFAULT_PARAMETERS.max_characters, "the text moved")
    promise(set(query.variants) == set(query.words), "variants of other words")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "post": check_post,
    "front-matter": check_front_matter,
    "body": check_body,
    "markdown": check_markdown,
    "query": check_query,
}


def within_time(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Let a check also fail when it takes long for its input."""

    def timed(raw: bytes) -> None:
        started = time.process_time()
        check(raw)
        took = time.process_time() - started
        promise(took < SECONDS + SECONDS_A_BYTE * len(raw), f"{took:.1f} s for {len(raw)} bytes")

    return timed


def seeds(target: str, archive: Path) -> Iterator[bytes]:
    """Real posts, or the part of them that the target reads."""
    for path in sorted(archive.rglob("*.md"))[:SEEDS]:
        raw = path.read_bytes()[:LONGEST_INPUT]
        read = read_front_matter(raw.decode("utf-8", "replace").lstrip())
        if target in ("post", "front-matter"):
            yield raw
        elif target == "query":
            yield str(read.values.get("title") or path.stem).encode()
        else:
            yield read.body.encode()


def main() -> None:
    """Put the seeds into the folder and let libFuzzer go on from there."""
    words = sys.argv[1:]
    archive = Path("corpus/sample")
    if "--seeds" in words:
        place = words.index("--seeds")
        archive = Path(words[place + 1])
        del words[place : place + 2]
    if len(words) < 2 or words[0] not in TARGETS:
        sys.exit(__doc__)
    target, folder = words[0], Path(words[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target, archive)):
        (folder / f"seed-{number:04}").write_bytes(seed)
    TARGETS[target]("---\ntitle: 预热\n---\n问题是什么".encode())  # dictionaries are loaded once, untimed
    atheris.Setup(
        [sys.argv[0], str(folder), f"-max_len={LONGEST_INPUT}", *words[2:]], within_time(TARGETS[target])
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
