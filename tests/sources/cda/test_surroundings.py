"""What sections, acts and batteries state holds for the results in them, at any depth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.sources import read
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.formats import FORMATS
from hemoscribe.sources.mapping import Mapping

HEADER = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/'
    'XMLSchema-instance"><id root="1.2" extension="D"/><effectiveTime value="20240305"/>{header}'
    '<recordTarget><patientRole><id root="1.3" extension="P1"/><patient>'
    '<administrativeGenderCode code="F"/></patient></patientRole></recordTarget>'
    "<component><structuredBody>"
)
END = "</structuredBody></component></ClinicalDocument>"


def section(*entries: str, title: str = "Biochimie", text: str = "", code: str = "") -> str:
    held = "".join(f"<entry>{one}</entry>" for one in entries)
    return (
        f"<component><section>{code}<title>{title}</title><text>{text}</text>{held}"
        "</section></component>"
    )


def document(*sections: str, header: str = "") -> str:
    return HEADER.replace("{header}", header) + "".join(sections) + END


def organizer(*inside: str, name: str = "Bilan", attributes: str = "", more: str = "") -> str:
    held = "".join(f"<component>{one}</component>" for one in inside)
    code = f'<code code="L1" displayName="{name}"/>'
    return f'<organizer classCode="BATTERY" {attributes}>{code}{more}{held}</organizer>'


def observation(value: float, more: str = "", attributes: str = "", code: str = "") -> str:
    named = code or '<code code="L2" displayName="Potassium"/>'
    return (
        f'<observation classCode="OBS" {attributes}>{named}{more}'
        f'<value xsi:type="PQ" value="{value}" unit="mmol/L"/></observation>'
    )


def specimen(name: str, code: str = "", number: str = "") -> str:
    tube = f'<id root="1.9" extension="{number}"/>' if number else ""
    kind = f'<code code="{code}" displayName="{name}"/>'
    entity = f"<specimenPlayingEntity>{kind}</specimenPlayingEntity>"
    return f"<specimen><specimenRole>{tube}{entity}</specimenRole></specimen>"


def procedure(name: str) -> str:
    return (
        '<procedure><effectiveTime value="202403050700"/><participant typeCode="PRD">'
        f'<participantRole><playingEntity><code displayName="{name}"/></playingEntity>'
        "</participantRole></participant></procedure>"
    )


FLUIDS = [
    "Urine", "Urine specimen", "Body fluid specimen", "Liquide céphalo-rachidien", "CSF",
    "Liquide pleural", "Liquide d'ascite", "Synovial fluid", "Selles", "Sueur", "Salive",
    "Vitreous humor sample", "Dialysat", "Bile specimen", "Amniotic fluid", "Expectoration",
    "Sperme", "Liquide de drain", "Pericardial fluid specimen", "Gastric fluid", "Zq-7",
]  # fmt: skip


@pytest.mark.parametrize("where", ["observation", "organizer", "outer", "procedure"])
def test_no_result_of_another_fluid_is_read(export, where):
    entries = []
    for at, fluid in enumerate(FLUIDS):
        held = specimen(fluid)
        one = observation(3 + at / 100, held if where == "observation" else "")
        inner = organizer(one, more=held if where == "organizer" else "")
        parts = [procedure(fluid), inner] if where == "procedure" else [inner]
        entries.append(organizer(*parts, more=held if where == "outer" else ""))
    blood = organizer(observation(5.5), more=specimen("Sérum"))
    rows, rejects = read(export(document(section(*entries, blood)), "a.xml"))
    assert rows.select("value", "specimen").rows() == [(5.5, "Sérum")]
    assert set(rejects["code"]) == {"other_specimen", "unknown_specimen"}
    assert rejects.height == len(FLUIDS)


HEADINGS = [
    "Urinalysis", "Urinalysis complete", "Urine chemistry", "ECBU", "Examen des urines",
    "Ionogramme urinaire", "LCR", "Liquide céphalorachidien", "Liquide pleural", "Ascitic fluid",
    "Synovial fluid", "Stool studies", "Coproculture", "Sweat test", "Bronchoalveolar lavage",
    "Spermogramme", "24h urine", "Protéinurie des 24 heures", "Drain fluid", "Liquide de ponction",
]  # fmt: skip


@pytest.mark.parametrize("where", ["title", "code", "organizer", "act"])
def test_a_heading_of_another_fluid_holds_for_what_it_groups(export, where):
    sections = [section(observation(5.5))]
    for at, heading in enumerate(HEADINGS):
        one = organizer(observation(3 + at / 100))
        if where == "title":
            sections.append(section(one, title=heading))
        elif where == "code":
            sections.append(section(one, code=f'<code code="x" displayName="{heading}"/>'))
        elif where == "organizer":
            sections.append(section(organizer(one, name=heading)))
        else:
            code = f'<code nullFlavor="UNK"><originalText>{heading}</originalText></code>'
            held = f"<entryRelationship>{one}</entryRelationship>"
            sections.append(section(f"<act>{code}{held}</act>"))
    rows, rejects = read(export(document(*sections), "a.xml"))
    assert rows["value"].to_list() == [5.5]
    assert set(rejects["code"]) == {"other_specimen"}
    assert rejects.height == len(HEADINGS)


def test_the_nearest_statement_of_a_specimen_wins(export):
    inner = organizer(observation(4.1), more=specimen("Plasma", number="T1"))
    urine = organizer(inner, observation(4.2), more=specimen("Urine"))
    both = organizer(observation(4.3), more=specimen("Serum") + specimen("Urine"))
    rows, rejects = read(export(document(section(urine, both, observation(5.5))), "a.xml"))
    assert rows.select("value", "specimen", "sample_id").rows() == [
        (4.1, "Plasma", "T1"), (5.5, None, None),
    ]  # fmt: skip
    assert rejects["code"].to_list() == ["other_specimen", "unknown_specimen"]


def test_a_code_of_blood_decides_under_a_heading_of_both(export):
    coded = '<code code="2823-3" codeSystem="2.16.840.1.113883.6.1"/>'
    both = section(observation(4.1, code=coded), observation(4.2), title="Sang et urines")
    rows, rejects = read(export(document(both), "a.xml"))
    assert rows["value"].to_list() == [4.1]
    assert rejects["code"].to_list() == ["unknown_specimen"]


DENIALS = {
    'negationInd="true"': "not observed", 'negationInd="1"': "not observed",
    'moodCode="GOL"': "mood GOL", 'moodCode="RQO"': "mood RQO", 'moodCode="INT"': "mood INT",
}  # fmt: skip


@pytest.mark.parametrize("said", DENIALS)
@pytest.mark.parametrize("where", ["observation", "organizer", "outer", "substance"])
def test_what_is_denied_or_planned_anywhere_above_is_no_result(export, said, where):
    one = observation(4.1, attributes=said if where == "observation" else "")
    inner = organizer(one, attributes=said if where == "organizer" else "")
    outer = organizer(inner, attributes=said if where == "outer" else "")
    held = f"<entryRelationship>{outer}</entryRelationship>"
    substance = f"<substanceAdministration {said}>{held}</substanceAdministration>"
    entry = substance if where == "substance" else outer
    rows, rejects = read(export(document(section(entry, observation(5.5))), "a.xml"))
    assert (rows["value"].to_list(), rejects["code"].to_list()) == ([5.5], ["negated"])
    assert DENIALS[said] in rejects["message"][0]


def test_a_result_of_a_relative_is_no_result_of_the_patient(export):
    code = "<code code='FTH' displayName='Father'/>"
    father = f"<subject><relatedSubject>{code}</relatedSubject></subject>"
    entry = organizer(observation(4.1), more=father)
    rows, rejects = read(export(document(section(entry, observation(5.5))), "a.xml"))
    assert (rows["value"].to_list(), rejects["code"].to_list()) == ([5.5], ["negated"])
    assert "(Father)" in rejects["message"][0]


RANKS = {"completed": 0, "active": 1, "nonsense": 2, "aborted": 3}
STATES = ["final", "preliminary", "nonsense", "cancelled"]


@settings(max_examples=60, deadline=None)
@given(
    levels=st.lists(
        st.tuples(
            st.sampled_from([None, None, "Serum", "Urine"]),
            st.sampled_from([None, "completed", *RANKS]),
            st.booleans() | st.just(False),
            st.sampled_from([None, "202403010700", "202403020900"]),
            st.sampled_from(["Bilan"] * 4 + ["Urinalysis"]),
        ),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_every_nest_of_batteries_is_read_as_it_is_stated(tmp_path_factory, levels):
    entry = observation(4.1)
    for kind, status, negated, time, name in levels:
        more = f'<statusCode code="{status}"/>' if status else ""
        more += f'<effectiveTime value="{time}"/>' if time else ""
        more += specimen(kind) if kind else ""
        entry = organizer(entry, name=name, more=more, attributes='negationInd="true"' * negated)
    path = tmp_path_factory.mktemp("nest") / "a.xml"
    path.write_text(document(section(entry)), encoding="utf-8")
    (one,) = exports([path])
    (batch,) = FORMATS["cda"].read(one, Mapping(), Notices())
    fluid = next((kind or name for kind, _, _, _, name in levels
                  if kind or name == "Urinalysis"), None)  # fmt: skip
    if fluid in ("Urine", "Urinalysis"):
        assert batch.rejects["code"].to_list() == ["other_specimen"]
    elif any(negated for _, _, negated, _, _ in levels):
        assert batch.rejects["code"].to_list() == ["negated"]
    else:
        worst = max(RANKS[status or "completed"] for _, status, _, _, _ in levels)
        times = [time for _, _, _, time, _ in levels if time] or ["202403050000"]
        row = batch.reported.row(0, named=True)
        assert (row["status"], f"{row['collected_at']:%Y%m%d%H%M}") == (STATES[worst], times[0])


def test_who_asked_where_and_with_what_is_carried(export):
    header = (
        "<legalAuthenticator><assignedEntity><assignedPerson><name><given>A</given><family>Bio"
        "</family></name></assignedPerson></assignedEntity></legalAuthenticator>"
        '<participant typeCode="REF"><time value="20240304"/><associatedEntity><associatedPerson>'
        "<name><given>Z</given><family>Presc</family></name></associatedPerson></associatedEntity>"
        "</participant><inFulfillmentOf><order><id extension='7'/></order></inFulfillmentOf>"
        "<componentOf><encompassingEncounter><location><healthCareFacility><location><name>Réa 2"
        "</name></location></healthCareFacility></location></encompassingEncounter></componentOf>"
    )
    device = (
        '<participant typeCode="DEV"><participantRole><playingDevice><manufacturerModelName>Auto 9'
        "</manufacturerModelName></playingDevice></participantRole></participant>"
    )
    method = '<methodCode code="M1" displayName="Potentiométrie"/>'
    note = (
        '<entryRelationship><act><code code="48767-8"/><text>Contrôlé.</text><author>'
        "<assignedAuthor><assignedPerson><name>Dr Note</name></assignedPerson></assignedAuthor>"
        "</author></act></entryRelationship>"
    )
    clinical = section(title="Renseignements cliniques", text="<paragraph>Asthénie.</paragraph>")
    concluded = section(title="Conclusion", text="Rien.", code='<code code="55112-7"/>')
    battery = organizer(
        observation(4.1, method + note), more=specimen("Sérum", number="T5") + device
    )
    rows, _ = read(export(document(clinical, section(battery), concluded, header=header), "a.xml"))
    row = rows.row(0, named=True)
    assert (row["specimen"], row["sample_id"]) == ("Sérum", "T5")
    assert (row["requester"], f"{row['requested_at']:%Y-%m-%d}") == ("Z Presc", "2024-03-04")
    assert (row["ward"], row["instrument"]) == ("Réa 2", "Auto 9")
    assert (row["method"], row["clinical_note"]) == ("Potentiométrie", "Asthénie.")
    assert row["comment"] == "Conclusion: Rien. Contrôlé."
    assert row["comment_author"] == "Dr Note, A Bio"


@pytest.mark.parametrize("where", ["observation", "organizer", "procedure"])
def test_a_target_site_of_another_fluid_is_refused(export, where):
    sites = ["Pleural fluid", "Pleural cavity", "Peritoneal cavity", "Urinary bladder", "CSF",
             "Knee joint", "Liquide pleural"]  # fmt: skip
    entries = []
    for at, site in enumerate(sites):
        held = f'<targetSiteCode code="1" displayName="{site}"/>'
        one = observation(3 + at / 100, held if where == "observation" else "")
        serum = specimen("Serum")
        if where == "procedure":
            entries.append(organizer(f"<procedure>{held}</procedure>", one, more=serum))
        else:
            entries.append(organizer(one, more=serum + (held if where == "organizer" else "")))
    arm = organizer(observation(5.5, '<targetSiteCode code="1" displayName="Left arm"/>'))
    rows, rejects = read(export(document(section(*entries, arm)), "a.xml"))
    assert rows["value"].to_list() == [5.5]
    assert rejects["code"].to_list() == ["other_specimen"] * len(sites)
