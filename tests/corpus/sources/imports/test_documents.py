"""Word and PDF documents."""

import io
from datetime import UTC, datetime

import docx
import pytest

from corpus.sources.imports.documents import read_docx, read_pdf
from corpus.sources.imports.values import UnreadableError
from tests.corpus.sources.imports.documents import bomb, pdf, word


def test_a_document_of_word_keeps_headings_lists_and_tables() -> None:
    document = docx.Document()
    document.add_heading("抢通纪要", 0)
    document.add_paragraph("望江大桥昨夜恢复通行 <双向>。")
    document.add_heading("一、过程", 1)
    document.add_paragraph("先修桥面", style="List Bullet")
    document.add_paragraph("后修护栏", style="List Bullet")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "桥面", "三百万元"
    file = io.BytesIO()
    document.save(file)
    found = read_docx(file.getvalue())
    assert found.title == "抢通纪要"
    assert found.body == (
        "<p>望江大桥昨夜恢复通行 &lt;双向&gt;。</p>\n<h1>一、过程</h1>\n"
        "<ul>\n<li>先修桥面</li>\n<li>后修护栏</li>\n</ul>\n"
        "<table>\n<tr><td>桥面</td><td>三百万元</td></tr>\n</table>"
    )


@pytest.mark.parametrize("author", ["python-docx", "Administrator", "微软用户", ""])
def test_what_a_program_puts_there_is_no_author(author: str) -> None:
    assert read_docx(word("正文在这里。", author=author)).author is None


def test_the_time_of_a_template_is_none() -> None:
    document = docx.Document()
    document.add_paragraph("正文在这里。")
    made = io.BytesIO()
    document.save(made)
    found = read_docx(made.getvalue())
    assert (found.author, found.published) == (None, None)


def test_a_document_of_word_tells_author_and_day() -> None:
    found = read_docx(word("正文在这里。", author="赵六", modified=datetime(2026, 11, 20, 8, tzinfo=UTC)))
    assert (found.author, found.published) == ("赵六", datetime(2026, 11, 20, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("paragraphs", "title"),
    [(("大桥抢通", "昨夜恢复通行。"), "大桥抢通"), (("昨夜恢复通行，比计划早。", "三人轻伤。"), "")],
)
def test_a_short_first_paragraph_is_the_title(paragraphs: tuple[str, ...], title: str) -> None:
    assert read_docx(word(*paragraphs)).title == title


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no document of Word"),
        (b"PK\3\4 nothing", "no document of Word"),
        (word("x")[:-100], "no document of Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "password"),
        (bomb(210), "unpacks to"),
    ],
    ids=["empty", "no zip", "cut off", "old or protected", "bomb"],
)
def test_what_is_no_document_of_word_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_docx(raw)


def test_a_pdf_gives_its_paragraphs_without_page_numbers_and_heads() -> None:
    pages = [
        f"Bridge Weekly) Tj 0 -20 Td (Page {n} tells what was done.) Tj 0 -20 Td ({n}" for n in range(1, 6)
    ]
    body = read_pdf(pdf(*pages)).body
    assert [f"Page {n} tells what was done." in body for n in range(1, 6)] == [True] * 5
    assert "Bridge Weekly" not in body
    assert "<p>3</p>" not in body


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no PDF"),
        (b"%PDF-1.7 nothing", "no PDF"),
        (pdf("text")[:150], "no PDF"),
        (pdf(""), "without text"),
        (pdf("x", count=3_001), "3,001 pages"),
    ],
    ids=["empty", "no pdf", "cut off", "scanned", "too long"],
)
def test_what_is_no_pdf_with_a_text_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_pdf(raw)


def test_without_the_extra_a_document_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.setitem(sys.modules, "pypdf", None)
    for read, raw in ((read_docx, word("x")), (read_pdf, pdf("x"))):
        with pytest.raises(UnreadableError, match="documents"):
            read(raw)
