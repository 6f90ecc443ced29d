"""Articles, hits and answers to render, as examples and as hypothesis strategies."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.messages.markup import Html
from bot.messages.render_context import RenderContext
from bot.storage.chats import AnswerLength
from bot.wording.i18n import Language, translator
from corpus.models import (
    Answer,
    Article,
    Confidence,
    Filters,
    Hit,
    Passage,
)
from corpus.text.passages import sentences
from tests.botapi.formatting import FormattedText
from tests.botapi.html import parse_html

TODAY = date(2022, 9, 28)


VIEW = RenderContext(
    t=translator(Language.HANS),
    zone=ZoneInfo("Asia/Shanghai"),
    today=TODAY,
    username="baotong_bot",
    site_url="https://news.example.org",
)


KEY = "aB3dE5gH"


PASSAGE = (
    "第三，积极引领全球治理体系变革。明年，多边议程齐聚亚洲。中国将担任金砖主席国，主办金砖国家领导人会晤。"
    "亚太经合组织、二十国集团以及上合组织的峰会也将在亚洲国家召开。"
)


def article(title: str = "王毅谈2022年中国外交八大重点", **changes: object) -> Article:
    made = Article(
        id="0123456789a",
        path="金融/新浪财经/一.md",
        title=title,
        url="https://finance.example.com/a.html?x=1&y=2",
        published=datetime(2021, 12, 30, 2, tzinfo=UTC),
        author="新浪财经",
        categories=("金融", "新浪财经"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def hit(text: str = PASSAGE, answering: tuple[int, ...] = (2,), **changes: object) -> Hit:
    found = sentences(text)
    made = Hit(
        article=article(),
        passage=Passage("0123456789a.3", 3, text),
        sentences=tuple(found[index] for index in answering),
        highlights=(),
        score=9.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def answer(*hits: Hit, **changes: object) -> Answer:
    made = Answer(
        question="2022金砖峰会谁是主席国",
        confidence=Confidence.ANSWER,
        score=0.9,
        text="中国",
        filters=Filters(),
        suggestions=(),
        hits=hits,
        total=len(hits),
        milliseconds=3.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def shown(made: Html) -> FormattedText:
    """What Telegram makes of it; fails where it refuses or drops something."""
    parsed = parse_html(made)
    assert not parsed.dropped
    return parsed.formatted


HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("<>&\"'/{}%_*[]()~`|\n\t\x00\u202e\u200d😀👩🏽𠮷é。！；王毅abc ")),
        st.characters(),
    ),
    max_size=80,
)


LONG = st.one_of(
    HOSTILE, HOSTILE.map(lambda words: (words + "。") * 40), st.just("&" * 4096), st.just("好" * 4096)
)


URLS = st.one_of(
    st.none(),
    HOSTILE.map(lambda words: "https://" + words),
    HOSTILE.map(lambda words: "https://example.org/" + words),
    st.sampled_from(["javascript:1", "https://example.org/" + "x" * 3000, "http://localhost/"]),
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


ARTICLES = st.builds(
    Article,
    id=st.text("0123456789abcXYZ", min_size=11, max_size=11),
    path=HOSTILE,
    title=LONG,
    url=URLS,
    published=st.none() | st.dates(date(1980, 1, 1)).map(noon),
    author=st.none() | LONG,
    categories=st.lists(LONG, max_size=3).map(tuple),
    image=URLS,
)


@st.composite
def hits(draw: st.DrawFn) -> Hit:
    made = draw(ARTICLES)
    text = draw(LONG)
    found = sentences(text)
    chosen = draw(st.lists(st.sampled_from(found), max_size=2, unique=True)) if found else []
    return Hit(
        article=made,
        passage=Passage(f"{made.id}.7", 7, text),
        sentences=tuple(sorted(chosen)),
        highlights=(),
        score=1.0,
        same_story=tuple(draw(st.lists(st.just("b" * 11), max_size=3))),
        lead=draw(st.none() | HOSTILE),
    )


ANSWERS = st.builds(
    Answer,
    question=LONG,
    confidence=st.sampled_from(Confidence),
    score=st.just(0.5),
    text=st.none(),
    filters=st.builds(
        Filters,
        category=st.none() | LONG,
        author=st.none() | LONG,
        since=st.none() | st.dates(),
        until=st.none() | st.dates(),
        phrases=st.lists(LONG, max_size=3).map(tuple),
        excluded=st.lists(LONG, max_size=3).map(tuple),
    ),
    suggestions=st.lists(LONG, max_size=4).map(tuple),
    hits=st.lists(hits(), max_size=6).map(tuple),
    total=st.integers(0, 99),
    milliseconds=st.just(1.0),
    corrected=st.none() | LONG,
    total_is_bound=st.booleans(),
)


VIEWS = st.builds(
    RenderContext,
    t=st.sampled_from(Language).map(translator),
    zone=st.just(ZoneInfo("Asia/Shanghai")),
    today=st.just(TODAY),
    username=st.sampled_from(["", "baotong_bot"]),
    public_url=st.sampled_from([None, "https://read.example.org", "http://localhost"]),
    brief=st.booleans(),
    length=st.sampled_from(AnswerLength),
)


def check(made: Html) -> FormattedText:
    """Everything that Telegram limits or refuses about a message."""
    parsed = parse_html(made)
    assert not parsed.dropped
    assert not parsed.blank_links
    assert len(made.encode()) <= 32_768
    assert len(parsed.formatted.text.encode("utf-16-le", "surrogatepass")) <= 2 * 4096
    assert len(parsed.formatted.entities) <= 100
    assert parsed.formatted.text.strip()
    return parsed.formatted
