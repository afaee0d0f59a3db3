import re
import time
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.errors import SourceError
from hemoscribe.sources import read, read_panels
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.formats import FORMATS
from hemoscribe.sources.mapping import Mapping

LOINC = 'codeSystem="2.16.840.1.113883.6.1"'
HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.250.9" extension="D2"/><code code="11502-2"/>
<effectiveTime value="20240305101500+0100"/>
<setId root="1.2.250.9" extension="D"/><versionNumber value="1"/>{replaces}
<recordTarget><patientRole><id nullFlavor="UNK"/><id root="1.2.250.1.213.1.4.8" extension="P1"/>
<patient><administrativeGenderCode code="F"/><birthTime value="19700301"/></patient>
</patientRole></recordTarget>
<custodian><assignedCustodian><representedCustodianOrganization><name>Labo des Charmes</name>
</representedCustodianOrganization></assignedCustodian></custodian>
<participant typeCode="PRF"><functionCode code="PRELV"/><time><high value="202403050735+0100"/>
</time></participant>"""


def document(*entries: str, text: str = "", replaces: str = "", section: str = "18719-5") -> str:
    return (
        HEADER.replace("{replaces}", replaces)
        + f'<component><structuredBody><component><section><code code="{section}" '
        + f'displayName="Chapitre"/><text>{text}</text><entry><act classCode="ACT"><code code="'
        + f'{section}"/><statusCode code="completed"/>'
        + "".join(
            f'<entryRelationship typeCode="COMP">{one}</entryRelationship>' for one in entries
        )
        + "</act></entry></section></component></structuredBody></component></ClinicalDocument>"
    )


def observation(
    value: str,
    *,
    code: str = f'<code code="2823-3" displayName="Potassium" {LOINC}/>',
    status: str = "completed",
    more: str = "",
    attributes: str = "",
) -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN" {attributes}>{code}'
        f'<statusCode code="{status}"/>{value}{more}</observation>'
    )


def quantity(number: str, unit: str = "mmol/L", inside: str = "") -> str:
    return f'<value xsi:type="PQ" value="{number}" unit="{unit}">{inside}</value>'


def limits(low: str, high: str, *, unit: str = "mmol/L", condition: str = "", meaning="N") -> str:
    return (
        '<referenceRange typeCode="REFV"><observationRange><value xsi:type="IVL_PQ">'
        f'<low value="{low}" unit="{unit}"/><high value="{high}" unit="{unit}"/></value>'
        f'<interpretationCode code="{meaning}"/>{condition}</observationRange></referenceRange>'
    )


GLUCOSE = f'<code code="40193-5" displayName="Glucose à jeun" {LOINC}>{{}}</code>'
ABOUT = '<originalText><reference value="#glu"/></originalText>'


def test_a_coded_entry_is_a_row(export):
    flag = '<interpretationCode code="L"/>'
    note = (
        '<entryRelationship typeCode="SUBJ"><act><code code="48767-8"/><text>'
        '<reference value="#note"/></text></act></entryRelationship>'
    )
    entry = observation(quantity("3.1"), more=flag + note + limits("3.5", "5.1"))
    rows, rejects = read(
        export(document(entry, text='<paragraph ID="note">Contrôlé.</paragraph>'), "a.xml")
    )
    row = rows.row(0, named=True)
    assert (row["analyte"], row["value"], row["low"], row["high"]) == ("potassium", 3.1, 3.5, 5.1)
    assert (row["patient_id"], row["sex"], round(row["age_years"], 1)) == ("P1", "F", 54.0)
    assert (row["laboratory"], row["laboratory_flag"]) == ("Labo des Charmes", "L")
    assert (row["collected_at"], row["report_id"]) == (datetime(2024, 3, 5, 7, 35), "1.2.250.9 D")
    assert (row["comment"], row["status"], rejects.height) == ("Contrôlé.", "final", 0)


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        ('<value xsi:type="IVL_PQ"><high value="3" unit="mmol/L"/></value>', "<=3"),
        ('<value xsi:type="IVL_PQ"><low value="9" unit="mmol/L" inclusive="false"/></value>', ">9"),
        ('<value xsi:type="cda:PQ" value="4,1" unit="mmol/L"/>', "4,1"),
        ('<value xsi:type="REAL" value="4.1"/>', "4.1"),
        ('<value xsi:type="INT" value="4"/>', "4"),
        ('<value xsi:type="ST">4.1</value>', "4.1"),
        ('<value value="4.1" unit="mmol/L"/>', "4.1"),
    ],
)
def test_every_way_to_state_a_number(export, value, read_as):
    rows, _ = read(export(document(observation(value)), "a.xml"))
    assert rows["reported_value"].to_list() == [read_as]


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        (observation('<value xsi:type="CO" displayName="positif" code="1"/>'), "not_a_number", ""),
        (observation('<value xsi:type="CD"><originalText>trouble</originalText></value>'),
         "not_a_number", ""),
        (observation('<value xsi:type="RTO_PQ_PQ"><numerator value="1"/></value>'),
         "not_a_number", "A value of type RTO_PQ_PQ is no quantity."),
        (observation('<value xsi:type="IVL_PQ"><low value="1" unit="mmol/L"/><high value="3" '
                     'unit="mmol/L"/></value>'), "not_a_number", ""),
        (observation('<value xsi:type="PQ" nullFlavor="NAV"/>'), "no_value", ""),
        (observation('<value xsi:type="PQ" nullFlavor="NAV"><originalText>Tube hémolysé'
                     "</originalText></value>"), "unusable_sample", ""),
        (observation(quantity("4"), attributes='negationInd="true"'), "negated", "not observed"),
        (observation(quantity("", ""), status="aborted"), "cancelled", ""),
        (observation(quantity("4", "g/L{x}y")), "unknown_unit", ""),
    ],
)  # fmt: skip
def test_what_is_no_number_is_a_named_reject(export, entry, code, said):
    whole = document(entry, observation(quantity("140"), code=f'<code code="2951-2" {LOINC}/>'))
    rows, rejects = read(export(whole, "a.xml"))
    assert rows["analyte"].to_list() == ["sodium"]
    assert rejects["code"].to_list() == [code]
    assert said in rejects["message"][0]


def test_one_result_in_two_units_is_one_row(export):
    both = quantity("4.89", inside='<translation value="0.88" code="g/L"/>')
    rows, rejects = read(export(document(observation(both, code=GLUCOSE.format(""))), "a.xml"))
    assert rows.select("reported_value", "reported_unit").rows() == [("4.89", "mmol/L")]
    assert rejects.select("code", "reported_value", "results").rows() == [("duplicate", "0.88", 0)]
    twice = quantity("4.89", "mmole par litre") + quantity("0.88", "g/L")
    rows, rejects = read(export(document(observation(twice, code=GLUCOSE.format(""))), "a.xml"))
    assert rows.select("reported_value", "reported_unit").rows() == [("0.88", "g/L")]
    assert rejects["reported_unit"].to_list() == ["mmole par litre"]


@pytest.mark.parametrize(
    "cell",
    ["4.89 mmol/L (0.70 - 1.08 g/L)", "4.89 mmol/L le 3 mai, 0.95 g/L avant", "4.89 9.9 mmol/L",
     "4.89 mmol/L (3.9 à 6.0 mmol/L)", "4.89"],
)  # fmt: skip
def test_ranges_and_words_in_a_cell_are_no_second_unit(export, cell):
    table = f"<table><tbody><tr><td ID='glu'>Glycémie</td><td>{cell}</td></tr></tbody></table>"
    entry = observation(quantity("4.89"), code=GLUCOSE.format(ABOUT))
    rows, rejects = read(export(document(entry, text=table), "a.xml"))
    assert (rows["value"].to_list(), rejects.height) == ([4.89], 0)


@pytest.mark.parametrize(("printed", "kept"), [("0,88 g/L", 1), ("0,9 g/L", 1), ("8,8 g/L", 0)])
def test_a_second_unit_in_the_text_must_agree(export, printed, kept):
    table = (
        '<table><tbody><tr><td rowspan="2">Glycémie<content ID="glu"/></td><td>4.89 mmol/L</td>'
        f"<td>(3.9 - 6.0)</td></tr><tr><td>{printed}</td><td>(0.7 - 1.1)</td></tr></tbody></table>"
    )
    sodium = observation(quantity("140"), code=f'<code code="2951-2" {LOINC}/>')
    entry = observation(quantity("4.89"), code=GLUCOSE.format(ABOUT))
    rows, rejects = read(export(document(entry, sodium, text=table), "a.xml"))
    assert rows.height == 1 + kept
    assert rejects["code"].to_list() == ([] if kept else ["contradiction"]) + ["duplicate"]


def test_a_coded_range_of_two_equal_limits_is_the_printed_one(export):
    table = (
        '<table><tbody><tr><td><content ID="glu">Glycémie</content></td><td>4.89</td>'
        "<td>3,89 à 6,00</td></tr></tbody></table>"
    )
    entry = observation(quantity("4.89"), code=GLUCOSE.format(ABOUT), more=limits("3.89", "3.89"))
    rows, _ = read(export(document(entry, text=table), "a.xml"))
    assert rows.select("low", "high").row(0) == (3.89, 6.0)
    rows, _ = read(export(document(entry), "a.xml"))
    assert rows.select("low", "high").row(0) == (None, None)


def test_the_range_is_the_patient_s(export):
    def of(code: str, value: str) -> str:
        return f"<precondition><criterion><code code='{code}'/>{value}</criterion></precondition>"

    woman, man = (of("SEX", f"<value xsi:type='CD' code='{sex}'/>") for sex in "FM")
    child = of("AGE", "<value xsi:type='IVL_PQ'><high value='15' unit='a'/></value>")
    ranges = (
        limits("1", "2", condition=man)
        + limits("3", "4", condition=woman)
        + limits("5", "6", condition=child)
        + limits("7", "8", meaning="HH")
    )
    rows, _ = read(export(document(observation(quantity("3.5"), more=ranges)), "a.xml"))
    assert rows.select("low", "high").row(0) == (3.0, 4.0)
    other_unit = limits("0.14", "0.2", unit="g/L")
    rows, _ = read(export(document(observation(quantity("3.5"), more=other_unit)), "a.xml"))
    assert rows.select("low", "high").row(0) == (None, None)


def test_earlier_results_are_of_their_own_time(export):
    earlier = observation(quantity("4.0"), more='<effectiveTime value="20230101080000"/>')
    more = f'<entryRelationship typeCode="REFR">{earlier}</entryRelationship>'
    rows, _ = read(export(document(observation(quantity("4.4"), more=more)), "a.xml"))
    assert rows.select("report_id", "value", "collected_at").rows() == [
        ("1.2.250.9 D", 4.4, datetime(2024, 3, 5, 7, 35)),
        ("P1@20230101T080000", 4.0, datetime(2023, 1, 1, 8)),
    ]


def test_a_replacing_document_corrects(export):
    replaces = '<relatedDocument typeCode="RPLC"><parentDocument/></relatedDocument>'
    whole = document(observation(quantity("4.4")), replaces=replaces)
    assert read(export(whole, "a.xml"))[0]["status"].to_list() == ["corrected"]


def test_other_fluids_and_germs_are_refused_by_name(export):
    urine = (
        '<procedure><participant typeCode="PRD"><participantRole><playingEntity><code code="UR" '
        'displayName="Urine"/></playingEntity></participantRole></participant></procedure>'
    )
    with pytest.raises(SourceError, match="A result of Urine; only blood is read"):
        read(export(document(urine, observation(quantity("30"))), "a.xml"))
    germ = (
        '<organizer classCode="CLUSTER"><specimen><specimenRole><specimenPlayingEntity '
        'classCode="MIC"><code code="1" displayName="Escherichia coli"/></specimenPlayingEntity>'
        "</specimenRole></specimen><component>"
        + observation(quantity("8", "ug/mL"), code=f'<code code="20-8" {LOINC}/>')
        + "</component></organizer>"
    )
    with pytest.raises(SourceError, match=r"microbiology \(Escherichia coli\), which is not read"):
        read(export(document(germ, section="18725-2"), "a.xml"))


def test_a_local_code_is_told_by_its_translation_or_its_words(export):
    local = '<code><translation code="1234" displayName="C Réactive protéine"/></code>'
    words = '<code nullFlavor="NA"><originalText>Ferritine</originalText></code>'
    rows, _ = read(
        export(
            document(
                observation(quantity("3", "mg/L"), code=local),
                observation(quantity("80", "ug/L"), code=words),
            ),
            "a.xml",
        )
    )
    assert rows["analyte"].to_list() == ["crp", "ferritin"]


def test_a_document_makes_a_panel(export):
    (panel,) = read_panels(export(document(observation(quantity("4.4"))), "a.xml"))
    assert (panel.sex, [(r.analyte, r.value) for r in panel.results]) == (
        "F",
        [("Potassium", "4.4")],
    )


def test_a_document_with_no_coded_entry_says_so(export):
    body = "<component><nonXMLBody><text mediaType='application/pdf' representation='B64'>{}</text>"
    end = "</nonXMLBody></component></ClinicalDocument>"
    text = HEADER.replace("{replaces}", "") + body
    with pytest.raises(SourceError, match="A document"):
        read(export(text.format("bm90aGluZw==") + end, "a.xml"))
    with pytest.raises(SourceError, match="cannot be decoded"):
        read(export(text.format("%%%") + end, "a.xml"))


@pytest.mark.parametrize(
    "text",
    [
        "<table><tr><td ID='glu'>K</td>" + "<td>5</td>" * 20_000 + "<td>4</td></tr></table>",
        "<table><tr><td ID='glu'>K</td><td>4 " + "9 mmol/L " * 50_000 + "</td></tr></table>",
        "<paragraph ID='glu'>" + "mot " * 100_000 + "</paragraph>",
    ],
    ids=["cells", "figures", "words"],
)
def test_many_entries_that_point_to_a_huge_text_end_in_bounded_time(export, text):
    entries = [observation(quantity("4"), code=GLUCOSE.format(ABOUT))] * 300
    path = export(document(*entries, text=text), "a.xml")
    started = time.monotonic()
    assert sum(frame.height for frame in read(path)) >= 300
    assert time.monotonic() - started < 5


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(
        st.sampled_from(
            [
                quantity("4"), quantity("NaN"), quantity("1e400"), "<value/>",
                '<value xsi:type="PQ" value="" unit=""/>', '<value xsi:type="IVL_PQ"/>',
                '<value xsi:type="CD"/>', '<value xsi:type="ED" mediaType="x">QUJD</value>',
                limits("a", "a"), limits("5", "5"), "<referenceRange/>", "<interpretationCode/>",
                "<entryRelationship typeCode='REFR'><observation/></entryRelationship>",
                "<component><organizer><component><observation/></component></organizer>"
                "</component>", "<effectiveTime nullFlavor='NA'/>", "<code code='718-7'/>",
                "<code><originalText><reference value='#glu'/></originalText></code>",
            ]
        ),
        max_size=6,
    ),
    text=st.sampled_from(
        ["", "<tr><td ID='glu' rowspan='999999999'>4</td></tr>", "<table><tr ID='glu'/></table>"]
    ),
)  # fmt: skip
def test_any_entry_is_one_row_or_one_reject(tmp_path_factory, values, text):
    path = tmp_path_factory.mktemp("fuzz") / "x.xml"
    entry = f"<observation>{''.join(values)}</observation>"
    path.write_text(document(entry, text=text), encoding="utf-8")
    (export,) = exports([path])
    batches = list(FORMATS["cda"].read(export, Mapping(), Notices()))
    found = sum(b.reported.height + int(b.rejects["results"].sum()) for b in batches)
    assert found == len(re.findall("<observation[ />]", path.read_text(encoding="utf-8")))
