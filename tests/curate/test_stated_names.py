"""What a row's own columns say of people, wards and tubes goes from its texts."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hemoscribe.curate import curate, load_curated
from hemoscribe.curate.scrub import scrub, stated_names
from hemoscribe.records import Result
from hemoscribe.settings import CurateSettings

FEW = CurateSettings(few_reports_error=1)
PEOPLE = ("Dr Anne LEGENDRE", "M. Roussel", "BLANC Sophie", "JDU", "Pr GILBERT", "de Vries")
STATED = stated_names(PEOPLE, ["Réanimation 3B", "Cardiologie", "Unité Desmarets"])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Voir LEGENDRE", "Voir [name]"),
        ("voir legendre demain", "voir [name] demain"),
        ("Legendre a rappelé", "[name] a rappelé"),
        ("rappel fait par roussel à 10h", "rappel fait par [name] à 10h"),
        ("Validé JDU", "Validé [name]"),
        ("jdu", "jdu"),
        ("transmis hier à Vries", "transmis hier à [name]"),
        ("tube pour Blanc ce jour", "tube pour [name] ce jour"),
        ("Blanc d'oeuf, globule blanc", "Blanc d'oeuf, globule blanc"),
        ("GLOBULE BLANC 4,5 G/L", "GLOBULE BLANC 4,5 G/L"),
        ("maladie de Gilbert", "maladie de Gilbert"),
        ("Dr Gilbert", "Dr [name]"),
        ("prévenir Réanimation 3B", "prévenir [place]"),
        ("prévenir réanimation 3b", "prévenir [place]"),
        ("avis de cardiologie", "avis de cardiologie"),
        ("hospitalisé en Unité Desmarets", "hospitalisé en [place]"),
        ("Legendre 12,3 g/L et 4 mmol/L", "[name] 12,3 g/L et 4 mmol/L"),
        ("Anne-Marie et Anne", "[name] et [name]"),
        ("Dr Legendre et Dr Martin", "Dr [name] et Dr [name]"),
        ("sophie prévenue", "[name] prévenue"),
    ],
)
def test_a_stated_name_goes_wherever_it_stands(text: str, left: str) -> None:
    assert scrub(text, stated=STATED).text == left


def test_nothing_stated_is_nothing_to_look_for() -> None:
    assert stated_names([], []) is None
    assert stated_names(["Dr", "de", "K"], ["Urgences"]) is None


SURNAMES = ("Garnotel", "Perrichon", "KERVADEC", "Wojcik", "benhaddou", "Lestrange")
TEXTS = ("vu avec {}", "{} informe le service", "appel {} 10h", "avis {} demandé", "cf. {}")


@pytest.mark.parametrize("column", ["comment", "clinical_note", "instrument", "method"])
def test_planted_names_are_gone_from_every_text(
    column: str, cohort: Any, read_folder: Any, tmp_path: Path
) -> None:
    rows = cohort(60)
    place = pl.int_range(pl.len())
    named = [SURNAMES[number % len(SURNAMES)] for number in range(rows.height)]
    texts = [TEXTS[number % len(TEXTS)].format(name) for number, name in enumerate(named)]
    rows = rows.with_columns(
        pl.Series("requester", [f"Dr {name}" for name in named]),
        pl.Series("comment_author", [f"{name} A." for name in reversed(named)]),
        pl.Series(column, texts),
        sample_id=pl.format("T-88{}", place),
        ward=pl.lit("Médecine 4 Nord"),
    )
    if column in ("comment", "clinical_note"):
        tail = pl.format(" tube {} en {}. Potassium 4,1 mmol/L", "sample_id", "ward")
        rows = rows.with_columns(pl.col(column) + tail)
    curate(read_folder(rows.select(Result.column_names())), tmp_path / "out", FEW)
    written = load_curated(tmp_path / "out")
    assert written[column].null_count() == 0
    left = " ".join(written[column]).casefold()
    assert not [name for name in SURNAMES if name.casefold() in left]
    assert "t-88" not in left
    assert "4 nord" not in left
    if column in ("comment", "clinical_note"):
        assert left.count("potassium 4,1 mmol/l") == written.height
    assert written["sample_id"].null_count() == written.height
