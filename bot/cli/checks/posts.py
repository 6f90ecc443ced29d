"""Checks of the archive: its folder, the store, the index, the vectors and the addresses of articles."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli import archive
from bot.cli.checks.findings import Finding, fatal, good, remark
from bot.cli.console import counted
from bot.settings import Settings
from corpus.errors import CorpusError

if TYPE_CHECKING:
    from corpus import Corpus

_SEMANTIC_MEMORY = "125 MB"
_SECONDS_PER_VECTOR = 0.005
"""What the extra `semantic` costs (docs/semantic.md)."""

_SAMPLED_ARTICLES = 1_000
"""How many of the newest articles are checked for addresses."""


def archive_findings(settings: Settings) -> Iterator[Finding]:
    """Check the archive's folder, the store, the index and the addresses of articles."""
    from corpus import Corpus

    folder = settings.corpus_dir
    if folder is not None:
        if problem := archive.unreadable_reason("CORPUS_DIR", folder):
            yield fatal("archive", problem)
            return
        if not folder.is_dir():
            yield fatal("archive", f"CORPUS_DIR {folder} is not a folder")
            return
    try:
        with Corpus.open(settings.corpus_options()) as corpus:
            yield from _corpus_findings(settings, corpus)
    except CorpusError as error:
        yield fatal("archive", str(error))


def _corpus_findings(settings: Settings, corpus: "Corpus") -> Iterator[Finding]:
    from corpus import sample_folder

    if corpus.folder.resolve() == sample_folder().resolve():
        yield remark("archive", "this is the sample that comes with Baotong: CORPUS_DIR names your own posts")
    if corpus.indexed_folder is None:
        yield _never_indexed(corpus)
        return
    if corpus.unfinished:
        yield remark(
            "archive",
            "the first indexing has not come to its end: `baotong index` goes on with it, or the next start",
        )
    if problem := archive.archive_mismatch(settings, corpus):
        yield fatal("archive", problem)
    elif not corpus.folder.is_dir():
        yield remark("archive", f"{corpus.folder} is not there now: answering from what was indexed")
    problems = corpus.verify()
    for damage in problems:
        yield fatal("index", f"{damage} (`baotong index` mends what can be rebuilt)")
    size = corpus.statistics()
    articles, passages = counted(size.articles, "article"), counted(size.passages, "passage")
    text = f"{corpus.indexed_folder}: {articles}, {passages}"
    if size.updated:
        text += f", brought up to date {size.updated.astimezone(settings.zone):%Y-%m-%d %H:%M}"
    if not size.articles:
        yield remark("archive", f"{text}; posts end in .md, .markdown or .html")
    elif not problems:
        yield good("archive", text)
    yield from _semantic_findings(corpus, size.articles)
    if size.articles:
        yield from _link_findings(settings, corpus)


def _never_indexed(corpus: "Corpus") -> Finding:
    from corpus.updating import scan

    count = len(scan(corpus.folder).files)
    if not count:
        return remark("archive", archive.no_posts_message(corpus))
    place = corpus.folder.absolute()
    return remark(
        "archive", f"{place}, posts: {count:,}; never indexed: `baotong index` does it, or the first start"
    )


def _semantic_findings(corpus: "Corpus", articles: int) -> Iterator[Finding]:
    """Check the extra `semantic`, if it is switched on: whether it works, and what it costs."""
    try:
        vectors = corpus.vector_statistics()
    except CorpusError as error:
        yield remark("semantic", f"SEMANTIC=on is without effect: {error}")
        return
    if vectors is None:
        return
    from bot.wording.plain_text import file_size

    text = (
        f"{min(vectors.count, articles):,} of {articles:,} articles have a vector, "
        f"{file_size(vectors.size)}; {_SEMANTIC_MEMORY} of memory in each process that answers"
    )
    if vectors.is_complete or not articles:
        yield good("semantic", text)
        return
    minutes = max(1, round((articles - min(vectors.count, articles)) * _SECONDS_PER_VECTOR / 60))
    yield remark(
        "semantic",
        f"{text}; the rest takes some {minutes:,} min of processor time: `baotong index`, or the running bot",
    )


def _link_findings(settings: Settings, corpus: "Corpus") -> Iterator[Finding]:
    newest = corpus.latest(limit=_SAMPLED_ARTICLES).articles
    urls = [one.url for one in newest if one.url is not None]
    if shared := sum(count for count in Counter(urls).values() if count > 1):
        yield remark("links", f"{shared:,} of the newest {len(newest):,} articles share their address")
    linked = len(urls)
    text = f"{linked:,} of the newest {len(newest):,} articles have an address"
    if linked == len(newest):
        yield good("links", text)
        return
    way = f"pages under {settings.public_url}" if settings.serves_pages else "the chat itself"
    text += f"; the others open in {way}"
    if settings.site_url and settings.permalink:
        text += " (they lack what PERMALINK asks for, or share their number)"
    elif settings.site_url:
        text += " (SITE_URL makes an address for them when PERMALINK says how)"
    yield (good if linked and not settings.site_url else remark)("links", text)
