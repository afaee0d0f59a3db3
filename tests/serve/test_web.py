"""The pages, as a browser without JavaScript uses them."""

import html
import re

import pytest
from fastapi.testclient import TestClient

CSV = """patient_id,report_id,collected_at,sex,age,analyte,value,unit,low,high
P1,R-2041,2026-11-20 08:15,F,54,Hémoglobine,8.9,g/dL,12.0,16.0
P1,R-2041,2026-11-20 08:15,F,54,Potassium,7.1,mmol/L,3.5,5.1
P1,R-2041,2026-11-20 08:15,F,54,Sodium,139,mmol/L,135,145
P1,R-2041,2026-11-20 08:15,F,54,TSH,2.1,mIU/L,0.4,4.0
"""
WORDS = (
    "Severe hyperkalemia: the potassium of 7.1 mmol/L is critical. "
    "Moderate anemia, hemoglobin 8.9 g/dL."
)
TWO = CSV + "P2,R-2042,2026-11-20 09:00,M,40,Sodium,128,mmol/L,135,145\n"


def token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def upload(
    browser: TestClient, content: str | bytes = CSV, language: str = "en", name: str = "export.csv"
):
    return browser.post(
        "/reports",
        data={"form_token": token(browser.get("/").text), "language": language},
        files={"file": (name, content, "text/csv")},
    )


def read(browser: TestClient, language: str = "en") -> tuple[str, str]:
    """(path, page) of a freshly read report."""
    answer = upload(browser, language=language)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    return path, browser.get(path).text


def area(page: str, name: str) -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', page, re.S)
    assert found
    return html.unescape(found[1])


def review(browser: TestClient, path: str, **fields: str):
    page = browser.get(path).text
    data = {
        "form_token": token(page),
        "interpretation": area(page, "interpretation"),
        "follow_up": area(page, "follow_up"),
        **fields,
    }
    return browser.post(f"{path}/reviews", data=data)


@pytest.mark.parametrize("path", ["/", "/reviews", "/reports/x"])
def test_without_a_login_one_is_asked_for(server, path):
    answer = server.client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path}"


def test_a_wrong_key_is_refused_in_the_readers_language(server):
    answer = server.client.post("/login?lang=fr", data={"key": "hs_wrong"})
    assert answer.status_code == 401
    assert "Cette clé est inconnue" in html.unescape(answer.text)
    assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]


def test_a_login_gives_a_cookie_that_is_not_the_key(server):
    answer = server.client.post("/login", data={"key": server.key["reader"], "next": "/reviews"})
    assert answer.headers["location"] == "/reviews"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert server.key["reader"] not in cookie


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil", "x", ""])
def test_a_login_leads_nowhere_else(server, target):
    answer = server.client.post("/login", data={"key": server.key["reader"], "next": target})
    assert answer.headers["location"] == "/"


def test_a_report_is_read_shown_corrected_and_listed(server):
    browser = server.browser()
    path, page = read(browser)
    text = html.unescape(page)
    for words in (
        "R-2041",
        "Woman, 54 years",
        "Hemoglobin",
        "Hémoglobine",
        "critical",
        "12.0-16.0",
    ):
        assert words in text
    assert "Marked for a person" in text  # the model reads the low hemoglobin as normal
    answer = review(
        browser,
        path,
        decision="corrected",
        interpretation=WORDS,
        follow_up="Repeat it on a fresh sample at once.",
        correct="2",
        useful="4",
        safe="3",
        comment="Potassium first.",
    )
    assert answer.status_code == 303
    saved = html.unescape(browser.get(answer.headers["location"]).text)
    assert "The review was saved." in saved
    assert area(saved, "interpretation") == WORDS
    assert "Corrected by Dr Martin" in saved
    assert "R-2041" in browser.get("/").text
    listed = browser.get("/reviews").text
    assert "Potassium first." in listed
    kept = server.client.get("/v1/reviews", headers=server.headers()).json()["reviews"][0]
    assert (kept["correct"], kept["useful"], kept["safe"]) == (2, 4, 3)


def test_a_report_is_accepted_as_it_is_whatever_the_form_does_to_line_ends(server):
    browser = server.browser()
    path, page = read(browser)
    answer = review(
        browser,
        path,
        decision="accepted",
        interpretation=area(page, "interpretation").replace("\n", "\r\n") + "\r\n",
    )
    assert answer.status_code == 303
    assert "Accepted by Dr Martin" in browser.get(path).text


def test_a_changed_text_is_not_accepted_by_mistake_and_not_lost(server):
    browser = server.browser()
    path, _ = read(browser)
    answer = review(browser, path, decision="accepted", interpretation="My own words.")
    assert answer.status_code == 422
    assert "save it as a correction" in answer.text
    assert area(answer.text, "interpretation") == "My own words."


def test_a_correction_against_the_facts_says_so(server):
    browser = server.browser()
    path, _ = read(browser)
    answer = review(
        browser, path, decision="corrected", interpretation="The potassium of 2.1 mmol/L is low."
    )
    assert "will not teach" in browser.get(answer.headers["location"]).text


def test_a_correction_that_leaves_something_out_says_what(server):
    browser = server.browser()
    path, _ = read(browser)
    words = "Severe hyperkalemia: the potassium of 7.1 mmol/L is critical."
    answer = review(browser, path, decision="corrected", interpretation=words)
    page = html.unescape(browser.get(answer.headers["location"]).text)
    assert "this was noted" in page
    assert "Hemoglobin" in page.partition("this was noted")[2].partition("</div>")[0]


def test_another_reviewer_starts_from_the_draft(server):
    path, draft = read(server.browser("reviewer"))
    review(server.browser("reviewer"), path, decision="corrected", interpretation="Mine.")
    other = server.browser("admin")
    assert area(other.get(path).text, "interpretation") == area(draft, "interpretation")


def test_a_reader_reads_and_may_not_review(server):
    path, _ = read(server.browser("reviewer"))
    reader = server.browser("reader")
    page = reader.get(path).text
    assert 'value="accepted"' not in page
    answer = reader.post(
        f"{path}/reviews", data={"form_token": token(page), "decision": "accepted"}
    )
    assert answer.status_code == 403


def test_several_reports_are_read_and_listed(server):
    browser = server.browser()
    answer = upload(browser, TWO)
    page = browser.get(answer.headers["location"]).text
    assert "2 reports were read." in page
    assert "R-2041" in page
    assert "R-2042" in page


def test_french_pages_and_french_reports(server):
    browser = server.browser()
    path, _ = read(browser, language="fr")
    page = html.unescape(browser.get(f"{path}?lang=fr").text)
    assert "Résultats critiques" in page
    assert "8,9" in page
    assert "Hémoglobine" in page
    assert "Résultats critiques" in html.unescape(browser.get(path).text)  # the choice is kept


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("not,an\nexport,at all\n", "export.csv"),
        (b"\x00\xff\xfe" * 50, "export.csv"),
        (CSV.replace("8.9", "n/a").splitlines()[0] + "\n", "export.csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_no_path_of_ours(
    server, state_home, content, words
):
    answer = upload(server.browser(), content)
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert words in text
    assert str(state_home) not in text
    assert not list(state_home.glob(".upload-*"))


def test_no_file_is_asked_for(server):
    browser = server.browser()
    data = {"form_token": token(browser.get("/").text), "language": "en"}
    answer = browser.post("/reports", data=data)
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_a_file_with_too_many_reports_is_refused(server):
    rows = "".join(f"P{n},R{n},2026-11-20,F,50,Sodium,140,mmol/L,135,145\n" for n in range(21))
    answer = upload(server.browser(), CSV.splitlines()[0] + "\n" + rows)
    assert answer.status_code == 422
    assert "split the file" in answer.text
    assert server.service.count() == 0


def test_a_file_name_cannot_lead_out_of_its_folder(server, state_home):
    answer = upload(server.browser(), name="../../../evil.csv")
    assert answer.status_code == 303
    assert not list(state_home.parent.rglob("evil*"))


def test_a_form_without_the_sessions_token_does_nothing(server):
    browser = server.browser()
    path, _ = read(browser)
    other = token(server.browser().get("/").text)
    for wrong in ("", "0" * 64, other):
        data = {"form_token": wrong, "decision": "accepted"}
        assert browser.post(f"{path}/reviews", data=data).status_code == 403
        answer = browser.post(
            "/reports", data={"form_token": wrong}, files={"file": ("a.csv", CSV)}
        )
        assert answer.status_code == 403
    assert browser.post("/logout", data={"form_token": ""}).status_code == 403
    assert server.client.get("/v1/reviews", headers=server.headers()).json()["reviews"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(server, headers):
    browser = server.browser()
    data = {"form_token": token(browser.get("/").text)}
    assert browser.post("/logout", data=data, headers=headers).status_code == 403
    login = server.client.post("/login", data={"key": server.key["reader"]}, headers=headers)
    assert login.status_code == 403


def test_a_form_from_this_page_passes(server):
    browser = server.browser()
    data = {"form_token": token(browser.get("/").text)}
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/logout", data=data, headers=headers).headers["location"] == "/login"
    assert browser.get("/").status_code == 303


def test_what_was_sent_is_shown_as_text_never_as_markup(server):
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    browser = server.browser()
    body = {
        "report_id": attack,
        "laboratory": attack,
        "context": attack,
        "results": [
            {"analyte": "Sodium", "value": 128, "unit": "mmol/L", "low": 135, "high": 145},
            {"analyte": attack, "value": attack[:60], "unit": attack[:60]},
        ],
    }
    number = server.client.post("/v1/interpretations", json=body, headers=server.headers()).json()[
        "id"
    ]
    path = f"/reports/{number}"
    review(browser, path, decision="corrected", interpretation=attack, comment=attack)
    for page in (path, "/", "/reviews", f"/?lang={attack}", f"/login?next={attack}"):
        text = browser.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(server):
    browser = server.browser()
    path, _ = read(browser)
    login = server.client.get("/login").text
    for text in (
        browser.get(path).text,
        browser.get("/").text,
        browser.get("/reviews").text,
        login,
    ):
        for link in re.findall(r'(?:src|href|action)="([^"]+)"', text):
            assert link.startswith(("/", "?", "#")), link
            assert not link.startswith("//")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\s(?:on\w+|style)=", text)
    for name in ("style.css", "page.js", "mark.svg"):
        found = server.client.get(f"/static/{name}")
        assert found.status_code == 200
        assert "http:" not in found.text.replace("http://www.w3.org/2000/svg", "")
        assert "https:" not in found.text


def test_every_field_has_a_label(server):
    browser = server.browser()
    path, _ = read(browser)
    for text in (browser.get(path).text, browser.get("/").text, server.client.get("/login").text):
        for tag in re.findall(r"<(?:input|textarea|select)\b[^>]*>", text):
            if 'type="hidden"' in tag:
                continue
            named = re.search(r'\bid="([^"]+)"', tag)
            labelled = named and f'for="{named[1]}"' in text
            at = text.index(tag)
            inside = text.rfind("<label", 0, at) > text.rfind("</label>", 0, at)
            assert labelled or inside, tag


def test_an_unknown_page_is_said_to_be_unknown(server):
    answer = server.browser().get("/reports/nothing")
    assert answer.status_code == 404
    assert "no such page or report" in answer.text


def test_pages_of_reports(server, body):
    for _ in range(27):
        server.client.post("/v1/interpretations", json=body, headers=server.headers())
    browser = server.browser()
    first = browser.get("/").text
    assert "1–25" in first
    second = browser.get("/?skip=25").text
    assert "26–27" in second
    assert browser.get("/?skip=x").status_code == 200


def test_a_report_sent_again_with_its_history_is_read_with_it(server):
    head = "patient_id,report_id,collected_at,sex,age,analyte,value,unit,low,high\n"
    old = "P9,R-1,2026-11-19 08:00,M,60,Creatinine,70,umol/L,60,110\n"
    new = "P9,R-2,2026-11-20 08:00,M,60,Creatinine,150,umol/L,60,110\n"
    browser = server.browser()
    assert (
        "acute kidney injury"
        not in browser.get(upload(browser, head + new).headers["location"]).text.lower()
    )
    upload(browser, head + old + new)
    assert server.service.count() == 3
    page = browser.get("/").text
    upload(browser, head + old + new)  # nothing is kept twice
    assert server.service.count() == 3
    assert "acute kidney injury" in page.lower()
