from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import Post
from corpus.posts import addresses
from corpus.posts.addresses import Link, article_url, crc16, fill_permalink, http_url, text_fragment

SITE = "https://site.example.org"
POST = Post(
    path="source/_posts/新闻/2022-03-04-河堤 加固.md",
    title="河堤加固",
    body="",
    published=datetime(2022, 3, 3, 20, 5, 6, tzinfo=UTC),
    local_date=datetime(2022, 3, 4, 4, 5, 6),  # noqa: DTZ001 — a wall clock's time
    categories=("本地", "江城 日报"),
    raw_title="河堤加固",
)


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        pytest.param(
            replace(POST, source_url="https://example.org/1", site_path="/a/"),
            "https://example.org/1",
            id="source",
        ),
        pytest.param(
            replace(POST, site_path="/2015/10/慢车/"), f"{SITE}/2015/10/%E6%85%A2%E8%BD%A6/", id="path"
        ),
        pytest.param(
            replace(POST, abbrlink="6a2f"), f"{SITE}/p/6a2f.html", id="the number of the front matter"
        ),
        pytest.param(POST, f"{SITE}/p/{crc16('河堤加固')}.html", id="the number of the title"),
    ],
)
def test_an_article_is_linked_by_the_surest_address(post: Post, expected: str) -> None:
    assert article_url(post, site_url=f"{SITE}/", permalink="p/:abbrlink.html").url == expected


def test_only_computed_numbers_are_marked_as_such() -> None:
    assert article_url(POST, site_url=SITE, permalink="p/:abbrlink.html").computed_abbrlink == crc16(
        "河堤加固"
    )
    for post in (replace(POST, abbrlink="6a2f"), replace(POST, source_url="https://example.org/1")):
        assert article_url(post, site_url=SITE, permalink="p/:abbrlink.html").computed_abbrlink is None
    assert article_url(POST, site_url=SITE, permalink=":year/:title/").computed_abbrlink is None


def test_without_site_or_pattern_there_is_no_link() -> None:
    assert article_url(POST, site_url=None, permalink="p/:abbrlink.html") == Link(None)
    assert article_url(POST, site_url=SITE, permalink=None) == Link(None)
    assert article_url(replace(POST, site_path="/a/"), site_url=None, permalink=None) == Link(None)


def test_the_number_rests_on_the_title_as_written() -> None:
    restored = replace(POST, title="“河堤”加固", raw_title="_河堤_加固")
    link = article_url(restored, site_url=SITE, permalink=":abbrlink/")
    assert link.computed_abbrlink == crc16("_河堤_加固")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            ":year/:month/:day/:title/",
            "2022/03/04/%E6%96%B0%E9%97%BB/%E6%B2%B3%E5%A0%A4%20%E5%8A%A0%E5%9B%BA/",
        ),
        (":i_month-:i_day/:name.html", "3-4/%E6%B2%B3%E5%A0%A4%20%E5%8A%A0%E5%9B%BA.html"),
        (":hour:minute:second", "040506"),
        (":category/x", "%E6%9C%AC%E5%9C%B0/%E6%B1%9F%E5%9F%8E-%E6%97%A5%E6%8A%A5/x"),
        ("archives/:post_title", "archives/%E6%B2%B3%E5%A0%A4%E5%8A%A0%E5%9B%BA"),
        ("文/:year", "%E6%96%87/2022"),
    ],
)
def test_patterns_are_filled(pattern: str, expected: str) -> None:
    assert fill_permalink(pattern, POST) == expected


def test_a_slug_stands_for_the_file_name() -> None:
    assert fill_permalink(":year/:title/", replace(POST, slug="dyke-works")) == "2022/dyke-works/"


def test_signs_of_a_file_name_are_encoded() -> None:
    assert fill_permalink(":title/", replace(POST, path="100%#1?.md")) == "100%25%231%3F/"


def test_a_pattern_that_cannot_be_filled_gives_none() -> None:
    assert fill_permalink(":year/:title/", replace(POST, local_date=None)) is None
    assert fill_permalink(":id/", POST) is None
    assert addresses.unknown_tokens(":year/:id/:hash") == ("id", "hash")
    assert addresses.unknown_tokens("p/:abbrlink.html") == ()


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "../../x", "/./a/../b", "javascript:alert(1)", "\\evil"]
)
def test_a_path_never_leaves_the_site(path: str) -> None:
    url = article_url(replace(POST, site_path=path), site_url=f"{SITE}/blog", permalink=None).url
    assert url is not None
    assert url.startswith(f"{SITE}/blog/")
    assert "/.." not in url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.org/a?b=1#c", "https://example.org/a?b=1#c"),
        ("  http://EXAMPLE.org:8080/  ", "http://example.org:8080/"),
        ("https://例子.cn/新闻", "https://xn--fsqu00a.cn/%E6%96%B0%E9%97%BB"),
        ("http://example.org/100%", "http://example.org/100%25"),
        ("http://example.org/%E4%B8%AD", "http://example.org/%E4%B8%AD"),
        ("http://192.0.2.1/x", "http://192.0.2.1/x"),
        ("HTTPS://example.org/", "https://example.org/"),
    ],
)
def test_an_absolute_address_is_taken_and_encoded(text: str, expected: str) -> None:
    assert http_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.org/",
            "//example.org/x",
            "/a/b",
            "example.org",
        ),
        *(
            "http://",
            "https:///path",
            "http://localhost/",
            "http://x/",
            "http://.org/",
            "http://a..org/",
            "http://-a.org/",
        ),
        *(
            "https://example.org@evil.example/",
            "https://user:pw@example.org/",
            "http://1.2.3/",
            "http://1.2.3.999/",
        ),
        *(
            "http://example.org/a b",
            "http://exam\u202eple.org/",
            "http://example.org/\na",
            "http://example.org:99999/",
        ),
        *(
            "http://example.org\\@evil.example/",
            "http://[::1",
            "https://example.org/" + "a" * 3000,
            "",
            "江城日报",
        ),
        *(
            "http://example.org/<script>",
            'http://example.org/"',
            "http://exa\u200bmple.org/",
            "\ud800http://example.org/",
        ),
    ],
)
def test_no_other_text_is_an_address(text: str) -> None:
    assert http_url(text) is None


@pytest.mark.parametrize("value", [None, 5, ["https://example.org/"], True])
def test_no_other_value_is_an_address(value: object) -> None:
    assert http_url(value) is None


@given(st.text(max_size=60).map(lambda text: "https://example.org/" + text))
def test_addresses_are_ascii_and_keep_their_host(text: str) -> None:
    url = http_url(text)
    if url is not None:
        assert url.isascii()
        assert not set(url) & set(' <>"\n\t')
        assert urlsplit(url).hostname == "example.org"
        assert http_url(url) == url


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_none(text: str) -> None:
    url = http_url(text)
    assert url is None or url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("text", "expected"),
    # The check value of CRC-16/ARC, the value of nothing, and one that begins with a zero.
    [("123456789", "bb3d"), ("", "0"), ("王毅谈2022年中国外交八大重点", "6271")],
)
def test_numbers_are_those_of_crc16_arc(text: str, expected: str) -> None:
    assert crc16(text) == expected


@given(st.text(max_size=20))
def test_numbers_agree_with_the_definition_bit_by_bit(text: str) -> None:
    register = 0
    for byte in text.encode("utf-8", "replace"):
        for bit in range(8):
            register = (register >> 1) ^ (0xA001 if (register ^ (byte >> bit)) & 1 else 0)
    assert crc16(text) == f"{register:x}"


def test_ids_are_short_and_stay_the_same() -> None:
    # Stored in databases and in buttons of old messages: these values must never change.
    assert addresses.article_id("新闻/河堤加固.md") == "CpFMr0qWYa4"
    assert addresses.category_id(("本地", "江城日报")) == "HcAkSM"


@given(st.text(max_size=50))
def test_ids_are_base62_of_fixed_length(path: str) -> None:
    assert len(addresses.article_id(path)) == 11
    assert len(addresses.category_id((path,))) == 6
    assert (addresses.article_id(path) + addresses.category_id((path,))).isalnum()
    assert addresses.article_id(path).isascii()


def test_categories_of_one_name_in_two_places_have_two_ids() -> None:
    assert addresses.category_id(("甲", "首页")) != addresses.category_id(("乙", "首页"))
    assert addresses.category_id(("甲乙",)) != addresses.category_id(("甲", "乙"))


def test_a_short_passage_is_quoted_whole() -> None:
    url = text_fragment("https://example.org/1", "河堤加固工程昨天完工。")
    assert unquote(url) == "https://example.org/1#:~:text=河堤加固工程昨天完工。"


def test_a_long_passage_is_quoted_by_its_ends() -> None:
    passage = "河堤加固工程昨天完工，" + "全长三公里的堤段增高了一米，" * 5 + "可以抵御百年一遇的洪水。"
    url = text_fragment("https://example.org/1", passage)
    assert unquote(url).endswith("#:~:text=河堤加固工程昨天完工，,可以抵御百年一遇的洪水。")


def test_marks_that_mean_something_in_a_fragment_are_encoded() -> None:
    fragment = text_fragment("https://example.org/1#top", "a-b, c & d").partition("#")[2]
    assert fragment == "top:~:text=a%2Db%2C%20c%20%26%20d"


@given(st.text(max_size=300))
def test_a_fragment_never_changes_the_address(passage: str) -> None:
    url = text_fragment("https://example.org/1?a=b", passage)
    assert url.partition("#")[0] == "https://example.org/1?a=b"
    assert url.isascii()
    assert not set(url) & set(' <>"\n')


@pytest.mark.parametrize(
    ("site_path", "expected"),
    [
        ("/:year/:month/:day/:title/", "https://example.org/2026/11/20/river/"),
        ("/:categories/:short_year/:title:output_ext", "https://example.org/news/26/river.html"),
        ("/a:b/", "https://example.org/a:b/"),
        ("/fixed/", "https://example.org/fixed/"),
    ],
)
def test_a_permalink_of_jekyll_is_filled(site_path: str, expected: str) -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    post = Post(
        "_posts/2026-11-20-river.md",
        "河",
        "",
        categories=("news",),
        local_date=day,
        published=day,
        site_path=site_path,
    )
    assert article_url(post, site_url="https://example.org", permalink=None).url == expected


def test_the_folder_of_a_bundle_is_its_name() -> None:
    post = Post("posts/2026-11-20-river/index.md", "河", "")
    assert fill_permalink(":section/:contentbasename/", post) == "posts/river/"
