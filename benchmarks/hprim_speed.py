"""HPRIM messages and letters read through to checked rows, beside long CSV, on one core in one run.

    python benchmarks/hprim_speed.py                    # 100,000 results of each
    python benchmarks/hprim_speed.py --results 20000 --out benchmarks/results/hprim_speed.md

The target is of whole processes, imports, checksums and manifest included, as in csv_speed.py; what
reading costs in a process that is warm stands beside it. The three files hold the same patients,
times, results, limits and units, made up here in the shape that laboratories send; every row that
comes out is compared with what was written.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

TARGET = 0.5  # of long CSV's results a second, at least
RESULTS_PER_REPORT = 10
ANALYTES = (
    ("Hémoglobine", "HB", "g/dL", 12.0, 16.0),
    ("Leucocytes", "GB", "10^9/L", 4.0, 10.0),
    ("Plaquettes", "PLQ", "10^9/L", 150.0, 400.0),
    ("VGM", "VGM", "fL", 80.0, 100.0),
    ("Sodium", "NA", "mmol/L", 136.0, 145.0),
    ("Potassium", "K", "mmol/L", 3.5, 5.1),
    ("Créatinine", "CREA", "µmol/L", 45.0, 105.0),
    ("Urée", "UREE", "mmol/L", 2.5, 7.5),
    ("ASAT", "ASAT", "U/L", 5.0, 40.0),
    ("CRP", "CRP", "mg/L", 0.0, 5.0),
)
Truth = tuple[str, datetime, str, str, str, float, float]
"""Patient, time, sex, name, unit, value, upper limit."""


def reports(results: int) -> Iterator[tuple[str, str, str, datetime, list[tuple[int, float]]]]:
    """(patient, birth, sex, time, (analyte, value) of each) of made-up reports."""
    begin = datetime(2024, 1, 1, 7, 0)
    for at in range(results // RESULTS_PER_REPORT):
        values = []
        for number, (*_, low, high) in enumerate(ANALYTES):
            share = (at * 37 + number * 11) % 140 / 100 - 0.2
            values.append((number, round(max(low + share * (high - low), 0.1), 1)))
        born = f"19{30 + at % 70:02}{1 + at % 12:02}{1 + at % 28:02}"
        time_of = begin + timedelta(minutes=at * 7)
        yield f"{100_000 + at // 3}", born, "FM"[at // 3 % 2], time_of, values


def truth(results: int) -> list[Truth]:
    """What the files say, in the order they say it."""
    return [
        (patient, time_of, sex, ANALYTES[number][0], ANALYTES[number][2], value,
         ANALYTES[number][4])
        for patient, _, sex, time_of, values in reports(results)
        for number, value in values
    ]  # fmt: skip


def write_messages(path: Path, results: int) -> None:
    """H' Santé 2.1: a message a report, in Windows' letters, some lines gone on from in an A."""
    with path.open("w", encoding="cp1252", newline="") as file:
        for at, (patient, born, sex, time_of, values) in enumerate(reports(results)):
            when = f"{time_of:%Y%m%d%H%M}"
            asked = "^".join(f"{code}~{name}~L" for name, code, *_ in ANALYTES)
            half = len(asked) // 2
            file.write(
                f"H|~^\\&|R{at:07}.HPR||0131~LABO CENTRAL||ORU|||0044~CHU||P|H2.1~C|{when}\r\n"
                f"P|1|{patient}||{at}|NOM~PRENOM||{born}|{sex}\r\n"
                f"OBR|1|E{at}~|~D{at}|{asked[:half]}\r\nA|{asked[half:]}|R||{when}|||||||{when}\r\n"
            )
            for rank, (number, value) in enumerate(values, 1):
                name, code, unit, low, high = ANALYTES[number]
                file.write(f"OBX|{rank}|NM|{code}~{name}~L||{value}|{unit}|{low} - {high}||||F\r\n")
            file.write("L|1\r\n")


def write_letters(path: Path, results: int) -> None:
    """HPRIM Médecins: a letter a report, each result with its line of print."""
    with path.open("w", encoding="cp1252", newline="") as file:
        for at, (patient, born, _, time_of, values) in enumerate(reports(results)):
            file.write(
                f"{patient}\r\nNOM\r\nPRENOM\r\n.\r\n.\r\n75001 PARIS\r\n"
                f"{born[6:]}/{born[4:6]}/{born[:4]}\r\n.\r\nD{at}\r\n{time_of:%d/%m/%Y}\r\n"
                f"labo.central Laboratoire\r\ndr.x Docteur X\r\n"
                f"Prélevé le {time_of:%d/%m/%Y} à {time_of:%H:%M}\r\n****LAB****\r\n"
            )
            for number, value in values:
                name, code, unit, low, high = ANALYTES[number]
                file.write(
                    f"TEX|{name:<40}{value:>10} {unit:<12}{low} à {high}\r\n"
                    f"RES|{name}|{code}|N|{value}|{unit}|{low}|{high}||F\r\n"
                )
            file.write("****FIN****\r\n")
        file.write("****FINFICHIER****\r\n")


def write_csv(path: Path, results: int) -> None:
    """Long CSV of the same results."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("patient_id,report_id,collected_at,sex,birth_date,analyte,value,unit,low,high\n")
        for at, (patient, born, sex, time_of, values) in enumerate(reports(results)):
            birth = f"{born[:4]}-{born[4:6]}-{born[6:]}"
            for number, value in values:
                name, _, unit, low, high = ANALYTES[number]
                file.write(
                    f"{patient},D{at},{time_of:%Y-%m-%dT%H:%M},{sex},{birth},{name},{value},{unit},"
                    f"{low},{high}\n"
                )


WRITERS = {"long CSV": write_csv, "H' Santé": write_messages, "HPRIM Médecins": write_letters}


def differences(path: Path, results: int, *, sex: bool) -> int:
    """How many rows are not what was written; all, where their number is not."""
    from hemoscribe.sources import read

    rows, _ = read(path)
    names = ("patient_id", "collected_at", "sex", "reported_name", "reported_unit")
    found = rows.select(*names, "reported_value", "value", "high", "range_source").rows()
    expected = truth(results)
    if len(found) != len(expected):
        return max(len(found), len(expected))
    wrong = 0
    for row, true in zip(found, expected, strict=True):
        whose = (row[0], row[1], row[2] if sex else true[2], row[3], row[4], float(row[5]))
        wrong += whose != true[:6] or row[7] is None or row[8] != "laboratory"
    return wrong


def seconds_of(path: Path) -> float:
    """Seconds of CPU of the way `hemoscribe read` goes, without writing Parquet."""
    from hemoscribe.sources.batches import Notices
    from hemoscribe.sources.intake import read_parts

    started = time.process_time()
    for _ in read_parts([path], format=None, mapping=None, notices=Notices()):
        pass
    return time.process_time() - started


def table(folder: Path, results: int) -> str:
    """The figures of one run as Markdown: the best of three turns of each, one after the other."""
    from read_speed import measured, ours

    paths = {}
    for name, write in WRITERS.items():
        paths[name] = folder / name.replace("'", "").replace(" ", "_")
        write(paths[name], results)
    turns = [{name: seconds_of(path) for name, path in paths.items()} for _ in range(4)]
    best = {name: min(turn[name] for turn in turns[1:]) for name in paths}
    whole = [
        {name: measured(ours, path)["cpu_seconds"] for name, path in paths.items()}
        for _ in range(3)
    ]
    process = {name: min(turn[name] for turn in whole) for name in paths}
    text = (
        "# HPRIM: reading beside long CSV\n\nMade by `python benchmarks/hprim_speed.py`, one core; "
        "seconds of CPU, the best of three turns.\n\n"
        f"| {results:,} results | whole process | of long CSV's speed | warm | of long CSV's speed "
        "| rows that differ |\n|---|---|---|---|---|---|\n"
    )
    for name, seconds in best.items():
        wrong = differences(paths[name], results, sex=name != "HPRIM Médecins")
        text += (
            f"| {name} | {process[name]:.2f} | {process['long CSV'] / process[name]:.2f} "
            f"| {seconds:.2f} | {best['long CSV'] / seconds:.2f} | {wrong:,} |\n"
        )
    return f"{text}\nTarget: at least {TARGET} of long CSV's speed, in a whole process.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="also write the table there")
    arguments = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = "1"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        text = table(Path(folder), arguments.results)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
