"""A stated specimen is blood only where it is known to be."""

import polars as pl
import pytest

from hemoscribe.records import RejectCode
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.mapping import Mapping
from hemoscribe.sources.specimens import SpecimenJudge, heading_specimen, other_specimen

BLOOD = [
    ("SER", "Serum", "HL70487"), ("BLDV",), ("bld",), ("Ser/Plas",), ("119364003",),
    ("258580003", "Whole blood sample"), ("122555007", "Venous blood specimen"), ("708049000",),
    ("", "Sang veineux"), ("Sérum",), ("PLAS", ""), ("Plasma EDTA",), ("Sang total EDTA",),
    ("Tube EDTA",), ("Héparinate de lithium",), ("K2 EDTA",), ("Citrate",), ("Sérum hémolysé",),
    ("Arterial blood",), ("sang capillaire",), ("Cord blood",), ("Fluoride plasma",),
    ("Blood - venous",), ("PPP",), ("Prélèvement sanguin",), ("EDTK15", "", "HL70371"),
]  # fmt: skip
OTHER = [
    ("UR", "Urine", "HL70487"), ("122575003", "Urine specimen"),
    ("309051001", "Body fluid specimen"), ("PLR",), ("122571007", "Pericardial fluid specimen"),
    ("258442002", "Fluid specimen"), ("119341000", "Bile specimen"),
    ("258438000", "Vitreous humor sample"), ("CSF",), ("Liquide de drain",), ("Ascitic fluid",),
    ("Bloody ascites",), ("blood-stained CSF",), ("Sang occulte dans les selles",),
    ("Expectoration",), ("Swab of throat",), ("Moelle osseuse",), ("Lait maternel",), ("Stool",),
    ("BAL",),
]  # fmt: skip
UNKNOWN = [
    ("S7",), ("XYZ", "Prélèvement 3"), ("418564007",), ("Contrôle qualité sérum",),
    ("Blood culture",), ("Donor blood",), ("Misc",), ("Hémoculture",), ("P",), ("Poche de sang",),
    ("12",), ("Serum control level 2",), ("Other",),
]  # fmt: skip


@pytest.mark.parametrize("stated", BLOOD)
def test_blood_serum_and_plasma_are_read(stated):
    assert other_specimen(stated) is None


@pytest.mark.parametrize("stated", OTHER)
def test_another_fluid_is_named(stated):
    other = other_specimen(stated)
    assert other is not None
    assert other.code == RejectCode.OTHER_SPECIMEN
    assert "only blood is read" in other.sentence


@pytest.mark.parametrize("stated", UNKNOWN)
def test_what_is_not_known_to_be_blood_is_refused_as_such(stated):
    other = other_specimen(stated)
    assert other is not None
    assert other.code == RejectCode.UNKNOWN_SPECIMEN


STRANGE = (
    "not blood", "no serum", "EQA serum", "EEQ sérum", "Pooled plasma", "serum level 2",
    "Calibrant sérum", "PT survey serum", "Lyophilised serum", "Rabbit serum", "Sérum cheval",
    "Father blood", "Sang conjoint", "Sang menstruel", "Whole blood unit", "Transfused blood",
    "Plasma exchange", "Fresh frozen plasma", "Artificial plasma", "Serum substitute",
    "Sérum physiologique", "Dialysis serum", "Blood stain",
)  # fmt: skip


@pytest.mark.parametrize("stated", STRANGE)
def test_a_word_that_is_not_known_beside_blood_makes_it_unknown(stated):
    other = other_specimen(("S01", stated))
    assert other is not None
    assert other.code in (RejectCode.UNKNOWN_SPECIMEN, RejectCode.OTHER_SPECIMEN)


@pytest.mark.parametrize(
    "heading", ["Contrôle qualité", "QC Level 1", "EEQ Iono", "CQ", "Poche de transfusion", "Donor"]
)
def test_a_heading_of_controls_and_donors_groups_no_patients_results(heading):
    assert heading_specimen(heading).code == RejectCode.UNKNOWN_SPECIMEN
    assert heading_specimen("Contrôle glycémique") is None


def test_nothing_stated_is_no_other_specimen():
    assert [other_specimen(stated) for stated in ((), ("", " "))] == [None, None]
    assert [heading_specimen(text) for text in (None, "Chemistry")] == [None, None]


def test_the_laboratorys_own_codes_come_first():
    own = {"s7": "serum", "ur": "blood", "bld": "drain"}
    assert other_specimen(("S7",), own) is None
    assert other_specimen(("UR",), own) is None
    assert other_specimen(("BLD",), own).name == "drain"


def test_a_heading_of_blood_and_urine_tells_neither():
    other = heading_specimen("Ionogramme sanguin et urinaire")
    assert other is not None
    assert other.code == RejectCode.UNKNOWN_SPECIMEN


@pytest.mark.parametrize(("unknown", "said"), [(2, False), (3, True)])
def test_where_more_than_a_fifth_are_unknown_the_codes_are_listed(unknown, said):
    notices = Notices()
    judge = SpecimenJudge("export.csv", Mapping(), notices)
    judge.other(("Serum",), results=10 - unknown)
    judge.other(("S7",), results=unknown)
    assert [*notices.at_end[0]()] == []
    assert bool(notices.sentences) == said
    if said:
        [sentence] = notices.sentences
        assert all(part in sentence for part in ("3 of 10", "'S7'", "specimens: {S7: blood}"))


def test_a_table_reads_by_the_mapping_what_it_does_not_know(tmp_path):
    from hemoscribe.sources import read

    path = tmp_path / "lab.csv"
    path.write_text(
        "patient,collected,specimen,test,value,unit\n"
        "P1,2026-01-05,S7,Glucose,5.1,mmol/L\nP1,2026-01-05,D4,Glucose,2.0,mmol/L\n"
        "P1,2026-01-05,Serum,Sodium,140,mmol/L\n"
    )
    rows, rejects = read([path])
    assert rows["reported_name"].to_list() == ["Sodium"]
    assert rejects["code"].to_list() == ["unknown_specimen"] * 2
    mapping = tmp_path / "lab.yaml"
    mapping.write_text("specimens: {S7: serum, D4: drain}\n")
    rows, rejects = read([path], mapping=mapping)
    assert rows["reported_name"].to_list() == ["Glucose", "Sodium"]
    assert rejects.select("code", "message").rows() == [
        ("other_specimen", "A result of drain; only blood is read.")
    ]
    assert isinstance(rows, pl.DataFrame)
