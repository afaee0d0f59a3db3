"""Reviews as training rows and as agreement: who stands, what is left out, which pseudonyms."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from hemoscribe.corpus.review_record import ReviewRecord
from hemoscribe.corpus.reviewed import reviewed_example, reviewed_reading
from hemoscribe.curate.pseudonyms.keys import pseudonym_key
from hemoscribe.curate.pseudonyms.patients import place, pseudonym
from hemoscribe.errors import InputError
from hemoscribe.records import Panel
from hemoscribe.serve import agreement, export_reviews

DRAFT = ("Severe hyperkalemia.", "Repeat potassium at once.")


def export(tmp_path: Path) -> tuple[dict, list[dict]]:
    path = tmp_path / "reviews.jsonl"
    summary = export_reviews(path)
    return summary, [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_without_reviews_the_file_is_empty(tmp_path: Path, archive):
    archive.report()
    summary, lines = export(tmp_path)
    assert lines == []
    assert summary["lines"] == 0


def test_a_line_has_the_pseudonyms_and_the_side_that_curation_gives(tmp_path, archive):
    number = archive.report("00001000", "240000001", sex="F", age_years=54.7)
    archive.review(number, "corrected", text="Hyperkalemia, severe.")
    summary, [line] = export(tmp_path)
    placed = place(pseudonym_key(), "00001000")
    assert line["patient_id"] == placed.pseudonym
    assert line["split"] == placed.split
    assert line["report_id"] == pseudonym(pseudonym_key(), "report", "00001000\x00240000001")
    assert line["panel"]["age_years"] == 54.0
    assert (line["interpretation"], line["follow_up"]) == ("Hyperkalemia, severe.", DRAFT[1])
    assert line["draft"] == f"Interpretation: {DRAFT[0]}\nFollow-up: {DRAFT[1]}"
    assert summary["corrected"] == 1


def test_nothing_that_names_a_person_is_exported(tmp_path, archive):
    number = archive.report(
        "DUPONT-123", "REPORT-9", laboratory="Parc", context="Mrs Dupont, 01 02 03 04 05"
    )
    archive.review(number, "accepted", comment="Call Dr Martin")
    _, [line] = export(tmp_path)
    text = json.dumps(line)
    for secret in ("DUPONT", "REPORT-9", "Parc", "Dupont", "Ada", "Martin", "ada"):
        assert secret not in text


def test_a_text_about_a_course_is_taught_from_a_reading_that_has_the_course(tmp_path, archive):
    def creatinine(value: str, time: str, **more) -> Panel:
        results = [("Creatinine", value, "umol/L", 60, 110)]
        return Panel.of(results, sex="M", age=60, collected_at=time, **more)

    old = creatinine("70", "2026-03-01 08:00", report_id="OLD-77")
    pleural = {"source": "DURAND.hl7", "place": "message 1", "code": "unknown_analyte",
               "message": "The specimen is pleural fluid.", "results": 1,
               "reported_name": "LDH", "reported_value": "900", "reported_unit": "U/L",
               "reported_flag": "HH"}  # fmt: skip
    now = replace(
        creatinine("109", "2026-03-02 09:30", report_id="NEW-78", patient_id="P-9"),
        rejects=(pleural,),
        notices=("DURAND.hl7: two encodings.",),
    )
    number = archive.serve(now, earlier=[old])
    archive.review(number, "corrected", text="Acute kidney injury, stage 1.")
    _, [line] = export(tmp_path)
    for secret in ("2026", "OLD-77", "NEW-78", "P-9", "DURAND"):
        assert secret not in json.dumps({**line, "reviewed_at": ""})
    assert line["panel"]["earlier"][0]["seconds_before"] == (24 * 60 + 90) * 60
    reading = reviewed_reading(ReviewRecord.model_validate(line))
    assert "acute_kidney_injury" in {one.id for one in reading.findings}
    assert [(one["reported_name"], one["message"]) for one in reading.rejects] == [
        ("LDH", "The specimen is pleural fluid.")
    ]
    assert not reading.whole
    assert (
        "acute kidney injury" in reviewed_example(ReviewRecord.model_validate(line)).prompt.lower()
    )


def test_an_export_without_a_course_is_read_as_before(tmp_path, archive):
    archive.review(archive.report(), "accepted")
    _, [line] = export(tmp_path)
    bare = {key: line["panel"][key] for key in ("sex", "age_years", "pregnant", "results")}
    assert (
        reviewed_reading(ReviewRecord.model_validate({**line, "panel": bare})).findings
        == reviewed_reading(ReviewRecord.model_validate(line)).findings
    )


def test_a_result_that_may_name_somebody_leaves_a_reject_without_words(tmp_path, archive):
    panel = Panel.of([("Sodium", 140, "mmol/L", 135, 145), ("Appeler le 01 23 45 67 89", "x")])
    archive.review(archive.serve(panel), "corrected", text="Sodium is normal.")
    _, [line] = export(tmp_path)
    assert "01 23" not in json.dumps(line)
    reading = reviewed_reading(ReviewRecord.model_validate(line))
    assert [one["reported_name"] for one in reading.rejects] == [None]
    assert not reading.whole


def test_a_text_that_names_a_person_is_left_out_and_counted(tmp_path, archive):
    archive.review(archive.report("P1", "R1"), "corrected", text="Call 01 23 45 67 89 at once.")
    archive.review(archive.report("P2-55", "R2"), "corrected", text="As said for P2-55.")
    summary, lines = export(tmp_path)
    assert lines == []
    assert summary["left_out"]["identifying"] == 2


def test_a_patient_who_is_not_known_has_no_side(tmp_path, archive):
    first = archive.report(Panel(results=()).patient_id)
    second = archive.report(Panel(results=()).patient_id)
    for number in (first, second):
        archive.review(number, "accepted")
    _, lines = export(tmp_path)
    assert [(line["patient_id"], line["split"]) for line in lines] == [(None, None)] * 2
    assert len({line["report_id"] for line in lines}) == 2


def test_the_newest_correction_stands_before_an_acceptance(tmp_path, archive):
    number = archive.report()
    archive.review(number, "corrected", "ada", "First words.")
    archive.review(number, "corrected", "bob", "Second words.")
    archive.review(number, "accepted", "cy")
    _, [line] = export(tmp_path)
    assert line["interpretation"] == "Second words."


def test_a_reviewer_who_changes_their_mind_counts_once(tmp_path, archive):
    number = archive.report()
    archive.review(number, "corrected", "ada", "First words.")
    archive.review(number, "accepted", "ada")
    _, [line] = export(tmp_path)
    assert line["decision"] == "accepted"
    assert line["interpretation"] == DRAFT[0]


def test_a_rejected_report_is_left_out_unless_it_is_corrected(tmp_path, archive):
    rejected, mended = archive.report("P1", "R1"), archive.report("P1", "R2")
    archive.review(rejected, "rejected", "ada")
    archive.review(rejected, "accepted", "bob")
    archive.review(mended, "rejected", "ada")
    archive.review(mended, "corrected", "bob", "Better words.")
    summary, [line] = export(tmp_path)
    assert line["interpretation"] == "Better words."
    assert summary["left_out"]["rejected"] == 1


def test_a_report_read_twice_is_exported_once_per_language(tmp_path, archive):
    for language in ("en", "en", "fr"):
        archive.review(archive.report(language=language), "accepted")
    summary, lines = export(tmp_path)
    assert sorted(line["language"] for line in lines) == ["en", "fr"]
    assert summary["left_out"]["repeated"] == 1


def test_a_directory_is_no_file_to_write(tmp_path, archive):
    with pytest.raises(InputError, match="is a directory"):
        export_reviews(tmp_path)


def test_agreement_counts_each_reviewer_and_model(archive):
    decisions = {
        "ada": ["accepted", "accepted", "corrected", "rejected", "accepted", "corrected"],
        "bob": ["accepted", "corrected", "corrected", "rejected", "accepted", "accepted"],
    }
    for both in zip(*decisions.values(), strict=True):
        number = archive.report()
        for who, decision in zip(decisions, both, strict=True):
            archive.review(number, decision, who, correct=4)
    archive.review(archive.report(), "accepted", "cy", correct=1)
    found = agreement()
    assert found["reports"] == 7
    assert found["reviews"] == 13
    assert found["accepted_share"] == round(7 / 13, 4)
    assert found["by_reviewer"]["ada"]["decisions"] == {
        "accepted": 3,
        "corrected": 2,
        "rejected": 1,
    }
    assert found["by_model"]["m1"]["ratings"]["correct"] == {"mean": round(49 / 13, 2), "n": 13}
    pairs = {tuple(pair["reviewers"]): pair for pair in found["pairs"]}
    assert pairs["ada", "bob"]["n"] == 6
    assert pairs["ada", "bob"]["agreed"] == round(4 / 6, 4)
    expected = cohen_kappa_score(decisions["ada"], decisions["bob"])
    assert pairs["ada", "bob"]["kappa"] == round(expected, 4)
    assert pairs["ada", "cy"]["kappa"] is None
    assert "no report in common" in pairs["ada", "cy"]["why_not"]


def test_kappa_of_one_decision_is_not_defined(archive):
    for _ in range(3):
        number = archive.report()
        archive.review(number, "accepted", "ada")
        archive.review(number, "accepted", "bob")
    [pair] = agreement()["pairs"]
    assert pair["agreed"] == 1.0
    assert pair["kappa"] is None


def test_agreement_without_reviews(archive):
    assert agreement()["accepted_share"] is None


def test_the_rules_sentences_on_what_was_unread_teach_nothing(tmp_path: Path, archive):
    refused = {"code": "unreadable", "place": "line 3", "message": "No value.", "results": 1}
    lead = "One result was not read and is not interpreted: line 3. "
    number = archive.report(lead=lead, rejects=({**refused, "source": "a.csv"},))
    archive.review(number, "accepted", text=lead + DRAFT[0])
    _, [line] = export(tmp_path)
    assert line["interpretation"] == DRAFT[0]
    assert line["draft"] == f"Interpretation: {DRAFT[0]}\nFollow-up: {DRAFT[1]}"
