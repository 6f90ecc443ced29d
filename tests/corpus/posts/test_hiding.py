from collections.abc import Mapping

import pytest

from corpus.posts.blocks import read_blocks
from corpus.posts.hiding import is_hidden, opened_ids

LONG = "<p>这是正文，很长，比藏起来的都长，还要长，再长一些，足够长了吧。</p>"


def texts(markup: str) -> list[str]:
    return [block.text for block in read_blocks(markup + LONG)][:-1]


@pytest.mark.parametrize(
    "markup",
    [
        '<div role="tabpanel" hidden="false">密码</div>',
        '<div role="tabpanel" style="display:none">密码</div>',
        '<div class="tab-pane fade" style="display:none">密码</div>',
        '<div class="collapse" id="c1" hidden>密码</div>',
        '<div class="su-spoiler-content" style="display: none">密码</div>',
        '<a href="#x1"></a><div id="x1" style="display:none">密码</div>',
        '<p onclick="toggle(\'x2\')"></p><div id="x2" style="display:none">密码</div>',
        '<p onclick="this.nextElementSibling.hidden=false"></p><div style="display:none">密码</div>',
        '<h3><button aria-expanded="false" aria-controls="x3">密码</button></h3>',
    ],
)
def test_what_a_click_opens_is_text(markup: str) -> None:
    assert texts(markup) == ["密码"]


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="display:none">代码</div>',
        "<div hidden>代码</div>",
        '<div class="navbar-collapse collapse" style="display:none">菜单</div>',
        '<a href="#share"></a><div id="share" style="display:none">微博</div>',
        '<div class="comment-list">沙发</div>',
        "<button>提交</button>",
        '<button aria-controls="menu" class="menu-toggle">菜单</button>',
    ],
)
def test_what_stays_hidden_is_none(markup: str) -> None:
    assert texts(markup) == []


def test_ids_come_from_links_buttons_and_scripts() -> None:
    markup = '<a href=\'#a1\'><i data-bs-target="#b-2"><b aria-controls="c3"><u onclick="show(\'d4\', 1)">'
    assert opened_ids(markup) == {"a1", "b-2", "c3", "d4"}


def test_ids_are_only_asked_for_where_something_is_hidden() -> None:
    def fail() -> frozenset[str]:
        raise AssertionError("asked for")

    seen: Mapping[str, str] = {"id": "a", "class": "b"}
    assert not is_hidden("div", seen, fail, hidden=False)
