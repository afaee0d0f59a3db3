"""The two documents a person reads: quality.html and data-card.md."""

import re
from html.parser import HTMLParser

import polars as pl
import pytest

from hemoscribe.curate import curate
from hemoscribe.curate.account.quality import measure_analytes, reject_examples
from hemoscribe.curate.account.quality_page import MISSING_SENTENCES, REJECT_SENTENCES
from hemoscribe.curate.account.small_charts import histogram
from hemoscribe.records import Reject, RejectCode
from hemoscribe.settings import CurateSettings

FEW = CurateSettings(few_reports_error=1)


@pytest.fixture
def curated(cohort, read_folder, tmp_path):
    frame = pl.concat([cohort(120), cohort(120).head(2)])
    summary = curate(read_folder(frame), tmp_path / "out", FEW)
    return tmp_path / "out", summary


class Tags(HTMLParser):
    VOID = frozenset({"meta", "rect", "path", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.links, self.svgs = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset")]
        self.svgs += tag == "svg"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_no_network(curated):
    page = (curated[0] / "quality.html").read_text()
    tags = Tags()
    for element in ("p", "li"):  # closed everywhere, so that nesting can be checked
        assert page.count(f"<{element}>") + page.count(f"<{element} ") == page.count(
            f"</{element}>"
        )
    tags.feed(page)
    assert tags.open == []
    assert tags.links == []
    assert not re.search(r"https?://|@import|<script|url\(", page)
    assert tags.svgs > 9


def test_the_page_says_what_came_in_went_and_is_left(curated):
    folder, summary = curated
    page = (folder / "quality.html").read_text()
    for number in (summary["results_in"], summary["results"], summary["rejects"]):
        assert f"{number:,}" in page
    assert "The same result again" in page
    assert "row 1081" in page
    assert "Hemoglobin" in page
    for warning in summary["warnings"]:
        assert warning in page


def test_the_data_card_says_pseudonymised_and_why_not_anonymised(curated):
    card = (curated[0] / "data-card.md").read_text()
    assert "pseudonymised, not anonymised" in card
    assert "recital 26" in card
    assert "| train |" in card
    assert "`duplicate`" in card
    assert not re.search(r"\n{3,}", card)


def test_every_code_and_every_missing_thing_has_its_words():
    assert set(REJECT_SENTENCES) == {str(code) for code in RejectCode}
    assert set(MISSING_SENTENCES) == {"sex", "age", "unit", "range", "time", "laboratory"}


def test_figures_of_an_analyte_are_right(curated):
    rows = pl.read_parquet(curated[0] / "results.parquet")
    measured = {entry.name: entry for entry in measure_analytes(curated[0] / "results.parquet")}
    sodium = rows.filter(pl.col("analyte") == "sodium")["value"]
    entry = measured["Sodium"]
    assert entry.results == len(sodium)
    assert entry.percentiles is not None
    assert entry.percentiles[2] == pytest.approx(sodium.median())
    # Both the 1st and the 99th percentile are inside; a result or two on each side are not.
    assert len(sodium) - 6 <= sum(entry.bins) <= len(sodium)
    assert entry.expected_share == 0.05
    assert entry.units == "mmol/L 100%"


def test_a_median_outside_the_range_is_pointed_out(cohort, read_folder, tmp_path):
    frame = cohort(40).with_columns(
        pl.when(pl.col("analyte") == "sodium").then(200.0).otherwise("low").alias("low"),
        pl.when(pl.col("analyte") == "sodium").then(220.0).otherwise("high").alias("high"),
    )
    curate(read_folder(frame), tmp_path / "out", FEW)
    assert "look at the units" in (tmp_path / "out" / "quality.html").read_text()


def test_few_results_show_no_percentile(cohort, read_folder, tmp_path):
    curate(read_folder(cohort(5)), tmp_path / "out", FEW)
    entries = measure_analytes(tmp_path / "out" / "results.parquet")
    assert all(entry.percentiles is None and entry.bins == () for entry in entries)


def test_examples_prefer_different_sentences():
    rejects = pl.DataFrame(
        [
            ("a.csv", f"line {line}", "duplicate", f"Sentence {line % 2}.", 1, *[None] * 6)
            for line in range(9)
        ],
        schema=Reject.create_empty().schema,
        orient="row",
    )
    (entry,) = reject_examples(rejects, per_code=2)
    assert entry["results"] == 9
    assert {example["message"] for example in entry["examples"]} == {"Sentence 0.", "Sentence 1."}


def test_a_histogram_of_nothing_is_nothing():
    assert histogram([], 0.0, 1.0, None, None) == ""
    assert histogram([0, 0], 0.0, 1.0, None, None) == ""
    assert histogram([1, 2], 1.0, 1.0, None, None) == ""
    assert 'class="range"' in histogram([1, 2], 0.0, 1.0, 0.2, None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_croissant_loads_the_rows(curated):
    """By the library of the format's makers, where it is installed."""
    mlcroissant = pytest.importorskip("mlcroissant")
    folder, summary = curated
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert dataset.metadata.issues.errors == set()
    records = list(dataset.records(record_set="results"))
    assert len(records) == summary["results"]
    assert {record["results/split"] for record in records} <= {b"train", b"validation", b"test"}


def test_the_page_says_how_many_are_found_by_their_values(curated):
    page = (curated[0] / "quality.html").read_text()
    assert "a full panel known from elsewhere finds 100.0 % of patients alone" in page
    assert "l-diversity" in page
    assert "k = 11: reached" in page
