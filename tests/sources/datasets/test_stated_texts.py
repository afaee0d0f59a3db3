"""Values beside the text they come from, times, and the specimen that a LOINC name ends in."""

import polars as pl
import pytest

from hemoscribe.sources.batches import Notices
from hemoscribe.sources.datasets.stated_texts import system_of, times, value_of

VALUES = [
    ("0.01", "<0.01", "<0.01"),
    ("0.01", "< 0.01", "< 0.01"),
    ("150", ">=150", ">=150"),
    ("150", "≤150", "≤150"),
    ("150", "> 150", "> 150"),
    (None, "<0.5", "<0.5"),
    ("0.25", "<0.5", "<0.5"),  # half of the limit was put in the number's place
    ("4.1000", "4.1", "4.1"),
    ("4.1", "4.10", "4.10"),
    ("4.1", None, "4.1"),
    ("4.1", "4.1 H", "4.1"),
    ("4.1", "see comment", "4.1"),
    ("4.1", "4.2", "4.1"),
    ("177", "177", "177"),
    (None, "NEG", "NEG"),
    (None, None, None),
    ("0", "0.0", "0.0"),
    ("-3", "-3.0", "-3.0"),
    ("12", ">", "12"),
    ("12", "<none", "12"),
    ("1e3", "1000", "1000"),
]


@pytest.mark.parametrize(("number", "text", "value"), VALUES)
def test_the_value_is_the_text_where_it_says_more_than_the_number(number, text, value):
    frame = pl.DataFrame({"n": [number], "t": [text]}, schema={"n": pl.String, "t": pl.String})
    assert frame.select(value_of(pl.col("n"), pl.col("t"))).item() == value


SYSTEMS = [
    ("Potassium [Moles/volume] in Serum or Plasma", "Serum or Plasma"),
    ("Glucose [Mass/volume] in Blood", "Blood"),
    ("Leukocytes [#/volume] in Blood by Automated count", "Blood"),
    ("Hemoglobin A1c/Hemoglobin.total in Blood", "Blood"),
    ("Glucose [Mass/volume] in Urine by Test strip", "Urine"),
    ("Ketones [Presence] in Urine by Test strip", "Urine"),
    ("pH of Urine by Test strip", "Urine"),
    ("pH of Arterial blood", "Arterial blood"),
    ("Specific gravity of Urine by Refractometry", "Urine"),
    ("Glucose [Mass/volume] in Cerebral spinal fluid", "Cerebral spinal fluid"),
    ("Glucose [Mass/volume] in Body fluid", "Body fluid"),
    ("Protein [Mass/volume] in Pleural fluid", "Pleural fluid"),
    ("INR in Platelet poor plasma by Coagulation assay", "Platelet poor plasma"),
    ("Protein [Mass/time] in 24 hour Urine", "24 hour Urine"),
    ("Estradiol (E2) [Mass/volume] in Saliva (oral fluid)", None),
    ("Calprotectin [Mass/mass] in Stool", "Stool"),
    ("Bilirubin.total [Mass/volume] in Cord blood", "Cord blood"),
    (
        "Glomerular filtration rate [Volume Rate/Area] in Serum, Plasma or Blood by CKD-EPI",
        "Serum, Plasma or Blood",
    ),
    (
        "Carbon dioxide [Partial pressure] in Arterial blood adjusted to patient's temperature",
        "Arterial blood",
    ),
    ("Leukocytes [#/area] in Urine sediment by Microscopy high power field", "Urine sediment"),
    ("Estimated Glomerular Filtration Rate", None),
    ("Body Height", None),
    ("Ratio of albumin to globulin", None),
    ("Iron binding capacity", None),
    ("Glucose in urine", None),  # no LOINC name: its words are judged by recognise
]


@pytest.mark.parametrize(("name", "system"), SYSTEMS)
def test_the_specimen_that_a_loinc_name_ends_in(name, system):
    assert pl.DataFrame({"n": [name]}).select(system_of(pl.col("n"))).item() == system


TIMES = [
    ("2024-01-05 08:00:00", "2024-01-05 08:00:00"),
    ("2024-01-05T08:00:00", "2024-01-05 08:00:00"),
    ("2014-05-06T10:27:27Z", "2014-05-06 10:27:27"),
    ("2024-01-05 08:00:00.000000", "2024-01-05 08:00:00"),
    ("2024-01-05 08:00:00.250", "2024-01-05 08:00:00"),
    ("2024-01-05 08:00:00 UTC", "2024-01-05 08:00:00"),
    ("2024-01-05 08:00", "2024-01-05 08:00:00"),
    ("2024-01-05", "2024-01-05 00:00:00"),
    ("20240105", "2024-01-05 00:00:00"),
    ("2024-01-05 08:00:00+02:00", "2024-01-05 08:00:00"),
    ("2180-03-23 11:51:00", "2180-03-23 11:51:00"),
    ("13/02/2024", None),  # data sets write ISO 8601; one day told by another column is a guess
    ("01/02/2024", None),  # either day
    ("2024-13-45 08:00:00", None),
    ("yesterday", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "time"), TIMES)
def test_times_are_read_and_what_is_none_is_said(text, time):
    notices = Notices()
    texts = pl.Series(["2020-02-02 02:02:02", text], dtype=pl.String)
    first, found = times("f.csv", texts, notices)
    assert str(first) == "2020-02-02 02:02:02"
    assert (None if found is None else str(found)) == time
    assert bool(notices.sentences) == (text is not None and time is None)
