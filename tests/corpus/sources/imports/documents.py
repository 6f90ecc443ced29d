"""Documents made for tests: of Word by its library, PDF by hand."""

import io
import zipfile
from datetime import UTC, datetime

import docx


def word(
    *paragraphs: str,
    title: str = "",
    author: str = "王五",
    modified: datetime = datetime(2026, 11, 20, tzinfo=UTC),
) -> bytes:
    document = docx.Document()
    if title:
        document.add_heading(title, 0)
    for text in paragraphs:
        document.add_paragraph(text)
    document.core_properties.author = author
    document.core_properties.modified = modified
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def pdf(*pages: str, count: int | None = None) -> bytes:
    """A PDF of pages with one line each; `count` repeats the first page without repeating its text."""
    kids = count or len(pages)
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    contents = []
    for text in pages:
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        contents.append(len(objects))
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    font = len(objects)
    first = len(objects) + 1
    for number in range(kids):
        content = contents[number % len(contents)]
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R"
            f" /Resources << /Font << /F1 {font} 0 R >> >> >>"
        )
    listed = " ".join(f"{first + number} 0 R" for number in range(kids))
    objects[1] = f"<< /Type /Pages /Count {kids} /Kids [{listed}] >>"
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    table = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for place in places:
        out.write(f"{place:010} 00000 n \n".encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def bomb(megabytes: int) -> bytes:
    """A document of Word whose text unpacks to that much."""
    raw = io.BytesIO(word("大桥"))
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part.filename)
            if part.filename == "word/document.xml":
                head, _, tail = content.partition(b"</w:body>")
                content = head + b" " * (megabytes * 1_000_000) + b"</w:body>" + tail
            target.writestr(part.filename, content)
    return out.getvalue()
