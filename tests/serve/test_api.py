"""The API's promises: who may ask, what is answered, what is refused and in which words."""

import json

import pytest

from hemoscribe import audit_log
from hemoscribe.serve.access import SECURITY_HEADERS

KEYS = {
    "whole",
    "request",
    "notices",
    "earlier",
    "id", "report_id", "patient", "language", "results", "findings", "indices", "rejects",
    "interpretation", "follow_up", "written_by", "withheld", "draft", "checks", "model", "engine",
    "seconds", "notice", "laboratory_rules", "not_assessed", "assumptions", "noted",
}  # fmt: skip


def test_a_report_is_answered_with_flags_findings_words_and_checks(server, body):
    answer = server.client.post("/v1/interpretations", json=body, headers=server.headers())
    assert answer.status_code == 200
    document = answer.json()
    assert set(document) == KEYS
    found = {result["analyte"]: result for result in document["results"]}
    assert found["hemoglobin"]["flag"] == "L"
    assert found["hemoglobin"]["shown"] == {"value": "8.9", "unit": "g/dL", "range": "12.0-16.0"}
    assert found["potassium"]["critical"]
    assert found["sodium"]["flag"] == "N"
    assert found["sodium"]["agrees"] is True
    assert found["hemoglobin"]["agrees"] is False
    assert found["sodium"]["reading"] == {"low": 0.04, "normal": 0.9, "high": 0.06}
    assert [reject["reported_name"] for reject in document["rejects"]] == ["Moonlight"]
    assert document["interpretation"]
    assert document["follow_up"]
    assert "qualified reader" in document["notice"]
    for finding in document["findings"]:
        assert finding["criterion"]
        assert finding["source"]
    again = server.client.get(f"/v1/interpretations/{document['id']}", headers=server.headers())
    assert again.json() == {**document, "reviews": []}


def test_french_is_answered_in_french(server, body):
    answer = server.client.post(
        "/v1/interpretations", json={**body, "language": "fr"}, headers=server.headers()
    )
    document = answer.json()
    assert document["language"] == "fr"
    assert document["results"][0]["shown"]["value"] == "8,9"
    assert "lecteur qualifié" in document["notice"]


def test_a_draft_that_the_facts_do_not_bear_out_is_withheld(server, body):
    server.scribe.draft = (
        "Interpretation: The potassium of 2.1 mmol/L is low.\nFollow-up: Give potassium."
    )
    answer = server.client.post("/v1/interpretations", json=body, headers=server.headers())
    document = answer.json()
    assert document["withheld"]
    assert document["written_by"] == "composer"
    assert "2.1" not in document["interpretation"]
    assert "2.1" in document["draft"]
    assert not all(check["ok"] for check in document["checks"])
    metrics = server.client.get("/metrics", headers=server.headers()).text
    assert "hemoscribe_withheld_drafts_total 1.0" in metrics


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer hs_wrong", "Basic aGk6aGk=", "Bearer  ", "bearer hs_" + "x" * 43],
)
def test_without_a_key_nothing_is_answered(server, body, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    for method, path in (("POST", "/v1/interpretations"), ("GET", "/v1/reviews")):
        answer = server.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "Bearer hs_" in answer.json()["error"]["message"]


def test_a_login_is_no_key(server, body):
    browser = server.browser("admin")
    assert browser.get("/").status_code == 200
    assert browser.post("/v1/interpretations", json=body).status_code == 401
    assert browser.get("/v1/keys").status_code == 401


def test_roles_hold(server, body):
    client = server.client
    number = client.post("/v1/interpretations", json=body, headers=server.headers()).json()["id"]
    review = f"/v1/interpretations/{number}/reviews"
    accept = {"decision": "accepted"}
    assert client.post(review, json=accept, headers=server.headers("reader")).status_code == 403
    assert client.post(review, json=accept, headers=server.headers("reviewer")).status_code == 201
    for role, status in (("reader", 403), ("reviewer", 403), ("admin", 200)):
        assert client.get("/v1/keys", headers=server.headers(role)).status_code == status


def test_keys_are_made_listed_and_revoked(server, body):
    client, admin = server.client, server.headers("admin")
    made = client.post("/v1/keys", json={"name": "new", "role": "reader"}, headers=admin).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert client.get("/v1/reviews", headers=headers).status_code == 200
    listed = {key["name"]: key for key in client.get("/v1/keys", headers=admin).json()["keys"]}
    assert made["key"] not in json.dumps(listed)
    number = listed["new"]["id"]
    assert client.delete(f"/v1/keys/{number}", headers=admin).json()["revoked"]
    assert client.get("/v1/reviews", headers=headers).status_code == 401
    assert client.delete(f"/v1/keys/{number}", headers=admin).status_code == 404
    taken = client.post("/v1/keys", json={"name": "lis", "role": "reader"}, headers=admin)
    assert taken.status_code == 422


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "Field required"),
        (b"{", "not valid JSON"),
        (b"[1]", "valid dictionary"),
        (b'{"results": []}', "results: "),
        (b'{"results": [{"analyte": "Hb", "value": NaN}]}', "results[0].value"),
        (b'{"results": [{"analyte": "Hb", "value": 1e999}]}', "results[0].value"),
        (b'{"results": [{"analyte": "Hb", "value": true}]}', "results[0].value"),
        (b'{"results": [{"analyte": "Hb", "value": 1, "name": "Ada"}]}', "results[0].name"),
        (b'{"results": [{"analyte": "Hb", "value": 1}], "language": "de"}', "language"),
        (b'{"results": [{"analyte": "Moonlight", "value": 1}]}', "Moonlight"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"results": [], "rejects": [{"reported_name": "K"}]}', "K"),
        (b'{"results": [], "rejects": [{"reported_value": "7"}]}', "rejects[0].reported_name"),
        (b'{"results": [], "rejects": [{"reported_name": "K", "code": "x"}]}', "rejects[0].code"),
        (b'{"results": [], "rejects": {"reported_name": "K"}}', "rejects: "),
        (b'{"results": [], "notices": [7]}', "notices[0]"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_place(server, sent, words):
    headers = {**server.headers(), "Content-Type": "application/json"}
    answer = server.client.post("/v1/interpretations", content=sent, headers=headers)
    assert answer.status_code in (400, 422)
    message = answer.json()["error"]["message"]
    assert words in message
    assert "Traceback" not in message


def test_a_deep_body_is_refused_and_the_server_goes_on(server):
    deep = b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    headers = {**server.headers(), "Content-Type": "application/json"}
    answer = server.client.post("/v1/interpretations", content=deep, headers=headers)
    assert 400 <= answer.status_code < 500
    assert server.client.get("/readyz").status_code == 200


def test_a_body_too_large_is_refused_before_it_is_read(small_server, body):
    headers = {**small_server.headers(), "Content-Type": "application/json"}
    answer = small_server.client.post("/v1/interpretations", content=b" " * 4096, headers=headers)
    assert answer.status_code == 413
    assert "max_body_bytes" in answer.json()["error"]["message"]


def test_a_body_without_a_length_is_bounded_too(small_server):
    taken = []

    def endless():
        for number in range(1000):
            taken.append(number)
            yield b" " * 512

    headers = {**small_server.headers(), "Content-Type": "application/json"}
    answer = small_server.client.post("/v1/interpretations", content=endless(), headers=headers)
    assert answer.status_code == 413


def test_too_many_results_are_refused(small_server, body):
    answer = small_server.client.post(
        "/v1/interpretations", json=body, headers=small_server.headers()
    )
    assert answer.status_code == 422
    assert "at most 3" in answer.json()["error"]["message"]


def test_too_many_requests_are_told_when_to_ask_again(small_server):
    answers = [
        small_server.client.get("/v1/reviews", headers=small_server.headers()) for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = small_server.client.get("/v1/reviews", headers=small_server.headers("reviewer"))
    assert other.status_code == 200


def test_guessing_keys_is_slowed_down(server):
    answers = [
        server.client.get("/v1/reviews", headers={"Authorization": f"Bearer hs_{number}"})
        for number in range(25)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429


def test_reviews_are_kept_and_listed(server, body):
    client = server.client
    number = client.post("/v1/interpretations", json=body, headers=server.headers()).json()["id"]
    path = f"/v1/interpretations/{number}/reviews"
    reviewer = server.headers("reviewer")
    sent = {
        "decision": "corrected",
        "interpretation": "The potassium of 7.1 mmol/L is critically high.",
        "follow_up": "Repeat it on a fresh sample at once.",
        "correct": 2,
        "useful": 4,
        "safe": 3,
        "comment": "The potassium first.",
    }
    kept = client.post(path, json=sent, headers=reviewer).json()
    assert {key: kept[key] for key in sent} == sent
    assert kept["reviewer"] == "Dr Martin"
    listed = client.get("/v1/reviews", headers=server.headers()).json()["reviews"]
    assert listed == [kept]
    report = client.get(f"/v1/interpretations/{number}", headers=server.headers()).json()
    assert report["reviews"] == [kept]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"decision": "accepted", "interpretation": "Other words."}, "The text was changed"),
        ({"decision": "corrected"}, "Nothing was changed"),
        ({"decision": "corrected", "interpretation": "  "}, "needs both"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "rejected", "safe": 6}, "safe"),
    ],
)
def test_a_review_that_contradicts_itself_is_refused(server, body, sent, words):
    client = server.client
    number = client.post("/v1/interpretations", json=body, headers=server.headers()).json()["id"]
    path = f"/v1/interpretations/{number}/reviews"
    answer = client.post(path, json=sent, headers=server.headers("reviewer"))
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_a_correction_that_the_facts_do_not_bear_out_is_kept_with_what_fails(server, body):
    client = server.client
    number = client.post("/v1/interpretations", json=body, headers=server.headers()).json()["id"]
    sent = {
        "decision": "corrected",
        "interpretation": "The potassium of 2.1 mmol/L is low.",
        "follow_up": "Repeat it.",
    }
    path = f"/v1/interpretations/{number}/reviews"
    kept = client.post(path, json=sent, headers=server.headers("reviewer"))
    assert kept.status_code == 201
    assert kept.json()["failed_checks"]


def test_an_unknown_report_is_not_found(server):
    for method, path in (
        ("GET", "/v1/interpretations/nothing"),
        ("POST", "/v1/interpretations/nothing/reviews"),
        ("GET", "/v1/nothing"),
    ):
        answer = server.client.request(
            method, path, json={"decision": "accepted"}, headers=server.headers("reviewer")
        )
        assert answer.status_code == 404


def test_health_is_open_and_metrics_are_for_this_machine_or_a_key(server):
    assert server.client.get("/healthz").json() == {"status": "alive"}
    assert server.client.get("/readyz").json() == {"ready": True, "store": True, "model": True}
    assert server.client.get("/metrics").status_code == 401
    assert server.client.get("/metrics", headers=server.headers()).status_code == 200
    from fastapi.testclient import TestClient

    here = TestClient(server.client.app, client=("127.0.0.1", 50_000))
    assert here.get("/metrics").status_code == 200
    assert here.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 401


def test_metrics_count_without_naming_anyone(server, body):
    sent = {**body, "patient": {**body["patient"], "id": "PATIENT-77"}, "report_id": "REPORT-5"}
    server.client.post("/v1/interpretations", json=sent, headers=server.headers())
    text = server.client.get("/metrics", headers=server.headers()).text
    assert 'hemoscribe_reports_total{language="en",written_by=' in text
    assert 'route="/v1/interpretations",status="200"} 1.0' in text
    assert "hemoscribe_disagreements_total 2.0" in text
    assert 'hemoscribe_model_info{engine="test",name="scribe"' in text
    assert "PATIENT-77" not in text
    assert "REPORT-5" not in text


def test_the_log_names_no_patient(server, body, capfd):
    sent = {
        **body,
        "patient": {**body["patient"], "id": "PATIENT-77"},
        "report_id": "REPORT-5",
        "context": "SECRET-CONTEXT",
    }
    server.client.post("/v1/interpretations?q=SECRET-QUERY", json=sent, headers=server.headers())
    server.client.post(
        "/v1/interpretations", json={"results": "SECRET-BODY"}, headers=server.headers()
    )
    server.client.get("/readyz")
    log = capfd.readouterr().err
    assert "/readyz" not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line["event"] == "request" and line["status"] == 200 for line in lines)
    for secret in ("PATIENT-77", "REPORT-5", "SECRET", "Moonlight", server.key["reader"]):
        assert secret not in log


def test_an_error_of_ours_is_told_by_its_number_and_logged_without_its_message(
    server, body, capfd, monkeypatch
):
    def broken(*_args: object, **_kwargs: object) -> None:
        raise ValueError("could not read SECRET-VALUE")

    monkeypatch.setattr(server.scribe, "interpret", broken)
    answer = server.client.post("/v1/interpretations", json=body, headers=server.headers())
    assert answer.status_code == 500
    number = answer.headers["x-request-id"]
    assert number in answer.json()["error"]["message"]
    log = capfd.readouterr().err
    assert number in log
    assert "ValueError" in log
    assert "SECRET-VALUE" not in log + answer.text


def test_every_answer_carries_the_security_headers(server):
    for path in ("/healthz", "/login", "/", "/v1/reviews", "/static/style.css", "/nowhere"):
        answer = server.client.get(path)
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert "no-store" in answer.headers["cache-control"] or path.startswith("/static")


def test_reports_reviews_and_keys_are_in_the_audit_log(server, body, state_home):
    client = server.client
    number = client.post("/v1/interpretations", json=body, headers=server.headers()).json()["id"]
    client.post(
        f"/v1/interpretations/{number}/reviews",
        json={"decision": "rejected", "comment": "SECRET"},
        headers=server.headers("reviewer"),
    )
    client.post("/v1/keys", json={"name": "n", "role": "reader"}, headers=server.headers("admin"))
    server.browser()
    text = (state_home / audit_log.AUDIT_FILE).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["who"], line["what"]) for line in lines] == [
        ("lis", "interpretation"),
        ("Dr Martin", "review"),
        ("root", "key made"),
        ("Dr Martin", "login"),
    ]
    assert "SECRET" not in text
    assert "hs_" not in text
    assert audit_log.verify()["whole"]


def test_the_api_describes_itself(server):
    assert server.client.get("/v1/openapi.json").status_code == 401
    found = server.client.get("/v1/openapi.json", headers=server.headers()).json()
    assert "/v1/interpretations" in found["paths"]
    assert "/login" not in found["paths"]


def test_an_export_is_taken_whole_or_refused_in_one_sentence(server):
    def send(data: bytes, role: str = "reader", **fields: str):
        return server.client.post(
            "/v1/exports",
            data=fields,
            files={"file": ("../P 1.csv", data)},
            headers=server.headers(role),
        )

    head = b"patient_id,report_id,analyte,value,unit\n"
    answer = send(head + b"P1,R1,Sodium,120,mmol/L\nP2,R2,Moonlight,1,g/L\n", language="fr")
    assert answer.status_code == 200
    assert [one["report_id"] for one in answer.json()["reports"]] == ["R1"]
    assert answer.json()["reports"][0]["language"] == "fr"
    (unread,) = answer.json()["unread"]
    assert unread["report_id"] == "R2"
    assert server.service.newest(limit=1)[0].source == "api"
    for sent, words in (
        (send(head + b"P1,R1,Moonlight,1,g/L\n"), "Moonlight"),
        (send(b"\x00\x01"), "P 1.csv"),
        (send(head, language="de"), "language"),
        (server.client.post("/v1/exports", headers=server.headers()), "file"),
    ):
        assert sent.status_code == 422
        assert words in sent.json()["error"]["message"]
    assert server.client.post("/v1/exports", files={"file": b"x"}).status_code == 401


def test_the_example_of_the_description_is_read_with_all_it_shows(server):
    found = server.client.get("/v1/openapi.json", headers=server.headers()).json()
    (example,) = found["components"]["schemas"]["InterpretationBody"]["examples"]
    answer = server.client.post("/v1/interpretations", json=example, headers=server.headers())
    document = answer.json()
    assert [one["reported_name"] for one in document["rejects"]] == ["Troponin T hs"]
    assert [one["report_id"] for one in document["earlier"]] == ["R-1"]
    assert any(one["since"] for one in document["findings"])
