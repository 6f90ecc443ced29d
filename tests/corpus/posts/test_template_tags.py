import pytest

from corpus.posts.template_tags import without_tags


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("见{% link 江城网, https://example.org/, /a.png %}。", "见江城网。"),
        ("见{% link _posts/2026-01-01-a.md %}。", "见。"),
        ("见{% post_link 河堤 %}和{% post_link 2026-a '题 目' false %}。", "见河堤和题 目。"),
        ("{% label danger@急 %}{% label 缓 blue %}{% label @平 %}", "急缓平"),
        ("{% span 'p red', 三人轻伤 %}", "三人轻伤"),
        ("{% wavy 今晚 %}{% mytag 明晚 class-x 12px %}", "今晚明晚"),
        ("{% img /a.jpg 300 %}{% asset_img a.jpg %}{% youtube abc %}{% gist 123 %}", ""),
        ("{% if page.lang == \"中文\" %}甲{% endif %}{% assign x = '中文' %}", "甲"),
        ('{{< youtube abc >}}{{< button href="/x" >}}点我{{< /button >}}', "点我"),
        ('{{< badge content="新" >}}{{< tooltip "解释" >}}', "新解释"),
        ('{{</* figure src="a" */>}}', '{{&lt; figure src="a" &gt;}}'),
        (
            "{{ site.baseurl }}{{ '/a' | relative_url }}{{ url_for('x') }}{{ $x }}{{ name }}",
            "/a{{ $x }}{{ name }}",
        ),
        ("甲{# 改 #}乙{{/* 改 */}}丙", "甲乙丙"),
        ("甲{% comment %}内{% x %}部{% endcomment %}乙", "甲乙"),
        ("{% raw %}{% label a@b %}{% endraw %}", "{% label a@b %}"),
        ("## 题 {#id-1}", "## 题"),
        ("没有结尾 {% label 甲", "没有结尾 {% label 甲"),
        ("集合 {1, 2} 和 {#1} 不变", "集合 {1, 2} 和 {#1} 不变"),
    ],
)
def test_tags_stand_for_their_text(body: str, text: str) -> None:
    assert without_tags(body, title="题").strip() == text


def test_code_keeps_its_tags() -> None:
    for code in ("`{% kbd a %}`", "```\n{{ site.x }}\n```", "<pre>{% kbd a %}</pre>", "<code>{# a #}</code>"):
        assert without_tags(f"甲\n\n{code}\n\n乙", title="") == f"甲\n\n{code}\n\n乙"


def test_a_caption_is_a_caption_in_html_too() -> None:
    body = '<p>甲</p>\n{% include figure.html caption="桥 < 堤" %}\n<p>{% kbd F5 %}</p>'
    assert "<figcaption>桥 &lt; 堤</figcaption>" in without_tags(body, title="")
    assert "<p>F5</p>" in without_tags(body, title="")
