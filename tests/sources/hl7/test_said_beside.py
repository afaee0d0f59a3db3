"""HL7 v2: results withdrawn in words or by their order, and other fluids stated beside them."""

import pytest

HEAD = "MSH|^~\\&|LIS|Lab|||20260302||ORU^R01|77|P|2.5.1\rPID|1||{name}^^^LAB^MR\r"
OBR = "OBR|1||S1|CHEM^Chem|||20260302080000"
BROKEN = "SPM|1|||SER^Serum" + "|" * 17
SITE = "SPM|1|||BLD^Blood||||"


def obx(sub: str = "", flag: str = "", state: str = "F", behind: str = "") -> str:
    return f"OBX|1|NM|2823-3^Potassium^LN|{sub}|6.9|mmol/L|3.5-5.1|{flag}|||{state}{behind}"


K = obx()
REFUSED = {
    "remark": ([OBR, K, "NTE|1||Résultat annulé"], "cancelled"),
    "remark in english": ([OBR, K, "NTE|1||Result cancelled, wrong tube"], "cancelled"),
    "second remark": ([OBR, K, "NTE|1||Hémolyse", "NTE|2||Annulé"], "cancelled"),
    "remark on the order": ([OBR, "NTE|1||Résultats annulés", K], "cancelled"),
    "analyte by name": ([OBR, K, "NTE|1||Potassium annulé"], "cancelled"),
    "in error": ([OBR, K, "NTE|1||Entered in error"], "cancelled"),
    "flag": ([OBR, obx(flag="CANCELLED")], "cancelled"),
    "second flag": ([OBR, obx(flag="N~Invalid")], "cancelled"),
    "reason of rejection": ([OBR, K, BROKEN + "RB^Broken container"], "unusable_sample"),
    "code of rejection": ([OBR, K, BROKEN + "RH"], "unusable_sample"),
    "site of the specimen": ([OBR, K, SITE + "PLR^Pleura"], "other_specimen"),
    "site in french": ([OBR, K, SITE + "^Péritoine"], "other_specimen"),
    "clinical note": ([OBR + "|" * 6 + "urine des 24 h", K], "other_specimen"),
    "clinical note, labelled": ([OBR + "|" * 6 + "Specimen: CSF", K], "other_specimen"),
    "sub id": ([OBR, obx("URINE")], "other_specimen"),
    "sub id of a fluid": ([OBR, obx("PLEURAL FLUID")], "other_specimen"),
    "method": ([OBR, obx(behind="|" * 6 + "URS^Urine strip")], "other_specimen"),
    "site of the result": ([OBR, obx(behind="|" * 9 + "PLR^Pleural")], "other_specimen"),
    "remark on the fluid": ([OBR, K, "NTE|1||sur urines"], "other_specimen"),
    "remark in english on it": ([OBR, K, "NTE|1||Urine specimen"], "other_specimen"),
    "order's remark on it": ([OBR, "NTE|1||Dosé sur urines", K], "other_specimen"),
}
READ = {
    "nothing": [OBR, K],
    "control of another": [OBR, K, "NTE|1||contrôle de la demande annulée du 3/5"],
    "denied": [OBR, K, "NTE|1||no cancellation"],
    "another analyte": [OBR, "NTE|1||Sodium annulé", K],
    "another remark": [OBR, K, "NTE|1||Résultat contrôlé"],
    "flag": [OBR, obx(flag="H~Abnormal")],
    "no reason": [OBR, K, BROKEN + "N^No"],
    "a vein": [OBR, K, SITE + "LACF^Left antecubital fossa"],
    "culture": [OBR + "|" * 6 + "ECBU urine en cours", K],
    "infection": [OBR, K, "NTE|1||infection urinaire"],
    "ascites": [OBR + "|" * 6 + "Ascite", K],
    "a number": [OBR, obx("1")],
    "a method": [OBR, obx(behind="|" * 6 + "ISE^Indirect potentiometry")],
    "an arm": [OBR, obx(behind="|" * 9 + "LA^Left arm")],
    "a new order": ["ORC|NW|1", OBR, K],
    "results to follow": ["ORC|RE|1|||CM", OBR, K],
    "discontinued": ["ORC|DC|1", OBR, K],
}
CANCELLED = [
    "ORC|CA|1",
    "ORC|OC|1",
    "ORC|CR|1",
    "ORC|SC|1|||CA",
    "ORC|ca|1",
    "ORC|RE|1|||Cancelled",
]


@pytest.fixture(scope="module")
def of_each(read_of_each):
    """(rows, rejects) of each member, whose patient's number is its name."""
    orders = {name: segments for name, (segments, _) in REFUSED.items()}
    orders |= {f"read {name}": segments for name, segments in READ.items()}
    orders |= {name.replace("|", " "): [name, OBR, K] for name in CANCELLED}
    text = "".join(
        HEAD.format(name=name) + "\r".join(segments) + "\r" for name, segments in orders.items()
    )
    return read_of_each(text, "a.hl7")


@pytest.mark.parametrize("name", REFUSED)
def test_a_result_is_refused_with_the_reason(of_each, name):
    rows, rejects = of_each(name)
    assert rows.is_empty()
    assert rejects["code"].to_list() == [REFUSED[name][1]]
    assert rejects["results"].to_list() == [1]


@pytest.mark.parametrize("name", READ)
def test_a_result_is_read(of_each, name):
    rows, rejects = of_each(f"read {name}")
    assert rows["status"].to_list() == ["final"]
    assert rejects.is_empty()


@pytest.mark.parametrize("order", CANCELLED)
def test_a_cancelled_order_withdraws_its_results(of_each, order):
    rows, _ = of_each(order.replace("|", " "))
    assert rows["status"].to_list() == ["cancelled"]


def test_no_remark_on_what_is_refused_is_lost(of_each):
    _, rejects = of_each(None)
    assert {"Hémolyse", "Résultats annulés", "sur urines"} <= set(rejects["reported_value"])
    assert set(rejects["results"]) == {0}


def test_a_withdrawal_in_words_without_a_number_withdraws_what_stood(export):
    from hemoscribe.sources import read

    gone = "OBX|1|ST|2823-3^Potassium^LN||Hemolysed|||||||F"
    text = HEAD.format(name="P1") + "\r".join([OBR, K]) + "\r"
    text += HEAD.format(name="P1") + "\r".join([OBR, gone, "NTE|1||Résultat annulé"]) + "\r"
    text += HEAD.format(name="P2") + "\r".join([OBR, K]) + "\r"
    rows, rejects = read([export(text, "a.hl7")])
    assert dict(rows.select("patient_id", "status").rows()) == {"P1": "cancelled", "P2": "final"}
    assert rejects["code"].to_list() == ["cancelled"]
