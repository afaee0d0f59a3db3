"""Hostile XML ends in one sentence, before anything is expanded or fetched."""

import time

import pytest

from hemoscribe.errors import SourceError
from hemoscribe.sources import read
from hemoscribe.sources.xml_trees import MAX_DEPTH, root_of_bytes

CDA = '<ClinicalDocument xmlns="urn:hl7-org:v3">{}</ClinicalDocument>'
FHIR = '<Bundle xmlns="http://hl7.org/fhir">{}</Bundle>'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
DECLARED = {
    "bomb": f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>',
    "file": '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>',
    "host": '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
}


@pytest.mark.parametrize("document", [CDA, FHIR])
@pytest.mark.parametrize("declared", list(DECLARED))
def test_document_types_and_entities_are_refused(export, document, declared):
    text = '<?xml version="1.0"?>' + DECLARED[declared] + document.format("&a9;")
    started = time.monotonic()
    with pytest.raises(SourceError, match="declares entities or a document type"):
        read(export(text, "x.xml"))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("document", [CDA, FHIR])
@pytest.mark.parametrize(
    ("inside", "sentence"),
    [
        ("<a>" * 100_000 + "</a>" * 100_000, "nested too deeply"),
        ("<a>", "not valid XML"),
        ("<a>\x00</a>", "not valid XML"),
        ("&nbsp;", "not valid XML"),
    ],
)
def test_what_is_no_sound_xml_is_one_sentence(export, document, inside, sentence):
    with pytest.raises(SourceError, match=sentence):
        read(export(document.format(inside), "x.xml"))


def test_depth_is_bounded_where_it_is_said_to_be():
    assert root_of_bytes(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, "x") is not None
    with pytest.raises(SourceError, match=f"more than {MAX_DEPTH} levels"):
        root_of_bytes(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_every_encoding_xml_may_have(export, encoding):
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><a>é</a>'
    assert root_of_bytes(text.encode(encoding), "x").text == "é"
    with pytest.raises(SourceError, match="not valid XML"):
        root_of_bytes(b'<?xml version="1.0" encoding="x-none"?><a/>', "x")
