from pathlib import Path

import polars as pl
import pytest

FRENCH = """\
LABORATOIRE DES HALLES
12 rue de la Paix 69003 LYON   Tél : 04 72 00 00 00

Patient : DURAND Jeanne                     N° patient : 00012345
Née le 04/03/1960                           Sexe : F
N° dossier : D240017                        Prélevé le 25/06/2024 à 08:12

Examen                              Résultat      Unité       Valeurs de référence    Antériorités
                                                                                       12/03/2024
------------------------------------------------------------------------------------------------
HÉMATOLOGIE
Hémoglobine                           10,2 *      g/dL        12,0 - 16,0                11,4
Plaquettes                             1 234      G/L         150 - 400
IONOGRAMME
Potassium                              <2,5       mmol/L      3,5 - 5,1                   4,0
Sodium                                            mmol/L      136 - 145

Commentaire : Anémie connue. Contrôle à 48 heures
              conseillé.

Validé par Dr Martin
Page 1/1
"""

ENGLISH = """\
Moorfield Infirmary
Hospital no: 0001234567                       Date of birth: 04/03/1960
Sex: Female                                   Accession no: MG000123
Collected: 25 Jun 2024 08:12

Potassium  6.1  H  mmol/L  (3.5-5.1)
Creatinine  98  umol/L  (50-110)
TSH  <0.01  L  mU/L  (0.4-4.0)

Comment:
  Not haemolysed. Potassium of 5.2 last week.
Authorised by Dr Jones
"""


@pytest.fixture
def report(tmp_path: Path):
    """Write a printed report: ``report(text)`` -> its path."""

    def write(text: str, name: str = "report.txt") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def shown(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """Rows as (time, analyte, comparator, value, low, high, flag)."""
    columns = ("collected_at", "analyte", "comparator", "value", "low", "high", "laboratory_flag")
    return [
        (f"{when:%Y-%m-%d %H:%M}" if when else None, analyte, sign, round(value, 6), *rest)
        for when, analyte, sign, value, *rest in rows.select(columns).iter_rows()
    ]
