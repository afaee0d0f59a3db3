"""The same histories through every door: one mechanism, so the same flags, findings and words."""

import ast
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from fastapi.testclient import TestClient

import hemoscribe
from hemoscribe.cli.main import main
from hemoscribe.engines import interpret, report_document
from hemoscribe.prose import claims
from hemoscribe.prose.guard import Vocabulary
from hemoscribe.records import LANGUAGES, Panel, Report
from hemoscribe.serve import keys
from hemoscribe.serve.application import app
from hemoscribe.settings import Settings

HEAD = "patient_id,report_id,collected_at,sex,age,analyte,value,unit,low,high,flag\n"
KIDNEY = HEAD + (
    "P1,R1,2026-03-01 08:00,M,60,Creatinine,70,umol/L,60,110,\n"
    "P1,R2,2026-03-02 08:00,M,60,Creatinine,109,umol/L,60,110,\n"
)
EDGES = HEAD + (
    "P2,E1,2026-03-01 08:00,F,50,Sodium,140,mmol/L,135,145,\n"
    "P2,E2,2026-03-02 08:00,F,50,Potassium,7.1,mmol/L,3.5,5.1,HH\n"
    "P2,E2,2026-03-02 08:00,F,50,Troponin T hs,450,ng/xL,0,14,HH\n"
    "P2,E2,2026-03-02 08:00,F,50,Moonlight,3,g/L,,,\n"
    "P2,E2,2026-03-02 08:00,F,50,Sodium,139,mmol/L,135,145,\n"
)
THREE = HEAD + (
    "P3,T1,2026-03-01 08:00,F,50,Sodium,140,mmol/L,135,145,\n"
    "P4,T2,2026-03-01 08:00,F,50,Moonlight,140,g/L,,,\n"
    "P5,T3,2026-03-01 08:00,F,50,Sodium,120,mmol/L,135,145,\n"
)
FLUIDS = HEAD.replace("\n", ",specimen\n") + (
    "P6,F1,2026-03-01 08:00,F,50,Sodium,140,mmol/L,135,145,,Serum\n"
    "P6,F1,2026-03-01 08:00,F,50,Potassium,9.1,mmol/L,3.5,5.1,HH,Pleural fluid\n"
)
EXPORTS = {
    "fluids": (FLUIDS, ["F1"]),
    "kidney": (KIDNEY, ["R1", "R2"]),
    "edges": (EDGES, ["E1", "E2"]),
    "three": (THREE, ["T1", "T3"]),
}
COMPARED = ("results", "findings", "indices", "rejects", "interpretation", "follow_up", "whole")


class Reader:
    """Reads everything as normal and never writes: what differs can only be the door."""

    name = "reader"
    engine = "test"
    may_write = False
    vocabulary = Vocabulary()

    def read(self, prompts: Sequence) -> list[np.ndarray]:
        return [np.tile([0.04, 0.9, 0.06], (len(prompt.slots), 1)) for prompt in prompts]

    def write(self, prompts: Sequence, max_new_tokens: int) -> list[str]:
        raise AssertionError("it may not write")

    def interpret(
        self, panel: Panel, *, language="en", earlier: Sequence[Panel] = (), overlay=None
    ) -> Report:
        return interpret(self, panel, language=language, earlier=earlier, overlay=overlay)


def compared(documents: Sequence[dict]) -> dict[str, dict]:
    """What every door must agree on, by report; the name of the file may differ."""
    kept = [(one["report_id"], {key: one[key] for key in COMPARED}) for one in documents]
    found: dict[str, dict] = {}
    for name, document in sorted(kept, key=json.dumps):  # two of one name are two
        key = name if name not in found else f"{name} again"
        found[key] = json.loads(json.dumps(document))
    return found


def by_python(path: Path, language: str) -> dict[str, dict]:
    found = []
    for history in hemoscribe.histories(hemoscribe.read_panels(path)):
        try:
            report = Reader().interpret(history.panel, language=language, earlier=history.earlier)
        except hemoscribe.InputError:
            continue
        found.append(report_document(report))
    return compared(found)


def by_command_line(path: Path, language: str, capsys, monkeypatch) -> dict[str, dict]:
    monkeypatch.setattr("hemoscribe.engines.load", lambda name: Reader())
    with pytest.raises(SystemExit) as done:
        main(["interpret", str(path), "--all", "--json", "--language", language])
    assert done.value.code == 0
    return compared(json.loads(capsys.readouterr().out)["reports"])


@pytest.fixture
def server(state_home) -> Iterator[TestClient]:
    with TestClient(app(Settings(), model=Reader()), follow_redirects=False) as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


def key_of(server: TestClient, role: str) -> str:
    name = f"{role} {uuid4().hex}"  # a door may be entered twice
    return keys.create_key(server.app.state.service.store, name, role)


def by_api(server: TestClient, path: Path, language: str) -> dict[str, dict]:
    """One report at a time, the earlier ones and what a reader refused in the body."""
    headers = {"Authorization": f"Bearer {key_of(server, 'reader')}"}
    found = []
    for history in hemoscribe.histories(hemoscribe.read_panels(path)):
        body = {
            **sent(history.panel),
            "rejects": [{key: one.get(key) for key in REFUSED} for one in history.panel.rejects],
            "notices": history.panel.notices,
            "language": language,
            "patient": {"sex": history.panel.sex, "age": history.panel.age_years},
            "earlier": [sent(one) for one in history.earlier],
        }
        answer = server.post("/v1/interpretations", json=body, headers=headers)
        if answer.status_code == 200:
            found.append(answer.json())
    return compared(found)


REFUSED = (
    *("reported_name", "reported_value", "reported_unit", "reported_flag"),
    *("message", "code", "place"),
)


def sent(panel: Panel) -> dict:
    keys_ = ("analyte", "value", "unit", "low", "high", "flag", "loinc", "comment")
    return {
        "report_id": panel.report_id,
        "collected_at": panel.collected_at.isoformat(),
        "results": [{key: getattr(one, key) for key in keys_} for one in panel.results],
    }


def by_file(server: TestClient, path: Path, language: str) -> dict[str, dict]:
    """The whole export, sent by a program."""
    answer = server.post(
        "/v1/exports",
        data={"language": language},
        files={"file": (path.name, path.read_bytes())},
        headers={"Authorization": f"Bearer {key_of(server, 'reader')}"},
    )
    assert answer.status_code == 200, answer.text
    return compared(answer.json()["reports"])


def by_page(server: TestClient, path: Path, language: str) -> dict[str, dict]:
    browser = TestClient(server.app, follow_redirects=False)
    browser.post("/login", data={"key": key_of(server, "reviewer"), "next": "/"})
    token = browser.get("/").text.split('name="form_token" value="')[1].split('"')[0]
    upload = lambda: browser.post(  # noqa: E731
        "/reports",
        data={"form_token": token, "language": language},
        files={"file": (path.name, path.read_bytes())},
    )
    assert upload().status_code in (200, 303)
    service = server.app.state.service
    kept = service.count()
    assert upload().status_code in (200, 303)
    assert service.count() == kept, "nothing is stored twice"
    return compared([one.report for one in service.newest(limit=100)])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXPORTS)
def test_every_door_gives_the_same_document(
    name, language, tmp_path, server, capsys, monkeypatch
) -> None:
    text, readable = EXPORTS[name]
    path = tmp_path / f"{name}.csv"
    path.write_text(text)
    expected = by_python(path, language)
    assert list(expected) == sorted(readable)
    assert by_page(server, path, language) == expected
    assert by_api(server, path, language) == expected
    assert by_file(server, path, language) == expected
    assert by_command_line(path, language, capsys, monkeypatch) == expected


def test_kidney_injury_is_seen_with_the_earlier_report(tmp_path) -> None:
    path = tmp_path / "kidney.csv"
    path.write_text(KIDNEY)
    findings = {one["id"] for one in by_python(path, "en")["R2"]["findings"]}
    assert "acute_kidney_injury" in findings


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_rests_on_an_earlier_report_names_its_date_at_every_door(
    language, tmp_path, server, capsys, monkeypatch
) -> None:
    path = tmp_path / "kidney.csv"
    path.write_text(KIDNEY)
    doors = [
        by_python(path, language),
        by_page(server, path, language),
        by_api(server, path, language),
        by_command_line(path, language, capsys, monkeypatch),
    ]
    for documents in doors:
        findings = {one["id"]: one for one in documents["R2"]["findings"]}
        (since,) = findings["acute_kidney_injury"]["since"]
        assert (since["report_id"], since["collected_at"]) == ("R1", "2026-03-01T08:00:00")
        assert (since["value"], since["shown"]) == (70.0, {"value": "70", "unit": "umol/L"})
        assert not any(one["since"] for one in documents["R1"]["findings"])


@pytest.mark.parametrize(
    ("language", "printed", "shown"),
    [
        ("en", "rests on Creatinine 70 umol/L of 2026-03-01 08:00", "70 umol/L of 1 Mar 2026"),
        ("fr", "repose sur Créatinine 70 umol/L du 01/03/2026 08:00", "70 umol/L du 1 mars 2026"),
    ],
)
def test_the_printed_report_and_the_page_say_it_in_words(
    language, printed, shown, tmp_path, server, capsys, monkeypatch
) -> None:
    path = tmp_path / "kidney.csv"
    path.write_text(KIDNEY)
    monkeypatch.setattr("hemoscribe.engines.load", lambda name: Reader())
    with pytest.raises(SystemExit):
        main(["interpret", str(path), "--language", language])
    assert printed in " ".join(capsys.readouterr().out.split())
    by_page(server, path, language)
    (kept,) = [one for one in server.app.state.service.newest(limit=9) if one.report["earlier"]]
    browser = TestClient(server.app)
    browser.post("/login", data={"key": key_of(server, "reader"), "next": "/"})
    assert shown in browser.get(f"/reports/{kept.id}?lang={language}").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unread_critical_flag_is_phoned_with_the_value_as_printed(tmp_path, language) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(EDGES)
    document = by_python(path, language)["E2"]
    assert [one["reported_name"] for one in document["rejects"] if one["critical"]] == [
        "Troponin T hs"
    ]
    assert "Troponin T hs 450 ng/xL (HH)" in document["interpretation"]
    assert not document["whole"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_another_program_could_not_read_is_told_as_if_a_reader_had_refused_it(
    language, tmp_path, server
) -> None:
    """A critical flag of the laboratory's rings the alarm; nothing of it is read."""
    result = {"analyte": "Sodium", "value": 140, "unit": "mmol/L", "low": 135, "high": 145}
    refused = [
        {"reported_name": "Troponin T hs", "reported_value": "450", "reported_unit": "ng/xL",
         "reported_flag": "HH", "message": "Unit unknown to the analyser.", "code": "unknown_unit"},
        {"reported_name": "Potassium", "reported_value": "7.9", "reported_unit": "mmol/L"},
        {"reported_name": "Glucose", "reported_flag": "LL", "code": "superseded"},
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {key_of(server, 'reader')}"}
    body = {"results": [result], "rejects": refused, "notices": ["Two runs."], "language": language}
    document = server.post("/v1/interpretations", json=body, headers=headers).json()
    panel = Panel.of([result], rejects=refused, notices=["Two runs."])
    own = report_document(Reader().interpret(panel, language=language))
    assert compared([document]) == compared([own])
    assert document["notices"] == ["Two runs."]
    assert [one["reported_name"] for one in document["results"]] == ["Sodium"]
    assert [(one["critical"], one["laboratory_flag"]) for one in document["rejects"]] == [
        (True, "HH"), (False, None), (False, "LL"),
    ]  # fmt: skip
    assert document["rejects"][0]["reason"] == "Unit unknown to the analyser."
    assert "Troponin T hs 450 ng/xL (HH)" in document["interpretation"]
    assert not document["whole"]
    text = f"{document['interpretation']} {document['follow_up']}"
    assert not [one for one in claims(text, language) if one.kind == "whole_normal"]


REFUSED_FILES = Path(__file__).with_name("refused")
OUTSIDE = (
    "h03b_pleural.hl7", "h09_two_reports.hl7",
    "f09_modifier_interpret.json", "c01_ccda.xml", "t23_dropped_column2.csv", "rej.csv",
)  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_of_others_files_is_called_normal_and_no_refused_result_alarms(
    name, language, shared_data, server, capsys, monkeypatch
) -> None:
    path = shared_data / "outside/readers" / name
    nothing_is_called_normal(path, language, server, capsys, monkeypatch)


@pytest.mark.parametrize("language", LANGUAGES)
def test_counts_and_potassium_of_another_spelling_ring_at_every_door(
    language, server, capsys, monkeypatch
) -> None:
    """Unescaped units and a unit in the value, in a message; nothing of it is left unread."""
    path = Path(__file__).with_name("alarms.hl7")
    documents = by_command_line(path, language, capsys, monkeypatch)
    [document] = documents.values()
    assert [(one["reported_value"], one["critical"]) for one in document["results"]] == [
        ("0.5", True), ("131", False), ("9", True), ("7.2", True),
    ]  # fmt: skip
    assert document["rejects"] == []
    assert by_file(server, path, language) == documents
    assert by_page(server, path, language) == documents


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(one.name for one in REFUSED_FILES.iterdir()))
def test_nothing_beside_a_refused_result_is_called_normal_and_it_never_alarms(
    name, language, server, capsys, monkeypatch
) -> None:
    nothing_is_called_normal(REFUSED_FILES / name, language, server, capsys, monkeypatch)


def nothing_is_called_normal(path, language, server, capsys, monkeypatch) -> None:
    documents = by_command_line(path, language, capsys, monkeypatch)
    assert documents
    for document in documents.values():
        text = f"{document['interpretation']} {document['follow_up']}"
        said = claims(text, language)
        assert not [one for one in said if one.kind == "whole_normal"]
        assert not document["whole"]
        assert document["rejects"]
        assert all(one["reason"] for one in document["rejects"])
        refused = [one for one in document["rejects"] if one["laboratory_flag"] is None]
        assert not any(one["critical"] for one in refused)
        assert not any(one["critical"] for one in document["results"])
        alarms = any(one["critical"] for one in document["rejects"])
        assert any(one.kind == "critical" for one in said) == alarms
    assert by_file(server, path, language) == documents  # what is kept answers the second door
    assert by_page(server, path, language) == documents


def test_interpreting_imports_nothing_of_training_or_measuring(shipped_home: Path) -> None:
    """Not the first time either, when the shipped model is made."""
    imported = ast.literal_eval((shipped_home / "imported.txt").read_text("utf-8"))
    assert "hemoscribe.engines.interpreter" in imported
    assert "hemoscribe.models.merge" in imported
    above = {"curate", "tune", "assess", "corpus", "operate"}
    assert [name for name in imported if name.split(".")[1] in above] == []
