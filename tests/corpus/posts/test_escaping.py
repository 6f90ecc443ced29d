import pytest

from corpus.posts.code_regions import rewrite_outside_code
from corpus.posts.escaping import unescaped_once_more


@pytest.mark.parametrize(
    ("body", "mended"),
    [
        ("&lt;div&gt;&lt;p&gt;甲&lt;/p&gt;&lt;/div&gt;", "<div><p>甲</p></div>"),
        (
            "<p>&lt;p&gt;甲&lt;br/&gt;乙&lt;/p&gt;&lt;p&gt;丙&lt;/p&gt;</p>",
            "<p><p>甲<br/>乙</p><p>丙</p></p>",
        ),
        (
            '<p>见&lt;a href="https://e.org"&gt;此&lt;/a&gt;。</p>',
            '<p>见<a href="https://e.org">此</a>。</p>',
        ),
        ("<p>甲&amp;nbsp;乙&amp;#8220;</p>", "<p>甲&nbsp;乙&#8220;</p>"),
    ],
)
def test_what_was_escaped_twice_is_decoded_once_more(body: str, mended: str) -> None:
    assert unescaped_once_more(body) == mended


@pytest.mark.parametrize(
    "body",
    [
        "<pre>&lt;p&gt;甲&lt;/p&gt;&lt;p&gt;乙&lt;/p&gt;</pre>",
        "<p>标签 &lt;p&gt; 和 &lt;/p&gt; 成对。</p>",
        "<p>泛型 List&lt;String&gt; 和 &lt;system&gt;。</p>",
        "<p>a &lt; b &gt; c，&lt;5%，&lt;新华社&gt;</p>",
        "```\n&lt;p&gt;甲&lt;/p&gt;&lt;p&gt;\n```\n文字",
        "<p>用 &amp;lt; 表示小于号。</p>",
        "<p>转义 &amp;quot; 得到引号。</p>",
        "<p>单独的 &lt;b&gt; 不动。</p>",
    ],
)
def test_prose_and_code_about_markup_stay(body: str) -> None:
    assert unescaped_once_more(body) == body


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a `b` c", "[a ]`b`[ c]"),
        ("a<pre>b<pre>c</pre>d</pre>e", "[a]<pre>b<pre>c</pre>d</pre[>e]"),
        ("a\n~~~\nb\n```\n~~~\nc", "[a\n]~~~\nb\n```\n~~~[\nc]"),
        ("a <code>b", "[a ][<code>b]"),
    ],
)
def test_code_is_left_alone(text: str, marked: str) -> None:
    assert rewrite_outside_code(text, lambda piece: f"[{piece}]").replace("[]", "") == marked
