"""Where anything of a report was refused, no sentence calls it normal or closes it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemoscribe.engines.document import report_document
from hemoscribe.engines.interpreter import facts
from hemoscribe.errors import HemoscribeError
from hemoscribe.prose import claims, completion, compose
from hemoscribe.prose.guard import check
from hemoscribe.prose.unread import with_unread
from hemoscribe.records import LANGUAGES, Panel, Reading, Report
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_panels

NORMAL = [
    ("Sodium", "140", "mmol/L", "135", "145"),
    ("Potassium", "4.1", "mmol/L", "3.5", "5.1"),
    ("Hb", "14.1", "g/dL", "12", "16"),
    ("Créatinine", "70", "umol/L", "50", "100"),
    ("CRP", "2", "mg/L", "0", "5"),
    ("TSH", "2.1", "mU/L", "0.4", "4.0"),
]
UNREAD = [
    ("Moonlight", "3", "g/L", None, None, "HH"),
    ("Troponin T hs", "450", "ng/xL", "0", "14", None),
    ("Potassium", "hemolyzed", "mmol/L", "3.5", "5.1", "H"),
    ("Glucose", "see note", "mmol/L", None, None, None),
    ("Sodium", "999999", "mmol/L", "135", "145", "LL"),
]


def said_of(reading: Reading, language: str, seed: int) -> tuple[str, str]:
    interpretation, follow_up = compose(reading, language, seed)
    return with_unread(interpretation, reading, language), follow_up


def calls_it_normal(text: str, reading: Reading, language: str) -> bool:
    whole = any(one.kind == "whole_normal" and not one.denied for one in claims(text, language))
    guarded = {one.code: one for one in check(text, reading, language)}
    return whole or not guarded["directions"].ok


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(NORMAL), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from(UNREAD), min_size=1, max_size=4, unique=True),
    st.sampled_from(LANGUAGES),
    st.integers(0, 60),
)
def test_no_sentence_of_normality_beside_a_reject(normal, unread, language, seed) -> None:
    reading = facts(Panel.of([*normal, *unread], sex="F", age=50))
    assert reading.rejects
    assert not reading.whole
    text = completion(*said_of(reading, language, seed), language)
    assert not calls_it_normal(text, reading, language)
    for reject in reading.unread_critical:
        assert reject["reported_value"] in text


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(NORMAL), min_size=2, max_size=6, unique=True),
    st.sampled_from(LANGUAGES),
    st.integers(0, 60),
)
def test_the_guard_lets_a_whole_report_be_called_normal_and_no_other(normal, language, seed):
    whole = facts(Panel.of(normal, sex="F", age=50))
    text = completion(*compose(whole, language, seed), language)
    assert any(one.kind == "whole_normal" for one in claims(text, language))
    assert all(one.ok for one in check(text, whole, language))
    for changed in (
        [*normal, UNREAD[0]],
        [*normal[1:], (*normal[0], "H")],  # the laboratory flags what the rules do not
        [*normal, ("Lithium", "0.4", "mmol/L")] if language == "fr" else [*normal, UNREAD[1]],
    ):
        part = facts(Panel.of(changed, sex="F", age=50))
        if part.whole:
            continue
        assert not {one.code: one for one in check(text, part, language)}["directions"].ok


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exports") / "simulated"
    simulate(out, reports=120, seed=5, formats=["all"])
    return out


@pytest.mark.parametrize("language", LANGUAGES)
def test_over_all_readers_a_reject_leaves_no_sentence_of_normality(exports, language) -> None:
    seen = {"files": 0, "with rejects": 0, "whole and normal": 0}
    for path in sorted(one for one in exports.rglob("*") if one.is_file()):
        try:
            panels = read_panels(path)
        except HemoscribeError:
            continue
        seen["files"] += 1
        for panel in panels[:40]:
            try:
                reading = facts(panel)
            except HemoscribeError:
                continue
            pair = said_of(reading, language, 0)
            text = completion(*pair, language)
            if reading.rejects:
                seen["with rejects"] += 1
                assert not calls_it_normal(text, reading, language), (path.name, text)
                listed = report_document(
                    Report(reading, language, *pair, "composer", (), "none", "none", 0.0)
                )["rejects"]
                assert len(listed) == len(reading.rejects)
            elif reading.whole and not reading.abnormal and not reading.findings:
                seen["whole and normal"] += 1
    assert seen["files"] > 10
    assert seen["with rejects"] > 20
