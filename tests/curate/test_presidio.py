"""Presidio beside the rules: it finds more, and never takes a result for a telephone number."""

import importlib.util
import threading
from types import SimpleNamespace

import polars as pl
import pytest

from hemoscribe.curate import curate, load_curated
from hemoscribe.curate.scrub import (
    finder_of,
    laboratory_values,
    models_found,
    presidio,
    scrub,
    versions_of_finder,
)
from hemoscribe.errors import MissingError
from hemoscribe.settings import CurateSettings
from hemoscribe.stages import read_manifest

installed = pytest.mark.skipif(
    importlib.util.find_spec("presidio_analyzer") is None,
    reason="Presidio is not installed: pip install 'hemoscribe[text]'",
)
FIND = finder_of("presidio")


def test_without_presidio_the_setting_says_what_to_install(
    monkeypatch, cohort, read_folder, tmp_path
):
    monkeypatch.setattr(presidio.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install 'hemoscribe\[text\]'"):
        curate(
            read_folder(cohort(3)),
            tmp_path / "out",
            CurateSettings(scrub_with="presidio", few_reports_error=1),
        )
    assert not (tmp_path / "out").exists()


def test_rules_alone_need_nothing():
    assert finder_of("rules") is None
    assert versions_of_finder("rules") == {}


@installed
@pytest.mark.parametrize(
    "identifier",
    [
        "12345678Z",  # a Spanish DNI, by its check letter
        "AB 12 34 56 C",  # a British National Insurance number
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",  # a wallet
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    ],
)
def test_presidio_finds_numbers_that_the_rules_do_not_know(identifier):
    text = f"Contrôle demandé ({identifier}), à revoir."
    assert scrub(text).text == text
    cleaned = scrub(text, also=FIND)
    assert identifier not in cleaned.text
    assert "Contrôle demandé" in cleaned.text
    assert "à revoir" in cleaned.text


@installed
@pytest.mark.parametrize(
    "text",
    [
        "Plaquettes 250 000 /mm3, leucocytes 4 200 - 10 500 /mm3, ferritine 12 345 678 ng/mL",
        "Hb 13.5 g/dL (12.0 - 16.0), VGM 92, TSH 2,45 (0,27-4,20), titre 1/80, ratio 1:160",
        "Numération 201 555 0123 10^9/L; CRP 12/5 mg/L, Na 135-145, K 3.5/5.1",
        "HIV-1 RNA 1 234 567 copies/mL; 2 145 678 901 copies/mL",
        "Creatinine 212.5 umol/L, eGFR 55-60 mL/min/1.73m2, HbA1c 6.5 % (48 mmol/mol)",
        "Glycémie à jeun 1,26 g/L ; 120 min : 2,05 g/L ; INR 2.5 - 3.5, TP 70 - 100 %",
    ],
)
def test_no_result_range_or_ratio_is_taken_for_an_identifier(text):
    cleaned = scrub(text, also=FIND)
    assert not cleaned.withheld
    assert cleaned.text == text
    assert laboratory_values(cleaned.text) == laboratory_values(text) != []


@installed
def test_a_ratio_before_a_number_is_no_part_of_it():
    cleaned = scrub("Ratio 1/2 - 496 11 6348 mg/L; Ratio 1/2 - 496 11 6348", also=FIND)
    assert cleaned.text.startswith("Ratio 1/2 - ")
    assert cleaned.text.endswith("; Ratio 1/2 - [id]")


@installed
def test_a_curated_folder_says_that_presidio_was_used(cohort, read_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(presidio, "models_found", lambda: ())
    rows = cohort(20).with_columns(
        pl.when(pl.col("analyte") == "crp")
        .then(pl.lit("DNI 12345678Z, CRP 2.4 mg/L"))
        .alias("comment")
    )
    settings = CurateSettings(scrub_with="presidio", few_reports_error=1)
    summary = curate(read_folder(rows), tmp_path / "out", settings)
    comments = load_curated(tmp_path / "out")["comment"].drop_nulls().unique().to_list()
    assert comments == ["DNI [id], CRP 2.4 mg/L"]
    assert summary["results"] == 180
    assert read_manifest(tmp_path / "out", stage="curate").inputs["presidio"]
    assert "by Presidio" in (tmp_path / "out" / "data-card.md").read_text()
    if not models_found():
        assert any("no spaCy model" in warning for warning in summary["warnings"])


@installed
def test_nothing_that_runs_asks_the_network():
    """Presidio's e-mail recogniser fetches a list of domains; it is not among those used."""
    names = {recogniser.name for recogniser in presidio._analyzer().registry.recognizers}
    assert "EmailRecognizer" not in names
    assert {"PhoneRecognizer", "NhsRecognizer", "IbanRecognizer"} <= names


@installed
def test_names_of_a_spacy_model_are_taken_out_and_ordinary_words_stay(monkeypatch):
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    for label, word in (
        ("PERSON", "wojciechowska"),
        ("PERSON", "potassium"),
        ("GPE", "żyrardów"),
        ("ORG", "haemoglobin"),
        ("PERSON", "b12"),
    ):
        ruler.add_patterns([{"label": label, "pattern": word}])
    monkeypatch.setattr(presidio, "_pipelines", lambda: (pipeline,))
    cleaned = scrub(
        "wojciechowska from żyrardów: potassium 4.1 mmol/L, haemoglobin, b12 low", also=FIND
    )
    assert cleaned.text == "[name] from [place]: potassium 4.1 mmol/L, haemoglobin, b12 low"


@installed
def test_two_partitions_may_scrub_at_once():
    text = "DNI 12345678Z, CRP 2.4 mg/L"
    found: list[SimpleNamespace] = []
    threads = [
        threading.Thread(target=lambda: found.append(scrub(text, also=FIND))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {cleaned.text for cleaned in found} == {"DNI [id], CRP 2.4 mg/L"}
