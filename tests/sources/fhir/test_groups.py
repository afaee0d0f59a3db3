"""What a report, a panel or a section states holds for what it groups, however deep."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.sources import read
from hemoscribe.sources.batches import Notices
from hemoscribe.sources.exports import exports
from hemoscribe.sources.fhir.resources import read as read_documents
from hemoscribe.sources.intake import read_all
from hemoscribe.sources.mapping import Mapping

FORMS = ("bundle", "array", "bulk", "contained")
URINE, SERUM = {"text": "Urine specimen"}, {"coding": [{"code": "119364003", "display": "Serum"}]}
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970-03-01"}


def to(resource: dict) -> dict:
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def observation(name: str, value: float | None = 4.1, **more: object) -> dict:
    quantity = {} if value is None else {"valueQuantity": {"value": value, "unit": "mmol/L"}}
    code = {"text": "Potassium" if value is not None else "Panel"}
    return {
        "resourceType": "Observation", "id": name, "status": "final", "code": code,
        "subject": {"reference": "Patient/p1"}, **quantity, **more,
    }  # fmt: skip


def panel(name: str, *members: dict, **more: object) -> dict:
    return observation(name, None, hasMember=[to(one) for one in members], **more)


def report(name: str, *results: dict, **more: object) -> dict:
    return {
        "resourceType": "DiagnosticReport", "id": name, "status": "final",
        "code": {"text": "Chemistry"}, "result": [to(one) for one in results], **more,
    }  # fmt: skip


def specimen(name: str, kind: dict | None, **more: object) -> dict:
    return {"resourceType": "Specimen", "id": name, **({"type": kind} if kind else {}), **more}


def written(folder: Path, form: str, resources: list[dict]) -> Path:
    """The same resources in one form of FHIR: the file, or the folder, that is read."""
    folder.mkdir(exist_ok=True)
    if form == "bulk":
        for kind in sorted({one["resourceType"] for one in resources}):
            lines = [json.dumps(one) for one in resources if one["resourceType"] == kind]
            (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n")
        return folder
    path = folder / f"{form}.json"
    if form == "array":
        path.write_text(json.dumps(resources))
    elif form == "bundle":
        entries = [{"resource": one} for one in resources]
        path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
    else:
        text = json.dumps(resources)
        for one in resources:
            text = text.replace(f'"{one["resourceType"]}/{one["id"]}"', f'"#{one["id"]}"')
        holder = {"resourceType": "DiagnosticReport", "id": "holder", "status": "final"}
        path.write_text(json.dumps({**holder, "contained": json.loads(text)}))
    return path


@dataclass(frozen=True)
class Node:
    """A report, a panel or a result, and what it states."""

    at: int
    parents: tuple[int, ...]
    specimen: str | None
    heading: bool
    status: str
    time: str | None
    modified: bool
    leaf: bool


STATES = ("final", "corrected", "preliminary", "?", "cancelled")
STATUS = {"final": 0, "amended": 1, "preliminary": 2, "nonsense": 3, "entered-in-error": 4}


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    """A report, perhaps a second one, panels in panels, results anywhere, some in two groups."""
    size = draw(st.integers(2, 9))
    rare = st.sampled_from([None] * 5 + ["blood", "urine", "untyped"])
    status = st.sampled_from(["final"] * 8 + list(STATUS))
    nodes = []
    for at in range(size):
        groups = [one.at for one in nodes if not one.leaf]
        leaf = at > 0 and (at == size - 1 or draw(st.booleans()))
        parents = draw(st.lists(st.sampled_from(groups), max_size=2, unique=True)) if at else []
        nodes.append(
            Node(
                at,
                tuple(parents),
                draw(rare),
                not leaf and draw(st.integers(0, 7)) == 0,
                draw(status),
                draw(st.sampled_from([None, None, f"2024-03-{at + 1:02}"])),
                draw(st.integers(0, 15)) == 0,
                leaf,
            )
        )
    return nodes


def resources_of(nodes: list[Node]) -> list[dict]:
    found: list[dict] = [PATIENT]
    kinds = {"blood": SERUM, "urine": URINE, "untyped": None}
    references = {
        one.at: ("DiagnosticReport" if not one.parents and not one.leaf else "Observation")
        for one in nodes
    }
    for one in nodes:
        members = [
            {"reference": f"{references[other.at]}/n{other.at}"}
            for other in nodes
            if one.at in other.parents
        ]
        is_report = references[one.at] == "DiagnosticReport"
        more: dict = {"status": one.status}
        if one.specimen:
            found.append(specimen(f"s{one.at}", kinds[one.specimen]))
            held = {"reference": f"Specimen/s{one.at}"}
            more["specimen"] = [held] if is_report else held
        if one.time:
            more["effectiveDateTime"] = one.time
        if one.modified:
            more["modifierExtension"] = [{"url": "http://x/not"}]
        if one.leaf:
            found.append(observation(f"n{one.at}", 3 + one.at / 10, **more))
            continue
        more["code"] = {"text": "Urinalysis" if one.heading else "Panel"}
        if is_report:
            found.append(report(f"n{one.at}") | {"result": members} | more)
        else:
            found.append(observation(f"n{one.at}", None) | {"hasMember": members} | more)
    return found


def levels(nodes: list[Node], at: int) -> Iterator[list[Node]]:
    seen, level = {at}, [nodes[at]]
    while level:
        yield level
        above = {parent for one in level for parent in one.parents} - seen
        seen |= above
        level = [nodes[parent] for parent in sorted(above)]


def expected(nodes: list[Node], at: int) -> str:
    """What must come out for a result, told plainly: a code of a reject, or a state."""
    around = list(levels(nodes, at))
    if any(one.modified for level in around for one in level):
        return "negated"
    for level in around:
        said = {
            "blood" if one.specimen == "blood" else "other"
            for one in level
            if one.specimen in ("blood", "urine") or one.heading
        }
        if "other" in said:
            return "other"
        if said:
            break
    worst = max(STATUS[one.status] for level in around for one in level)
    return STATES[worst]


def outcomes(path: Path) -> dict[float, tuple[str, object]]:
    words = {"amended": "corrected", "entered-in-error": "cancelled", "nonsense": "?"}
    codes = {"other_specimen": "other", "unknown_specimen": "other"}
    found: dict[float, tuple[str, object]] = {}
    notices = Notices()
    for export in exports([path]):
        for batch in read_documents(export, Mapping(), notices):
            valued = batch.reported.drop_nulls("reported_value")  # a panel without members has none
            for row in valued.iter_rows(named=True):
                state = words.get(row["status"], row["status"])
                assert float(row["reported_value"]) not in found
                found[float(row["reported_value"])] = (state, row["collected_at"])
            for row in batch.rejects.iter_rows(named=True):
                if row["results"] and row["reported_value"]:
                    code = codes.get(row["code"], row["code"])
                    found[float(row["reported_value"])] = (code, None)
    return found


@settings(max_examples=60, deadline=None)
@given(nodes=trees(), form=st.sampled_from(FORMS))
def test_every_tree_is_read_as_it_is_stated(tmp_path_factory, nodes, form):
    path = written(tmp_path_factory.mktemp("tree") / "in", form, resources_of(nodes))
    found = outcomes(path)
    for one in nodes:
        if not one.leaf:
            continue
        state, time = found.pop(3 + one.at / 10)
        assert state == expected(nodes, one.at)
        nearest = next(
            ({other.time for other in level} - {None} for level in levels(nodes, one.at)
             if any(other.time for other in level)), set(),
        )  # fmt: skip
        if time is not None:
            assert f"{time:%Y-%m-%d}" in nearest
        elif state in STATES:
            assert not nearest
    assert not found


FLUIDS = [
    {"text": "Urine"}, {"coding": [{"code": "122575003", "display": "Urine specimen"}]},
    {"coding": [{"code": "309051001", "display": "Body fluid specimen"}]},
    {"coding": [{"code": "CSF"}]}, {"text": "Liquide pleural"}, {"text": "Ascites"},
    {"coding": [{"display": "Synovial fluid"}]}, {"text": "Selles"}, {"text": "Sweat"},
    {"text": "Vitreous humor sample"}, {"text": "Dialysate"}, {"text": "Zq-7"},
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("level", ["result", "panel", "report"])
def test_no_result_of_another_fluid_is_read(tmp_path, form, level):
    found: list[dict] = [PATIENT]
    for at, kind in enumerate(FLUIDS):
        held = specimen(f"s{at}", kind)
        of = {
            name: ({"specimen": to(held)} if name == level else {}) for name in ("result", "panel")
        }
        one = observation(f"o{at}", **of["result"])
        group = panel(f"b{at}", one, **of["panel"])
        whole = report(f"r{at}", group, **({"specimen": [to(held)]} if level == "report" else {}))
        found += [held, one, group, whole]
    serum = specimen("ok", SERUM)
    found += [serum, observation("blood", 5.5, specimen=to(serum))]
    rows, rejects = read(written(tmp_path / "in", form, found))
    assert rows["value"].to_list() == [5.5]
    assert set(rejects["code"]) == {"other_specimen", "unknown_specimen"}
    assert rejects.height == len(FLUIDS)


HEADINGS = [
    "Urinalysis", "Urine chemistry", "Urine microscopy", "ECBU", "Cytologie des urines",
    "CSF analysis", "Cerebrospinal fluid", "LCR", "Liquide pleural", "Pleural fluid chemistry",
    "Ascitic fluid", "Liquide d'ascite", "Synovial fluid", "Liquide synovial", "Stool studies",
    "Coproculture", "Sweat test", "Drain fluid amylase", "Bronchoalveolar lavage", "Spermogramme",
    "Bile", "24h urine", "Protéinurie des 24 heures", "24356-8",
]  # fmt: skip


@pytest.mark.parametrize("where", ["report", "panel", "section", "category", "components"])
def test_a_heading_of_another_fluid_holds_for_what_it_groups(tmp_path, where):
    found: list[dict] = [PATIENT, observation("blood", 5.5)]
    for at, heading in enumerate(HEADINGS):
        code = {"code": {"coding": [{"code": "x", "display": heading}]}}
        one = observation(f"o{at}")
        if where == "report":
            found += [one, report(f"r{at}", panel(f"b{at}", one)) | code, panel(f"b{at}", one)]
        elif where == "panel":
            found += [one, panel(f"b{at}", one) | code]
        elif where == "category":
            found += [one, report(f"r{at}", one, category=[{"text": heading}])]
        elif where == "components":
            part = {"code": {"text": "Glucose"}, "valueQuantity": {"value": 2, "unit": "mmol/L"}}
            found.append(observation(f"o{at}", None, component=[part]) | code)
        else:
            inner = {"title": "x", "entry": [to(one)]}
            outer = {"title": heading, "section": [inner]}
            kept = {"resourceType": "Composition", "id": f"c{at}", "status": "final"}
            found += [one, {**kept, "section": [outer]}]
    rows, rejects = read(written(tmp_path / "in", "bundle", found))
    assert rows["value"].to_list() == [5.5]
    assert set(rejects["code"]) == {"other_specimen"}
    assert rejects.height == len(HEADINGS)


def test_a_stated_specimen_wins_over_a_heading_and_a_code_over_a_mixed_one(tmp_path):
    serum = specimen("s", SERUM)
    one = observation("o1", 4.5, specimen=to(serum))
    coded = observation("o2", 4.6) | {"code": {"coding": [{"system": "http://loinc.org",
                                                          "code": "2823-3"}]}}  # fmt: skip
    plain = observation("o3", 4.7)
    urine, both = {"text": "Urinalysis"}, {"text": "Blood and urine chemistry"}
    groups = [report("r1", one, code=urine), report("r2", coded, plain, code=both)]
    found = [serum, one, coded, plain, *groups]
    rows, rejects = read(written(tmp_path / "in", "bundle", found))
    assert rows["value"].to_list() == [4.5, 4.6]
    assert rejects.select("code", "reported_value").rows() == [("unknown_specimen", "4.7")]


@pytest.mark.parametrize("form", FORMS)
def test_of_several_specimens_of_a_report_all_must_be_blood(tmp_path, form):
    serum, edta = specimen("s", SERUM), specimen("e", {"text": "EDTA"})
    urine, untyped = specimen("u", URINE), specimen("x", None)
    values = [observation(f"o{at}", 4 + at / 10) for at in range(4)]
    own = observation("own", 5.5, specimen=to(serum))
    found = [
        serum, edta, urine, untyped, own, *values,
        report("r0", values[0], specimen=[to(serum), to(edta)]),
        report("r1", values[1], own, specimen=[to(serum), to(urine)]),
        report("r2", values[2], specimen=[to(serum), to(untyped)]),
        report("r3", values[3], specimen=[to(untyped)]),
    ]  # fmt: skip
    rows, rejects = read(written(tmp_path / "in", form, found))
    assert sorted(rows["value"]) == [4.0, 4.3, 5.5]
    assert sorted(rejects.select("code", "reported_value").rows()) == [
        ("unknown_specimen", "4.1"), ("unknown_specimen", "4.2"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", ["unsatisfactory", "entered-in-error", "available"])
def test_an_unusable_specimen_makes_its_results_unusable(tmp_path, form, status):
    bad, one = specimen("s", SERUM, status=status), observation("o1")
    found = [bad, one, report("r", one, specimen=[to(bad)]), observation("o2", 5.5)]
    rows, rejects = read(written(tmp_path / "in", form, found))
    read_too = status == "available"
    assert sorted(rows["value"]) == ([4.1] if read_too else []) + [5.5]
    assert rejects["code"].to_list() == ([] if read_too else ["unusable_sample"])


def test_the_mapping_tells_a_laboratory_s_own_specimens(tmp_path):
    kinds = [{"coding": [{"code": code}]} for code in ("S7", "D4", "Q9")]
    specimens = [specimen(f"s{at}", kind) for at, kind in enumerate(kinds)]
    found = [*specimens, *(observation(f"o{at}", 4 + at / 10, specimen=to(one))
                           for at, one in enumerate(specimens))]  # fmt: skip
    path = written(tmp_path / "in", "bundle", found)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("specimens: {S7: serum, D4: drain}\n")
    rows, rejects, notices = read_all([path], mapping=mapping)
    assert rows["value"].to_list() == [4.0]
    assert rejects["code"].to_list() == ["other_specimen", "unknown_specimen"]
    assert any("1 of 3 results" in one and "Q9" in one for one in notices.sentences)


def test_a_specimen_that_is_not_in_the_file_is_said_once_with_a_count(tmp_path):
    away = {"specimen": {"reference": "Specimen/elsewhere"}}
    named = {
        "specimen": {"reference": "Specimen/elsewhere", "type": "Specimen", "display": "Urine"}
    }
    found = [observation("o1", 4.1, **away), observation("o2", 4.2, **away),
             observation("o3", 4.3, **named)]  # fmt: skip
    rows, rejects, notices = read_all([written(tmp_path / "in", "bundle", found)])
    assert (rows.height, rejects["code"].to_list()) == (2, ["other_specimen"])
    assert [one for one in notices.sentences if "the specimens of 2 results" in one]


@pytest.mark.parametrize(
    "where", ["patient", "specimen", "panel", "report", "range", "entry", "rules"]
)
def test_a_modifier_anywhere_refuses(tmp_path, where):
    url = {"modifierExtension": [{"url": "http://x/not"}]}

    def at(place: str) -> dict:
        return url if where == place else {}

    serum = specimen("s", SERUM, **at("specimen"))
    limits = {"referenceRange": [{"low": {"value": 3}, **at("range")}]}
    one = observation("o1", specimen=to(serum), **limits)
    ruled = {"implicitRules": "http://x/rules"} if where == "rules" else {}
    group = panel("b", one, **at("panel"))
    whole = report("r", group, **at("report"))
    entries = [{"resource": {**PATIENT, **at("patient")}}, {"resource": serum},
               {"resource": one, **at("entry")}, {"resource": group},
               {"resource": whole}]  # fmt: skip
    other = observation("o2", 5.5, subject={"reference": "Patient/p2"})
    path = tmp_path / "b.json"
    inner = {"resourceType": "Bundle", "entry": entries, **ruled}
    resources = [{"resource": inner}, {"resource": other}]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": resources}))
    rows, rejects = read(path)
    assert (rows["value"].to_list(), rejects["code"].to_list()) == ([5.5], ["negated"])


def test_a_value_beside_a_reason_for_none_is_refused(tmp_path):
    absent = {"dataAbsentReason": {"coding": [{"display": "Clotted"}]}}
    found = [observation("o1", **absent), observation("o2", 5.5)]
    rows, rejects = read(written(tmp_path / "in", "bundle", found))
    assert (rows["value"].to_list(), rejects["code"].to_list()) == ([5.5], ["contradiction"])


@pytest.mark.parametrize("form", FORMS)
def test_circles_end_and_too_many_groups_are_refused(tmp_path, form):
    one, two = observation("o1"), observation("o2", 5.5)
    ring = [observation(f"b{at}", None) for at in range(3)]
    for at, group in enumerate(ring):
        group["hasMember"] = [to(ring[at - 1]), to(one), to(group)]
    ring[2]["status"] = "entered-in-error"
    crowd = [panel(f"c{at}", two) for at in range(250)]
    found = [one, two, *ring, *crowd, observation("o3", 5.6)]
    rows, rejects = read(written(tmp_path / "in", form, found))
    assert sorted(rows.select("value", "status").rows()) == [(4.1, "cancelled"), (5.6, "final")]
    assert "more than 200 reports and panels" in rejects["message"][0]


def test_arrays_of_resources_and_of_bundles(tmp_path):
    path = tmp_path / "a.json"
    first = {"resourceType": "Bundle", "entry": [
        {"resource": {**PATIENT, "gender": sex}} if sex else {"resource": observation("o1")}
        for sex in ("male", None)
    ]}  # fmt: skip
    second = json.loads(json.dumps(first).replace("male", "female").replace("4.1", "4.2"))
    path.write_text(f" \n[{json.dumps(first)},\n {json.dumps(second)}]")
    rows, _ = read(path)
    assert rows.select("value", "sex").rows() == [(4.1, "M"), (4.2, "F")]
    path.write_text(json.dumps([observation("o1"), 7, None, PATIENT]))
    rows, rejects = read(path)
    assert rows["sex"].to_list() == ["F"]
    assert rejects.select("place", "code").rows() == [
        ("element 2", "unreadable"), ("element 3", "unreadable"),
    ]  # fmt: skip
