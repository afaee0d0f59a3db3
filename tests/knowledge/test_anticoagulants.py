"""What a requester's note says of an anticoagulant, and what rules make of it in both ways."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import yaml

from hemoscribe.knowledge import read_panel, read_rows
from hemoscribe.knowledge.anticoagulants import stated_anticoagulant, stated_target
from hemoscribe.records import Panel, ReportedResult, Result

from .cases import result_row

AT = datetime(2026, 3, 2, 8)
NOTES = yaml.safe_load(Path(__file__).with_name("notes_of_anticoagulants.yaml").read_text("utf-8"))
EVERY = [(note, kind) for kind, notes in NOTES.items() for note in notes]


@pytest.mark.parametrize(("note", "kind"), EVERY)
def test_what_a_note_says_is_taken(note: str, kind: str) -> None:
    assert stated_anticoagulant(note) == (None if kind == "unknown" else kind)
    assert stated_anticoagulant(note.upper()) == (None if kind == "unknown" else kind)


@pytest.mark.parametrize(
    ("note", "target"),
    [
        ("warfarin", (2.0, 3.0)),
        ("warfarin, target 2.5-3.5", (2.5, 3.5)),
        ("INR target 2.5 to 3.5", (2.5, 3.5)),
        ("sous AVK, cible 2-3", (2.0, 3.0)),
        ("AVK, INR cible entre 2,5 et 3,5", (2.5, 3.5)),
        ("objectif d'INR : 3 à 4,5", (3.0, 4.5)),
        ("warfarin, mechanical mitral valve", None),
        ("AVK pour valve mécanique", None),
        ("mechanical valve, goal 2.5-3.5", (2.5, 3.5)),
        ("warfarin, target 20-30", (2.0, 3.0)),
    ],
)
def test_the_target_of_the_inr(note: str, target: tuple[float, float] | None) -> None:
    assert stated_target(note) == target


@pytest.mark.parametrize(
    ("note", "value", "finding"),
    [
        ("warfarin, mechanical mitral valve", 1.0, "inr_below_target"),
        ("sous AVK", 1.6, "inr_below_target"),
        ("sous AVK", 1.99, "inr_below_target"),
        ("warfarin, target 2.5-3.5", 2.3, "inr_below_target"),
        ("warfarin, target 1.5-2.0", 1.6, "high_inr"),
        ("sous AVK, cible 2-3", 2.4, "high_inr"),
        ("sous AVK", 3.8, "high_inr"),
        ("no anticoagulant, jaundice", 1.0, None),
        ("no anticoagulant, jaundice", 1.6, "high_inr"),
        ("arrêt de la warfarine", 1.0, None),
        ("apixaban", 1.0, None),
        ("heparin", 1.0, None),
        ("", 1.0, None),
        ("", 1.6, "high_inr"),
    ],
)
def test_an_inr_below_its_target_is_found_in_both_ways(
    note: str, value: float, finding: str | None
) -> None:
    result = ReportedResult("INR", str(value), None, "0.8", "1.2")
    alone = read_panel(Panel((result,), sex="M", age_years=60.0, collected_at=AT, context=note))
    row = result_row("inr", value, low=0.8, high=1.2, range_source="laboratory", sex="M")
    row |= {"age_years": 60.0, "collected_at": AT, "report_id": "r"}
    rows = pl.DataFrame([row], schema=Result.create_empty().schema)
    rows = rows.with_columns(clinical_note=pl.lit(note or None, dtype=pl.String))
    (many,) = read_rows(rows)
    expected = [] if finding is None else [finding]
    assert [one.id for one in alone.findings] == expected
    assert [one.id for one in many.findings] == expected
    assert [one.severity for one in alone.findings] == [one.severity for one in many.findings]
