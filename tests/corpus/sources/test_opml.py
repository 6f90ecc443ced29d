import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.opml import FollowedFeed, OpmlError, read_opml, usable, write_opml
from corpus.text.characters import clean_line

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<!-- 导出 --><opml version="1.1"><head><title>x</title></head><body>
<outline text="金融"><outline title="国内" text="国内"><outline type="rss" text="城南财经" xmlUrl="https://a.test/rss"/>
</outline><outline text="只有 text" xmlUrl="https://b.test/rss"/></outline>
<outline type="rss" text="b" title="散的" XMLURL="feed://c.test/rss" category="科技/编程,其他"/>
<outline text="空文件夹"/></body></opml>"""


def test_folders_of_all_levels_are_categories() -> None:
    assert [(one.url, one.title, one.categories) for one in read_opml(NESTED.encode())] == [
        ("https://a.test/rss", "城南财经", ("金融", "国内")),
        ("https://b.test/rss", "只有 text", ("金融",)),
        ("feed://c.test/rss", "散的", ("科技", "编程")),
    ]


def test_names_in_other_encodings_are_read() -> None:
    text = '<?xml version="1.0" encoding="gbk"?><opml><body><outline text="城南日报" xmlUrl="http://a.test/"/></body></opml>'
    assert read_opml(text.encode("gbk"))[0].title == "城南日报"


@pytest.mark.parametrize("raw", [b"", b"<html></html>", "不是".encode(), b"<rss><channel/></rss>", b"{}"])
def test_what_is_no_opml_is_refused(raw: bytes) -> None:
    with pytest.raises(OpmlError):
        read_opml(raw)


def test_each_address_is_followed_once() -> None:
    feeds = [FollowedFeed(url) for url in ("HTTP://A.test/x", "http://a.test/x#y", "file:///etc/passwd", "x")]
    assert [one.url for one in usable(feeds)] == ["http://a.test/x"]


def test_no_file_is_read_and_nothing_explodes() -> None:
    text = (
        '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY a "哈"><!ENTITY b "&a;&a;&a;">]>'
        '<opml><body><outline text="&x;&b;" xmlUrl="http://a.test/"/></body></opml>'
    )
    assert "root:" not in str(read_opml(text.encode()))


NAMES = st.text(max_size=20).map(clean_line)
FEEDS = st.builds(
    FollowedFeed,
    url=st.integers(0, 99).map(lambda number: f"https://n.test/{number}?a=1&b=2"),
    title=NAMES.filter(bool),
    categories=st.lists(NAMES.filter(bool), max_size=3).map(tuple),
    outlet=NAMES,
    every_minutes=st.sampled_from([0, 15, 1440]),
    full_text=st.booleans(),
    proxy=st.sampled_from([None, True, False]),
    private=st.booleans(),
)


@given(st.lists(FEEDS, max_size=8).map(tuple))
def test_a_list_comes_back_as_it_was_written(feeds: tuple[FollowedFeed, ...]) -> None:
    assert read_opml(write_opml(feeds)) == feeds
