"""The shipped cases, and that each kind of fault in facts or words is found."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hemoscribe.assess.cases import assess_cases, read_cases, shipped_cases
from hemoscribe.assess.cases.case_list import with_table
from hemoscribe.assess.cases.judge import judge_facts, judge_words, outdated
from hemoscribe.cli.main import main
from hemoscribe.engines.interpreter import facts
from hemoscribe.errors import SourceError
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.records import LANGUAGES
from hemoscribe.stages import read_manifest

PAGE = Path(__file__).parents[3] / "docs" / "cases.md"
NOT_YET: set[str] = set()
"""The known gaps: taken out here and in the case on the day the product closes one."""

CASE = """
low_potassium:
  title: {en: Low potassium, fr: Potassium bas}
  citation: A textbook, chapter 1
  patient: {sex: F, age: 50}
  panels:
    - results: |
        Potassium  2.6  mmol/L  3.5-5.1
        Sodium  140  mmol/L  135-145
  conclusion: {en: Low., fr: Bas.}
  must:
    findings: {hypokalemia: moderate}
    flags: {potassium: low}
"""


@pytest.fixture
def case_file(tmp_path):
    """Write a case file; the text of ``CASE`` with pieces replaced."""

    def write(*pieces, text=CASE):
        for old, new in pieces:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "cases.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _case(name):
    return next(case for case in shipped_cases() if case.id == name)


def _faults(case, text, language="en"):
    reading = facts(case.panel, earlier=case.earlier)
    verdicts = [*judge_facts(case, reading), *judge_words(case, reading, text, language)]
    return {verdict.requirement for verdict in verdicts if verdict.state == "not met"}


@pytest.fixture(scope="module")
def judged():
    return assess_cases()


def test_every_shipped_case_is_met_or_names_what_is_not_yet(judged):
    assert [case["why"] for case in judged["cases"] if case["state"] == "not met"] == []
    assert {case["id"] for case in judged["cases"] if case["state"] == "not yet"} == NOT_YET
    assert len(judged["cases"]) >= 40
    assert judged["met"] + judged["not_yet"] == len(judged["cases"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_cases_hold_whichever_words_the_composer_draws(seed):
    """What must be said in a finding's words holds for any of its statements."""
    for case in shipped_cases():
        reading = facts(case.panel, earlier=case.earlier)
        for language in LANGUAGES:
            text = completion(*compose(reading, language, seed), language)
            for verdict in judge_words(case, reading, text, language):
                said = verdict.requirement.startswith("must said")
                assert verdict.state != "not met" or said, (case.id, verdict)


def test_cases_span_the_findings_and_cite_their_source():
    demanded = {name for case in shipped_cases() for name in case.must.findings}
    assert len(demanded) >= 60
    assert sum(bool(case.traps) for case in shipped_cases()) >= 20
    for case in shipped_cases():
        assert (
            case.citation.endswith(tuple("0123456789"))
            or "Elsevier" in case.citation
            or ("Geneva" in case.citation)
        ), case.id
        assert case.doi is None or case.doi.startswith("10."), case.id


def test_a_missing_finding_a_wrong_grade_and_a_wrong_direction_are_each_found(case_file):
    case = read_cases(case_file())[0]
    reading = facts(case.panel)
    text = completion(*compose(reading, "en", 0), "en")
    assert _faults(case, text) == set()
    wrong = replace(
        case.must,
        findings={"hypokalemia": "mild", "hyponatremia": None},
        flags={"potassium": "high", "chloride": "low"},
        critical=("sodium",),
        indices={"anion_gap": (1, 2)},
        rejects=("Chloride",),
        said={"x": {"en": ["ECG at once"], "fr": ["ECG"]}},
    )
    assert _faults(replace(case, must=wrong), text) == {
        "must finding hypokalemia",
        "must finding hyponatremia",
        "must flag potassium",
        "must flag chloride",
        "must critical sodium",
        "must index anion_gap",
        "must reject Chloride",
        "must said x",
    }


def test_what_must_never_be_there_is_found_in_facts_and_words(case_file):
    case = read_cases(case_file())[0]
    reading = facts(case.panel)
    text = completion(*compose(reading, "en", 0), "en")
    never = replace(
        case.never,
        findings=("hypokalemia",),
        told=("hypokalemia",),
        flags={"potassium": "low"},
        said={"x": {"en": ["hypokalemia"], "fr": ["x"]}},
    )
    found = _faults(replace(case, never=never), text)
    assert found == {
        "never finding hypokalemia",
        "never told hypokalemia",
        "never flag potassium",
        "never said x",
    }
    silent = replace(case, must=replace(case.must, findings={}))
    silent = replace(silent, never=replace(case.never, other_findings=True))
    assert _faults(silent, text) == {"never finding hypokalemia"}


@pytest.mark.parametrize(
    ("words", "faults"),
    [
        ("Moderate hypokalemia. Hyponatremia too.", {"must check findings"}),
        ("No hypokalemia.", {"must finding hypokalemia", "must check findings"}),
        ("Moderate hypokalemia with potassium at 9.9 mmol/L.", {"must check numbers"}),
        ("Potassium is high.", {"must finding hypokalemia", "must check directions"}),
        ("Moderate hypokalemia. Give potassium 40 mmol.", {"must check treatment"}),
        ("All is well.", {"must finding hypokalemia", "must check omissions"}),
    ],
)
def test_words_that_invent_flip_deny_or_omit_are_found(case_file, words, faults):
    case = read_cases(case_file())[0]
    assert faults <= _faults(case, completion(words, "Repeat potassium.", "en"))


def test_a_phrase_is_a_whole_word_whatever_its_case_and_accents(case_file):
    case = read_cases(case_file())[0]
    said = {"x": {"en": ["kalemia"], "fr": ["hypokaliemie"]}}
    case = replace(case, never=replace(case.never, said=said))
    reading = facts(case.panel)
    english = completion(*compose(reading, "en", 0), "en")
    assert "never said x" not in _faults(case, english)
    french = completion("Hypokaliémie modérée.", "Contrôler le potassium.", "fr")
    assert "never said x" in _faults(case, french, "fr")


def test_a_gap_is_shown_until_it_is_closed_and_then_must_be_taken_out(case_file):
    gap = "\n  not_yet: {must finding hypokalemia: Nobody reads potassium.}\n"
    case = read_cases(case_file(("    flags: {potassium: low}\n", gap)))[0]
    reading = facts(case.panel)
    closed = [*judge_facts(case, reading)]
    assert [verdict.where for verdict in outdated(case, closed)] == ["not_yet"]
    blind = replace(reading, findings=())
    waiting = [*judge_facts(case, blind)]
    assert [verdict.state for verdict in waiting if verdict.state != "met"] == ["not yet"]
    assert "Nobody reads potassium." in waiting[0].sentence
    assert list(outdated(case, waiting)) == []


def test_a_critical_alarm_must_be_stated_and_no_other_may_ring(case_file):
    unstated = (("2.6", "2.1"), ("moderate", "severe"))
    path = case_file(*unstated)
    summary = assess_cases(folder=path)
    assert summary["cases"][0]["why"] == [
        "not met: potassium raises a critical alarm that is not due."
    ]
    stated = case_file(*unstated, ("    flags", "    critical: [potassium]\n    flags"))
    assert assess_cases(folder=stated)["not_met"] == 0


def test_a_result_that_cannot_be_read_is_a_fault_unless_the_case_expects_it(case_file):
    path = case_file(("Sodium  140", "Sodium  lipemic"))
    assert "Sodium cannot be read" in assess_cases(folder=path)["cases"][0]["why"][0]
    expected = case_file(
        ("Sodium  140", "Sodium  lipemic"), ("    flags", "    rejects: [Sodium]\n    flags")
    )
    assert assess_cases(folder=expected)["not_met"] == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hypokalemia: moderate", "hypokalaemia: ''", "there is no finding hypokalaemia"),
        ("hypokalemia: moderate", "hypokalemia: huge", "no grade huge"),
        ("potassium: low", "kalium: low", "there is no analyte kalium"),
        ("potassium: low", "potassium: below", "low, normal or high"),
        ("3.5-5.1", "around four", "not a range"),
        ("Potassium  2.6", "Potassium 2.6", "not a result"),
        ("sex: F", "sex: X", "sex is F or M"),
        ("  citation: A textbook, chapter 1\n", "", "`citation` is missing"),
        ("  must:", "  should:", "`should` is not known here"),
        (", fr: Bas.", "", "it needs en and fr"),
        ("low_potassium:", "Low potassium:", "an id is lower-case"),
        ("    - results", "    - at: yesterday\n      results", "is no time"),
        ("{sex: F, age: 50}", "{sex: F, age: old}", "`old` is no number"),
        ("  must:\n", "  not_yet: [x]\n  must:\n", "it is a mapping"),
    ],
)
def test_a_fault_in_a_case_file_is_one_sentence_with_its_place(case_file, old, new, says):
    with pytest.raises(SourceError, match=says) as raised:
        read_cases(case_file((old, new)))
    assert "cases.yaml" in str(raised.value)


def test_a_folder_without_cases_broken_yaml_and_twins_are_refused(tmp_path, case_file):
    with pytest.raises(SourceError, match="no case file"):
        read_cases(tmp_path)
    with pytest.raises(SourceError, match="line 3"):
        read_cases(case_file(text="a:\n  - [b\nc: }"))
    (tmp_path / "again.yaml").write_text(CASE, encoding="utf-8")
    case_file()
    with pytest.raises(SourceError, match="another case has this id"):
        read_cases(tmp_path)


def test_a_case_that_asks_for_nothing_is_refused(case_file):
    nothing = "  must:\n    findings: {hypokalemia: moderate}\n    flags: {potassium: low}\n"
    with pytest.raises(SourceError, match="asks for nothing"):
        read_cases(case_file((nothing, "")))


def _run(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(["assess", *map(str, words)])
    return left.value.code, capsys.readouterr()


def test_the_command_judges_a_laboratorys_own_cases_and_fails_with_the_sentence(
    capsys, case_file, tmp_path
):
    out = tmp_path / "out"
    code, said = _run(capsys, "composer", case_file(), "--cases", "--out", out)
    assert code == 0, said.err
    assert "met      low_potassium: Low potassium" in said.out
    path = case_file(("potassium: low", "potassium: high"))
    code, said = _run(capsys, "composer", path, "--cases", "--out", out)
    assert code == 1
    assert "not met: potassium is low, not high." in said.out
    assert "NOT met, 1 failed" in said.err
    assert "redone: its input changed (cases)" in said.err
    assert "assess/cases/judge.py" in read_manifest(out, stage="assess").code
    document = json.loads((out / "cases.json").read_text(encoding="utf-8"))
    assert document["not_met"] == 1
    page = (out / "cases.html").read_text(encoding="utf-8")
    assert "potassium is low, not high." in page
    assert "A textbook, chapter 1" in page


def test_with_json_one_object_comes_out(capsys, case_file, tmp_path):
    code, said = _run(capsys, "composer", case_file(), "--cases", "--out", tmp_path / "o", "--json")
    assert code == 0
    answer = json.loads(said.out)
    assert (answer["met"], answer["not_met"], answer["cases"][0]["state"]) == (1, 0, "met")


def test_a_models_drafts_and_its_reading_are_counted_beside_and_fail_nothing(case_file):
    faulty = _Model({"en": "Moderate hypokalemia, potassium 9.9 mmol/L.", "fr": "Tout va bien."})
    judged = assess_cases(faulty, case_file())
    assert judged["not_met"] == 0  # the reader sees the composer's words
    assert judged["own_words"]["cases"] == 0
    assert judged["own_reading"] == {"results": 2, "right": 1, "abnormal": 1, "abnormal_right": 1}
    right = {
        "en": "Moderate hypokalemia. The heart rhythm may be at risk.",
        "fr": "Hypokaliémie modérée. Le rythme cardiaque peut être exposé.",
    }
    assert assess_cases(_Model(right), case_file())["own_words"]["cases"] == 1
    assert assess_cases("composer", case_file())["own_words"] is None


class _Model:
    """Reads everything as low and writes what it is told to."""

    name = engine = "fixed"
    may_write = False
    vocabulary = Vocabulary()

    def __init__(self, words):
        self.words = words

    def read(self, prompts):
        return [np.tile([0.8, 0.1, 0.1], (len(prompt.slots), 1)) for prompt in prompts]

    def write(self, prompts, max_new_tokens):
        follow_up = {
            "en": "Today: ECG; potassium again; magnesium, creatinine and bicarbonate.",
            "fr": "Aujourd'hui : ECG ; contrôle de la kaliémie ; magnésium, créatinine et "
            "bicarbonates.",
        }
        return [
            completion(self.words[prompt.language], follow_up[prompt.language], prompt.language)
            for prompt in prompts
        ]


def test_without_cases_a_folder_is_needed(capsys):
    code, said = _run(capsys, "shipped")
    assert code == 2
    assert "--cases" in said.err


def test_text_of_a_case_is_escaped_on_the_page(case_file, tmp_path):
    path = case_file(("en: Low potassium", "en: <script>alert(1)</script>"))
    assess_cases(folder=path, out=tmp_path / "out")
    page = (tmp_path / "out" / "cases.html").read_text(encoding="utf-8")
    assert "<script>" not in page


def test_the_page_of_cases_is_up_to_date():
    written = PAGE.read_text(encoding="utf-8")
    assert written == with_table(written), (
        "write it again: python -m hemoscribe.assess.cases.case_list docs/cases.md"
    )


def test_the_example_of_the_page_is_a_case(case_file):
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    case = read_cases(case_file(text=example[1]))[0]
    assert case.must.said["redraw"]["fr"] == ("reprélever", "nouveau prélèvement")
