import pytest

from corpus.posts.prose_as_code import is_prose, without_stray_fences


@pytest.mark.parametrize(
    "lines",
    [
        ["今天上午，三人轻伤。", "", "抢修连夜进行。"],
        ["床前明月光，", "疑是地上霜。"],
        ["“走吧！”他说。"],
        ["江城 北岸 渡口"],
    ],
)
def test_indented_chinese_sentences_are_prose(lines: list[str]) -> None:
    assert is_prose(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["# 安装依赖", "apt install x"],
        ["标题: 河堤", "  值 = 一"],
        ["<p>段落</p>"],
        ["x = 1"],
        [],
        ["return 结果;"],
    ],
)
def test_code_is_no_prose(lines: list[str]) -> None:
    assert not is_prose(lines)


def mended(text: str) -> str:
    return "\n".join(without_stray_fences(text.split("\n")))


@pytest.mark.parametrize(
    "text",
    [
        "```\nx\n```",
        "```\n\n河堤完工了。\n\n```",
        "```\nx = 1\n\ny = 2",
        "```sh\n# 第一步\n\n# 第二步\nls",
        "````markdown\n\n正文。\n\n```sh\nls\n```\n````",
        "``` 行内 ``` 的写法。\n\n正文。",
        "没有代码。",
    ],
)
def test_code_that_is_meant_stays(text: str) -> None:
    assert mended(text) == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("甲。\n```\n\n乙来了。", "甲。\n\n\n乙来了。"),
        ("~~~\n\n- 河堤完工\n", "\n\n- 河堤完工\n"),
        ("```sh\nls\n\n然后看结果。", "```sh\nls\n```\n然后看结果。"),
        ("```\nx\n```\n\n```\n\n## 民生\n\n河堤完工了。", "```\nx\n```\n\n\n\n## 民生\n\n河堤完工了。"),
    ],
)
def test_a_slip_is_mended(text: str, result: str) -> None:
    assert mended(text) == result
