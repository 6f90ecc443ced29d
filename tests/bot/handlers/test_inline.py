"""Inline mode: cards that become citations, pages without end, and a button where nothing is found."""

import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.handlers import inline
from bot.messages import markup
from bot.messages.render_context import RenderContext
from bot.storage import chats
from bot.storage.chats import ChatPreferences
from bot.wording.i18n import Language, translator
from corpus.models import Article, Hit, Passage
from tests.bot.conftest import OpenTalk, open_archive
from tests.botapi.harness import Talk
from tests.botapi.html import parse_html
from tests.botapi.server import BotApiServer
from tests.newspaper import STORIES, Story

VIEW = RenderContext(
    t=translator(Language.HANS),
    zone=ZoneInfo("Asia/Shanghai"),
    today=date(2026, 9, 21),
    username="baotong_bot",
)


async def test_a_card_shows_title_outlet_date_sentence_and_picture(talk: Talk) -> None:
    found = await talk.inline("临江大桥什么时候通车")
    card = found.results[0]
    assert card.title == "临江大桥十月一日零时通车"
    assert card.description.startswith("临江晚报 · 2026年9月20日 — ")
    assert "2026年10月1日零时正式通车" in card.description
    assert card.thumbnail == "https://img.example.com/bridge.jpg"


async def test_a_chosen_card_inserts_a_citation_with_a_link_to_its_source(
    talk: Talk, telegram: BotApiServer
) -> None:
    query, found = await talk.inline_with_query("临江大桥什么时候通车")
    friends = telegram.group("朋友", talk.me)
    message = talk.me.choose(friends, query, found.results[0])
    title, source, *quoted = message.text.split("\n")
    assert title == "临江大桥十月一日零时通车"
    assert source == "临江晚报 · 2026年9月20日"
    assert "2026年10月1日零时正式通车" in "\n".join(quoted)
    assert message.links[0].url.startswith("https://paper.example.com/2026/bridge?id=1&page=2")
    assert "<blockquote" in message.html
    assert message.button("读全文").url is not None


async def test_the_button_under_a_citation_opens_the_article_in_the_private_chat(
    talk: Talk, telegram: BotApiServer
) -> None:
    query, found = await talk.inline_with_query("临江大桥什么时候通车")
    friends = telegram.group("朋友", talk.me)
    message = talk.me.choose(friends, query, found.results[0])
    url = message.button("读全文").url
    assert url is not None
    reader = telegram.person("小红")
    reader.follow(telegram.private(reader), url)
    await talk.settle()
    opened = await telegram.private(reader).next_answer()
    assert "临江大桥十月一日零时通车" in opened


async def test_an_empty_query_lists_the_newest(talk: Talk) -> None:
    found = await talk.inline("")
    assert [result.title for result in found.results[:2]] == [
        "足球：临江队加时赛淘汰卫冕冠军",
        "临江大桥十月一日零时通车",
    ]
    assert found.button is None


async def test_nothing_found_is_a_button_and_never_an_article(talk: Talk, telegram: BotApiServer) -> None:
    found = await talk.inline("量子计算机超导材料论文")
    assert found.results == ()
    assert found.button == "没有找到，点这里在私聊里提问"
    assert found.start_parameter is not None
    talk.me.start(talk.chat, found.start_parameter)
    await talk.settle()
    assert "报童" in await talk.chat.next_answer()


@pytest.mark.parametrize("query", ["地铁", "", "临江"])
async def test_the_pages_joined_are_one_list_without_gap_or_double(
    talk: Talk, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [result.id for result in (await talk.inline(query)).results]
    monkeypatch.setattr(inline, "PAGE_SIZE", 2)
    pages: list[str] = []
    offset = ""
    while True:
        found = await talk.inline(query, offset)
        pages += [result.id for result in found.results]
        offset = found.next_offset
        if not offset:
            break
    assert pages == whole
    assert len(set(pages)) == len(pages) > 2


@pytest.mark.parametrize("offset", ["-1", "1e9", "½", "x" * 60, "999999999999999", "9999"])
async def test_a_forged_offset_harms_nothing(talk: Talk, offset: str) -> None:
    await talk.inline("地铁", offset)


@pytest.mark.parametrize(
    "query",
    ["<b>&\"'", "-h", '"', "分类:", "😀𠮷", "！？。", "的" * 256, "\u202e\u200b", "a b c d e f", "_*[`"],
)
async def test_whatever_is_typed_is_answered_with_one_call(
    talk: Talk, telegram: BotApiServer, query: str
) -> None:
    before = len(telegram.journal.calls)
    await talk.inline(query)
    assert [call.method for call in telegram.journal.calls[before:]] == ["answerInlineQuery"]


async def test_answers_are_cached_for_the_person_only_and_not_for_long(talk: Talk) -> None:
    for query in ("地铁", "", "没有这种东西吧"):
        found = await talk.inline(query)
        assert found.personal
        assert found.cache_seconds <= 60


async def test_titles_with_markup_are_shown_literally(talk: Talk, telegram: BotApiServer) -> None:
    query, found = await talk.inline_with_query("尖括号 模板")
    card = next(result for result in found.results if "模板" in result.title)
    assert card.title == "C++ 与 <模板> 的“那些事” & 更多"
    telegram.journal.allow("<模板>", "<cc1plus>", "</第一行>", "<int>")
    message = talk.me.choose(talk.chat, query, card)
    assert "C++ 与 <模板> 的“那些事” & 更多" in message.text


async def test_words_follow_the_language_of_the_person(talk: Talk, telegram: BotApiServer) -> None:
    john = telegram.person("John", language="en")
    found = await talk.inline("量子计算机超导材料论文", by=john)
    assert found.button == "Nothing found. Tap to ask in private"


async def test_the_default_category_of_the_person_holds(talk: Talk) -> None:
    with talk.application.bot_data.state.transaction() as connection:
        chats.save(connection, talk.me.id, ChatPreferences(category="文化"))
    for query in ("地铁", ""):
        found = await talk.inline(query)
        titles = {result.title for result in found.results}
        assert titles <= {story.title for story in STORIES if story.category == "文化"}
        assert titles


async def test_answers_take_300_milliseconds_of_processor_time_at_most(talk: Talk) -> None:
    await talk.inline("地铁")  # loads the words
    for query in ("临江大桥什么时候通车", "地铁票价", ""):
        started = time.process_time()
        await talk.inline(query)
        assert time.process_time() - started < 0.3


class TestPrivateArchive:
    @pytest_asyncio.fixture
    async def talk(self, open_talk: OpenTalk) -> AsyncIterator[Talk]:
        async with open_talk(allowed_ids=frozenset({1})) as talk:
            yield talk

    async def test_outsiders_are_told_so_and_see_nothing(self, talk: Talk) -> None:
        found = await talk.inline("地铁")
        assert found.results == ()
        assert found.personal
        assert found.button == "这里的文章不公开"


class TestManyPages:
    @pytest_asyncio.fixture
    async def talk(self, open_talk: OpenTalk, tmp_path: Path) -> AsyncIterator[Talk]:
        letters = random.Random(1)
        # Texts that have nothing in common, or they would be folded as the same story.
        bodies = ["".join(chr(letters.randint(0x4E00, 0x9FA0)) for _ in range(60)) for _ in range(130)]
        stories = tuple(
            Story(f"{body[:5]}公报", "公报", "市府", f"2026-01-{number % 28 + 1:02} 08:00:00", (body,))
            for number, body in enumerate(bodies)
        )
        with open_archive(tmp_path, stories) as corpus:
            async with open_talk(corpus=corpus) as talk:
                yield talk

    async def test_paging_goes_on_to_the_last_article(self, talk: Talk) -> None:
        for query in ("", "公报"):
            seen: list[str] = []
            offset, pages = "", 0
            while pages == 0 or offset:
                found = await talk.inline(query, offset)
                assert len(found.results) <= 50
                seen += [result.title for result in found.results]
                offset, pages = found.next_offset, pages + 1
            assert len(seen) == len(set(seen)) == 130
            assert pages > 5


TEXTS = st.text(st.characters() | st.sampled_from("<>&\"'`_*[]()\\\u202e\u200d\n\t\x00😀"), max_size=60)
ARTICLES = st.builds(
    Article,
    id=st.text("0123456789ABCabc", min_size=11, max_size=11),
    path=st.just("a.md"),
    title=TEXTS,
    url=st.none() | TEXTS | st.just('https://example.org/a?b=1&c="2"'),
    published=st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1)),  # noqa: DTZ001
    author=st.none() | TEXTS,
    categories=st.tuples(TEXTS),
    image=st.none() | TEXTS,
)


@st.composite
def hits(draw: st.DrawFn) -> Hit:
    text = draw(TEXTS)
    start = draw(st.integers(0, len(text)))
    span = (start, draw(st.integers(start, len(text))))
    sentences = (span,) if span[0] < span[1] else ()
    article = draw(ARTICLES)
    return Hit(article, Passage(f"{article.id}.3", 3, text), sentences, (), 1.0)


@settings(deadline=None)
@given(hits() | ARTICLES)
def test_any_article_makes_a_citation_that_telegram_takes(hit: Hit | Article) -> None:
    citation = inline.citation(hit, VIEW)
    parsed = parse_html(citation)
    assert parsed.formatted.text.strip()
    assert parsed.dropped == ()
    assert markup.fits(citation)


def test_a_picture_without_https_is_left_out() -> None:
    article = Article("a" * 11, "a.md", "题", None, None, None, (), image="http://example.org/a.jpg")
    assert inline._picture(article) is None


async def test_a_citation_leads_to_the_page_of_the_article_too(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk(public_url="https://read.example.org") as talk:
        query, found = await talk.inline_with_query("宋代古井挖出了什么")
        talk.me.choose(talk.chat, query, found.results[0])
        [message] = talk.chat.new_answers()
        assert (message.button("读全文").url or "").startswith("https://t.me/baotong_bot?start=a_")
        assert (message.button("网页版").url or "").startswith("https://read.example.org/a/")
