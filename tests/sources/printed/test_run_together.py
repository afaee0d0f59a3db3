"""A number run together with its unit or its name is no heading: the line is a reject."""

import pytest

from hemoscribe.engines.interpreter import facts
from hemoscribe.sources import read, read_panels

PRINT = """Laboratoire Test
Patient : DUPONT Jean  Né le 01/02/1960  Sexe : M
N° patient : 601
Prélevé le 02/03/2026 à 08:15

BIOCHIMIE SANGUINE
CRP              5,1 mg/L   (0,0 - 6,1)
TSH              2,9 mUI/L   (0,4 - 4,1)
{line}
Albumine         40 g/L   (35 - 50)
GGT              30 U/L   (5 - 50)
"""
RUN_TOGETHER = [
    "Potassium 7,0mmol/L",
    "Potassium:7,0 mmol/L (3,5-5,1)",
    "Potassium......7,0 mmol/L",
    "Potassium|6,9|mmol/L|3,5-5,1",
    "Potassium=7,0mmol/L",
    "Potassium >8,0mmol/L",
    "Sodium;120;mmol/L;135-145",
    "Glucose=0,5mmol/L",
    "Glycémie:0,4g/L",
    "Hb:6,0g/dL",
    "Hémoglobine 60g/L",
    "PLT 9,0x10^9/L",
    "Plaquettes:9G/L",
    "CRP 250mg/L<5",
    "Créatinine 8O0 µmol/L",
    "Calcium|1,2|mmol/L",
    "Lactate:9,1mmol/L",
    "Troponine T:450ng/L",
    "INR:9,5(0,8-1,2)",
    "Bilirubine totale;412;µmol/L",
    "LDH 4500UI/L",
]
NAMES = ["CA 15-3", "CA 19-9", "Vitamine B12", "25-OH vitamine D", "Hémoglobine A1c", "T4 libre"]


def printed(tmp_path, line):
    path = tmp_path / "report.txt"
    path.write_text(PRINT.format(line=line), encoding="utf-8")
    return path


@pytest.mark.parametrize("line", RUN_TOGETHER)
def test_a_result_run_together_is_refused_with_its_line(tmp_path, line):
    path = printed(tmp_path, line)
    rows, rejects = read([path])
    assert rows["reported_name"].to_list() == ["CRP", "TSH", "Albumine", "GGT"]
    assert rejects["place"].to_list() == ["line 9"]
    assert line in rejects["reported_value"].to_list()
    (panel,) = read_panels(path)
    assert not facts(panel).whole


@pytest.mark.parametrize("line", NAMES)
def test_a_name_with_figures_is_no_reject(tmp_path, line):
    _, rejects = read([printed(tmp_path, line)])
    assert line not in rejects["reported_value"].to_list()
