"""Results of other fluids are refused however an order says what it is of; blood is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.errors import SourceError
from hemoscribe.sources import read

HEAD = "MSH|^~\\&|LIS|Lab|||20240304||ORU^R01|77|P|2.5.1\rPID|1||P1^^^LAB^MR\r"
SODIUM = "OBX|{n}|NM|2951-2^Sodium^LN||{value}|mmol/L|||||F\r"

FLUIDS = {  # (OBR-4, specimen's code and words) in English and French
    "urine": [("Urine chemistry", "UR^Urine"), ("Ionogramme urinaire", "U^Urines")],
    "pleural": [
        ("Pleural fluid chemistry", "PLR^Pleural fluid"),
        ("Liquide pleural", "LP^Liquide pleural"),
    ],
    "ascites": [
        ("Ascitic fluid", "FLU^Ascitic fluid"),
        ("Liquide d'ascite", "LA^Liquide d'ascite"),
    ],
    "csf": [
        ("CSF analysis", "CSF^Cerebrospinal fluid"),
        ("Ponction LCR", "LCR^Liquide céphalo-rachidien"),
    ],
    "synovial": [
        ("Synovial fluid", "SNV^Synovial fluid"),
        ("Liquide articulaire", "LA^Liquide articulaire"),
    ],
    "stool": [("Stool chemistry", "STL^Stool"), ("Biochimie des selles", "SEL^Selles")],
    "sweat": [("Sweat test", "SWT^Sweat"), ("Test de la sueur", "SU^Sueur")],
    "drain": [("Drain fluid chemistry", "DRN^Drain"), ("Liquide de drain", "DR^Drain")],
    "dialysate": [
        ("Dialysis fluid", "DIAFP^Peritoneal dialysis fluid"),
        ("Dialysat péritonéal", "D^Dialysat"),
    ],
    "saliva": [("Saliva", "SAL^Saliva"), ("Salive", "SAL^Salive")],
}
BLOOD = [("Biochemistry", "SER^Serum"), ("Ionogramme", "PLAS^Plasma"), ("Chemistry", "BLD^Sang")]
WAYS = ("SPM", "OBR-15", "OBR-4", "NTE")


def order(number: int, name: str, specimen: str, way: str, value: int) -> str:
    obr = ["OBR", str(number), "", "", f"X^{name if way == 'OBR-4' else 'Panel'}^L"]
    obr += ["", "", "20240304081200", *[""] * 7]
    obr += [specimen.replace("^", "&") if way == "OBR-15" else ""]
    spm = f"SPM|1|||{specimen}\r" if way == "SPM" else ""
    label = ("Specimen: ", "Nature du prélèvement : ", "TYPE DE PRELEVEMENT = ")[number % 3]
    nte = f"NTE|1|L|{label}{specimen.partition('^')[2]}.\r" if way == "NTE" else ""
    return "|".join(obr) + "\r" + nte + SODIUM.format(n=1, value=value) + spm


ORDERS = st.lists(
    st.one_of(
        st.tuples(st.just("blood"), st.sampled_from(BLOOD), st.sampled_from(WAYS)),
        st.tuples(
            st.just("other"),
            st.sampled_from([one for both in FLUIDS.values() for one in both]),
            st.sampled_from(WAYS),
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(ORDERS)
def test_ten_fluids_in_any_order_and_way_leave_the_blood_alone(tmp_path_factory, orders):
    path = tmp_path_factory.mktemp("m") / "m"
    texts = [
        order(n, name, specimen, way, 100 + n)
        for n, (_, (name, specimen), way) in enumerate(orders, 1)
    ]
    blood = order(99, *BLOOD[0], "SPM", 99)
    path.write_text(HEAD + "".join(texts) + blood, encoding="utf-8", newline="")
    rows, rejects = read(path)
    kept = [100.0 + n for n, (kind, *_) in enumerate(orders, 1) if kind == "blood"]
    assert sorted(rows["value"]) == sorted([99.0, *kept])
    refused = rejects.filter(rejects["results"] > 0)  # a comment of theirs counts as none
    assert set(refused["code"]) <= {"other_specimen"}
    assert refused["results"].sum() == len(orders) - len(kept)


HEADINGS = ["URINES", "EXAMEN DES URINES", "Urinalysis", "LIQUIDE PLEURAL", "LCR", "Pleural fluid",
            "Liquide d'ascite", "ECBU", "E.C.B.U.", "Chimie urinaire", "Synovial fluid", "SELLES",
            "Stool", "Body fluid", "Liquide articulaire", "Urine microscopy", "CSF", "Sueur",
            "Urines de 24 heures", "Cytologie urinaire", "Drain"]  # fmt: skip


def heading(name: str, kind: str = "ST") -> str:
    return f"OBX|7|{kind}|HDR^{name}||\r"


NO_FLUIDS = ["Albumine", "BIOCHIMIE", "Sang", "Ionogramme", "Bile acids"]
TOLD = [
    ("Sample type", "Urine"), ("Nature du prélèvement", "Liquide pleural"), ("Specimen", "CSF"),
    ("Type d'échantillon", "Urines"), ("Titre", "URINES"),
]  # fmt: skip
OBR = "OBR|1|||BIO^Bilan^L|||20240304081200\r"


def message_of_heading(patient: str, name: str) -> str:
    one = SODIUM.format(n=1, value=140) + heading(name) + SODIUM.format(n=2, value=60)
    sub = heading("Examen direct") + SODIUM.format(n=3, value=61)
    blood = heading("HEMATOLOGIE") + SODIUM.format(n=4, value=141)
    again = heading(name, "TX") + SODIUM.format(n=5, value=62)
    head = HEAD.replace("P1", patient)
    return head + OBR + one + sub + blood + again + OBR + SODIUM.format(n=1, value=142)


@pytest.fixture(scope="module")
def of_patient(read_of_each):
    """A message, with a patient of its own, for every heading and every specimen that is told."""
    text = "".join(message_of_heading(f"H{n}", name) for n, name in enumerate(HEADINGS))
    for n, name in enumerate(NO_FLUIDS):
        text += HEAD.replace("P1", f"N{n}") + OBR + heading(name) + SODIUM.format(n=2, value=140)
    for n, (label, said) in enumerate(TOLD):
        told = f"OBX|1|ST|T^{label}^L||{said}||||||F\r"
        text += HEAD.replace("P1", f"T{n}") + OBR + told + SODIUM.format(n=2, value=60)
    return read_of_each(text, "m")


@pytest.mark.parametrize("name", HEADINGS)
def test_a_heading_of_another_fluid_holds_until_blood_is_named(of_patient, name):
    rows, rejects = of_patient(f"H{HEADINGS.index(name)}")
    assert rows["value"].to_list() == [140.0, 141.0, 142.0]
    refused = rejects.filter(rejects["code"] == "other_specimen")
    assert refused["reported_value"].drop_nulls().to_list() == ["60", "61", "62"]


@pytest.mark.parametrize("name", NO_FLUIDS)
def test_a_heading_that_names_no_other_fluid_refuses_nothing(of_patient, name):
    assert of_patient(f"N{NO_FLUIDS.index(name)}")[0]["value"].to_list() == [140.0]


@pytest.mark.parametrize(("label", "said"), TOLD)
def test_a_specimen_told_in_an_obx_is_the_orders(of_patient, label, said):
    rows, rejects = of_patient(f"T{TOLD.index((label, said))}")
    assert rows.is_empty()
    assert "60" in rejects["reported_value"].to_list()
    assert all("only blood is read" in one for one in rejects["message"])


def test_every_order_of_a_urinalysis_is_refused(shared_data):
    path = shared_data / "outside" / "readers" / "h03_urinalysis.hl7"
    with pytest.raises(SourceError, match="only blood is read"):
        read(path)


def test_serum_is_read_beside_pleural_fluid_and_urine(shared_data):
    rows, rejects = read(shared_data / "outside" / "readers" / "h03b_pleural.hl7")
    assert rows.select("analyte", "value").rows() == [("potassium", 4.1)]
    assert rejects["code"].to_list() == ["other_specimen"] * 5
