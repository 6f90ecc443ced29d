"""Feeds of a folder, read and compared with a table of what they say.

    python -m benchmarks.feeds FOLDER

The folder has `feeds.tsv` with the columns `file`, `entries`, `first title`, `first date (as written)` and
`first link`, and the files it names. Each difference is printed; the exit code is 1 if there is one that
counts: another number, title, date or link, or a character that was not decoded.
"""

import csv
import html
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from corpus.posts.timestamps import parse_moment
from corpus.sources.entries import Feed, NotAFeedError
from corpus.sources.markup import plain_title
from corpus.sources.opml import read_opml, write_opml
from corpus.sources.parsing import parse_feed
from corpus.text.characters import clean_line

ADDRESS = "https://feed.test/x"
ZONE = ZoneInfo("Asia/Shanghai")


def differences(feed: Feed, row: dict[str, str]) -> Iterator[str]:
    """Yield what is read otherwise than the table says."""
    if len(feed.entries) != int(row["entries"]):
        yield f"{len(feed.entries)} entries, not {row['entries']}"
    if "\ufffd" in feed.title + "".join(entry.title + entry.body for entry in feed.entries):
        yield "characters that were not decoded"
    if not feed.entries:
        return
    first = feed.entries[0]
    title = clean_line(plain_title(html.unescape(row["first title"])))
    if first.title != title:
        yield f"title {first.title!r}, not {title!r}"
    written = row["first date (as written)"]
    date = parse_moment(written, ZONE) if written else None
    if first.published != date:
        yield f"date {first.published}, not {written!r}"
    link = urljoin(ADDRESS, row["first link"]) if row["first link"] else None
    if first.link != link:
        yield f"link {first.link}, not {link}"


def outlines(path: Path, row: dict[str, str]) -> Iterator[str]:
    """Yield what is wrong with the list of an OPML file, read, written and read again."""
    found = read_opml(path.read_bytes())
    if len(found) != int(row["entries"]):
        yield f"{len(found)} feeds, not {row['entries']}"
    again = read_opml(write_opml(found))
    if again != found:
        yield "it does not come back as it was"
    if found and found[0].title != row["first title"]:
        yield f"title {found[0].title!r}, not {row['first title']!r}"


def main(folder: Path) -> int:
    """Compare all files of a folder; return the exit code."""
    with (folder / "feeds.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    wrong = refused = 0
    started = time.process_time()
    for row in rows:
        path = folder / row["file"]
        try:
            if path.suffix == ".opml":
                found = list(outlines(path, row))
            else:
                found = list(differences(parse_feed(path.read_bytes(), address=ADDRESS, zone=ZONE), row))
        except NotAFeedError as error:
            refused += row["entries"] == "0"
            found = [] if row["entries"] == "0" else [f"refused: {error}"]
        wrong += bool(found)
        for one in found:
            print(f"{row['file']}: {one}")
    seconds = time.process_time() - started
    print(f"{len(rows)} files, {wrong} read otherwise, {refused} rightly refused, {seconds:.1f} s")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
