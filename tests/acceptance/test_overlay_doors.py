"""A laboratory's overlay changes document, page, terminal and API alike, and the same way."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from fastapi.testclient import TestClient

import hemoscribe
from hemoscribe import audit_log
from hemoscribe.cli.main import main
from hemoscribe.engines import report_document
from hemoscribe.engines.interpreter import interpret
from hemoscribe.knowledge.overlay import load_overlay
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.serve import keys
from hemoscribe.serve.application import app
from hemoscribe.settings import Settings

OVERLAY = """
version: "2026-03"
critical:
  - id: K-low-threshold
    analyte: potassium
    high: 6.0
    unit: mmol/L
    approved_by: Dr A. Martin
    date: 2026-03-02
    reason: cardiology asked for it
silenced:
  - {id: no-macrocytosis, finding: macrocytosis, approved_by: Dr C. Petit, date: 2026-01-15}
renamed:
  - {id: own-name, finding: hyperkalemia, en: potassium excess, fr: excès de potassium,
     approved_by: Dr C. Petit, date: 2026-01-15}
alarm:
  - {id: words, en: Have it read back., fr: Faire relire.,
     approved_by: Dr A. Martin, date: 2026-03-02}
phone:
  - {id: house, who: the physician on call, number: "5000",
     approved_by: Dr A. Martin, date: 2026-03-02}
  - {id: cardiology, ward: Cardiology, who: the cardiologist, number: "4412", minutes: 15,
     approved_by: Dr A. Martin, date: 2026-03-02}
"""
EXPORT = (
    "patient_id;report_id;collected_at;sex;age;ward;analyte;value;unit;low;high\n"
    "1;R1;2026-11-02 08:00;F;71;Cardiology;Potassium;6.2;mmol/L;3.5;5.1\n"
    "1;R1;2026-11-02 08:00;F;71;Cardiology;Hemoglobin;13.1;g/dL;12;16\n"
    "1;R1;2026-11-02 08:00;F;71;Cardiology;MCV;104;fL;80;98\n"
)
RULES = {
    "en": [
        "Potassium: critical at or above 6 mmol/L by the laboratory's own limit, in place of at or "
        "above 6.5 mmol/L (entry K-low-threshold; approved by Dr A. Martin on 2026-03-02; "
        "cardiology asked for it)",
        "the cardiologist, 4412, within 15 min",
        "Have it read back.",
        "potassium excess",
        "no-macrocytosis",
    ],
    "fr": [
        "Potassium : critique à 6 mmol/L ou plus selon la limite propre du laboratoire, au "
        "lieu de 6,5 mmol/L ou plus (règle K-low-threshold ; approuvée par Dr A. Martin le "
        "02/03/2026 ; cardiology asked for it)",
        "the cardiologist, 4412, dans les 15 min",
        "Faire relire.",
        "excès de potassium",
        "no-macrocytosis",
    ],
}


class Reader:
    """Reads everything as normal and never writes."""

    name = "reader"
    engine = "test"
    may_write = False
    vocabulary = Vocabulary()

    def read(self, prompts):
        return [np.tile([0.04, 0.9, 0.06], (len(prompt.slots), 1)) for prompt in prompts]

    def write(self, prompts, max_new_tokens):
        raise AssertionError("it may not write")

    def interpret(self, panel, *, language="en", earlier=(), overlay=None):
        return interpret(self, panel, language=language, earlier=earlier, overlay=overlay)


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    export, overlay = tmp_path / "export.csv", tmp_path / "overlay.yaml"
    export.write_text(EXPORT, encoding="utf-8")
    overlay.write_text(OVERLAY, encoding="utf-8")
    return export, overlay


@pytest.fixture
def server(state_home, files) -> Iterator[TestClient]:
    application = app(Settings(overlay=files[1]), model=Reader())
    with TestClient(application, follow_redirects=False) as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


def key_of(server: TestClient, role: str = "reviewer") -> str:
    return keys.create_key(server.app.state.service.store, f"{role} {uuid4().hex}", role)


def sent(server: TestClient, path: Path, language: str) -> dict:
    answer = server.post(
        "/v1/exports",
        files={"file": (path.name, path.read_bytes())},
        data={"language": language},
        headers={"Authorization": f"Bearer {key_of(server)}"},
    )
    assert answer.status_code == 200, answer.text
    (document,) = answer.json()["reports"]
    return document


def by_python(export: Path, overlay: Path, language: str) -> dict:
    (panel,) = hemoscribe.read_panels(export)
    report = Reader().interpret(panel, language=language, overlay=load_overlay(overlay))
    return json.loads(json.dumps(report_document(report)))


def by_command_line(capsys, monkeypatch, export: Path, *options: str) -> str:
    monkeypatch.setattr("hemoscribe.engines.load", lambda name: Reader())
    with pytest.raises(SystemExit) as done:
        main(["interpret", str(export), *options])
    assert done.value.code == 0
    return capsys.readouterr().out


def comparable(document: dict) -> dict:
    return {name: value for name, value in document.items() if name not in ("id", "seconds")}


def flat(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).replace("&#39;", "'").split())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_door_gives_the_same(server, files, capsys, monkeypatch, language):
    export, overlay = files
    of_python = by_python(export, overlay, language)
    of_api = sent(server, export, language)
    options = ("--overlay", str(overlay), "--language", language)
    of_line = json.loads(by_command_line(capsys, monkeypatch, export, *options, "--json"))
    assert comparable(of_api) == comparable(of_python)
    assert comparable(of_line) == comparable(of_python)
    monkeypatch.setenv("HEMOSCRIBE_OVERLAY", str(overlay))
    of_setting = by_command_line(capsys, monkeypatch, export, "--language", language, "--json")
    assert comparable(json.loads(of_setting)) == comparable(of_python)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_document_says_what_was_decided_by_whom(files, language):
    document = by_python(*files, language)
    first = document["results"][0]
    assert (first["flag"], first["critical"]) == ("HH", True)
    rules = document["laboratory_rules"]
    assert rules["version"] == "2026-03"
    assert [(one["entry"], one["kind"], one["results"]) for one in rules["decided"]] == [
        ("K-low-threshold", "critical", [0]),
        ("own-name", "renamed", []),
        ("no-macrocytosis", "silenced", []),
        ("words", "alarm", [0]),
        ("cardiology", "phone", [0]),
    ]
    assert all(one["approved_by"] and one["date"] for one in rules["decided"])
    assert rules["decided"][0]["sentence"] == RULES[language][0]
    assert [one["id"] for one in rules["silenced"]] == ["macrocytosis"]
    assert "macrocytosis" not in [one["id"] for one in document["findings"]]
    assert RULES[language][3] in [one["name"] for one in document["findings"]]
    assert [one["says"] for one in rules["alarms"]] == [RULES[language][2], RULES[language][1]]
    assert re.search(r"6[.,]2", document["interpretation"])  # and the words tell of the alarm


@pytest.mark.parametrize("language", ["en", "fr"])
def test_terminal_and_page_show_it(server, files, capsys, monkeypatch, language):
    export, overlay = files
    options = ("--overlay", str(overlay), "--language", language)
    terminal = by_command_line(capsys, monkeypatch, export, *options)
    number = sent(server, export, language)["id"]
    browser = TestClient(server.app, follow_redirects=False)
    browser.post("/login", data={"key": key_of(server, "reader"), "next": "/"})
    page = browser.get(f"/reports/{number}?lang={language}").text
    by_command_line(capsys, monkeypatch, export, *options, "--html", str(export.parent / "r.html"))
    file = (export.parent / "r.html").read_text("utf-8")
    for shown in map(flat, (terminal.replace("\u00a0", " "), page, file)):
        for words in RULES[language]:
            assert words.casefold() in shown.casefold(), words


def test_without_the_overlay_the_published_limits_stand(files, capsys, monkeypatch):
    document = json.loads(by_command_line(capsys, monkeypatch, files[0], "--json"))
    assert not document["results"][0]["critical"]
    assert document["laboratory_rules"] is None


def test_a_refused_overlay_stops_the_command_and_the_service_with_its_line(
    files, capsys, state_home
):
    export, overlay = files
    text = OVERLAY.replace(
        "silenced:",
        "  - {id: K2, analyte: potassium, high: 7, approved_by: A, date: 2026-03-02}\nsilenced:",
    )
    overlay.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as done:
        main(["interpret", str(export), "--overlay", str(overlay)])
    assert done.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "line 11: K2: it contradicts K-low-threshold (line 4)" in said
    with pytest.raises(hemoscribe.SettingsError, match="line 11: K2"):
        app(Settings(overlay=overlay), model=Reader())


def test_a_stored_report_is_shown_and_checked_as_it_was_decided(server, files):
    export, overlay = files
    before = sent(server, export, "en")
    overlay.write_text(OVERLAY.replace("high: 6.0", "high: 7.5"), encoding="utf-8")
    overlays = server.app.state.service.overlays
    overlays._check_at = 0.0
    after = sent(server, export, "en")  # the same file under another overlay is another report
    assert after["id"] != before["id"]
    assert [one["results"][0]["critical"] for one in (before, after)] == [True, False]
    headers = {"Authorization": f"Bearer {key_of(server)}"}
    again = server.get(f"/v1/interpretations/{before['id']}", headers=headers).json()
    assert comparable(again) == {**comparable(before), "reviews": []}
    # a correction is checked against the facts as they were decided then
    verdict = {
        "decision": "corrected",
        "interpretation": "Potassium of 6.2 mmol/L, critical: to be phoned. Potassium excess.",
        "follow_up": "Repeat the potassium on a fresh sample.",
    }
    failed = []
    for document in (before, after):
        url = f"/v1/interpretations/{document['id']}/reviews"
        review = server.post(url, json=verdict, headers=headers).json()
        failed.append({one["code"] for one in review["failed_checks"]})
    assert "critical" not in failed[0]
    assert "critical" in failed[1]


def test_the_audit_log_says_which_version_decides_and_since_when(server, files, state_home):
    export, overlay = files
    overlays = server.app.state.service.overlays

    def lines() -> list[dict]:
        path = state_home / audit_log.AUDIT_FILE
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def seen(text: str) -> None:
        overlay.write_text(text, encoding="utf-8")
        overlays._check_at = 0.0
        overlays.current()

    first = load_overlay(overlay).digest
    sent(server, export, "en")
    seen(OVERLAY.replace('"2026-03"', '"2026-04"'))
    second = load_overlay(overlay).digest
    seen(OVERLAY.replace("high: 6.0", "high: 60"))  # refused: the one in service stays
    assert overlays.current().digest == second
    seen("# the same\n" + OVERLAY.replace('"2026-03"', '"2026-04"'))  # no other version
    told = [(one["what"], one["details"]) for one in lines() if one["who"] == "service"]
    assert [what for what, _ in told] == ["overlay", "overlay changed", "overlay refused"]
    assert [told[0][1]["digest"], told[1][1]["digest"]] == [first, second]
    assert told[1][1]["version"] == "2026-04"
    assert "no result would ever reach it" in told[2][1]["why"]
    served = [one for one in lines() if one["what"] == "interpretation"]
    assert served[0]["details"]["overlay"] == first
    assert audit_log.verify()["whole"]
