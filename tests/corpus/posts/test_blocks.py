import time

import pytest

from corpus.models import BlockKind
from corpus.posts.blocks import Block, read_blocks


def texts(markup: str) -> list[str]:
    return [block.text for block in read_blocks(markup)]


def kinds(markup: str) -> list[tuple[str, BlockKind]]:
    return [(block.text, block.kind) for block in read_blocks(markup)]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        pytest.param("<p>甲</p><p>乙</p>", ["甲", "乙"], id="paragraphs"),
        pytest.param("<p>甲<p>乙", ["甲", "乙"], id="left open"),
        pytest.param("甲<br>乙<br><br>丙", ["甲", "乙", "丙"], id="line breaks"),
        pytest.param(
            "<div><div>图</div></div>正文在外<strong>强</strong>调<br>又一行",
            ["图", "正文在外强调", "又一行"],
            id="bare text",
        ),
        pytest.param(
            "<section><section><section><p>甲</p></section></section></section>", ["甲"], id="nested sections"
        ),
        pytest.param("<ul><li>甲</li><li><p>乙</p></li></ul>", ["甲", "乙"], id="items"),
        pytest.param("<dl><dt>词</dt><dd>义</dd></dl>", ["词", "义"], id="definitions"),
        pytest.param("跨<span id=s><a href=#>太平洋</a></span>伙伴", ["跨太平洋伙伴"], id="inline tags join"),
        pytest.param("<p>一 <b>二</b> 三</p>", ["一 二 三"], id="blanks beside tags stay"),
        pytest.param("<p></p><p><br></p><p>&nbsp;</p><p>甲</p>", ["甲"], id="spacers"),
        pytest.param(
            "<p>上<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字</p>", ["上漢字"], id="readings"
        ),
        pytest.param("<p>a &lt;b&gt; &#123;x&#125; &amp;amp;</p>", ["a <b> {x} &amp;"], id="entities, once"),
        pytest.param("<p>甲<!-- 注 --><!---->乙<!--<$[说明]>end-->丙</p>", ["甲乙丙"], id="comments"),
        pytest.param(
            "<style>p&#123;a:b&#125;</style><script>var 甲=1<2</script>乙", ["乙"], id="styles and scripts"
        ),
        pytest.param(
            "<svg><title>标</title><text>图</text></svg><p>很长的一段正文</p>",
            ["很长的一段正文"],
            id="drawings",
        ),
        pytest.param(
            "很长的一段正文<button>按</button><video>您的浏览器</video>",
            ["很长的一段正文"],
            id="buttons, videos",
        ),
        pytest.param("<p>前文<iframe src=x></iframe></p>", ["前文"], id="text before a frame"),
        pytest.param("<img alt='说明' title='标题'><p>甲</p>", ["甲"], id="texts of pictures"),
        pytest.param("<p>甲<o:p></o:p><foo>乙</foo></p>", ["甲乙"], id="unknown tags"),
        pytest.param("", [], id="nothing"),
        pytest.param("就一句话", ["就一句话"], id="no tags"),
        pytest.param("a < b > c", ["a < b > c"], id="signs that are no tags"),
        pytest.param("</div></p></b>甲</td>乙", ["甲乙"], id="ends without beginnings"),
    ],
)
def test_text_is_taken_block_by_block(markup: str, expected: list[str]) -> None:
    assert texts(markup) == expected


def test_blocks_know_what_they_were() -> None:
    markup = "<h2>题</h2><p>文</p><ul><li>项</li></ul><blockquote><p>引</p></blockquote>"
    assert kinds(markup + "<pre>码</pre><figcaption>图</figcaption>") == [
        ("题", BlockKind.HEADING),
        ("文", BlockKind.TEXT),
        ("项", BlockKind.LIST_ITEM),
        ("引", BlockKind.QUOTE),
        ("码", BlockKind.CODE),
        ("图", BlockKind.CAPTION),
    ]


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<p><strong>河堤为何要加固</strong></p>", BlockKind.HEADING),
        ("<p><b>一、</b><span><b>工程概况</b></span></p>", BlockKind.HEADING),
        ("<p><strong>河堤加固工程昨天完工。</strong></p>", BlockKind.TEXT),
        ("<p><strong>记者：</strong></p>", BlockKind.TEXT),
        ("<p><strong>河堤</strong>为何要加固</p>", BlockKind.TEXT),
        ("<p><strong>河堤加固之后，江城的汛期</strong></p>", BlockKind.TEXT),
        ("<ul><li><strong>河堤</strong></li></ul>", BlockKind.LIST_ITEM),
        (f"<h2>{'很长的标题其实是正文' * 12}</h2>", BlockKind.TEXT),
    ],
)
def test_a_bold_line_of_its_own_is_a_heading(markup: str, kind: BlockKind) -> None:
    assert [block.kind for block in read_blocks(markup)] == [kind]


def test_the_cells_of_a_row_do_not_run_together() -> None:
    head = "<thead><tr><th>年</th><th>产量</th></tr></thead>"
    assert kinds(f"<table>{head}<tr><td>2020</td><td>5<br>吨</td></tr></table>") == [
        ("年 | 产量", BlockKind.ROW),
        ("2020 | 5 吨", BlockKind.ROW),
    ]


def test_a_table_that_lays_out_a_page_gives_its_paragraphs() -> None:
    long = "这一段文字放在表格里只是为了排版。" * 5
    assert texts(f"<table><tr><td><p>{long}</p><p>又{long}</p></td><td>边栏</td></tr></table>") == [
        long,
        "又" + long,
        "边栏",
    ]
    assert texts(
        f"<table><tr><td>{long}<table><tr><td>甲</td><td>乙</td></tr></table>尾</td></tr></table>"
    ) == [
        long,
        "甲 | 乙",
        "尾",
    ]


def test_code_keeps_its_lines() -> None:
    assert texts("<pre><code>if a &lt; b:\n    c()\n</code></pre>") == ["if a < b:\n    c()"]
    assert texts("<pre>一<br>二<div>三</div><div>四</div></pre>") == ["一\n二\n三\n四"]
    assert texts("<pre><code>一</code><code>二</code></pre>") == ["一\n二"]


def test_numbers_beside_code_are_left_out() -> None:
    numbers, code = "<td class='gutter'><pre>1\n2</pre></td>", "<td class='code'><pre>a = 1\nb = 2</pre></td>"
    assert kinds(f"<table><tr>{numbers}{code}</tr></table>") == [("a = 1\nb = 2", BlockKind.CODE)]


def test_prose_in_a_listing_left_open_is_prose() -> None:
    assert kinds("<pre>a = 1<p>后面的正文。</p><h2>题</h2>") == [
        ("a = 1", BlockKind.CODE),
        ("后面的正文。", BlockKind.TEXT),
        ("题", BlockKind.HEADING),
    ]


@pytest.mark.parametrize(
    "hidden",
    ["style='display:none'", "style='color:red; DISPLAY : none !important'", "hidden", "class='x ad-wrap'"],
)
def test_what_is_not_displayed_is_left_out(hidden: str) -> None:
    assert texts(f"<p>这是一段足够长的正文。</p><div {hidden}>藏<p>起来</p></div>") == [
        "这是一段足够长的正文。"
    ]


def test_a_hidden_part_that_holds_most_of_the_text_is_shown() -> None:
    assert texts("<p>短</p><div style='display:none'>藏着的其实是全文。<p>一段又一段。</p></div>") == [
        "短",
        "藏着的其实是全文。",
        "一段又一段。",
    ]


@pytest.mark.parametrize("style", ["visibility: hidden", "opacity:0"])
def test_what_waits_for_a_script_is_shown(style: str) -> None:
    assert texts(f"<div style='{style}'>公众号的正文</div>") == ["公众号的正文"]


def test_an_element_left_open_does_not_swallow_the_article() -> None:
    assert texts("<div><p>开头</p><video src=x><p>后面还有很长的正文。</p><p>很长很长。</p></div>") == [
        "开头",
        "后面还有很长的正文。",
        "很长很长。",
    ]


def test_links_are_counted() -> None:
    [block] = read_blocks("<p><a href=#x>甲</a> | <a href=#y>乙丙</a></p>")
    assert block == Block("甲 | 乙丙", BlockKind.TEXT, region=0, links=2, linked=3)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        pytest.param(
            "<div>" * 10_000 + "深处" + "</div>" * 10_000 + "<p>之后</p>",
            ["深处", "之后"],
            id="nested blocks",
        ),
        pytest.param("<b>" * 10_000 + "深处" + "</b>" * 10_000, ["深处"], id="nested inline"),
        pytest.param("<blockquote>" * 10_000 + "深处", ["深处"], id="left open"),
        pytest.param("<table><tr><td>" * 5_000 + "深处", ["深处"], id="nested tables"),
        pytest.param("<ul><li>" * 5_000 + "深处", ["深处"], id="nested lists"),
        pytest.param("<div style='display:none'>" * 10_000 + "深处", ["深处"], id="nested hidden"),
        pytest.param("<b>" * 200_000 + "深处" + "</i>" * 200_000, ["深处"], id="ends of something else"),
        pytest.param("<p " + "a=1 " * 100_000 + ">深处", ["深处"], id="attributes"),
        pytest.param("<" * 100_000, ["<" * 100_000], id="signs"),
        pytest.param("<!--" * 100_000, [], id="comments"),
    ],
)
def test_hostile_markup_costs_little(markup: str, expected: list[str]) -> None:
    started = time.process_time()
    assert texts(markup) == expected
    assert time.process_time() - started < 5


@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_time_grows_with_the_number_of_tags_only(count: int) -> None:
    started = time.process_time()
    assert len(texts("<p>a" * count)) == count
    assert time.process_time() - started < count / 10_000


def test_an_error_in_one_text_leaves_nothing_behind_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("corpus.posts.blocks.clean_line", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read_blocks("<ul><li>甲</li><li>乙")
    assert kinds("<p>丙</p><ol><li>丁") == [("丙", BlockKind.TEXT), ("1. 丁", BlockKind.LIST_ITEM)]
    assert kinds("戊") == [("戊", BlockKind.TEXT)]
