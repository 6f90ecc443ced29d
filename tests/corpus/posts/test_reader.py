import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import PostError
from corpus.models import Post
from corpus.posts.reader import parse_post, read_post
from corpus.posts.timestamps import parse_timestamp

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def parse(text: str | bytes, path: str = "新闻/稿.md") -> Post:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return parse_post(path, raw, zone=SHANGHAI, now=NOW)


def front(**values: str) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in values.items())
    return f"---\n{lines}---\n\n正文。\n"


def read(root: Path, path: str, max_bytes: int = 5_000_000) -> Post:
    return read_post(root, path, zone=SHANGHAI, now=NOW, max_bytes=max_bytes)


GENERATED = (
    "\n---\ntitle: '城南菜市场_夜市_开张，首日客流过万'\n"
    "categories: \n - 民生\n - 江城日报\n - 江城日报 - 本地\n"
    "headimg: 'https://img.example.org/a.jpg'\nauthor: 江城日报\ncomments: false\n"
    "date: Thu, 30 Dec 2021 06:52:50 GMT\nthumbnail: 'https://img.example.org/a.jpg'\n---\n\n"
    "<div>   \n<p>昨晚六点，夜市开张。</p>  \n</div>\n            "
)


def test_a_generated_post_gives_all_its_fields() -> None:
    post = parse(GENERATED)
    assert post.title == "城南菜市场“夜市”开张，首日客流过万"
    assert post.raw_title == "城南菜市场_夜市_开张，首日客流过万"
    assert post.categories == ("民生", "江城日报", "江城日报 - 本地")
    assert post.author == "江城日报"
    assert post.published == datetime(2021, 12, 30, 6, 52, 50, tzinfo=UTC)
    assert post.local_date is not None
    assert post.local_date.hour == 14
    assert post.image == "https://img.example.org/a.jpg"
    assert post.source_url is None
    assert post.warning is None
    assert post.body.strip().startswith("<div>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2022-09-26 15:13:07", "2022-09-26T07:13:07", id="naive: the zone given"),
        pytest.param("2022-09-26T15:13:07+08:00", "2022-09-26T07:13:07", id="ISO with zone"),
        pytest.param("2022-09-26T07:13:07.123Z", "2022-09-26T07:13:07", id="ISO with fractions"),
        pytest.param("2022-09-26 15:13", "2022-09-26T07:13:00", id="no seconds"),
        pytest.param("2022-09-26 15:13:07 +0800", "2022-09-26T07:13:07", id="zone after a blank"),
        pytest.param("Mon, 26 Sep 2022 07:13:07 GMT", "2022-09-26T07:13:07", id="RFC 822"),
        pytest.param("26 Sep 2022 15:13:07", "2022-09-26T07:13:07", id="RFC 822 without zone"),
        pytest.param("2022-9-6", "2022-09-05T16:00:00", id="date only"),
        pytest.param("2022/09/06 8:05", "2022-09-06T00:05:00", id="slashes"),
        pytest.param("2022年9月6日", "2022-09-05T16:00:00", id="Chinese"),
        pytest.param("1664176387", "2022-09-26T07:13:07", id="seconds since 1970"),
        pytest.param("30 Dec 2021", "2021-12-29T16:00:00", id="English, day first"),
        pytest.param("Dec 30, 2021", "2021-12-29T16:00:00", id="English, month first"),
        pytest.param("December 30, 2021", "2021-12-29T16:00:00", id="English, in full"),
        pytest.param("Sept. 6, 2022 3:20 pm", "2022-09-06T07:20:00", id="English, with the time"),
        pytest.param("20211230", "2021-12-29T16:00:00", id="eight digits"),
        pytest.param("20211230145200", "2021-12-30T06:52:00", id="fourteen digits"),
        pytest.param("2021-12", "2021-11-30T16:00:00", id="a month"),
        pytest.param("2021年12月", "2021-11-30T16:00:00", id="a month, Chinese"),
        pytest.param("2021-12-30 14:52:00 CST", "2021-12-30T06:52:00", id="CST is China's time"),
        pytest.param("2021-12-30 周四", "2021-12-29T16:00:00", id="weekday"),
        pytest.param("2021-12-30 週四 14:52", "2021-12-30T06:52:00", id="weekday, traditional"),
        pytest.param("2021年12月30日（星期四） 14:52", "2021-12-30T06:52:00", id="weekday in brackets"),
        pytest.param("2021-12-30 下午3:20", "2021-12-30T07:20:00", id="afternoon"),
        pytest.param("2021-12-30 上午12:05", "2021-12-29T16:05:00", id="midnight by the half day"),
        pytest.param("2021-12-30 3:20 PM", "2021-12-30T07:20:00", id="afternoon, English"),
        pytest.param("1664176387000", "2022-09-26T07:13:07", id="milliseconds since 1970"),
    ],
)
def test_dates_are_understood_in_every_form(text: str, expected: str) -> None:
    found = parse_timestamp(text, SHANGHAI)
    assert found is not None
    assert found.moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2022-13-45 10:00:00", "明天", "2022-02-30", "99999", "2022-01-01 25:00", "0000-00-00"]
)
def test_a_date_that_is_none_is_unknown_and_said_so(text: str) -> None:
    post = parse(front(title="某事", date=text))
    assert post.published is None
    assert post.local_date is None
    assert post.warning is not None
    assert text in post.warning


@pytest.mark.parametrize("text", ["1970-01-20 03:44:27", "1969-12-31", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_of_1970_is_unknown(text: str) -> None:
    post = parse(front(title="某事", date=text))
    assert (post.published, post.warning) == (None, None)


@pytest.mark.parametrize(("text", "coming"), [("2024-12-01", True), ("2031-01-01", False)])
def test_a_date_far_ahead_is_unknown_and_said_to_be(text: str, coming: bool) -> None:
    post = parse(front(title="某事", date=text))
    assert (post.published, post.warning) == (None, f"the date lies ahead: {text}")
    assert post.coming is coming


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01 00:00:00", "0001-01-01 00:00:00 +1400", "0001-01-01 23:59:59 -1200", "0000-00-00"),
        *("9999-12-31 23:59:59", "9999-12-31T23:59:59Z", "9999-12-31 23:59:59 -1200", "9999999999999"),
    ],
)
def test_a_date_at_the_ends_of_the_calendar_costs_no_post(text: str, zone: str) -> None:
    post = parse_post("新闻/稿.md", front(title="某事", date=text).encode(), zone=ZoneInfo(zone), now=NOW)
    assert post.published is None


def test_a_date_a_little_ahead_of_the_clock_is_kept() -> None:
    assert parse(front(title="某事", date="2024-05-02 00:00:00")).published is not None


def test_without_a_date_that_of_the_file_name_counts() -> None:
    post = parse(front(title="某事"), path="_posts/2020-03-05-some-thing.md")
    assert post.published == datetime(2020, 3, 4, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("front_matter", "path", "expected"),
    [
        pytest.param("title: '[快讯] 某事'", "a.md", "[快讯] 某事", id="written"),
        pytest.param("title: Q&#38;A", "a.md", "Q&A", id="an entity, unescaped once"),
        pytest.param("title: a &amp;lt; b", "a.md", "a &lt; b", id="only once"),
        pytest.param("title: null", "江边灯会.md", "江边灯会", id="null: the file's name"),
        pytest.param("title: ''", "江边灯会.markdown", "江边灯会", id="empty: the file's name"),
        pytest.param(
            "date: 2020-01-01", "2020-01-01-江边灯会.md", "江边灯会", id="the name without its date"
        ),
        pytest.param("title: ''", "x/.md", "正文。", id="no name either: the first words"),
        pytest.param("title: [甲, 乙]", "a.md", "甲", id="a list: its first"),
        pytest.param("title: 2021", "a.md", "2021", id="a number"),
        pytest.param("title: 007", "a.md", "007", id="as written, no octal"),
        pytest.param("title: 12:30", "a.md", "12:30", id="as written, no sexagesimal"),
        pytest.param("title: yes", "a.md", "yes", id="as written, no boolean"),
        pytest.param(
            "title: \u200b\u200b首班地铁\u202e提前", "a.md", "首班地铁提前", id="invisible characters"
        ),
        pytest.param("title: |\n  两行\n  标题", "a.md", "两行标题", id="several lines"),
        pytest.param("title: {a: b}", "灯会.md", "灯会", id="a mapping: the file's name"),
    ],
)
def test_a_title_is_found(front_matter: str, path: str, expected: str) -> None:
    assert parse(f"---\n{front_matter}\n---\n\n正文。", path=path).title == expected


def test_a_post_without_anything_is_untitled() -> None:
    assert parse("---\n---\n", path=".md").title == "无题"


def test_an_endless_title_is_cut() -> None:
    post = parse(front(title="长" * 60_000))
    assert len(post.title) <= 300


@pytest.mark.parametrize(
    ("front_matter", "categories", "tags"),
    [
        pytest.param("categories: [财经, 江城日报, 股市]", ("财经", "江城日报", "股市"), (), id="a chain"),
        pytest.param("categories: 财经", ("财经",), (), id="one"),
        pytest.param(
            "categories:\n - [财经, 股市]\n - [本地]", ("财经", "股市"), ("本地",), id="several chains"
        ),
        pytest.param("categories:", (), (), id="none"),
        pytest.param("categories: []\ntags: [甲, 乙]", (), ("甲", "乙"), id="tags"),
        pytest.param("category: 财经\ntags: 甲", ("财经",), ("甲",), id="singular"),
        pytest.param("categories:\n - R&#38;D\n - '— 资讯'", ("R&D", "— 资讯"), (), id="entities and dashes"),
        pytest.param("categories: {a: b}", ("a", "b"), (), id="a mapping is a chain too"),
    ],
)
def test_categories_are_one_chain(
    front_matter: str, categories: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    post = parse(f"---\ntitle: x\n{front_matter}\n---\n")
    assert (post.categories, post.tags) == (categories, tags)


@pytest.mark.parametrize("line", ["draft: true", "draft: yes", "published: false"])
def test_a_draft_says_so(line: str) -> None:
    assert parse(f"---\ntitle: x\n{line}\n---\n").draft
    assert not parse("---\ntitle: x\ndraft: false\npublished: true\n---\n").draft


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("link: https://news.example.org/a?b=1", "https://news.example.org/a?b=1", id="link"),
        pytest.param("from: http://example.org/%E4%B8%AD", "http://example.org/%E4%B8%AD", id="from"),
        pytest.param(
            "source: 江城日报\noriginal: https://example.org/1",
            "https://example.org/1",
            id="a name is no link",
        ),
        pytest.param("url: /2015/10/slow/", None, id="a path is no source"),
        pytest.param("link: javascript:alert(1)", None, id="no other scheme"),
        pytest.param("link: //example.org/a", None, id="not absolute"),
    ],
)
def test_a_source_is_an_absolute_address(line: str, expected: str | None) -> None:
    assert parse(f"---\ntitle: x\n{line}\n---\n").source_url == expected


def test_paths_numbers_and_slugs_of_the_site_are_kept() -> None:
    post = parse("---\ntitle: x\nurl: /2015/10/slow/\nabbrlink: 6a2f\nslug: slow-trains\n---\n")
    assert (post.site_path, post.abbrlink, post.slug) == ("/2015/10/slow/", "6a2f", "slow-trains")
    assert parse("---\ntitle: x\npermalink: slow-trains/\n---\n").site_path == "slow-trains/"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://proxy.example.org/?http://img.example.org/1.jpg", "http://img.example.org/1.jpg"),
        ("https://picsum.photos/400/300?random=7", None),
        ("/img/cover.png", "/img/cover.png"),
        ("data:image/png;base64,AAAA", None),
        ("https://img.example.org/static/qr_app.png", None),
        ("https://img.example.org/weixin-qrcode.jpg?v=2", None),
        ("https://img.example.org/logo.png", None),
        ("https://img.example.org/qr/qrs-2021.jpg", "https://img.example.org/qr/qrs-2021.jpg"),
        ("https://img.example.org/new-logo-unveiled.jpg", "https://img.example.org/new-logo-unveiled.jpg"),
    ],
)
def test_an_image_is_a_real_one(value: str, expected: str | None) -> None:
    assert parse(front(title="x", headimg=f"'{value}'")).image == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_are_told(encoding: str) -> None:
    post = parse("---\r\ntitle: 河堤加固工程完工\r\n---\r\n\r\n正文写在这里。\r\n".encode(encoding))
    assert post.title == "河堤加固工程完工"
    assert post.body == "\n正文写在这里。\n"
    assert post.warning is None


def test_a_few_damaged_bytes_are_replaced_and_named() -> None:
    post = parse(front(title="河堤加固").encode() + "很长的正文。".encode() * 50 + b"\xe6\xb2")
    assert post.body.endswith("\ufffd")
    assert post.warning == "some bytes are not UTF-8"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", id="a picture"),
        pytest.param(b"---\ntitle: a\0b\n---\n", id="a NUL"),
        pytest.param(bytes(range(128, 256)) * 8, id="noise"),
        pytest.param("é à ü ".encode("latin-1") * 40, id="Latin-1"),
        pytest.param(b"\xff\xfe\x00", id="half a UTF-16 unit"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(PostError):
        parse(raw)


def test_lines_end_at_line_feeds_only() -> None:
    post = parse("---\ntitle: 甲\u2028乙\x0b丙\nauthor: 丁\n---\n正文\x0b续\n")
    assert post.author == "丁"
    assert "正文\x0b续" in post.body


def test_a_file_is_read_from_the_archive(tmp_path: Path) -> None:
    (tmp_path / "新闻").mkdir()
    (tmp_path / "新闻" / "甲.md").write_text(front(title="甲事"), "utf-8")
    post = read(tmp_path, "新闻/甲.md")
    assert (post.path, post.title) == ("新闻/甲.md", "甲事")


def test_a_link_inside_the_archive_is_read(tmp_path: Path) -> None:
    (tmp_path / "甲.md").write_text(front(title="甲事"), "utf-8")
    (tmp_path / "乙.md").symlink_to("甲.md")
    assert read(tmp_path, "乙.md").title == "甲事"


@pytest.mark.parametrize(
    "path", ["out.md", "../secret.md", "folder/../../secret.md", "loop.md", "gone.md", "a\0b.md"]
)
def test_nothing_outside_the_archive_is_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.md").write_text(front(title="秘密"), "utf-8")
    root = tmp_path / "archive"
    (root / "folder").mkdir(parents=True)
    (root / "out.md").symlink_to(tmp_path / "secret.md")
    (root / "loop.md").symlink_to("loop.md")
    (root / "gone.md").symlink_to("nowhere.md")
    with pytest.raises(PostError):
        read(root, path)
    with pytest.raises(PostError):
        read(root, str(tmp_path / "secret.md"))


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "to-pipe.md").symlink_to("pipe.md")
    for name in ("pipe.md", "to-pipe.md"):
        with pytest.raises(PostError, match="not a regular file"):
            read(tmp_path, name)


def test_a_folder_named_like_a_post_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.md").mkdir()
    with pytest.raises(PostError, match="not a regular file"):
        read(tmp_path, "x.md")


def test_a_giant_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "giant.md").open("wb") as file:
        file.truncate(20_000_000_000)  # sparse: reading it would take all memory
    with pytest.raises(PostError, match="more than the 5000000 allowed"):
        read(tmp_path, "giant.md")


def test_an_unreadable_file_is_named_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(PostError, match=r"^gone\.md: cannot be read: No such file"):
        read(tmp_path, "gone.md")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("---\n" + "a: &a [x,x,x]\n" + "b: &b [*a,*a,*a]\n" * 200 + "---\n", id="aliases"),
        pytest.param("---\ntitle: " + "[" * 60_000 + "\n---\n", id="nested brackets"),
        pytest.param("---\ntitle: " + "- " * 30_000 + "x\n---\n", id="nested lists"),
        pytest.param(
            "---\n" + "".join(f"{' ' * n}k{n}:\n" for n in range(300)) + "---\n", id="nested mappings"
        ),
        pytest.param("---\n" + "".join(f"k{n}: v\n" for n in range(9_000)) + "---\n", id="many keys"),
        pytest.param("+++\n" + ".".join(["a"] * 20_000) + " = 1\n+++\n", id="dotted TOML"),
        pytest.param("+++\na = " + "[" * 20_000 + "\n+++\n", id="nested TOML"),
        pytest.param(";;;\n" + '"a":' + "[" * 60_000 + "\n;;;\n", id="nested JSON"),
        pytest.param("---\ntitle: 1" + ":59" * 20_000 + "\n---\n", id="base sixty"),
        pytest.param("---\ntitle: " + "9" * 60_000 + "\n---\n", id="digits"),
        pytest.param("---\n" + "x" * 4_000_000, id="never closed"),
        pytest.param("---\n" * 500_000, id="rules"),
    ],
)
def test_a_hostile_front_matter_costs_little(body: str) -> None:
    started = time.process_time()
    parse(body)
    assert time.process_time() - started < 2


def test_a_tag_is_never_obeyed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    post = parse(f"---\ntitle: 甲事\nevil: !!python/object/apply:os.mkdir ['{trap}']\n---\n正文")
    assert not trap.exists()
    assert post.title == "甲事"
    assert post.warning is not None
    assert "tag" in post.warning


@given(st.binary(max_size=400))
def test_any_bytes_are_a_post_or_refused(raw: bytes) -> None:
    try:
        post = parse(raw)
    except PostError:
        return
    assert post.title
    post.title.encode("utf-8")


WORDS = ("---\n", "+++\n", "title: ", "date: ", " - ", "标题", "2020-01-01")
MARKS = st.sampled_from([*"-+:;'\"[]{}#&*!|>%@`,?\n\t \\_…<~", *WORDS])
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)


@given(st.lists(MARKS | TEXT, max_size=40).map("".join))
def test_any_text_is_a_post(text: str) -> None:
    post = parse("---\n" + text + "\n---\n正文")
    assert post.title
    assert post.title == post.title.strip()
    assert post.published is None or post.published.utcoffset() == timedelta(0)


@given(st.text(max_size=30))
def test_any_date_text_is_a_time_or_none(text: str) -> None:
    found = parse_timestamp(text, SHANGHAI)
    assert found is None or found.moment.utcoffset() == timedelta(0)


def test_what_begins_like_xml_is_read_without_a_warning() -> None:
    # Warnings are errors in tests.
    assert parse("<?xml version='1.0'?><h1>灯塔亮了</h1><p>昨晚亮的。</p>").title == "灯塔亮了"


PAGE = """<!-- saved from url=(0022)https://news.test/a/b -->
<!DOCTYPE html><html><head><meta charset="utf-8"><title>大桥抢通 - 望江日报</title>
<meta property="og:site_name" content="望江日报"><meta name="author" content="王五">
<meta property="article:published_time" content="2022-11-20T08:05:00+08:00">
<meta property="og:image" content="/img/bridge.jpg"></head>
<body><p>大桥今晨抢通，见<a href="c">公告</a>。</p></body></html>"""


def test_a_whole_page_says_its_title_date_author_and_address() -> None:
    post = parse(PAGE)
    assert (post.title, post.author, post.source_url) == ("大桥抢通", "王五", "https://news.test/a/b")
    assert post.published == datetime(2022, 11, 20, 0, 5, tzinfo=UTC)
    assert post.image == "https://news.test/img/bridge.jpg"


def test_the_front_matter_goes_before_what_the_page_says() -> None:
    front = "---\ntitle: 另一题\nauthor: 赵六\ndate: 2022-11-19\nlink: https://own.test/x\n---\n"
    post = parse(front + PAGE)
    assert (post.title, post.author, post.source_url) == ("另一题", "赵六", "https://own.test/x")
    assert post.published == datetime(2022, 11, 18, 16, tzinfo=UTC)


def test_a_text_about_pages_is_no_page() -> None:
    post = parse("# 怎样写头部\n\n```html\n<head><meta name=author content=王五></head>\n```\n")
    assert post.author is None
