"""An overlay file is taken or refused as a whole, with the line that is wrong and one sentence."""

import re
from pathlib import Path

import pytest
import yaml

from hemoscribe.errors import SettingsError
from hemoscribe.knowledge.overlay import load_overlay, overlay_document, overlay_from_document

SIGNED = "approved_by: Dr A. Martin, date: 2026-03-01"
BAD = yaml.safe_load((Path(__file__).parent / "bad_overlays.yaml").read_text("utf-8"))
EXAMPLE = Path(__file__).parents[3] / "examples" / "overlay.yaml"


def written(folder: Path, text: str) -> Path:
    path = folder / "overlay.yaml"
    path.write_text(text.replace("SIGNED", SIGNED), encoding="utf-8")
    return path


@pytest.mark.parametrize("bad", BAD, ids=[one["why"] for one in BAD])
def test_what_cannot_be_is_refused_with_its_line(tmp_path, bad):
    path = written(tmp_path, bad["text"])
    with pytest.raises(SettingsError) as refused:
        load_overlay(path)
    sentence = str(refused.value)
    line = re.match(re.escape(f"{path}") + r"(?:, line (\d+))?: ", sentence)
    assert line is not None, sentence
    assert (line[1] and int(line[1])) == bad["line"], sentence
    assert bad["says"] in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_file_that_is_not_there_is_a_wrong_setting(tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        load_overlay(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "entries",
    [
        # the ward's beside the house's: the narrower decides
        "critical:\n  - {id: A, analyte: potassium, high: 6, SIGNED}\n"
        "  - {id: B, analyte: potassium, high: 7, ward: Dialysis, SIGNED}\n",
        # the sides of one analyte, in two entries
        "critical:\n  - {id: A, analyte: potassium, high: 6, SIGNED}\n"
        "  - {id: B, analyte: potassium, low: 2.8, SIGNED}\n",
        # ages that meet and do not overlap
        "decision:\n  - {id: A, analyte: ferritin, low: 30, unit: ug/L, age: [18, 65], SIGNED}\n"
        "  - {id: B, analyte: ferritin, low: 50, unit: ug/L, age: [65, null], SIGNED}\n",
        # two wards, two methods
        "critical:\n  - {id: A, analyte: potassium, high: 6, ward: ICU, SIGNED}\n"
        "  - {id: B, analyte: potassium, high: 7, ward: Dialysis, SIGNED}\n",
        "decision:\n  - {id: A, analyte: ferritin, low: 30, unit: ug/L, method: CLIA, SIGNED}\n"
        "  - {id: B, analyte: ferritin, low: 50, unit: ug/L, method: ELISA, SIGNED}\n",
        # a decision limit beyond the published critical one, and below the laboratory's own
        "critical:\n  - {id: K, analyte: potassium, high: 7.2, ward: Dialysis, SIGNED}\n"
        "decision:\n  - {id: A, analyte: potassium, high: 7, ward: Dialysis, SIGNED}\n",
        # the mild grades of a finding that may be urgent
        "silenced:\n  - {id: S, finding: anemia, grade: mild, SIGNED}\n",
        # one rule for all, another for an analyte
        "phone:\n  - {id: A, who: the ward, SIGNED}\n"
        "  - {id: B, analyte: potassium, who: the nephrologist, SIGNED}\n",
    ],
)
def test_what_leaves_no_doubt_is_taken(tmp_path, entries):
    assert load_overlay(written(tmp_path, f'version: "1"\n{entries}')).entries


def test_limits_are_read_in_the_unit_they_are_stated_in(tmp_path):
    text = 'version: "1"\ncritical:\n  - {id: G, analyte: glucose, low: 54, unit: mg/dL, SIGNED}\n'
    (entry,) = load_overlay(written(tmp_path, text)).entries
    assert entry.low == pytest.approx(3.0, abs=0.01)


def test_the_digest_is_of_what_the_file_says_and_not_of_how_it_is_laid_out(tmp_path):
    one = '# ours\nversion: "1"\ncritical:\n  - {id: K, analyte: potassium, high: 6, SIGNED}\n'
    other = (
        "critical:\n  - id: K\n    high: 6.0\n    analyte: potassium\n"
        '    approved_by: Dr A. Martin\n    date: "2026-03-01"\nversion: "1"\n'
    )
    changed = one.replace("high: 6", "high: 6.1")
    digests = [load_overlay(written(tmp_path, text)).digest for text in (one, other, changed)]
    assert digests[0] == digests[1] != digests[2]


def test_what_a_store_keeps_of_it_is_the_same_again():
    overlay = load_overlay(EXAMPLE)
    again = overlay_from_document(overlay_document(overlay))
    assert again == overlay


def test_the_example_has_an_entry_of_every_kind():
    overlay = load_overlay(EXAMPLE)
    assert {one.kind for one in overlay.entries} == {
        *("critical", "decision", "silenced", "renamed", "alarm", "phone")
    }
