"""`kill -9` at any moment: nothing doubled, nothing lost, no broken post."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corpus.posts.reader import parse_post
from tests.corpus.sources.conftest import ZONE, Desk
from tests.corpus.sources.feed_server import Page
from tests.corpus.sources.feeds import item, rss

FETCHER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from corpus.sources import FeedReader, SourceOptions
data, root, port = sys.argv[1:]
allowed = {(host, int(port)) for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")}
options = SourceOptions(data_dir=Path(data), root=Path(root), zone=ZoneInfo("Asia/Shanghai"), seconds=10,
                        allowed=frozenset(allowed))
reader = FeedReader(options, now=lambda: datetime.now(UTC))
print("ready", flush=True)
while True:
    report = reader.fetch()
    good = [feed for feed in report.failed if feed.url.startswith("http://127.0.0.1:")]
    print("round" if not good and report.disk is None else f"{report}", flush=True)
"""
"""Fetches again and again; the other names of the host are those of bad servers, which may fail."""

FEEDS = 12
SHOWN = 10


def entries(feed: int, step: int) -> bytes:
    """A feed that has moved on: new entries, others edited, links with other tokens."""
    shown = range(step, step + SHOWN)
    return rss(
        item(
            number,
            guid=f"f{feed}-{number}",
            link=f"https://n{feed}.test/2026/article/{number}?chksm={step}",
            title=f"{feed}号的第{number}条" + ("（改）" if number % 3 == 0 and step % 2 else ""),
            body=f"<p>{feed}号源的第{number}条消息。</p>" * 20,
        )
        for number in shown
    ).encode()


def killed(desk: Desk, kills: int, *, feeds: int = FEEDS, longest: float = 0.35, seed: int = 7) -> int:
    """Fetch and kill again and again while the feeds move on; return how many rounds were finished."""
    chance = random.Random(seed)
    rounds = 0
    arguments = [str(desk.options.data_dir), str(desk.root), str(desk.server.port)]
    for step in range(kills + 1):
        for feed in range(feeds):
            desk.server.pages[f"/{feed}"] = Page(entries(feed, step))
        process = subprocess.Popen(
            [sys.executable, "-c", FETCHER, *arguments], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if step < kills:
            time.sleep(chance.uniform(0.01, longest))
        else:
            assert process.stdout.readline() == "round\n"
        process.kill()
        rounds += process.stdout.read().count("round")
        process.wait()
        process.stdout.close()
    return rounds


def examine(desk: Desk, steps: int, *, feeds: int = FEEDS) -> tuple[list[str], set[str], list[str]]:
    """Return guids that stand twice, guids of the last answers that are missing, and broken posts."""
    found: Counter[str] = Counter()
    broken = []
    for path in desk.root.rglob("*.md"):
        raw = path.read_bytes()
        post = parse_post(path.name, raw, zone=ZONE, now=datetime(2026, 12, 1, tzinfo=UTC))
        found[raw.decode().split("\nguid: '")[1].split("'\n")[0]] += 1
        if not raw.endswith(b"</div>\n            ") or post.warning or not post.title:
            broken.append(path.name)
    wanted = {f"f{feed}-{number}" for feed in range(feeds) for number in range(steps, steps + SHOWN)}
    return [key for key, times in found.items() if times > 1], wanted - set(found), broken


@pytest.mark.parametrize(
    "kills", [4, 24, pytest.param(84, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_kills_double_nothing_lose_nothing_and_break_nothing(desk: Desk, kills: int) -> None:
    from corpus.sources import FollowedFeed

    desk.reader.accept([FollowedFeed(desk.server.url(f"/{feed}")) for feed in range(FEEDS)])
    killed(desk, kills)
    assert examine(desk, kills) == ([], set(), [])
    left = [path.name for path in Path(desk.root).rglob(".*")]
    assert len(left) <= FEEDS
