"""Word and PDF documents → articles, by the extra `documents`; bombs are refused before they are unpacked."""

import html
import io
import logging
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from corpus.extras import install_command
from corpus.sources.imports.texts import is_wrapped, joined_lines
from corpus.sources.imports.values import UnreadableError
from corpus.text.characters import clean_line

MAX_UNPACKED_BYTES: Final = 200_000_000
MAX_PARTS: Final = 10_000
MAX_PAGES: Final = 3_000
MAX_TEXT_CHARS: Final = 3_000_000
MAX_HEADING_CHARS: Final = 100

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADING: Final = re.compile(r"(?:heading|标题|標題)\s*([1-6])", re.I)
_LIST: Final = re.compile(r"list|列表|项目符号|清單", re.I)
_NO_AUTHOR: Final = re.compile(
    r"python-docx|apache poi|docx4j|un-named|openpyxl|microsoft office user|admin(?:istrator)?|user"
    r"|(?:微软|微軟|windows ?)?(?:用户|用戶)",
    re.I,
)
_TEMPLATE_TIME: Final = datetime(2013, 12, 23, 23, 15)  # noqa: DTZ001 — compared without a zone
"""When the template was made from which python-docx makes documents that give no time."""

_JUNK_TITLE: Final = re.compile(
    r"microsoft word\s?-.*|.*\.(?:docx?|pdf|rtf|wps|indd|tex)|untitled.*|无标题.*|未命名.*"
    r"|(?:document|文档)\s?\d{0,9}|word document|slide \d{1,9}|powerpoint.*|presentation",
    re.I | re.S,
)
_PAGE_NUMBER: Final = re.compile(
    r"[-–—]{0,3} ?(?:第 ?)?\d{1,4}(?: ?[/／] ?\d{1,4})?(?: ?页)? ?[-–—]{0,3}|page \d{1,4}(?: of \d{1,4})?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says.

    Attributes:
        title: One line; empty: unknown.
        body: HTML.
        author: Who wrote it, or None.
        published: When it was written, aware UTC, or None.
    """

    title: str
    body: str
    author: str | None = None
    published: datetime | None = None


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, datetime) or value.year < 1990 or value.replace(tzinfo=None) == _TEMPLATE_TIME:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _given_author(text: str) -> str | None:
    """The author that a document names; None where it is what a program or a system puts there."""
    author = clean_line(text)
    return None if not author or _NO_AUTHOR.fullmatch(author) else author


def _given_title(text: str) -> str:
    title = clean_line(text)
    return "" if _JUNK_TITLE.fullmatch(title) else title


# --- Word ----------------------------------------------------------------------------------------


def read_docx(raw: bytes) -> Document:
    """Read a document of Word.

    Raises:
        UnreadableError: It is none, is protected, unpacks to too much, or the extra is not installed.
    """
    if raw.startswith(_OLE):
        raise UnreadableError("protected by a password, or an old .doc: save it as .docx without one")
    _check_zip(raw)
    try:
        import docx
        from docx.opc.exceptions import PackageNotFoundError
    except ImportError as error:
        raise UnreadableError(f"needs the extra `documents`: {install_command('documents')}") from error
    try:
        document = docx.Document(io.BytesIO(raw))
        parts = list(_docx_parts(document))
        properties = document.core_properties
    except (PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile, OSError, AttributeError) as error:
        raise UnreadableError(f"no document of Word: {_line(error)}") from error
    title = next((text for kind, text in parts if kind == "title"), "")
    title = title or next((text for kind, text in parts if kind.startswith("h")), "")
    return Document(
        title=title or _given_title(properties.title or "") or _first_line(parts),
        body=_body(parts),
        author=_given_author(properties.author or ""),
        published=_moment(properties.modified) or _moment(properties.created),
    )


def _check_zip(raw: bytes) -> None:
    """Refuse what unpacks to too much; the sizes that an archive names bound what is read of it.

    Raises:
        UnreadableError: It does, or is no ZIP file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableError(f"no document of Word: {_line(error)}") from error
    size = sum(part.file_size for part in parts)
    if size > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        raise UnreadableError(f"unpacks to {size:,} bytes in {len(parts):,} parts, more than is read")


def _docx_parts(document: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each part in reading order; texts of rows are HTML."""
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            for row in block.rows:
                cells = dict.fromkeys(cell.text.strip() for cell in row.cells)
                yield "row", "".join(f"<td>{_escaped(text)}</td>" for text in cells)
            continue
        text = block.text.strip()
        if not text:
            continue
        style = str(getattr(block.style, "name", "") or "")
        if style.lower() == "title" or style == "标题":
            yield "title", clean_line(text)
        elif (found := _HEADING.match(style)) and len(text) <= MAX_HEADING_CHARS:
            yield f"h{found[1]}", clean_line(text)
        else:
            is_item = _LIST.search(style) or (block._p.pPr is not None and block._p.pPr.numPr is not None)  # noqa: SLF001 — no public door
            yield ("li" if is_item else "p"), text


def _escaped(text: str) -> str:
    return "<br>\n".join(html.escape(line.strip(), quote=False) for line in text.split("\n") if line.strip())


def _body(parts: list[tuple[str, str]]) -> str:
    lines: list[str] = []
    open_tag = ""
    for kind, text in parts:
        group = {"li": "ul", "row": "table"}.get(kind, "")
        if group != open_tag:
            lines += [f"</{open_tag}>"] * bool(open_tag) + [f"<{group}>"] * bool(group)
            open_tag = group
        if kind == "row":
            lines.append(f"<tr>{text}</tr>")
        elif kind != "title":
            lines.append(f"<{kind}>{_escaped(text)}</{kind}>")
    return "\n".join([*lines, *([f"</{open_tag}>"] if open_tag else [])])


def _first_line(parts: list[tuple[str, str]]) -> str:
    kind, text = parts[0] if parts else ("", "")
    line = clean_line(text.split("\n")[0])
    is_title = kind == "p" and len(line) <= 60 and not line.endswith(("。", "，", "；", ".", ","))
    return line if is_title and len(parts) > 1 else ""


# --- PDF -----------------------------------------------------------------------------------------


def read_pdf(raw: bytes) -> Document:
    """Read a PDF document.

    Raises:
        UnreadableError: It is none, is protected, is long, has no text, or the extra is not installed.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise UnreadableError(f"needs the extra `documents`: {install_command('documents')}") from error
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # the report says what is wrong
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(io.BytesIO(raw))
            if reader.is_encrypted and not reader.decrypt(""):
                raise UnreadableError("protected by a password")
            pages = _pdf_pages(reader)
            facts = reader.metadata
            title = _given_title(str((facts and facts.title) or ""))
            author = _given_author(str((facts and facts.author) or ""))
            published = _pdf_date(facts)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"no PDF document that can be read: {_line(error)}") from error
    except ImportError as error:
        raise UnreadableError("protected in a way that is not read") from error
    lines = _without_repeated(pages)
    if not any(map(str.isalnum, "".join(lines))):
        raise UnreadableError("a PDF document without text: scanned pages are pictures")
    paragraphs = _pdf_paragraphs(lines)
    if (
        not title
        and paragraphs
        and len(paragraphs[0]) <= 60
        and not paragraphs[0].endswith(("。", ".", "，"))
    ):
        title = clean_line(paragraphs[0])
    body = "\n".join(f"<p>{html.escape(text, quote=False)}</p>" for text in paragraphs)
    return Document(title, body, author, published)


def _pdf_date(facts: Any) -> datetime | None:
    try:
        return _moment(facts and (facts.creation_date or facts.modification_date))
    except (ValueError, TypeError, AttributeError):
        return None


def _pdf_pages(reader: Any) -> list[list[str]]:
    """Return the lines of each page.

    Raises:
        UnreadableError: There are too many pages, or is too much text.
    """
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise UnreadableError(f"{count:,} pages, more than the {MAX_PAGES:,} that are read")
    pages = []
    size = 0
    for page in reader.pages:
        text = page.extract_text() or ""
        size += len(text)
        if size > MAX_TEXT_CHARS:
            raise UnreadableError(f"more than {MAX_TEXT_CHARS:,} characters")
        pages.append([line.rstrip() for line in text.split("\n")])
    return pages


def _without_repeated(pages: list[list[str]]) -> list[str]:
    """Return all lines, without page numbers, and heads and feet that stand on most pages."""
    edges: dict[str, int] = {}
    for page in pages:
        shown = [line.strip() for line in page if line.strip()]
        for line in {*shown[:2], *shown[-2:]}:
            edges[line] = edges.get(line, 0) + 1
    repeated = {line for line, count in edges.items() if count >= 3 and count * 2 > len(pages)}
    return [
        line
        for page in pages
        for line in page
        if line.strip() not in repeated and not _PAGE_NUMBER.fullmatch(line.strip() or "-")
    ]


def _pdf_paragraphs(lines: list[str]) -> list[str]:
    lines = [line for line in lines if line.strip()]
    return [
        clean_line(one) for one in (joined_lines(lines) if is_wrapped(lines) else lines) if clean_line(one)
    ]


def _line(error: Exception) -> str:
    return clean_line(str(error) or type(error).__name__)[:150]
