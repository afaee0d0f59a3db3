"""PDF reports with a text layer are read as printed text is; the others are refused by name."""

import io
import time
import zlib

import pytest
from fpdf import FPDF

from hemoscribe.errors import SourceError
from hemoscribe.sources import read

from .conftest import ENGLISH, FRENCH, shown


def typewritten(pages: list[str]) -> FPDF:
    document = FPDF(format="A4")
    document.set_font("Courier", size=7)
    for page in pages:
        document.add_page()
        for line in page.split("\n"):
            document.cell(0, 3.6, line, new_x="LMARGIN", new_y="NEXT")
    return document


def tabulated() -> FPDF:
    """A table in a proportional font, values to the right, a heading on each page."""
    document = FPDF(format="A4")
    for page in (
        [("Hémoglobine", "10,2", "*", "g/dL", "(12,0 - 16,0)"),
         ("Leucocytes", "11,3", "", "G/L", "(4,0 - 10,0)")],
        [("Potassium", "4,1", "", "mmol/L", "(3,5 - 5,1)")],
    ):  # fmt: skip
        document.add_page()
        document.set_font("Helvetica", size=9)
        if document.page_no() == 1:
            for line in (
                "Laboratoire d'Armorique",
                "N° patient: 000012345     Sexe: F",
                "N° dossier: AR000017     Date de prélèvement: 25/06/2024 08:12",
            ):
                document.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
        for row in [("Examen", "Résultat", "", "Unité", "Valeurs de référence"), *page]:
            for text, width in zip(row, (72, 26, 12, 28, 44), strict=True):
                document.cell(width, 5, text, align="R" if width == 26 else "L")
            document.ln(5)
    document.ln(5)
    document.cell(0, 5, "Commentaire :", new_x="LMARGIN", new_y="NEXT")
    document.cell(0, 5, "Anémie à explorer.", new_x="LMARGIN", new_y="NEXT")
    document.ln(5)
    document.cell(0, 5, "Validé par Dr Martin")
    return document


@pytest.fixture
def pdf(tmp_path):
    def write(content: FPDF | bytes):
        path = tmp_path / "report.pdf"
        path.write_bytes(content if isinstance(content, bytes) else bytes(content.output()))
        return path

    return write


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_a_typewritten_pdf_reads_as_its_text_does(pdf, report, text):
    from_text, _ = read(report(text))
    rows, rejects = read(pdf(typewritten([text])))
    assert shown(rows) == shown(from_text)
    assert rows["comment"].to_list() == from_text["comment"].to_list()
    assert rejects.is_empty()


def test_a_table_in_a_proportional_font_over_two_pages(pdf):
    rows, rejects = read(pdf(tabulated()))
    assert shown(rows) == [
        ("2024-06-25 08:12", "hemoglobin", None, 10.2, 12.0, 16.0, "A"),
        ("2024-06-25 08:12", "leukocytes", None, 11.3, 4.0, 10.0, None),
        ("2024-06-25 08:12", "potassium", None, 4.1, 3.5, 5.1, None),
    ]
    assert rows.select("patient_id", "report_id", "sex", "comment").unique().rows() == [
        ("000012345", "AR000017", "F", "Anémie à explorer.")
    ]
    assert rejects.is_empty()


def test_a_scan_is_refused_by_name(pdf):
    document = FPDF()
    document.add_page()
    document.rect(10, 10, 50, 50)
    with pytest.raises(SourceError, match="a PDF without text, such as a scan"):
        read(pdf(document))


def test_an_encrypted_pdf_is_refused_by_name(pdf):
    document = typewritten([ENGLISH])
    document.set_encryption(owner_password="owner", user_password="user")
    with pytest.raises(SourceError, match="an encrypted PDF"):
        read(pdf(document))


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.95])
def test_a_damaged_pdf_is_refused_or_read_as_far_as_it_is_whole(pdf, kept):
    whole = bytes(typewritten([ENGLISH]).output())
    with pytest.raises(SourceError, match=r"damaged PDF|without text"):
        read(pdf(whole[: int(len(whole) * kept)].replace(b"/Pages", b"/Pagos")))


def test_a_stream_that_expands_is_refused_in_time(pdf):
    bomb = zlib.compress(b"BT /F1 9 Tf (x) Tj ET\n" * 3_000_000, 9)
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"beyond any report's size|damaged PDF"):
        read(pdf(_with_stream(bomb)))
    assert time.monotonic() - started < 5


def _with_stream(data: bytes) -> bytes:
    """A PDF of one page with this compressed content."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(data) + data + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n" % number + content + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 6\n0000000000 65535 f \n")
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start)
    return out.getvalue()
