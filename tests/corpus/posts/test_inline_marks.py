import pytest

from corpus.posts.blocks import read_blocks
from corpus.posts.inline_marks import lowered, raised, without_fractions


@pytest.mark.parametrize(
    ("content", "before", "linked", "shown"),
    [
        ("8", "0", False, "⁸"),
        ("−27", "0", False, "⁻²⁷"),
        ("2", "米", False, "²"),
        ("2n", "x", False, "²ⁿ"),
        ("a+b", "x", False, "^(a+b)"),
        ("k", "x", False, "^k"),
        ("th", "4", False, "th"),
        ("®", "名", False, "®"),
        ("上标", "字", False, "上标"),
        ("1", "五", False, ""),
        ("12", "。", False, ""),
        ("[3]", "x", False, ""),
        ("注2", "量", False, ""),
        ("3", "h", True, ""),
        ("a", "率", True, ""),
    ],
)
def test_a_raised_text_keeps_its_meaning(content: str, before: str, linked: bool, shown: str) -> None:
    assert raised(content, before=before, linked=linked) == shown


def test_lowered_digits_and_words() -> None:
    assert [lowered(text) for text in ("2", "0+1", "max", "n")] == ["₂", "₀₊₁", "max", "n"]


def test_a_fraction_is_written_in_plain_digits() -> None:
    assert without_fractions("速度 ²³³⁄₁₂₁，10⁸/秒") == "速度 233⁄121，10⁸/秒"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        ("<math><msub><mi>x</mi><mn>1</mn></msub></math>", "x₁"),
        ("<math><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup></math>", "x₁²"),
        ("<math><mroot><mn>8</mn><mn>3</mn></mroot></math>", "³√8"),
        ('<img eeimg="1" alt="\\alpha">', "\\alpha"),
        ('<img src="https://e.org/equation?tex=y" alt="y">', "y"),
        ('<img class="photo" alt="一座桥">', ""),
        ('<span class="MathJax">x2</span><script type="math/tex">x^2</script>', "x^2"),
        ('<span class="katex"><span class="katex-html">x</span></span>', "x"),
    ],
)
def test_a_formula_is_read_from_its_source(markup: str, text: str) -> None:
    assert [block.text for block in read_blocks(f"<p>设{markup}。</p>")] == [f"设{text}。"]


def test_a_formula_that_is_not_closed_swallows_nothing() -> None:
    assert [block.text for block in read_blocks("<p>甲<math><mi>x</mi></p><p>乙</p><p>丙</p>")] == [
        "甲x",
        "乙",
        "丙",
    ]


def test_deep_formulas_are_read_in_time() -> None:
    depth = 5_000
    [block] = read_blocks("<math>" + "<mrow>" * depth + "x" + "</mrow>" * depth + "</math>")
    assert block.text == "x"
