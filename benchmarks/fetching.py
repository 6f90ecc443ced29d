"""What feeds cost: rounds, memory, bad servers, the time from an entry to an answer, and `kill -9`.

    python -m benchmarks.fetching [rounds] [memory] [bad] [answer] [list] [first] [kills]

Without names all of them. A server on loopback gives the feeds; rounds run in child processes as `baotong
run` starts them, and memory is the child's peak.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import output  # noqa: TID251 — rounds as the bot runs them are measured
from bot.feed_rounds import CHILD_MEMORY, FeedRounds  # noqa: TID251
from bot.refresh import Refresh  # noqa: TID251
from bot.settings import Settings  # noqa: TID251
from corpus import Corpus, CorpusError, CorpusOptions
from corpus.sources import FeedReader, FollowedFeed, RoundReport
from corpus.sources.opml import write_opml
from tests.corpus.sources.feed_server import FeedServer, Page, bad_pages
from tests.corpus.sources.feeds import item, rss
from tests.corpus.sources.test_killing import examine, killed

ENTRIES = 10
CHANGED_FEEDS = 400
LISTED_FEEDS = 1_326
LISTED_HOSTS = 221
EVERY_HOST = "0.0.0.0"
"""The server listens on all of loopback, where each address is a host of its own."""
LARGE_BYTES = 9_900_000
DEADLINE_SECONDS = 8.0

CHILD = """
import atexit, sys
from pathlib import Path
def tell():
    status = Path("/proc/self/status").read_text()
    print("peak", int(status.partition("VmHWM:")[2].split()[0]) / 1024, file=sys.stderr)
atexit.register(tell)
sys.argv[0] = "baotong"
from bot.cli.commands import main
main()
"""
"""A command that tells its peak memory when it ends; that of its parent does not count."""


@dataclass(frozen=True, slots=True)
class Place:
    """A server, and an archive that follows its feeds."""

    server: FeedServer
    folder: Path

    @property
    def settings(self) -> Settings:
        """The settings of the archive."""
        return Settings.load(
            env_file=None,
            corpus_dir=self.folder / "posts",
            data_dir=self.folder / "data",
            feed_allow_private=f"127.0.0.1:{self.server.port}",
            feed_first=10_000,
        )

    def follow(self, *paths: str) -> None:
        """Put paths of the server on the list."""
        self.settings.feeds_file.write_bytes(
            write_opml(FollowedFeed(self.server.url(path), path[1:]) for path in paths)
        )

    def fetch(self, *hosts: str) -> tuple[RoundReport, float]:
        """Run one round in a child process; return its report and its peak memory in megabytes.

        Args:
            hosts: Further hosts on loopback that may be asked.
        """
        settings = self.settings
        names = {"CORPUS_DIR": settings.corpus_dir, "DATA_DIR": settings.data_dir, "FEED_FIRST": "10000"}
        environment = CHILD_MEMORY | os.environ | {name: str(value) for name, value in names.items()}
        environment["FEED_ALLOW_PRIVATE"] = " ".join([settings.feed_allow_private, *hosts])
        command = [sys.executable, "-c", CHILD, "fetch", "--json", "--no-index"]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        peak = float(ran.stderr.rpartition("peak ")[2])
        return output.read_fetched(ran.stdout.strip().splitlines()[-1]), peak


@contextmanager
def place(host: str = "127.0.0.1") -> Iterator[Place]:
    """Make a server and an empty archive."""
    with FeedServer(host) as server, tempfile.TemporaryDirectory() as made:
        for name in ("posts", "data"):
            Path(made, name).mkdir()
        yield Place(server, Path(made))


def measure_rounds() -> None:
    """Changed feeds, then unchanged ones."""
    with place() as here:
        paths = [f"/{number}" for number in range(CHANGED_FEEDS)]
        for path in paths:
            entries = [
                item(number, guid=f"{path}-{number}", link=f"https://n.test{path}/{number}")
                for number in range(ENTRIES)
            ]
            here.server.pages[path] = Page(rss(entries).encode(), etag='"1"')
        here.follow(*paths)
        for what in ("changed", "unchanged"):
            report, peak = here.fetch()
            print(
                f"{what}: {report.feeds} feeds, {report.added} posts in {report.seconds:.1f} s = "
                f"{60 * report.feeds / report.seconds:,.0f} feeds/min, {peak:.0f} MB"
            )


def measure_memory() -> None:
    """One feed of ten megabytes."""
    with place() as here:
        body = "<p>" + "望江大桥恢复通行。" * 70 + "</p>"
        count = LARGE_BYTES // (len(body.encode()) + 200)
        here.server.pages["/large"] = Page(rss(item(number, body=body) for number in range(count)).encode())
        here.follow("/large")
        report, peak = here.fetch()
        size = len(here.server.pages["/large"].body)  # type: ignore[union-attr]
        print(f"a feed of {size / 1e6:.1f} MB: {report.added} posts, {report.seconds:.1f} s, {peak:.0f} MB")


BAD_ROUND = (
    CHILD.partition("sys.argv[0]")[0]
    + """
import time
from dataclasses import replace
from datetime import UTC, datetime
from bot.settings import Settings
from corpus.sources import FeedReader, FollowedFeed
from corpus.sources.rounds import HostTurns
seconds, data, posts, port, *addresses = sys.argv[1:]
settings = Settings.load(env_file=None, data_dir=data, feed_allow_private=f"127.0.0.1:{port}")
options = replace(settings.source_options(Path(posts)), seconds=float(seconds), at_once=32)
HostTurns.host = lambda self, url: url  # each address as a host of its own: none waits for another
reader = FeedReader(options, now=lambda: datetime.now(UTC))
reader.accept([FollowedFeed(address) for address in addresses])
started = time.monotonic()
done = reader.fetch()
print(done.added, len(done.failed), round(time.monotonic() - started, 1))
"""
)
"""A round in which all addresses are fetched at one time."""


def measure_bad() -> None:
    """All bad addresses at once, a good one beside them, each with eight seconds."""
    with place() as here:
        bad = bad_pages()
        here.server.pages |= bad
        here.server.pages["/good"] = Page(rss([item(1)]).encode())
        addresses = [here.server.url(path) for path in (*bad, "/good")]
        names = [str(here.folder / "data"), str(here.folder / "posts"), str(here.server.port)]
        command = [sys.executable, "-c", BAD_ROUND, str(DEADLINE_SECONDS), *names, *addresses]
        environment = CHILD_MEMORY | os.environ
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(ran.stderr)
        added, failed, seconds = ran.stdout.split()
        peak = float(ran.stderr.rpartition("peak ")[2])
        print(
            f"{len(bad)} bad addresses at once: {failed} failed, {added} post of the good one beside them, "
            f"{seconds} s, {peak:.0f} MB"
        )


def measure_answer() -> None:
    """From the request for a feed to the answer about its new entry, as the running bot does it."""
    with place() as here:
        asyncio.run(_answer(here))


async def _answer(here: Place) -> None:
    here.server.pages["/rss"] = Page(rss([item(number) for number in range(ENTRIES)]).encode())
    for name in ("hanging", "endless", "bomb"):
        here.server.pages[f"/{name}"] = bad_pages()[f"/{name}"]
    os.environ["FEED_ALLOW_PRIVATE"] = here.settings.feed_allow_private
    with Corpus.open(here.settings.corpus_options()) as corpus:
        refresh = Refresh(here.settings, corpus.folder)
        rounds = FeedRounds(here.settings, corpus, refresh, tick_seconds=0.5)
        corpus.update()
        here.follow("/rss", "/hanging", "/endless", "/bomb")
        tasks = [asyncio.create_task(refresh.run())]
        # The first run at the start is over, as in a bot that has run for a while.
        while refresh.running or not corpus.statistics().updated:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await asyncio.sleep(6)
        tasks.append(asyncio.create_task(rounds.run()))
        try:
            while not here.server.seen("/rss"):  # noqa: ASYNC110 — the server is a thread
                await asyncio.sleep(0.02)
            begun = time.monotonic()
            while not await asyncio.to_thread(_is_answered, corpus):  # noqa: ASYNC110 — as people ask
                await asyncio.sleep(0.1)
            print(f"from the request for a feed to the answer: {time.monotonic() - begun:.1f} s")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _is_answered(corpus: Corpus) -> bool:
    try:
        hits = corpus.ask("第1条消息说的是什么").hits
    except CorpusError:  # nothing was ever indexed
        return False
    return any("第1条消息" in hit.article.title for hit in hits)


def measure_list() -> None:
    """A list of 1,326 feeds, accepted."""
    with place() as here:
        (here.folder / "list.opml").write_bytes(
            write_opml(
                FollowedFeed(f"https://n{number}.test/rss", f"{number}") for number in range(LISTED_FEEDS)
            )
        )
        from corpus.sources import read_opml

        started = time.monotonic()
        feeds = read_opml((here.folder / "list.opml").read_bytes())
        reader = FeedReader(
            here.settings.source_options(here.folder / "posts"), now=lambda: datetime.now(UTC)
        )
        results = reader.accept(feeds)
        print(f"a list of {len(results):,} feeds accepted in {time.monotonic() - started:.2f} s")


def measure_first() -> None:
    """The first round of a long list over many hosts, slow ones and bad ones among them."""
    chance = random.Random(7)
    with place(EVERY_HOST) as here:
        names = [f"127.0.1.{number}" for number in range(1, LISTED_HOSTS + 1)]
        bad = bad_pages()
        feeds = [FollowedFeed(here.server.url(path, host="127.0.0.2")) for path in bad]
        for number in range(LISTED_FEEDS):
            entries = [
                item(place, guid=f"{number}-{place}", link=f"https://n{number}.test/{place}")
                for place in range(ENTRIES)
            ]
            here.server.pages[f"/feed/{number}"] = Page(rss(entries).encode(), delay=chance.uniform(0.02, 1))
            host = names[number % len(names)]
            feeds.append(FollowedFeed(here.server.url(f"/feed/{number}", host=host)))
        here.server.pages |= bad
        here.settings.feeds_file.write_bytes(write_opml(feeds))
        with Corpus.open(CorpusOptions(Path("corpus/sample"), here.folder / "sample")) as corpus:
            corpus.update()
            before = _waits(corpus, until=lambda: False, seconds=10)
            with ThreadPoolExecutor() as threads:
                fetched = threads.submit(here.fetch, *("127.0.0.2", *names))
                meanwhile = _waits(corpus, until=fetched.done)
        report, peak = fetched.result()
        of_one = max(here.server.busiest_of[f"{name}:{here.server.port}"] for name in names)
        print(
            f"first round of {LISTED_FEEDS:,} feeds of {len(names)} hosts and {len(bad)} bad addresses: "
            f"{report.fetched:,} fetched, {len(report.failed)} failed, {report.added:,} posts, "
            f"{report.seconds:.0f} s, {peak:.0f} MB, at most {here.server.busiest} requests at one time, "
            f"{of_one} of one good host; questions before / meanwhile: "
            f"median {before[len(before) // 2]:.0f} / {meanwhile[len(meanwhile) // 2]:.0f} ms, "
            f"longest {before[-1]:.0f} / {meanwhile[-1]:.0f} ms"
        )


def _waits(corpus: Corpus, *, until: Callable[[], bool], seconds: float = 3_600) -> list[float]:
    """Ask ten times a second; return how long each question took, in milliseconds, in order."""
    waits: list[float] = []
    ends = time.monotonic() + seconds
    while not until() and time.monotonic() < ends:
        started = time.monotonic()
        corpus.ask(f"望江大桥什么时候恢复通行 {len(waits)}")
        waits.append(1_000 * (time.monotonic() - started))
        time.sleep(0.1)
    return sorted(waits)


def measure_kills() -> None:
    """Eighty kills of a process that fetches sixty feeds again and again, bad ones beside them."""
    from tests.corpus.sources.conftest import Desk

    with place(EVERY_HOST) as here:
        options = here.settings.source_options(here.folder / "posts")
        desk = Desk(here.server, options)
        reader = FeedReader(desk.options, now=lambda: datetime.now(UTC))
        bad = bad_pages()
        here.server.pages |= {path: bad[path] for path in ("/large", "/bomb", "/endless", "/hanging")}
        reader.accept(
            [FollowedFeed(here.server.url(f"/{feed}", host="127.0.0.1")) for feed in range(60)]
            + [
                FollowedFeed(here.server.url(path, host=f"127.0.0.{number}"))
                for number, path in enumerate(("/large", "/bomb", "/endless", "/hanging"), 2)
            ]
        )
        started = time.monotonic()
        killed(desk, 80, feeds=60, longest=2.2)
        doubled, lost, broken = examine(desk, 80, feeds=60)
        refreshes = sum(path[1:].isdecimal() for path, _ in here.server.requests)
        posts = sum(1 for _ in desk.root.rglob("*.md"))
        print(
            f"80 kills over {refreshes:,} refreshes of 60 feeds, 4 bad ones beside them, {posts:,} posts: "
            f"{len(doubled)} doubled, {len(lost)} lost, {len(broken)} broken, "
            f"{time.monotonic() - started:.0f} s"
        )


MEASURES: dict[str, Callable[[], None]] = {
    "rounds": measure_rounds,
    "memory": measure_memory,
    "bad": measure_bad,
    "answer": measure_answer,
    "list": measure_list,
    "first": measure_first,
    "kills": measure_kills,
}


def main() -> None:
    """Measure what is named."""
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
