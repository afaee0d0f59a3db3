"""Blinded review: packs that tell nothing, forms read cell by cell, authors compared exactly."""

import csv
import io
import json
import stat

import numpy as np
import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from hemoscribe.assess.held_out import held_out
from hemoscribe.assess.writing import judge, save_texts
from hemoscribe.cli.main import app
from hemoscribe.curate import curate
from hemoscribe.errors import InputError, SettingsError, SourceError
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion
from hemoscribe.serve.reviews.blind import blind_agreement, export_packs, import_forms
from hemoscribe.serve.reviews.blind.packs import KEY
from hemoscribe.serve.reviews.blind.scale import COLUMNS, RATINGS, choice, header, scale
from hemoscribe.serve.reviews.blind.texts import one_form
from hemoscribe.settings import CurateSettings
from hemoscribe.sources import read_folder

RESULT = ("analyte", "value", "unit", "low", "high", "comment")
HUMAN = "Hyperkalaemia, please rule out haemolysis and repeat the potassium today."


@pytest.fixture
def packs(tmp_path, archive):
    """Eight served reports, each with the model's, the composer's and an expert's comment."""
    for number in range(8):
        report = archive.report(f"DUPONT-{number}", f"REPORT-{number}", sex="F", age_years=93.4)
        archive.review(report, "corrected", "Dr Martin", f"{HUMAN} Case {number}.")
    export_packs(tmp_path / "packs", raters=3)
    return tmp_path / "packs"


def key_of(folder):
    return json.loads((folder / KEY).read_text("utf-8"))["items"]


def form_of(folder, rater):
    with (folder / rater / f"{rater}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def fill(folder, rater, rate, encoding="utf-8-sig", delimiter=","):
    """Fill a rater's form: ``rate(code, entry)`` gives cells by column."""
    key, (first, *rows) = key_of(folder), form_of(folder, rater)
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter)
    table.writerow(first)
    for row in rows:
        for column, cell in rate(row[0], key[row[0]]).items():
            row[COLUMNS.index(column)] = cell
        table.writerow(row)
    (folder / rater / f"{rater}.csv").write_bytes(out.getvalue().encode(encoding, "replace"))


def same(value, **more):
    return dict.fromkeys(RATINGS, str(value)) | {"sign": "yes"} | more


def test_every_rater_gets_the_same_items_in_an_order_of_their_own(packs):
    orders = [[row[0] for row in form_of(packs, f"rater-{n}")[1:]] for n in (1, 2, 3)]
    assert len(orders[0]) == 8 * 3
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2]) == sorted(key_of(packs))
    assert orders[0] != orders[1] != orders[2]


def test_nothing_in_a_pack_tells_who_wrote_what_or_whose_report_it_is(packs):
    authors = {entry["author"] for entry in key_of(packs).values()}
    assert authors == {"model", "composer", "human"}
    secrets = ("DUPONT", "REPORT-", "Martin", "Ada", "m1", "93 ")
    for path in packs.rglob("*.*"):
        if path.suffix == ".xlsx":
            sheet = openpyxl.load_workbook(path).active
            text = "\n".join(str(cell) for row in sheet.values for cell in row[:3] if cell)
        else:
            text = path.read_text("utf-8")
        if path.name == KEY:
            assert not any(secret in text for secret in secrets if secret not in ("m1", "93 "))
            continue
        assert not any(secret in text for secret in secrets), path
        for row in (line for line in text.splitlines() if HUMAN in line):
            assert "human" not in row
    assert "90 years" in form_of(packs, "rater-1")[1][1]
    assert stat.S_IMODE((packs / KEY).stat().st_mode) == 0o600


def test_codes_and_orders_say_nothing_of_the_author(packs):
    key = key_of(packs)
    place = {author: [] for author in ("model", "composer", "human")}
    for rater in ("rater-1", "rater-2", "rater-3"):
        for number, row in enumerate(form_of(packs, rater)[1:]):
            place[key[row[0]]["author"]].append(number)
    means = [np.mean(found) for found in place.values()]
    assert max(means) - min(means) < 12  # of 24 places; sorted by author they would differ by 16
    assert {len(code) for code in key} == {4}


@pytest.mark.parametrize(
    "text",
    [
        "Interpretation: Anémie\u00a0: à  suivre\nFollow-up: none",
        "  «\u202fà contrôler\u202f»",
        "Potassium 6.8 mmol/L \u2013 repeat it",
        "Interpretation: Low sodium.\nFollow-up: Repeat it.",
    ],
)
def test_comments_take_one_form_whoever_typed_them(text):
    shown = one_form(text, "en")
    assert shown[-1] in ".!?"
    assert "  " not in shown
    assert "\n" not in shown
    assert "Interpretation" not in shown
    assert "Follow-up" not in shown
    assert not set(shown) & set("\u00a0\u202f\u2013«»")
    assert one_form(shown, "en") == shown


def test_a_comment_that_names_somebody_is_left_out_and_counted(tmp_path, archive):
    archive.review(archive.report("P1", "R1"), "corrected", text="Call 01 23 45 67 89 at once.")
    archive.review(archive.report("P2-55", "R2"), "corrected", text="As was said for P2-55.")
    summary = export_packs(tmp_path / "packs", raters=1)
    assert summary["left_out"]["identifying"] == 2
    assert set(summary["authors"]) == {"model", "composer"}


def test_a_key_is_never_overwritten_and_half_a_source_is_refused(packs, tmp_path):
    with pytest.raises(InputError, match="is not empty"):
        export_packs(packs)
    with pytest.raises(SettingsError, match="go together"):
        export_packs(tmp_path / "new", curated=tmp_path)
    with pytest.raises(SettingsError, match="--raters"):
        export_packs(tmp_path / "new", raters=0)


def test_without_reviews_there_is_nothing_to_mix(tmp_path, archive):
    archive.report()
    with pytest.raises(InputError, match="nothing to review"):
        export_packs(tmp_path / "packs")


def test_the_same_seed_gives_the_same_packs(packs, tmp_path):
    export_packs(tmp_path / "again", raters=3)
    export_packs(tmp_path / "other", raters=3, seed=2)
    form = "rater-1/rater-1.csv"
    assert (tmp_path / "again" / form).read_bytes() == (packs / form).read_bytes()
    assert (tmp_path / "other" / form).read_bytes() != (packs / form).read_bytes()


def test_every_word_of_the_form_is_there_in_both_languages(packs, tmp_path):
    export_packs(tmp_path / "fr", raters=1, language="fr")
    page = (tmp_path / "fr/rater-1/rater-1.html").read_text("utf-8")
    for words in scale()["ratings"].values():
        assert set(words) == {"en", "fr", "question", "worst", "best"}
        assert words["fr"] in page
    for column in COLUMNS:
        assert header(column, "en") != "" != header(column, "fr")
    assert choice("sign", "OUI") == choice("sign", "yes") == "yes"
    assert choice("guess", "règles") == choice("guess", "Rules") == "composer"
    first = (tmp_path / "fr/rater-1/rater-1.csv").read_text("utf-8-sig").splitlines()[0]
    assert first.startswith("N°;Compte rendu;Commentaire;Pertinence")


def test_filled_forms_are_counted_cell_by_cell_and_bad_cells_have_their_place(packs):
    codes = sorted(key_of(packs))
    bad = {
        codes[0]: {"relevance": "6"},
        codes[1]: {"safety": "good"},
        codes[2]: {"correctness": "3.5"},
        codes[3]: {"sign": "perhaps"},
        codes[4]: {"item": "ZZZZ"},
        codes[5]: {"rater": "nobody"},
        codes[6]: dict.fromkeys((*RATINGS, "sign"), ""),
    }
    fill(packs, "rater-1", lambda code, entry: same(4) | bad.get(code, {}))
    fill(packs, "rater-2", lambda code, entry: same(2, sign="non", guess="modèle"), "cp1252", ";")
    summary = import_forms(packs)
    assert summary["raters"] == ["rater-1", "rater-2"]
    assert summary["raters_without_a_rating"] == ["rater-3"]
    assert summary["rejects_by_code"] == {
        "not_on_the_scale": 2,
        "not_a_rating": 1,
        "not_a_choice": 1,
        "unknown_item": 1,
        "unknown_rater": 1,
    }
    assert summary["rows"] == 24 - 3 + 24
    assert summary["form_rows"] == sum(
        summary[name] for name in ("rows", "blank", "repeated", "rejected_rows")
    )
    assert summary["missing_cells"]["relevance"] == 1
    rejects = pl.read_parquet(packs / "rejects.parquet")
    row = rejects.filter(pl.col("value") == "good").row(0, named=True)
    place = [one[0] for one in form_of(packs, "rater-1")].index(codes[1]) + 1
    assert (row["source"], row["place"]) == ("rater-1/rater-1.csv", f"row {place}")
    ratings = pl.read_parquet(packs / "ratings.parquet")
    french = ratings.filter(pl.col("rater") == "rater-2")
    assert french["guess"].unique().to_list() == ["model"]
    assert not french["sign"].any()


def test_a_workbook_is_as_good_as_a_csv_and_twice_the_same_counts_once(packs):
    path = packs / "rater-1/rater-1.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for row in range(2, sheet.max_row + 1):
        for rating in RATINGS:
            sheet.cell(row, COLUMNS.index(rating) + 1).value = 5
        sheet.cell(row, COLUMNS.index("sign") + 1).value = "yes"
        sheet.cell(row, COLUMNS.index("remark") + 1).value = "fine,\nor nearly"
    book.save(path)
    fill(packs, "rater-1", lambda code, entry: same(5))
    summary = import_forms(packs)
    assert (summary["rows"], summary["repeated"], summary["rejects"]) == (24, 24, 0)


def test_a_rater_who_contradicts_themselves_counts_neither_way(packs):
    fill(packs, "rater-1", lambda code, entry: same(5))
    again = packs / "rater-1" / "copy.csv"
    again.write_bytes((packs / "rater-1" / "rater-1.csv").read_bytes())
    odd = sorted(key_of(packs))[0]
    fill(packs, "rater-1", lambda code, entry: same(1 if code == odd else 5))
    summary = import_forms(packs)
    assert summary["rows"] == 23
    assert summary["repeated"] == 23
    assert summary["rejects_by_code"] == {"contradicted": 2}


def test_blank_damaged_and_foreign_forms_are_told_apart(packs):
    with pytest.raises(InputError, match="all blank"):
        import_forms(packs)
    (packs / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no column"):
        import_forms(packs)
    (packs / "notes.csv").unlink()
    (packs / "rater-1" / "rater-1.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(SourceError, match="damaged workbook"):
        import_forms(packs)
    with pytest.raises(InputError, match="reviews export --blind"):
        import_forms(packs / "rater-1")


def judged(code, entry):
    """Everybody gives the model 5, the composer 4, people 3; signs all but people's."""
    given = {"model": "5", "composer": "4", "human": "3"}[entry["author"]]
    return dict.fromkeys(RATINGS, given) | {
        "safety": "2" if entry["author"] == "human" else given,
        "sign": "no" if entry["author"] == "human" else "yes",
        "guess": {"composer": "rules", "human": "person", "model": "model"}[entry["author"]],
    }


def test_planted_ratings_come_back_exactly_when_unblinded(packs):
    for rater in ("rater-1", "rater-2", "rater-3"):
        fill(packs, rater, judged)
    import_forms(packs)
    found = blind_agreement(packs, draws=200)
    assert found["authors"] == {"model": 8, "composer": 8, "human": 8}
    for name in RATINGS:
        rating = found["ratings"][name]
        assert rating["agreement"]["alpha"]["value"] == pytest.approx(1)
        assert rating["agreement"]["fleiss_kappa"]["value"] == pytest.approx(1)
        assert [pair["kappa"]["value"] for pair in rating["agreement"]["cohen_kappa"]] == (
            pytest.approx([1, 1, 1])
        )
    correctness = found["ratings"]["correctness"]
    assert [one["value"] for one in correctness["by_author"].values()] == [5, 4, 3]
    assert correctness["by_author"]["model"]["n"] == 24
    assert correctness["model_less"]["human"] == {"value": 2, "low": 2, "high": 2, "n": 8}
    assert correctness["model_less"]["composer"]["value"] == 1
    assert found["sign"]["by_author"]["human"]["value"] == 0
    assert found["sign"]["model_less"]["human"]["value"] == 1
    assert found["unsafe"]["by_author"]["human"]["value"] == 1
    assert found["unsafe"]["by_author"]["model"]["value"] == 0
    assert found["blinding"]["right"]["value"] == 1
    assert any("blinding did not hold" in sentence for sentence in found["sentences"])
    assert json.loads((packs / "agreement.json").read_text("utf-8"))["items"] == 24


def test_raters_who_rate_at_random_are_said_not_to_agree(packs):
    rng = np.random.default_rng(1)
    for rater in ("rater-1", "rater-2", "rater-3"):
        fill(packs, rater, lambda code, entry: same(rng.integers(1, 6)))
    import_forms(packs)
    found = blind_agreement(packs, draws=200)
    alpha = found["ratings"]["relevance"]["agreement"]["alpha"]
    assert alpha["low"] < 0.2
    assert any("agree too little" in sentence for sentence in found["sentences"])
    assert found["sign"]["agreement"]["alpha"]["value"] is None  # everybody signed everything


def test_agreement_before_import_says_what_to_run(packs):
    with pytest.raises(InputError, match="reviews import"):
        blind_agreement(packs)


def test_the_commands_go_from_packs_to_a_verdict(packs):
    for rater in ("rater-1", "rater-2"):
        fill(packs, rater, judged)
    run = CliRunner()
    imported = run.invoke(app, ["reviews", "import", str(packs), "--json"])
    assert json.loads(imported.stdout)["rows"] == 48
    told = run.invoke(app, ["reviews", "agreement", "--blind", str(packs)])
    assert "Krippendorff's alpha" in told.stdout
    size = run.invoke(app, ["reviews", "sample-size", "--width", "0.1"])
    assert "141 reports" in size.stdout


def test_held_out_reports_bring_the_laboratorys_own_comments(tmp_path):
    comment = "Please repeat the potassium on a fresh sample without haemolysis."
    with (tmp_path / "export.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["patient_id", "report_id", "sex", "age", *RESULT])
        for number in range(12):
            about = [f"P{number}", f"R{number}", "F", 50]
            rows.writerow([*about, "Potassium", 6.2, "mmol/L", 3.5, 5.1, comment])
            rows.writerow([*about, "Sodium", 130 + number, "mmol/L", 135, 145, ""])
    read_folder(tmp_path / "export.csv", tmp_path / "read")
    curate(tmp_path / "read", tmp_path / "curated", CurateSettings(few_reports_error=1, wanted_k=1))
    held = held_out(tmp_path / "curated", "all")
    texts = [
        judge(
            completion(*compose(reading, language, 3), language),
            reading,
            language,
            "assisted",
            Vocabulary(),
        )
        for reading, language in zip(held.readings, held.languages, strict=True)
    ]
    (tmp_path / "assessment").mkdir()
    save_texts(tmp_path / "assessment" / "texts.jsonl", texts)
    summary = export_packs(
        tmp_path / "packs",
        reports=5,
        raters=1,
        curated=tmp_path / "curated",
        assessment=tmp_path / "assessment",
    )
    english = held.languages.count("en")
    assert summary["reports"] == 5
    assert summary["reports_with_every_author"] == min(5, english)
    assert summary["left_out"].get("other_language", 0) == 12 - english
    human = [one for one in key_of(tmp_path / "packs").values() if one["author"] == "human"]
    assert {one["comment"] for one in human} == {comment}
