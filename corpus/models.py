"""The frozen values that travel between modules.

    post file → Post → paragraphs → Passage → terms → store and index
    question → Query → Match → Hit → Answer

Times are aware UTC. Offsets are code points into the original text. Ids are opaque strings that
stay the same from one run to the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

Span = tuple[int, int]
"""Half-open range of code points, `text[start:end]`."""


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Sort spans and merge those that touch or overlap.

    >>> merge_spans([(4, 6), (0, 2), (2, 3)])
    [(0, 3), (4, 6)]
    """
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class BlockKind(StrEnum):
    """What a paragraph was in the post; headings and pictures guide readers, all but images are indexed."""

    TEXT = "text"
    HEADING = "heading"
    LIST_ITEM = "item"
    QUOTE = "quote"
    CODE = "code"
    CAPTION = "caption"
    ROW = "row"


class MarkKind(StrEnum):
    """What a stretch of a paragraph was marked up as in the post."""

    LINK = "link"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"
    DELETED = "deleted"
    SUPERSCRIPT = "superscript"
    SUBSCRIPT = "subscript"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a paragraph that is marked up, or a picture at a place in it.

    Attributes:
        start: First code point of the stretch, in the paragraph's text.
        end: Code point after it. A picture has no text: it stands before the code point `start`, and `end` is
            the same.
        kind: What it is.
        target: Address of a link (http, https or mailto) or of a picture (http or https); None for others.
        alt: Description of a picture; empty for others, and where there is none.
    """

    start: int
    end: int
    kind: MarkKind
    target: str | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One clean paragraph of an article: no markup, no boilerplate, no line break except in code.

    Attributes:
        level: Of a heading 1 to 6, 0 if it is only a line in bold type. Of a list item how deep its list is
            nested, from 1. Of a table's row 1 if it is the table's head. Of all others 0.
        marks: By start; where several begin, the longest is the first. Two of them lie apart, or one in the
            other. Code has none.
    """

    text: str
    kind: BlockKind = BlockKind.TEXT
    level: int = 0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A post file as it was read: front matter parsed, body still HTML or Markdown.

    Its fields are part of the stored digest of an article: renaming one makes every article count as changed.

    Attributes:
        path: Relative to the archive, with forward slashes.
        published: Aware UTC; None if missing, in 1970 or earlier, or far in the future.
        local_date: The date as its author wrote it, for permalink patterns; None as `published`.
        categories: From the widest to the narrowest; the first chain when there are several.
        tags: Other labels: further category chains flattened, `tags`.
        source_url: Absolute http(s) URL that the front matter names as the source, or None.
        site_path: Path on the operator's site that the front matter fixes (`permalink`, `url`), or None.
        abbrlink: The front matter's own `abbrlink`, or None.
        slug: The front matter's `slug`, or None.
        image: Absolute http(s) URL of the head image, or None.
        warning: What was wrong with the front matter though the post could be read, or None.
        raw_title: The title as the front matter writes it, on which computed addresses rest; empty
            when the front matter has none.
        draft: True when the front matter says that the post is not to be published.
        page: True when the file is a page of the site, such as its list of tags, and no article.
        coming: Its date lies ahead and counts as unknown until then: later the same file gives another post.
    """

    path: str
    title: str
    body: str
    published: datetime | None = None
    local_date: datetime | None = None
    author: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source_url: str | None = None
    site_path: str | None = None
    abbrlink: str | None = None
    slug: str | None = None
    image: str | None = None
    warning: str | None = None
    raw_title: str = ""
    draft: bool = False
    page: bool = False
    coming: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """An article as readers meet it.

    Attributes:
        id: 11 characters of base62, made from `path`; never a path itself.
        url: Canonical address without fragment, or None.
    """

    id: str
    path: str
    title: str
    url: str | None
    published: datetime | None
    author: str | None
    categories: tuple[str, ...]
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is indexed and shown: consecutive paragraphs of one article.

    Attributes:
        id: `<article id>.<ordinal>`.
        ordinal: Position in the article, from 0.
        text: Paragraphs joined by newlines. Empty only for an article that has no text but its title.
    """

    id: str
    ordinal: int
    text: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a search. They are strict: an article that does not pass is never a hit.

    Attributes:
        category: Name of a category at any level (folded matching), or a chain joined by `/`.
        author: Name of an author or outlet, folded matching.
        since: First local day included.
        until: Last local day included.
        phrases: Each must occur in the title or the passage, after folding.
        excluded: None of them may occur in the title or the passage, after folding.
        article: Id of the one article to search in.
    """

    category: str | None = None
    author: str | None = None
    since: date | None = None
    until: date | None = None
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    article: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether a category, an outlet or days are asked for."""
        return any((self.category, self.author, self.since, self.until))


class Condition(StrEnum):
    """A kind of filter that people type into a question."""

    CATEGORY = "category"
    AUTHOR = "author"
    PHRASE = "phrase"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A filter that nothing in the archive passes; the question was answered without it.

    Attributes:
        value: A name as typed, a phrase, folded, or a day that no calendar has (2022年2月30日), folded.
        nearest: Names in the archive that may have been meant, best first.
    """

    condition: Condition
    value: str
    nearest: tuple[str, ...] = ()


class Order(StrEnum):
    """How hits are ordered."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


class Confidence(StrEnum):
    """How certain an answer is: three bands of its score (decision 0019)."""

    ANSWER = "answer"
    RELATED = "related"
    NONE = "none"


class AnswerKind(StrEnum):
    """What an answer is made of."""

    PASSAGE = "passage"
    LIST = "list"
    COUNT = "count"
    ABOUT = "about"
    NONE = "none"


class IntentKind(StrEnum):
    """What a message asks for that no passage answers."""

    LOOK_AROUND = "look_around"
    PICK = "pick"
    LIST = "list"
    COUNT = "count"
    NEWEST = "newest"
    OUTLET = "outlet"
    ARCHIVE_SIZE = "archive_size"
    ARCHIVE_CATEGORIES = "archive_categories"
    ARCHIVE_OUTLETS = "archive_outlets"
    ARCHIVE_SPAN = "archive_span"
    IDENTITY = "identity"
    USAGE = "usage"
    MENU = "menu"
    MY_ID = "my_id"
    SETTINGS = "settings"
    SUBSCRIPTIONS = "subscriptions"
    SHORTER = "shorter"
    UNWANTED = "unwanted"

    @property
    def lists(self) -> bool:
        """Whether articles are listed or counted; otherwise the archive or the bot is asked about."""
        return self in _LISTING


_LISTING: Final = frozenset(
    {
        IntentKind.LOOK_AROUND,
        IntentKind.PICK,
        IntentKind.LIST,
        IntentKind.COUNT,
        IntentKind.NEWEST,
        IntentKind.OUTLET,
    }
)


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What the archive holds.

    Attributes:
        articles: Number of articles.
        first: Date of the oldest article; None if none has a date.
        last: Date of the newest one.
        categories: Names of the widest categories with their numbers of articles, the largest first.
        outlets: Names of authors and outlets with theirs, the largest first.
    """

    articles: int
    first: datetime | None
    last: datetime | None
    categories: tuple[tuple[str, int], ...]
    outlets: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class About:
    """What an answer about the archive or the bot says.

    Attributes:
        subject: What was asked.
        facts: What the archive holds.
    """

    subject: IntentKind
    facts: ArchiveFacts


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, with its best passage.

    Attributes:
        sentences: Spans in `passage.text` of the sentences that answer, in reading order.
        highlights: Spans in `passage.text` of the question's words, in reading order, not overlapping.
        score: BM25 score of the best passage, reranked for the first hits; comparable within one answer only.
        more_in_article: Number of further passages of the article that matched.
        same_story: Ids of near-duplicate articles that were collapsed into this hit.
        lead: Context for a passage that cannot stand alone (its heading or the sentence before), or None.
    """

    article: Article
    passage: Passage
    sentences: tuple[Span, ...]
    highlights: tuple[Span, ...]
    score: float
    more_in_article: int = 0
    same_story: tuple[str, ...] = ()
    lead: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Describes an answer that lists articles instead of answering from one of them.

    Attributes:
        since: First requested day; None: the newest articles, up to `until`.
        until: Last requested day; None: the newest articles.
        nothing_then: Nothing was published on those days; the newest articles are listed instead.
        topic: What the articles are about, as typed; None for those of any topic.
        is_newest_first: Whether they are ordered by date alone. Otherwise those that name the topic in the
            title come first.
        is_pick: Whether they are offered for reading, in an order that changes from day to day.
    """

    since: date | None = None
    until: date | None = None
    nothing_then: bool = False
    topic: str | None = None
    is_newest_first: bool = True
    is_pick: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question.

    Attributes:
        score: Confidence in 0..1.
        text: The answering sentences of the first hit; None when `confidence` is NONE, and for a
            list.
        suggestions: Whole questions to try instead ("您是不是要找"), best first.
        hits: The requested page, best first; filled at any confidence.
        total: Number of hits found on all pages.
            Duplicates after this page are mostly not collapsed yet, so the number can differ from page to
            page. The hits on a page do not.
        total_is_bound: Whether the search ended early, so that there may be more hits than `total`.
        corrected: The question that was really searched when a mistyped word was replaced, or None.
        listing: Set when the hits are a list (昨天有什么新闻, 疫情): no sentence of theirs answers.
        unmet: Filters of the question that nothing passes; the question was answered without them.
        nearest: Where `confidence` is NONE, those of the hits whose titles hold enough of the question to be
            offered; others only share some word of their text with it.
        parts: For several questions in one message the answer to each; everything else is that of the first.
        kind: What the answer is made of. A list and a count have `listing`. Of a count `total` is exact.
        about: Set when the archive or the bot was asked about; there are no hits then.
    """

    question: str
    confidence: Confidence
    score: float
    text: str | None
    filters: Filters
    suggestions: tuple[str, ...]
    hits: tuple[Hit, ...]
    total: int
    milliseconds: float
    corrected: str | None = None
    total_is_bound: bool = False
    listing: Listing | None = None
    unmet: tuple[Unmet, ...] = ()
    nearest: tuple[Hit, ...] = ()
    parts: tuple["Answer", ...] = ()
    kind: AnswerKind = AnswerKind.PASSAGE
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the category tree.

    Attributes:
        id: Short and opaque (base62), the same from run to run.
        path: Names from the top down to this node.
        articles: Number of articles at and below this node.
    """

    id: str
    path: tuple[str, ...]
    articles: int
    children: tuple["Category", ...] = ()

    @property
    def name(self) -> str:
        """The node's own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class ArticleText:
    """A whole article for reading: its paragraphs, and where each passage begins.

    Attributes:
        passage_starts: For each passage by ordinal, the index of its first paragraph.
        images: Pictures of an article that has no paragraph at whose place they could stand.
    """

    article: Article
    paragraphs: tuple[Paragraph, ...]
    passage_starts: tuple[int, ...]
    images: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page of the newest articles, and the number of all articles."""

    articles: tuple[Article, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not indexed, or was indexed with a warning."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """Report of one update run.

    Attributes:
        stages: Seconds per stage: `scan`, `read` (waiting for the parsers), `store`, `index`, `merge`.
        waiting: How many of the skipped files take long to parse and are left to the next run.
        passed_over: Files of the folder that are no posts, counted by the end of their names, the most first;
            without pictures, style sheets and other files that belong to posts.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[Skipped, ...]
    seconds: float
    stages: tuple[tuple[str, float], ...] = ()
    waiting: int = 0
    passed_over: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """Size and freshness of a corpus."""

    articles: int
    passages: int
    newest: datetime | None
    updated: datetime | None
    index_bytes: int
    store_bytes: int


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Where an engine is and who asks it.

    Attributes:
        urls: Addresses of nodes or of a balancer before them: https, or http on this machine.
        index: How the names of its indices begin.
        user: Name for basic authentication, with `password_file`.
        password_file: Holds the password of `user`.
        api_key_file: Holds an API key, instead of a user.
        ca_file: Certificates that the nodes' own are checked with; None: those of the system.
        cert_file: Certificate that this client shows.
        key_file: Its key.
        seconds: How long an answer is waited for; a question that takes longer has none.
    """

    urls: tuple[str, ...]
    index: str = "baotong"
    user: str | None = None
    password_file: Path | None = None
    api_key_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class CorpusOptions:
    """Where a corpus lives and how it reads its archive.

    Attributes:
        folder: The archive; None: the one that the store remembers.
        data_dir: Folder of everything that is written.
        site_url: Base of the operator's site, or None.
        permalink: Hexo pattern such as `p/:abbrlink.html`, or None.
        timezone: IANA name; dates without zone and words such as 昨天 are counted in it.
        max_post_bytes: Larger posts are skipped and reported.
        semantic: Whether the extra of that name is used: vectors of articles, where words leave it unsure.
        engine: What questions are asked of instead of this machine's index, or None.
    """

    folder: Path | None
    data_dir: Path
    site_url: str | None = None
    permalink: str | None = None
    timezone: str = "Asia/Shanghai"
    max_post_bytes: int = 5_000_000
    semantic: bool = False
    engine: EngineOptions | None = None


CELL_SEPARATOR: Final = " | "
"""Separator of the cells of a table row."""
