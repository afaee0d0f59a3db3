"""Tables of observations with chosen truths and readings, for the tests of this folder."""

import numpy as np
import polars as pl
import pytest

from hemoscribe.assess.observations import SCHEMA
from hemoscribe.records import DIRECTIONS


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
