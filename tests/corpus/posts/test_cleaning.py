import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import BlockKind, Paragraph
from corpus.posts.cleaning import is_html, opening_words, paragraphs, unclosed_element


def texts(body: str, title: str = "") -> list[str]:
    return [paragraph.text for paragraph in paragraphs(body, title=title)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("<p>甲</p>", True, id="a tag first"),
        pytest.param("甲 <b>乙</b>", False, id="text first"),
        pytest.param("# 题\n\n<p>甲</p>", False, id="a heading first"),
        pytest.param(
            "<div>   \n# 甲\n**乙** [丙](d)\n</div>\n   ", True, id="the generator's div, whatever it holds"
        ),
        pytest.param(
            "<img src=a.png style='display:none'>\n\n## 题\n\n```\n<b>\n```",
            False,
            id="a picture before Markdown",
        ),
        pytest.param("<style>a{}</style>\n\n**甲**和**乙**", False, id="a style sheet before Markdown"),
        pytest.param("<p># 甲</p>\n<p>[乙](c)</p>", True, id="one sign of Markdown is none"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_html_is_told_from_markdown(body: str, *, expected: bool) -> None:
    assert is_html(body) is expected


def test_lines_indented_in_html_are_not_code() -> None:
    body = "<div>   \n<p>甲</p>\n\n        <p>缩进八格的一段</p>\n\n        又一段  \n</div>\n            "
    assert paragraphs(body, title="") == (Paragraph("甲"), Paragraph("缩进八格的一段"), Paragraph("又一段"))


def test_what_a_crawler_puts_before_the_page_is_skipped() -> None:
    body = "<!--1589645817000-->\n[河堤加固](https://example.org/1)\n------\n\n<div>\n<p>正文。</p>\n</div>\n"
    assert texts(body, "河堤加固") == ["正文。"]
    assert texts("<!--a-->\n<!-- b -->\n正文。") == ["正文。"]


def test_a_hidden_body_with_hidden_boxes_gives_its_text_once() -> None:
    body = (
        '<div><h1>河堤加固</h1><div style="display:none"><p>公众号名片</p></div>'
        '<div id="js_content" style="visibility: hidden;"><section><section><p>第一段正文很长。</p></section>'
        "<p>第二段<span>正文</span>更长。</p></section></div><p>编辑：某某</p></div>"
    )
    assert texts(body, "河堤加固") == ["第一段正文很长。", "第二段正文更长。"]


def test_an_advertisement_of_links_at_the_head_is_left_out() -> None:
    bar = "<ul><li><a href=a>限时七折</a> | <a href=b>秒杀</a> | <a href=c>激活码</a></li></ul>"
    assert texts(f"{bar}<p>正文。</p>") == ["正文。"]
    assert texts(f"<p>正文。</p>{bar}") == ["正文。", "限时七折 | 秒杀 | 激活码"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("<div>   \n  \n</div>\n            ", id="an empty div"),
        pytest.param("<div><img src=a><br></div>", id="a picture"),
        pytest.param("<div>   \n河堤加固  \n</div>", id="the title alone"),
        pytest.param("<p>【河堤】加固</p><p>· END ·</p>", id="the title and an end"),
    ],
)
def test_a_post_without_text_has_no_paragraphs(body: str) -> None:
    assert paragraphs(body, title="河堤加固") == ()


def test_a_section_of_characters_meant_as_data_is_text() -> None:
    assert texts("<div><p>甲<![CDATA[乙 <b>丙</b>]]></p></div>") == ["甲乙 丙"]


def test_a_comment_that_is_never_closed_swallows_nothing() -> None:
    assert texts("<p>甲</p><!-- 忘了<p>乙</p>") == ["甲", "忘了", "乙"]


def test_scripts_events_and_addresses_are_no_text() -> None:
    body = (
        "<p onclick='steal()'>甲<script>alert('乙')</script><a href='javascript:steal()'>丙</a></p>"
        "<img src=x onerror=steal()><iframe srcdoc='<p>丁</p>'></iframe><svg onload=x()><text>戊</text></svg>"
        "<object data=x>己</object><math><annotation>庚</annotation></math><form action=//evil>填表</form>"
    )
    assert texts(body) == ["甲丙", "填表"]


def test_invisible_characters_never_reach_a_reader() -> None:
    body = "<p>支付\u202e宝\u2066转&#8238;账&#8203;\ufeff&#x200b;&#1;\x07\x1b[31m给我\ud800</p>"
    assert texts(body) == ["支付宝转账[31m给我\ufffd"]


def test_lines_of_fields_stay_lines() -> None:
    body = "<div>发售日期：2022.11.2<br>价格：<br><br>※預購商品<br>・鋤頭<br>■特典</div>"
    assert texts(body) == ["发售日期：2022.11.2", "价格：", "※預購商品", "・鋤頭", "■特典"]


def test_the_first_words_stand_for_a_title() -> None:
    assert (
        opening_words(
            "<div><p>　　江城昨夜下了一场大雪，早高峰的公交车普遍晚点，市民冒雪出行。</p></div>", most=12
        )
        == "江城昨夜下了一场大雪，早"
    )
    assert opening_words("<div></div>") == ""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<div>" * 10_000 + "深处" + "</div>" * 10_000, id="HTML"),
        pytest.param("> " * 10_000 + "深处", id="quotations"),
        pytest.param(
            "".join("  " * level + f"- 项{level}\n" for level in range(1_000)) + "    深处", id="lists"
        ),
        pytest.param("- " * 10_000 + "深处", id="items in one line"),
        pytest.param("前言\n\n" + "<div>" * 10_000 + "深处", id="HTML in Markdown"),
    ],
)
def test_a_body_nested_without_end_is_read(body: str) -> None:
    started = time.process_time()
    assert texts(body)[-1].endswith("深处")
    assert time.process_time() - started < 5


LEAF = st.sampled_from(
    ["§", "<b>§</b>", "<span>§</span>", "<a href=x>§</a>", "§<br>", "<p>§", "\n § ", "<sup>§</sup>"]
)
BLOCK = st.sampled_from(
    ["p", "div", "section", "blockquote", "h2", "ul", "li", "figure", "table", "td", "pre", "dd"]
)
MARKUP = st.recursive(
    st.lists(LEAF, max_size=3).map("".join),
    lambda inner: st.lists(
        LEAF | st.tuples(BLOCK, inner).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"), max_size=4
    ).map("".join),
    max_leaves=12,
)


@given(MARKUP)
def test_no_word_is_lost_moved_or_doubled(markup: str) -> None:
    words = [f"词{number}语" for number in range(markup.count("§"))]
    for word in words:
        markup = markup.replace("§", word, 1)
    assert "".join("".join(texts(f"<div>\n{markup}\n</div>")).split()).replace("|", "") == "".join(words)


FRAGMENTS = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<div>",
            "</div>",
            "<br>",
            "<b>",
            "</b>",
            "<table><tr><td>",
            "</td></tr></table>",
            "<pre>",
            "</pre>",
        ),
        *(
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "<style>",
            "<svg>",
            "</svg>",
            "<li>",
            "<ruby>",
            "<rt>",
            "<a href='",
            "'>",
        ),
        *(
            "\n\n",
            "\n",
            "    ",
            "# ",
            "- ",
            "> ",
            "```",
            "`",
            "**",
            "[",
            "](",
            ")",
            "|",
            "|-|-|",
            "{% ",
            " %}",
            "&#",
            "&lt;",
        ),
        *(
            "<template>",
            "<tr>",
            "<td>",
            "</tr>",
            "<![CDATA[",
            "]]>",
            "<div style='display:none'>",
            "<video>",
            "<br/",
            "<",
            ">",
        ),
        *(
            "正文。",
            "title",
            "1. ",
            "[^1]: ",
            "\\",
            "<T>",
            "\x00",
            "\ud800",
            "\u202e",
            "\x0b",
            "{{<",
            ">}}",
            "===",
            "~~~",
        ),
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=40).map("".join))
def test_any_body_gives_clean_paragraphs(body: str) -> None:
    for paragraph in paragraphs(body, title="title"):
        assert paragraph.text
        assert paragraph.text.strip("\n")
        paragraph.text.encode("utf-8")
        assert not set(paragraph.text) & set("\x00\x0b\u202e\u200b\ufeff")
        if paragraph.kind is not BlockKind.CODE:
            assert paragraph.text == " ".join(paragraph.text.split())


@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=30).map("".join))
def test_clean_paragraphs_are_clean_already(body: str) -> None:
    once = [
        paragraph.text
        for paragraph in paragraphs(body, title="title")
        if paragraph.kind is not BlockKind.CODE
    ]
    again = texts("<div>\n" + "".join(f"<p>{html.escape(text)}</p>" for text in once) + "\n</div>", "title")
    assert again == list(dict.fromkeys(once)) or [text for text in once if text in again] == again


def test_a_player_without_an_end_hides_nothing() -> None:
    assert texts('<div>\n<p>先看录像。</p><embed src="a.swf">后面是正文。<p>还有一段。</p>\n</div>') == [
        "先看录像。",
        "后面是正文。",
        "还有一段。",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<div>\n<p>甲。</p><script>var a;<p>乙。</p>\n</div>", "script"),
        ("<div>\n<p>甲。</p><STYLE>b{}<p>乙。</p>\n</div>", "style"),
        ("<div>\n<script>a</script><p>甲。</p><script>b</script>\n</div>", None),
        ("<div>\n<p>甲。</p><iframe src=x></iframe>\n</div>", None),
        ("甲\n\n<script>\n\n乙", None),
        ("<div>\n<p>甲。</p></div>", None),
    ],
)
def test_what_hides_the_rest_of_a_body_is_named(body: str, expected: str | None) -> None:
    assert unclosed_element(body) == expected
