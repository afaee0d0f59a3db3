"""Chosen readings, a curated folder, and a model whose faults are known."""

import csv

import numpy as np
import polars as pl
import pytest

from hemoscribe.assess.read_results import SCHEMA
from hemoscribe.curate import curate
from hemoscribe.curate.pseudonyms.keys import key_path
from hemoscribe.engines.interpreter import MAX_READ_RESULTS
from hemoscribe.files import write_bytes
from hemoscribe.prose.compose import compose
from hemoscribe.prose.guard.vocabulary import Vocabulary
from hemoscribe.prose.prompt import completion, parts, render, writing_prompt
from hemoscribe.records import DIRECTIONS, TRACKS
from hemoscribe.settings import CurateSettings
from hemoscribe.sources import read_folder


def _table(truth, probabilities, *, patients=None, laboratory=None, **columns):
    """A table of observations with the given truths and probabilities; the rest is plain."""
    n = len(truth)
    plain = {
        "report_id": [f"r{i // 4}" for i in range(n)],
        "patient_id": [f"p{i // 4}" for i in range(n)] if patients is None else patients,
        "laboratory": ["north"] * n,
        "language": ["en"] * n,
        "sex": ["F"] * n,
        "age_band": ["40-59"] * n,
        "panel_size": ["1-5"] * n,
        "analyte": ["sodium"] * n,
        "value": [1.0] * n,
        "low": [0.0] * n,
        "high": [2.0] * n,
        "rules": list(truth),
        "laboratory_says": [None] * n if laboratory is None else laboratory,
        "critical": [False] * n,
    } | columns
    chances = np.asarray(probabilities, float).reshape(n, 3)
    return pl.DataFrame(plain, schema=SCHEMA).with_columns(
        pl.lit("raw").alias("track"),
        *(pl.Series(f"p_{name}", chances[:, i]) for i, name in enumerate(DIRECTIONS)),
    )


def _certain(read):
    return np.array([[float(name == direction) for name in DIRECTIONS] for direction in read])


@pytest.fixture(scope="session")
def table():
    """``table(truths, probabilities, column=values...)``: observations, four a patient."""
    return _table


@pytest.fixture(scope="session")
def certain():
    """``certain(directions)``: probabilities of one for each direction read."""
    return _certain


_COLUMNS = ("patient_id", "report_id", "collected_at", "sex", "age")
_COLUMNS += ("analyte", "value", "unit", "low", "high", "flag")
_ANALYTES = (  # name, unit, low, high, decimals
    ("Hemoglobin", "g/dL", 12.0, 16.0, 1),
    ("MCV", "fL", 80, 100, 0),
    ("Platelets", "10^9/L", 150, 400, 0),
    ("Sodium", "mmol/L", 135, 145, 0),
    ("Potassium", "mmol/L", 3.5, 5.1, 1),
    ("Creatinine", "umol/L", 45, 90, 0),
    ("ALT", "U/L", 7, 40, 0),
)


def _export(path, patients):
    """An export: seven results a report, one or two reports a patient, L and H flags."""
    rng = np.random.default_rng(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        for patient in range(patients):
            for report in range(1 + patient % 2):
                about = [
                    f"P{patient}",
                    f"R{patient}-{report}",
                    f"2024-0{1 + report}-03 08:00",
                    "FM"[patient % 2],
                    20 + patient % 60,
                ]
                for name, unit, low, high, decimals in _ANALYTES:
                    value = round(abs(rng.normal((low + high) / 2, (high - low) / 3)), decimals)
                    flag = "L" if value < low else "H" if value > high else ""
                    rows.writerow([*about, name, value, unit, low, high, flag])


@pytest.fixture(scope="session")
def curated(tmp_path_factory):
    """A curated folder of 360 reports, read from an export and cleaned by the stages themselves."""
    root = tmp_path_factory.mktemp("laboratory")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMOSCRIBE_HOME", str(root / "home"))
        write_bytes(key_path(), b"1f" * 32 + b"\n", mode=0o600)  # the same split every time
        _export(root / "export.csv", patients=240)
        read_folder(root / "export.csv", root / "read")
        curate(root / "read", root / "curated", CurateSettings())
    return root / "curated"


class PlantedModel:
    """Reads and writes as the rules and the composer do, but for the faults it is told to make.

    Args:
        held: the reports it will meet.
        reads: (report, place of the result) -> the wrong direction to read there.
        writes: report -> the text to write instead of the composer's.
    """

    name = "planted"
    engine = "none"
    may_write = True
    vocabulary = Vocabulary()

    def __init__(self, held, reads=None, writes=None):
        self.reads, self.writes = reads or {}, writes or {}
        self.batches = []
        self.known = {}
        for reading, language in zip(held.readings, held.languages, strict=True):
            first = 0
            for part in parts(reading, MAX_READ_RESULTS):
                for track in TRACKS:
                    text = render(part, language=language, track=track).text
                    self.known[text] = (part, language, first)
                first += len(part.results)
            for track in TRACKS:
                text = writing_prompt(reading, language=language, track=track).text
                self.known[text] = (reading, language, 0)

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def read(self, prompts):
        self.batches.append([len(prompt.text) for prompt in prompts])
        return [self._read(*self.known[prompt.text]) for prompt in prompts]

    def _read(self, reading, language, first):
        report = reading.panel.report_id
        directions = [
            self.reads.get((report, place), result.direction or "normal")
            for place, result in enumerate(reading.results, first)
        ]
        return 0.94 * _certain(directions) + 0.02

    def write(self, prompts, max_new_tokens):
        return [self._write(*self.known[prompt.text]) for prompt in prompts]

    def _write(self, reading, language, first):
        composed = completion(*compose(reading, language, 0), language)
        return self.writes.get(reading.panel.report_id, composed)


@pytest.fixture(scope="session")
def planted():
    """The class of models with faults planted at known places."""
    return PlantedModel
