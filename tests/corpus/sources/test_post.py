from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from corpus.posts.reader import parse_post
from corpus.sources.entries import Entry
from corpus.sources.parsing import parse_feed
from corpus.sources.post import Place, post_text, shown_title
from corpus.text.characters import clean_line
from tests.corpus.sources.feeds import Item, rss

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLACE = Place(("民生", "城南日报", "城南日报－本地"), "城南日报", "https://hub.test/local")

GENERATED = (
    "\n---\ntitle: '城南菜市场夜市开张'\n"
    "categories: \n - 民生\n - 城南日报\n - 城南日报－本地\n"
    "headimg: 'https://i.test/a.png'\nauthor: 城南日报\ncomments: false\n"
    "date: Thu, 30 Dec 2021 06:52:50 GMT\nthumbnail: 'https://i.test/a.png'\n---\n\n"
    '<div>   \n<p cms-style="font-L">　　昨晚六点，<span id="x"></span>夜市开张。</p><!-- 编辑 -->\n\n'
    "            <style>\n            .qr&#123;border:1px solid #E6E6E6;&#125;\n            </style>\n"
    '<img src="https://i.test/a.png" referrerpolicy="no-referrer">\n<p>责任编辑：某 </p>\n<!-- 编辑-->\n\n'
    "  \n</div>\n            "
)
"""A post as the generator of the first archive writes it."""


def test_a_generators_post_is_made_again_byte_for_byte_but_for_the_lines_added() -> None:
    body = GENERATED.split("<div>   \n")[1].rpartition("  \n</div>")[0]
    item = Item(
        title="城南菜市场夜市开张",
        link="https://news.test/a.shtml",
        guid="https://news.test/a.shtml",
        body=body.replace("&#123;", "{").replace("&#125;", "}"),
        date="Thu, 30 Dec 2021 06:52:50 GMT",
    )
    feed = parse_feed(rss([item]).encode(), address="https://hub.test/local", zone=ZONE)
    text = post_text(feed.entries[0], PLACE, key=feed.entries[0].guid, fetched=NOW)
    added = "link: 'https://news.test/a.shtml'\nguid: 'https://news.test/a.shtml'\nfeed: 'https://hub.test/local'\n"
    assert added in text
    assert text.replace(added, "", 1) == GENERATED


def test_a_post_without_a_date_says_when_it_was_fetched_and_has_none() -> None:
    text = post_text(Entry("标题", "g", None, "<p>正文</p>"), PLACE, key="g", fetched=NOW)
    assert "fetched: Mon, 30 Nov 2026 12:00:00 GMT\n" in text
    assert "\ndate:" not in text
    assert parse_post("a.md", text.encode(), zone=ZONE, now=NOW).published is None


def test_strangers_text_never_becomes_front_matter_or_a_template() -> None:
    entry = Entry(
        title="'SP'\"二\" {{ x }} {% raw %}",
        guid="../../etc/cron.d/x",
        link="https://n.test/a",
        body="<p>正文</p>\n---\ntitle: y\n---\n{% include 'x' %}",
        author="a\n---\ntitle: 冒名\nlink: https://evil.test/",
    )
    text = post_text(entry, PLACE, key=entry.guid, fetched=NOW)
    post = parse_post("a.md", text.encode(), zone=ZONE, now=NOW)
    assert post.title == entry.title
    assert post.source_url == "https://n.test/a"
    assert post.warning is None
    assert "{" not in text
    assert "}" not in text


def test_a_title_is_not_restored_where_it_is_the_true_one() -> None:
    for title in ("1_4舞者感染", "国家发改委：_东数西算_工程投资", "a_b"):
        text = post_text(Entry(title, "g", None, "<p>正文</p>"), PLACE, key="g", fetched=NOW)
        assert parse_post("a.md", text.encode(), zone=ZONE, now=NOW).title == title


NAMES = st.text(min_size=1, max_size=60).map(clean_line).filter(bool)


@given(
    title=st.text(max_size=400),
    names=st.lists(NAMES, min_size=1, max_size=3, unique=True),
    key=st.text(min_size=1, max_size=60).map(clean_line).filter(bool),
    body=st.text(max_size=100),
    moment=st.integers(10**9, 1_796_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_any_entry_is_read_again_as_it_was(
    title: str, names: list[str], key: str, body: str, moment: datetime
) -> None:
    entry = Entry(f"甲{title}", "g", "https://n.test/a?b=1&c=2", f"<p>{body}</p>", published=moment)
    place = Place(tuple(names), names[-1], "https://hub.test/x")
    text = post_text(entry, place, key=key, fetched=NOW)
    post = parse_post("a/b.md", text.encode(), zone=ZONE, now=NOW)
    assert post.title == shown_title(entry.title)
    assert post.published == moment
    assert post.source_url == entry.link
    assert post.categories == tuple(names)
    assert post.author == names[-1]
    assert post.warning is None
