import re
import time
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.knowledge import analytes, finding_definitions, read_panel, read_rows
from hemoscribe.prose.brief import brief
from hemoscribe.prose.claims import asserted_findings, reflected
from hemoscribe.prose.compose import compose, plain_name
from hemoscribe.prose.conditions import BY
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.facts import Facts
from hemoscribe.prose.follow_up import MAX_REQUESTS, requests
from hemoscribe.prose.guard.check import check, own_assertions
from hemoscribe.prose.leading import leading_findings
from hemoscribe.prose.prompt import completion
from hemoscribe.prose.voice import Voice
from hemoscribe.prose.wording import families, load_yaml, phrases, wordings
from hemoscribe.records import LANGUAGES, Finding, FlaggedResult, Panel, Reading
from hemoscribe.sources import read

EVIDENCE = {"en": "sodium 128 mmol/L", "fr": "sodium à 128 mmol/L"}
NAMES = {"en": "sodium and glucose", "fr": "sodium et glucose"}


def said(text: str, finding: str, grade: str | None, language: str) -> str:
    """A statement with its slots filled as the composer fills them."""
    wording = wordings(language)[finding]
    words = {**phrases(language)["grades"], **wording.grades, "": wording.grades.get("none", "")}
    grade_words = words.get(grade or "", grade)
    filled = text.format(grade=grade_words, evidence=EVIDENCE[language], names=NAMES[language])
    return " ".join(filled.split())


def every_statement(language: str):
    for finding, definition in finding_definitions().items():
        wording = wordings(language)[finding]
        for grade in list(definition.grades) or [None]:
            for text in wording.statement:
                yield finding, grade, said(text, finding, grade, language)
            yield finding, grade, said(wording.short, finding, grade, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_is_worded_in_three_ways_or_more(language):
    assert set(wordings(language)) == set(finding_definitions()) == set(families())
    for finding, wording in wordings(language).items():
        assert len(set(wording.statement)) >= 3, finding
        assert any("{evidence}" not in text for text in wording.statement), finding


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_statement_reads_back_as_its_finding_and_nothing_else(language):
    for finding, grade, text in every_statement(language):
        assert asserted_findings(text, language) == {finding}, text
        found = [claim for claim in claims(text, language) if claim.finding == finding]
        assert all(not c.grades or grade is None or grade in c.grades for c in found), text
        assert not [c for c in claims(text, language) if c.kind == "direction" and not c.hedged], (
            text
        )


def test_no_wording_is_twice_in_a_finding_and_phrases_pair_up():
    assert set(phrases("en")) == set(phrases("fr"))
    for language in LANGUAGES:
        for finding, wording in wordings(language).items():
            assert len(wording.statement) == len(set(wording.statement)), finding
    for name in ("lexicon", "guard"):
        assert set(load_yaml(f"en/{name}.yaml")) == set(load_yaml(f"fr/{name}.yaml"))


def test_families_name_analytes_and_findings_that_exist():
    for finding, family in families().items():
        names = {
            *family.key,
            *family.low,
            *family.high,
            *family.normal,
            *filter(None, [family.bare]),
        }
        assert names <= set(analytes()), (finding, names - set(analytes()))
        others = family.subsumes | family.subsumes_mild | family.implies
        assert others <= set(finding_definitions()), finding
        assert finding not in others


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_composed_passes_every_check(readings, language):
    for seed, reading in enumerate(readings):
        text = completion(*compose(reading, language, seed), language)
        failed = [found.message for found in check(text, reading, language) if not found.ok]
        assert not failed, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_composed_states_the_leading_findings_and_no_other(readings, language):
    for seed, reading in enumerate(readings):
        interpretation, follow_up = compose(reading, language, seed)
        leading = {finding.id for finding in leading_findings(reading)}
        contained = {other for finding in leading for other in families()[finding].implies}
        held = {finding.id for finding in reading.findings} | contained
        assert leading - contained <= asserted_findings(interpretation, language), interpretation
        assert own_assertions(interpretation, reading, language) <= held, interpretation
        assert not own_assertions(follow_up, reading, language), follow_up
        abnormal = {result.analyte for result in reading.abnormal}
        assert set(reflected(interpretation, reading, language)) == abnormal, interpretation


def sentences(text: str) -> int:
    return len(re.findall(r"[.](?:\s|$)", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_as_long_as_what_must_be_said(readings, language):
    """Eight sentences where something presses, and what they mean; one where all is well."""
    for seed, reading in enumerate(readings):
        interpretation, _ = compose(reading, language, seed)
        urgent = any(finding.urgency for finding in reading.findings)
        urgent |= any(result.critical for result in reading.results)
        voice, told_facts = Voice(language, seed), Facts(reading)
        told = brief(reading, voice)
        without_range = bool(told.places.without_range)
        lines = (*told.statements, *told.remarks)
        meanings = [voice.said(one.means, told_facts) for one in lines if one.means is not None]
        behind = sum(text.count(";") + 1 for text in meanings)
        assert behind <= 2 * len(lines) + 2, meanings
        most = (8 if urgent else 7) + without_range
        assert sentences(interpretation) <= most + behind, interpretation
        assert len(interpretation.split()) <= 220, interpretation
        if reading.whole and not reading.findings and not reading.abnormal:
            assert sentences(interpretation) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_clean(readings, language):
    for seed, reading in enumerate(readings[:400]):
        for text in compose(reading, language, seed):
            assert text[0].isupper() or text[1].isupper(), text  # eGFR, pO2
            assert text.endswith("."), text
            assert not re.search(r"  | [,.)]|\( |[{}]|\.\.|\bNone\b(?! of)|;;", text), text
            if language == "en":
                assert " ;" not in text, text
                assert " :" not in text, text
            else:
                assert not re.search(r"\S[;:](?:\s|$)", text), text
                assert not re.search(r"\d\.\d", text.replace("1.73 m²", "")), text


def test_the_same_seed_gives_the_same_words_and_seeds_differ(readings):
    reading = next(r for r in readings if len(r.findings) == 1)
    texts = {compose(reading, "en", seed) for seed in range(60)}
    assert compose(reading, "en", 7) == compose(reading, "en", 7)
    assert len(texts) >= 4  # ways to say it are drawn, what is said is not


def test_a_critical_value_comes_first_with_its_value_and_a_call(make_panel):
    reading = read_panel(
        make_panel(
            "Hemoglobin 9.2 g/dL 12-16", "Potassium 6.8 mmol/L 3.5-5.1", "Ferritin 6 ug/L 15-150"
        )
    )
    for seed in range(20):
        first = compose(reading, "en", seed)[0].split(". ")[0]
        assert "ritically high potassium (6.8 mmol/L)" in first
        assert re.search("phone|call", first, re.IGNORECASE)
        first = compose(reading, "fr", seed)[0].split(". ")[0]
        assert "aleur critique haute : potassium à 6,8 mmol/L" in first
        assert re.search(r"télépho|appel", first, re.IGNORECASE), first


def test_a_finding_that_contains_another_is_told_alone(make_panel):
    reading = read_panel(
        make_panel(
            "Hemoglobin 9.2 g/dL 12-16",
            "Hematocrit 29 % 36-46",
            "MCV 72 fL 80-100",
            "MCH 23 pg 27-33",
            "Ferritin 6 ug/L 15-150",
            "Platelets 250 10*9/L 150-400",
        )
    )
    assert [finding.id for finding in leading_findings(reading)] == ["iron_deficiency_anemia"]
    assert leading_findings(reading)[0].grade == "moderate"
    for seed in range(20):
        text = compose(reading, "en", seed)[0].lower()
        assert text.count("anemia") == 1
        assert "hematocrit" not in text
        assert "platelets" in text


def test_a_follow_up_asks_for_what_the_report_lacks_once_and_the_most_urgent_first(readings):
    for reading in readings:
        facts = Facts(reading)
        present = facts.by_analyte.keys()
        asked = requests(facts, facts.leading, facts.outside)
        beyond = asked[MAX_REQUESTS:]  # what threatens life is asked for beyond it
        assert all(one.urgency == BY["now"] for one in beyond)
        wanted = [name for one in asked for name in one.analytes]
        assert not present & set(wanted)
        assert len(wanted) == len(set(wanted))
        repeated = [name for one in asked for name in one.request.repeats]
        assert len(repeated) == len(set(repeated))


def test_a_random_glucose_is_no_fasting_one_and_tells_what_it_does_to_sodium_first(make_panel):
    one = read_panel(make_panel("Glucose 8.4 mmol/L 3.9-6.1"))
    facts = Facts(one)
    asked = {name for ask in requests(facts, facts.leading, ()) for name in ask.analytes}
    assert {"glucose_fasting", "hba1c"} <= asked
    both = read_panel(make_panel("Glucose 26 mmol/L 3.9-6.1", "Sodium 128 mmol/L 135-145"))
    found = [finding.id for finding in both.findings]
    glucose = next(name for name in found if name in ("hyperglycemia", "diabetes_range"))
    assert found.index(glucose) < found.index("pseudohyponatremia_hint")


@pytest.mark.parametrize("name", ["Beta-hydroxybutyrate", "Corps cétoniques (sang)"])
def test_what_is_held_and_was_not_read_is_not_asked_for(make_panel, name):
    results = ("Glucose 31 mmol/L 3.9-6.1", "Bicarbonate 9 mmol/L 22-29", "pH 7.1 1 7.35-7.45")
    panel = make_panel(*results)
    assert "etones" in compose(read_panel(panel), "en", 0)[1]
    refused = {"reported_name": name, "code": "unknown_analyte", "message": "not known"}
    held = replace(panel, rejects=({**refused, "place": "line 4", "source": "a"},))
    assert "etones" not in compose(read_panel(held), "en", 0)[1]
    assert "cétonémie" not in compose(read_panel(held), "fr", 0)[1].lower()


def test_both_languages_ask_for_the_same_and_tell_the_same(readings):
    for seed, reading in enumerate(readings):
        told = [brief(reading, Voice(language, seed)) for language in LANGUAGES]
        first, second = (replace(one, follow_up="") for one in told)
        assert first == second
        counts = [one.follow_up.count(" : " if n else ": ") for n, one in enumerate(told)]
        assert counts[0] == counts[1], [one.follow_up for one in told]


def test_results_outside_any_finding_are_named_with_their_side(make_panel):
    reading = read_panel(make_panel("Lipase 4 U/L 13-60", "RDW 17.1 % 11.5-14.5"))
    assert not reading.findings
    for seed in range(12):
        text = compose(reading, "en", seed)[0]
        assert "Lipase (4 U/L) is" in text
        assert "RDW (17.1%) is" in text
        assert "l'IDR (17,1 %) est" in compose(reading, "fr", seed)[0]


def test_a_normal_report_and_one_without_ranges_say_so(make_panel):
    normal = read_panel(make_panel("Sodium 140 mmol/L 135-145", "Potassium 4.1 mmol/L 3.5-5.1"))
    for seed in range(12):
        assert len(" ".join(compose(normal, "en", seed)).split()) <= 25
        assert re.search(r"all|no result|every|whole", compose(normal, "en", seed)[0].lower())
    bare = replace(
        normal,
        results=tuple(
            replace(result, low=None, high=None, range_source=None, flag=None)
            for result in normal.results
        ),
    )
    for seed in range(12):
        assert "reference range" in compose(bare, "en", seed)[0]
        assert re.search("intervalle de référence", compose(bare, "fr", seed)[0])


def test_an_empty_reading_says_so():
    empty = Reading(Panel(()), (), (), ())
    assert "result" in compose(empty, "en", 1)[0]
    assert "résultat" in compose(empty, "fr", 1)[0]


def test_names_keep_the_capitals_of_acronyms():
    assert plain_name("hemoglobin", "en") == "hemoglobin"
    assert plain_name("hba1c", "en") == "HbA1c"
    assert plain_name("ldl", "en") == "LDL cholesterol"
    assert plain_name("d_dimer", "en") == "D-dimer"
    assert plain_name("neutrophils", "fr") == "neutrophiles"
    assert plain_name("mcv", "fr") == "VGM"


BLOOD_COUNT = ("Leukocytes 2.1 10*9/L 4-10", "Platelets 60 10*9/L 150-400")
RARE = {
    "anemia_of_inflammation": (
        "Hemoglobin 9.8 g/dL 12-16",
        "MCV 88 fL 80-100",
        "CRP 60 mg/L 0-5",
        "Ferritin 400 ug/L 15-150",
        "Iron 4 umol/L 10-30",
    ),
    "thalassemia_trait_hint": (
        "Hemoglobin 11.6 g/dL 12-16",
        "MCV 62 fL 80-100",
        "Erythrocytes 6.1 10*12/L 4.0-5.2",
        "Ferritin 90 ug/L 15-150",
    ),
    "iron_overload": (
        "Ferritin 900 ug/L 15-150",
        "Transferrin saturation 70 % 16-45",
        "Iron 40 umol/L 10-30",
    ),
    "hemolysis_pattern": (
        "Hemoglobin 8.9 g/dL 12-16",
        "MCV 95 fL 80-100",
        "Haptoglobin 0.1 g/L 0.3-2.0",
        "LDH 600 U/L 135-225",
        "Reticulocytes 210 10*9/L 20-120",
    ),
    "pancytopenia": ("Hemoglobin 8.9 g/dL 12-16", "MCV 95 fL 80-100", *BLOOD_COUNT),
    "respiratory_acidosis": ("pH 7.25 1 7.35-7.45", "pCO2 62 mm[Hg] 35-45"),
    "respiratory_alkalosis": ("pH 7.52 1 7.35-7.45", "pCO2 28 mm[Hg] 35-45"),
    "synthetic_failure": (
        "INR 2.4 1 0.8-1.2",
        "Bilirubin 90 umol/L 3-21",
        "Albumin 25 g/L 35-50",
        "ALT 600 U/L 5-40",
    ),
    "isolated_hyperbilirubinemia": (
        "Bilirubin 40 umol/L 3-21",
        "ALT 20 U/L 5-40",
        "ALP 60 U/L 35-105",
    ),
    "hypothyroidism_subclinical": ("TSH 7.1 m[IU]/L 0.4-4.0", "Free T4 14 pmol/L 11-22"),
    "hyperthyroidism_overt": ("TSH 0.01 m[IU]/L 0.4-4.0", "Free T4 45 pmol/L 11-22"),
    "drip_arm_contamination": (
        "Glucose 32 mmol/L 3.9-6.1",
        "Sodium 121 mmol/L 135-145",
        "Potassium 2.4 mmol/L 3.5-5.1",
        "Calcium 1.60 mmol/L 2.15-2.55",
        "Hemoglobin 8.1 g/dL 12-16",
    ),
    "pseudohyponatremia_hint": ("Sodium 124 mmol/L 135-145", "Triglycerides 25 mmol/L 0.4-1.7"),
    "blasts_present": ("Blasts 4.1 10*9/L 0-0", "Leukocytes 12 10*9/L 4-10"),
    "troponin_high": ("Troponin T 210 ng/L 0-14", "Creatinine 80 umol/L 45-90"),
}


@pytest.mark.parametrize("finding", RARE)
def test_each_pattern_that_chance_seldom_makes_is_told(make_panel, finding):
    reading = read_panel(make_panel(*RARE[finding]))
    assert finding in {found.id for found in leading_findings(reading)}
    for language in LANGUAGES:
        for seed in range(12):
            text = completion(*compose(reading, language, seed), language)
            failed = [found.message for found in check(text, reading, language) if not found.ok]
            assert not failed, text
            assert finding in asserted_findings(text, language), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_earlier_reports_show_is_told(make_panel, language):
    before = replace(
        make_panel("Creatinine 70 umol/L 45-90", "Potassium 4.0 mmol/L 3.5-5.1"),
        collected_at=datetime(2026, 3, 1, 8),
    )
    after = replace(
        make_panel("Creatinine 190 umol/L 45-90", "Potassium 6.2 mmol/L 3.5-5.1"),
        collected_at=datetime(2026, 3, 2, 8),
    )
    reading = read_panel(after, earlier=[before])
    assert {"acute_kidney_injury", "hyperkalemia"} <= {found.id for found in reading.findings}
    for seed in range(12):
        text = completion(*compose(reading, language, seed), language)
        assert all(found.ok for found in check(text, reading, language)), text
        assert "2" in text
        assert {"acute_kidney_injury", "hyperkalemia"} <= asserted_findings(text, language), text


@pytest.fixture(scope="module")
def intensive_care(shared_data) -> list[Reading]:
    rows, _ = read([shared_data / "mimic3_demo"], format="mimic")
    chosen = rows["report_id"].unique().sort().sample(200, seed=4)
    return list(read_rows(rows.filter(rows["report_id"].is_in(chosen.implode()))))


@pytest.mark.shared
@pytest.mark.parametrize("language", LANGUAGES)
def test_real_intensive_care_reports_pass_every_check(intensive_care, language):
    for seed, reading in enumerate(intensive_care):
        text = completion(*compose(reading, language, seed), language)
        assert all(found.ok for found in check(text, reading, language)), text


FLAGS = st.sampled_from(["LL", "L", "N", "H", "HH", None])


@st.composite
def any_reading(draw) -> Reading:
    """A reading that no rule has made: findings beside results that may contradict them."""
    names = draw(st.lists(st.sampled_from(sorted(analytes())), max_size=30, unique=True))
    results = []
    for name in names:
        unit = analytes()[name].unit
        value = draw(st.floats(0.001, 5000, allow_nan=False))
        flag = draw(FLAGS)
        critical = draw(st.booleans())
        results.append(
            FlaggedResult(
                name,
                name,
                None,
                value,
                None,
                unit,
                None,
                None,
                None,
                flag,
                critical,
                f"{value:.3f}",
                unit,
            )
        )
    findings = []
    for name in draw(
        st.lists(st.sampled_from(sorted(finding_definitions())), max_size=12, unique=True)
    ):
        grades = [*finding_definitions()[name].grades, None]
        evidence = tuple(names[: draw(st.integers(0, 4))])
        findings.append(
            Finding(name, draw(st.sampled_from(grades)), evidence, draw(st.integers(0, 3)))
        )
    return Reading(Panel(()), tuple(results), tuple(findings), ())


@settings(max_examples=80, deadline=None)
@given(any_reading(), st.sampled_from(LANGUAGES), st.integers(0, 2**31))
def test_no_reading_however_odd_makes_the_composer_or_the_guard_fail(reading, language, seed):
    interpretation, follow_up = compose(reading, language, seed)
    assert interpretation
    assert follow_up
    check(completion(interpretation, follow_up, language), reading, language)


def test_composing_takes_milliseconds(readings):
    compose(readings[0], "fr", 0)
    times = []
    for seed, reading in enumerate(readings[:300]):
        start = time.thread_time()
        compose(reading, "fr", seed)
        times.append(time.thread_time() - start)
    assert sorted(times)[len(times) // 2] < 0.005
