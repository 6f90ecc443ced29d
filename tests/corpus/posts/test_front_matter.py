import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from corpus.posts.front_matter import FrontMatterError, read_front_matter, read_yaml


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("---\ntitle: 甲\n---\n正文", id="plain"),
        pytest.param("\n\n \n---\ntitle: 甲\n---\n正文", id="after empty lines"),
        pytest.param("\ufeff---\ntitle: 甲\n---\n正文", id="after a byte order mark"),
        pytest.param("\n\ufeff---\ntitle: 甲\n---\n正文", id="after both"),
        pytest.param("---  \ntitle: 甲\n--- \n正文", id="blanks behind the rules"),
        pytest.param("-----\ntitle: 甲\n-----\n正文", id="long rules"),
        pytest.param('+++\ntitle = "甲"\n+++\n正文', id="TOML"),
        pytest.param(';;;\n"title": "甲"\n;;;\n正文', id="JSON"),
        pytest.param("title: 甲\ndate: 2020-01-01\n---\n正文", id="no rule before it"),
        pytest.param("---\nTitle: 甲\n---\n正文", id="a capital"),
    ],
)
def test_front_matter_is_found(text: str) -> None:
    front = read_front_matter(text)
    assert front.values["title"] == "甲"
    assert front.body == "正文"
    assert front.warning is None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param('title: """\'SP\'"""', '""\'SP\'""', id="quoted twice"),
        pytest.param("title: 'it's here'", "it's here", id="an apostrophe in apostrophes"),
        pytest.param('title: "a "b" c\'s"', 'a "b" c\'s', id="quotes in quotes"),
        pytest.param("title: 河堤: 加固: 完工", "河堤: 加固: 完工", id="colons"),
        pytest.param("title: @江城", "@江城", id="an at sign"),
        pytest.param("title: `江城`", "`江城`", id="a grave accent"),
        pytest.param("title: *江城", "*江城", id="an alias that is none"),
        pytest.param("title: !重要 江城", "!重要 江城", id="a tag that is none"),
        pytest.param("title: %江城", "%江城", id="a per cent sign"),
        pytest.param("title: a\x08b", "a\x08b", id="a control character"),
        pytest.param("title: [江城", "[江城", id="an open bracket"),
        pytest.param("title：江城\nx: [", "江城", id="a full-width colon"),
    ],
)
def test_what_yaml_rejects_is_read_line_by_line(text: str, title: str) -> None:
    front = read_front_matter(f"---\n{text}\nauthor: 某人\n---\n正文")
    assert front.values["title"] == title
    assert front.values["author"] == "某人"
    assert front.warning is not None
    assert front.warning.startswith("front matter read line by line: ")
    assert front.body == "正文"


def test_lists_survive_the_reading_by_lines() -> None:
    text = (
        "title: 'a'b'\ncategories: \n - 财经\n - | 最新\n - '— 资讯'\ntags:\n\t- Cookie\nother: [甲, \"乙\"]"
    )
    values = read_front_matter(f"---\n{text}\n---\n").values
    assert values["categories"] == ["财经", "| 最新", "— 资讯"]
    assert values["tags"] == ["Cookie"]
    assert values["other"] == ["甲", "乙"]


def test_folded_lines_survive_the_reading_by_lines() -> None:
    values = read_front_matter("---\nbad: '\ntitle: >-\n  第一行\n  第二行\n---\n").values
    assert values["title"] == "第一行 第二行"


def test_a_front_matter_without_end_is_taken_as_far_as_it_looks_like_one() -> None:
    front = read_front_matter("---\ntitle: 甲\ndate: 2020-01-01\n\n正文第一段。\n")
    assert front.values["title"] == "甲"
    assert front.body == "正文第一段。\n"
    assert front.warning == "front matter has no closing line"


@pytest.mark.parametrize(
    ("text", "values", "body"),
    [
        ("---\ntitle: 甲\n<p>第一段。</p>\n\n第二段。", {"title": "甲"}, "<p>第一段。</p>\n\n第二段。"),
        ("---\ntitle: 甲\ntags:\n - 乙\n丙。\n丁。", {"title": "甲", "tags": ["乙"]}, "丙。\n丁。"),
        ("---\ntitle: 甲\n----\n丙。", {"title": "甲"}, "----\n丙。"),
        ("---\ntitle: 甲\n# 小标题\n丙。", {"title": "甲"}, "# 小标题\n丙。"),
        ('+++\ntitle = "甲"\n丙。', {"title": "甲"}, "丙。"),
        ("---\ntitle: |\n  甲\n  乙\n丙。", {"title": "甲 乙"}, "丙。"),
        ("---\ntitle: 甲\n" + "字" * 100_000, {"title": "甲"}, "字" * 100_000),
    ],
)
def test_prose_behind_front_matter_without_an_end_is_not_lost(
    text: str, values: dict[str, object], body: str
) -> None:
    front = read_front_matter(text)
    assert (dict(front.values), front.body) == (values, body)
    assert front.warning == "front matter has no closing line"


@pytest.mark.parametrize(
    "text",
    ["正文而已", "", "---\n两条线之间的散文\n---\n后文", "<p>a</p>", "---", "title: 这一行像标题\n\n正文"],
)
def test_a_text_without_front_matter_is_all_body(text: str) -> None:
    front = read_front_matter(text)
    assert front.values == {}
    assert front.body == text
    assert front.warning is None


def test_a_rule_in_the_body_stays_there() -> None:
    assert read_front_matter("---\ntitle: 甲\n---\n上\n\n---\n\n下").body == "上\n\n---\n\n下"


def test_scalars_stay_as_they_are_written() -> None:
    text = (
        "a: 007\nb: 1e3\nc: 2020-01-01\nd: yes\ne: 12:30\nf: null\ng: 'null'\nh: ~\ni:\nj: ''\nk: [1, {l: m}]"
    )
    assert read_yaml(text) == {
        "a": "007",
        "b": "1e3",
        "c": "2020-01-01",
        "d": "yes",
        "e": "12:30",
        "f": None,
        "g": "null",
        "h": None,
        "i": None,
        "j": "",
        "k": ["1", {"l": "m"}],
    }


@pytest.mark.parametrize(
    "text", ["- a\n- b", "just words", "a: &x [b]\nc: *x", "a: !!python/name:os.system x", "a: !!set {b}"]
)
def test_yaml_beyond_a_front_matter_is_refused(text: str) -> None:
    with pytest.raises(FrontMatterError):
        read_yaml(text)


MARKS = st.sampled_from(
    [*"-+;:'\"[]{}#&*!|>%@`,?\n\t \\", "---\n", "+++\n", ";;;\n", "title: ", " - ", "标题"]
)
FRONTS = st.lists(MARKS | st.text(max_size=4), max_size=40).map("".join)


@given(FRONTS)
def test_any_text_is_split_and_its_end_is_the_body(text: str) -> None:
    front = read_front_matter(text)
    assert text.endswith(front.body)
    assert all(key == key.strip().lower() for key in front.values if front.warning is None)


VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), values),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), VALUES, min_size=1, max_size=5))
def test_what_a_generator_quotes_is_read_back_as_it_was(values: dict[str, object]) -> None:
    text = yaml.safe_dump(values, default_style='"', allow_unicode=True)
    front = read_front_matter(f"---\n{text}---\n正文")
    assert (front.values, front.body, front.warning) == (values, "正文", None)
