# ruff: noqa: E501, SIM905, RUF028  (a table of makers reads better in long lines)
"""De-identification, measured on what the files hold: known identifiers planted in every field.

    python benchmarks/deidentification.py                       # 2,400 reports, half of them French
    python benchmarks/deidentification.py --missed 40           # and what was not found
    python benchmarks/deidentification.py --seed 14 --write docs/deidentification.md
    python benchmarks/deidentification.py --seed 14 --scrub-with presidio --write ...

Each report is a CSV export's lines with its identifiers in their columns, in its comment, and in one
report of eight in an analyte's name, a value, a unit, a limit or a flag. ``hemoscribe read`` and
``hemoscribe curate`` run on the exports; then every text in every file of the curated folder is
searched. An identifier counts as found when nothing distinctive of it is left: for a number, all of
it, with or without its separators; for a name or an address, none of its words.
"""

import argparse
import csv
import json
import os
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import yaml

WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
REPORTS = 2_400
SEED = 20260704
SPOILT_SHARE = 0.125
FREE = ("name", "address", "place", "age", "written date")
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November "
    "December".split(),
}
RESULTS = (
    ("Hémoglobine", "Hemoglobin", "g/dL", 8.0, 17.0, 1),
    ("Plaquettes", "Platelets", "10^9/L", 60.0, 500.0, 0),
    ("Potassium", "Potassium", "mmol/L", 2.8, 6.0, 1),
    ("Sodium", "Sodium", "mmol/L", 126.0, 150.0, 0),
    ("CRP", "CRP", "mg/L", 1.0, 190.0, 0),
    ("Créatinine", "Creatinine", "umol/L", 40.0, 300.0, 0),
)
HEADERS = {
    "fr": "N° patient;N° dossier;Date de prélèvement;Sexe;Age;Nom;Prénom;Téléphone;Courriel;Adresse;"
    "Prescripteur;Laboratoire;Analyse;Résultat;Unité;Borne inf;Borne sup;Flag;Commentaire",
    "en": "patient_id,report_id,collected_at,sex,age,last name,first name,phone,email,address,"
    "requester,laboratory,analyte,value,unit,low,high,flag,comment",
}


@dataclass(frozen=True)
class Planted:
    """One identifier: its kind, the field it was put in, and as it was written."""

    kind: str
    where: str
    text: str


@dataclass
class Report:
    """One report: its lines, what was planted, what must stay of its comment."""

    language: str
    patient: str
    number: str
    lines: list[list[str]] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    comment: str = ""


class Writer:
    """Writes reports as people and machines of many places do; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def digits(self, pattern: str) -> str:
        """``pattern`` with ``9`` as any digit, ``1`` as one to nine and ``A`` as a letter."""
        made = {"9": "0123456789", "1": "123456789", "A": "ABCDEFGHJKLMNPRSTUVWXYZ"}
        return "".join(self.draw.choice(made[c]) if c in made else c for c in pattern)

    def one_of(self, *patterns: str) -> str:
        return self.digits(self.draw.choice(patterns))

    def surname(self, language: str) -> str:
        whose = language if self.draw.random() < 0.55 else "other"
        return self.draw.choice(WORDS["surnames"][whose])

    def given(self, language: str) -> str:
        whose = language if self.draw.random() < 0.6 else "other"
        return self.draw.choice(WORDS["given"][whose])

    def full(self, language: str) -> str:
        given, surname = self.given(language), self.surname(language)
        if self.draw.random() < 0.25:
            surname = surname.upper()
        return self.draw.choice([f"{given} {surname}"] * 3 + [f"{surname} {given}"])

    def nir(self) -> str:
        draw = self.draw
        department = draw.choice(["75", "13", "2A", "2B", "69", "97", "99", "33"])
        thirteen = (
            f"{draw.choice('12')}{draw.randrange(20, 99):02}{draw.randrange(1, 13):02}{department}"
            f"{draw.randrange(1, 990):03}{draw.randrange(1, 999):03}"
        )
        plain = thirteen.replace("2A", "19").replace("2B", "18") if "2" in department else thirteen
        plain = thirteen[:5] + {"2A": "19", "2B": "18"}.get(department, department) + thirteen[7:]
        return f"{thirteen}{97 - int(plain) % 97:02}"

    def nhs(self) -> str:
        while True:
            nine = self.digits("499999999")
            check = (11 - sum(int(d) * (10 - i) for i, d in enumerate(nine)) % 11) % 11
            if check < 10:
                number = f"{nine}{check}"
                return self.draw.choice([number, f"{number[:3]} {number[3:6]} {number[6:]}"])

    def phone(self, language: str) -> str:
        if language == "fr":
            return self.one_of(
                "06 99 99 99 99", "0199999999", "02.99.99.99.99", "+33 6 99 99 99 99", "0033 1 99999999",
                "07-99-99-99-99", "+33(0)4 99 99 99 99", "05/99/99/99/99", "0262 99 99 99",
            )  # fmt: skip
        return self.one_of(
            "(617) 555-9999", "212-555-0199", "+1 415 555 9999", "020 7946 0999", "07700 900999",
            "+44 7700 900999", "01632 960999", "1-800-555-9999", "646.555.9999", "+44 (0)20 7946 0999",
        )  # fmt: skip

    def date(self, language: str) -> str:
        day, month, year = (
            self.draw.randrange(low, high) for low, high in ((1, 29), (1, 13), (1931, 2026))
        )
        numeric = (
            [f"{day:02}/{month:02}/{year}", f"{day}/{month}/{year % 100:02}", f"{day:02}-{month:02}-{year}",
             f"{day:02}.{month:02}.{year}", f"{year}-{month:02}-{day:02}", f"{year}{month:02}{day:02}"]
            if language == "fr"
            else [f"{month:02}/{day:02}/{year}", f"{day}/{month}/{year}", f"{year}-{month:02}-{day:02}",
                  f"{day:02}-{MONTHS['en'][month - 1][:3]}-{year}", f"{day:02}.{month:02}.{year}"]
        )  # fmt: skip
        return self.draw.choice(numeric)

    def written_date(self, language: str) -> str:
        day, month, year = (
            self.draw.randrange(2, 29),
            self.draw.randrange(12),
            self.draw.randrange(1931, 2026),
        )
        name = MONTHS[language][month]
        forms = (
            [f"{day} {name} {year}", f"1er {name} {year}", f"{day} {name.upper()} {year}"]
            if language == "fr"
            else [
                f"{day} {name} {year}",
                f"{name} {day}, {year}",
                f"{day}th {name} {year}",
                f"{name[:3]} {day} {year}",
            ]
        )
        return self.draw.choice(forms)

    def identifier(self, slot: str, language: str) -> tuple[str, str]:
        """(kind, text) of a slot."""
        draw = self.draw
        surname = self.surname(language)
        spaced = lambda text: " ".join(text)  # noqa: E731
        town = draw.choice(WORDS["towns"][language])
        hospital = draw.choice(WORDS["hospitals"][language])
        makers = {
            "surname": ("name", lambda: surname),
            "upper": ("name", lambda: surname.upper()),
            "lower": ("name", lambda: surname.lower()),
            "given": ("name", lambda: self.given(language)),
            "initialed": ("name", lambda: f"{self.given(language)[0]}. {surname}"),
            "full": ("name", lambda: self.full(language)),
            "street": ("address", lambda: draw.choice(WORDS["streets"][language]).format(n=draw.randrange(2, 240))),
            "town": ("address", lambda: town),
            "hospital": ("place", lambda: hospital),
            "hospital_l": ("place", lambda: "hôpital " + draw.choice(["Saint-Joseph", "Necker", "Nord", "Trousseau"])),
            "age": ("age", lambda: str(draw.randrange(91, 107))),
            "written_date": ("written date", lambda: self.written_date(language)),
            "phone": ("telephone", lambda: self.phone(language)),
            "spaced_phone": ("telephone", lambda: self.one_of("06 9 9 99 99 99", "0 6 99 99 99 99", "06 99 9 9 99 99")
                             if language == "fr" else self.one_of("617 - 555 - 9999", "( 617 ) 555 - 9999")),
            "nir": ("national number", lambda: draw.choice([str, lambda n: f"{n[:13]} {n[13:]}", lambda n:
                    f"{n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:10]} {n[10:13]} {n[13:]}"])(self.nir())),
            "spaced_nir": ("national number", lambda: spaced(self.nir())),
            "nhs": ("national number", self.nhs),
            "ssn": ("national number", lambda: self.one_of("199-19-1999", "199 19 1999")),
            "email": ("e-mail", lambda: draw.choice(["{}.{}@hopital-nord.fr", "{}{}@gmail.com", "{}_{}@nhs.net"]).format(
                      re.sub(r"\W", "", self.given(language)).lower(), re.sub(r"\W", "", surname).lower())),
            "url": ("URL", lambda: draw.choice(["https://dossier.chu.example/patient/", "www.monlabo.fr/r?id=",
                    "http://pacs.local/study/"]) + self.digits("19999999")),
            "ip": ("IP address", lambda: ".".join(str(draw.randrange(1, 255)) for _ in range(4))
                   if draw.random() < 0.8 else self.digits("2001:db8:19a9::19")),
            "mac": ("device", lambda: ":".join(f"{draw.randrange(256):02X}" for _ in range(6))),
            "mrn": ("record number", lambda: self.one_of("19999999", "A1999999", "1999-999-99", "P 1999999", "19 99 99 99")),
            "order": ("order or sample", lambda: self.one_of("2519999999", "D19999999", "25/1999999", "DEM-2025-19999")),
            "sample": ("order or sample", lambda: self.one_of("25A1999999", "1999999999", "S25-19999", "250319-1999")),
            "iban": ("account", lambda: self.one_of("FR76 1999 9999 9999 9999 9999 199", "GB29NWBK19999999999999")),
            "rpps": ("licence", lambda: self.one_of("19999999999", "1999999")),
            "account": ("account", lambda: self.one_of("1999 9999 9999", "XKA199999999", "1999999999", "GRP-19999-99")),
            "serial": ("device", lambda: self.one_of("AAA199999A", "SN19999999", "1A99-9999-A9")),
            "plate": ("vehicle", lambda: self.one_of("AA-199-AA") if language == "fr" else self.one_of("AA19 AAA")),
            "vin": ("vehicle", lambda: self.digits("1AA") + self.digits("AA19A9A9199999")),
            "photo": ("photograph", lambda: f"IMG_{self.digits('20251999')}_{re.sub(chr(92) + 'W', '', surname)}.jpg"),
            "biometric": ("biometric", lambda: self.digits("FP-199999-A1")),
            "date": ("date", lambda: self.date(language)),
            "licence": ("licence", lambda: self.one_of("199999199999", "AAAAA199999AA9AA")),
            "dea": ("licence", lambda: self.digits("AA1999999")),
        }  # fmt: skip
        kind, make = makers[slot]
        return kind, make()

    def sentence(
        self, template: str, language: str, where: str
    ) -> tuple[str, list[str], list[Planted]]:
        """(text, the words that must stay, what was planted)."""
        planted, pieces, kept = [], [], []
        for piece in re.split(r"(\{\w+\})", template):
            if piece.startswith("{"):
                kind, text = self.identifier(piece[1:-1], language)
                planted.append(Planted(kind, where, text))
                pieces.append(text)
            else:
                pieces.append(piece)
                kept += words(piece)
        return "".join(pieces), kept, planted

    def mangled(self, template: str) -> str:
        """Now and then a slip of the keyboard in the words around, all capitals, or no accents."""
        chance = self.draw.random()
        if chance < 0.06:
            letters = [m.start() for m in re.finditer(r"[a-zé]{2}(?![^{]*\})", template)]
            if letters:
                at = self.draw.choice(letters)
                return template[:at] + template[at + 1] + template[at] + template[at + 2 :]
        if chance < 0.10:
            return re.sub(r"[éèê]", "e", template)
        return template

    def comment(self, report: Report) -> None:
        language = report.language
        parts = []
        for _ in range(self.draw.randrange(3, 7)):
            kind = self.draw.choices(["free", "structured", "innocent", "value"], [3, 3, 2, 2])[0]
            if kind == "value":
                value = self.draw.choice(WORDS["values"][language]).format(
                    self.draw.uniform(1, 300)
                )
                report.values.append(value)
                parts.append(value)
                continue
            template = self.draw.choice(WORDS[kind][language])
            if kind != "innocent":
                template = self.mangled(template)
            text, kept, planted = self.sentence(template, language, "comment")
            parts.append(text)
            report.kept += kept
            report.planted += planted
        report.comment = self.draw.choice([". ", "\n", " ; ", " - ", ", ", "; "]).join(parts)

    def report(self, number: int) -> Report:
        language = "fr" if number % 2 else "en"
        draw = self.draw
        patient = self.nir() if language == "fr" else self.nhs().replace(" ", "")
        report = Report(language, patient, self.digits("R25-1999999") + f"{number:05}")
        self.comment(report)
        person = [self.surname(language), self.given(language), self.phone(language),
                  self.identifier("email", language)[1], self.identifier("street", language)[1],
                  f"Dr {self.full(language)}"]  # fmt: skip
        kinds = ("name", "name", "telephone", "e-mail", "address", "name")
        report.planted += [
            Planted(kind, "column", text) for kind, text in zip(kinds, person, strict=True)
        ]
        report.planted.append(Planted("national number", "patient number", patient))
        report.planted.append(Planted("order or sample", "report number", report.number))
        laboratory = (
            f"Laboratoire {report.planted[-3].text.split()[-1]}" if language == "fr" else "Site 4"
        )
        spoilt = draw.randrange(len(RESULTS)) if draw.random() < SPOILT_SHARE else -1
        for place, (name_fr, name_en, unit, low, high, decimals) in enumerate(RESULTS):
            value = f"{draw.uniform(low, high):.{decimals}f}"
            cells = {"name": name_fr if language == "fr" else name_en, "value": value, "unit": unit,
                     "low": f"{low:g}", "high": f"{high:g}", "flag": draw.choice(["", "", "N", "H"])}  # fmt: skip
            if place == spoilt:
                where = draw.choice(list(cells))
                slot = draw.choice(
                    ["full", "phone", "email", "nir" if language == "fr" else "nhs", "sample"]
                )
                kind, text = self.identifier(slot, language)
                lead = {"name": f"{cells['name']} ", "value": "", "unit": f"{unit} "}.get(where, "")
                cells[where] = f"{lead}{text}"
                report.planted.append(Planted(kind, f"field: {where}", text))
            report.lines.append(
                [
                    patient,
                    report.number,
                    f"2025-{1 + number % 12:02}-{1 + number % 28:02} 08:{number % 60:02}",
                    draw.choice("FM"),
                    str(draw.randrange(18, 103)),
                    *person,
                    laboratory,
                    *cells.values(),
                    report.comment if place == 0 else "",
                ]  # fmt: skip
            )
        return report


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def write_exports(reports: Iterable[Report], folder: Path) -> None:
    """One export per language, as laboratories write them."""
    folder.mkdir(parents=True)
    for language, header in HEADERS.items():
        mark = ";" if language == "fr" else ","
        with (folder / f"export-{language}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(header + "\n")
            out = csv.writer(file, delimiter=mark)
            for report in reports:
                if report.language == language:
                    out.writerows(report.lines)


def everything(folder: Path) -> str:
    """Every text that the files of ``folder`` hold."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            for name in frame.columns:
                texts += frame[name].cast(pl.String).drop_nulls().unique().to_list()
        elif path.is_file():
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


def measure(reports: list[Report], work: Path, scrub_with: str = "rules") -> dict[str, object]:
    """Run ``read`` and ``curate`` on the reports and search what they wrote."""
    from hemoscribe.curate import curate
    from hemoscribe.curate.pseudonyms.keys import pseudonym_key
    from hemoscribe.curate.pseudonyms.patients import pseudonym
    from hemoscribe.settings import CurateSettings
    from hemoscribe.sources import read_folder

    write_exports(reports, work / "exports")
    read_folder(work / "exports", work / "read")
    started = time.perf_counter()
    summary = curate(
        work / "read", work / "curated", CurateSettings(few_reports_error=1, scrub_with=scrub_with)
    )
    seconds = time.perf_counter() - started
    key = pseudonym_key()
    rows = pl.read_parquet(work / "curated" / "results.parquet")
    noted = rows.drop_nulls("comment").unique("report_id").select("report_id", "comment")
    comments = dict(noted.iter_rows())
    whole = everything(work / "curated")
    compact = re.sub(r"[^0-9A-Za-z\n]", "", whole)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    missed: list[dict[str, str]] = []
    right = wrong = withheld = 0
    changed: list[dict[str, str]] = []
    taken: Counter[str] = Counter()
    for report in reports:
        name = pseudonym(key, "report", f"{report.patient}\x00{report.number}")
        left = comments.get(name)
        withheld += left is None
        left = left or ""
        for planted in report.planted:
            here = left if planted.where == "comment" else whole
            gone = is_gone(planted, here, whole, compact, report)
            group = "free text" if planted.kind in FREE else "structured"
            where = "comments" if planted.where == "comment" else "other fields"
            for name_ in (f"{group}, {where}", f"{planted.kind}, {where}"):
                found[name_][f"{gone}"] += 1
            if planted.where == "comment":
                right += gone
            if not gone:
                missed.append({"kind": planted.kind, "where": planted.where, "text": planted.text,
                               "comment": report.comment, "left": left})  # fmt: skip
        lost = Counter(report.kept) - Counter(words(left))
        wrong += lost.total() if left else 0
        taken.update(lost if left else {})
        for value in report.values if left else ():
            if value not in left:
                changed.append({"value": value, "comment": report.comment, "left": left})
    return {
        "summary": summary,
        "seconds": seconds,
        "found": {name: (counts["True"], counts.total()) for name, counts in found.items()},
        "missed": missed,
        "precision": right / (right + wrong),
        "wrong_words": taken,
        "values": sum(len(report.values) for report in reports),
        "values_changed": len(changed),
        "changed": changed,
        "comments_withheld": withheld,
        "results_changed": results_changed(work),
    }


def is_gone(planted: Planted, here: str, whole: str, compact: str, report: Report) -> bool:
    """Whether nothing distinctive of an identifier is left."""
    if planted.kind in FREE:
        parts = [word for word in words(planted.text) if len(word) > 2 or word.isdigit()] or [
            planted.text
        ]
        if planted.where != "comment":
            # Elsewhere the words alone may be others': the whole text must be gone.
            return planted.text not in whole
        allowed = Counter(report.kept) + Counter(words(" ".join(report.values)))
        left = Counter(words(here)) - allowed
        return not any(left[word] for word in parts if word.lower() not in COMMON)
    if planted.text in here:
        return False
    plain = re.sub(r"[^0-9A-Za-z]", "", planted.text)
    if planted.kind == "date":  # another patient's shifted date may be the same day
        return plain not in re.sub(r"[^0-9A-Za-z\n]", "", here)
    return len(plain) < 8 or plain not in compact


COMMON = frozenset("rue avenue allée impasse chemin place quai route square cours bis ter chu hôpital hospital "
                   "clinique centre medical center saint des les the hospitalier institut ehpad polyclinique "
                   "nursing home royal infirmary university https http www com example".split())  # fmt: skip
"""Words of streets, hospitals and web addresses that stay beside what identifies."""


def results_changed(work: Path) -> int:
    """Results whose value, unit or printed text is not what ``read`` took from the file."""
    columns = ["analyte", "value", "unit", "comparator", "reported_value", "reported_unit"]
    before = pl.read_parquet(work / "read" / "results.parquet").select(columns)
    after = pl.read_parquet(work / "curated" / "results.parquet").select(columns)
    counted = [
        frame.group_by(columns).len().rename({"len": n})
        for frame, n in ((before, "a"), (after, "b"))
    ]
    both = counted[0].join(counted[1], on=columns, how="full", nulls_equal=True)
    return int(both.filter(pl.col("b").fill_null(0) > pl.col("a").fill_null(0)).height)


MARKS = {
    "rules": ("<!-- figures -->", "<!-- end of figures -->"),
    "presidio": ("<!-- figures with Presidio -->", "<!-- end of figures with Presidio -->"),
}


def write_figures(
    page: Path, measured: dict[str, object], reports: int, seed: int, scrub_with: str
) -> None:
    """Put the table between the marks of the page: of every kind for the rules, else in short."""
    found = measured["found"]
    lines = [
        f"{reports:,} reports (`--seed {seed}`), half of them French. Not one of {measured['values']:,} "
        f"laboratory values in comments changed: {measured['values_changed'] == 0}; results whose value, "
        f"unit or printed text changed: {measured['results_changed']}; comments withheld: "
        f"{measured['comments_withheld']}; precision in comments (identifiers taken out, over these and "
        f"every innocent word taken out with them): {measured['precision']:.3f}.",
        "",
        "| Identifier | Planted | Gone | Recall |",
        "|---|---:|---:|---:|",
    ]
    order = sorted(found, key=lambda name: (not name.startswith(("structured", "free")), name))
    start, end = MARKS[scrub_with]
    if scrub_with != "rules":
        order = [name for name in order if name.startswith(("structured", "free"))]
    for name in order:
        gone, total = found[name]
        title = f"**{name}**" if name.startswith(("structured", "free")) else name
        lines.append(f"| {title} | {total:,} | {gone:,} | {gone / total:.4f} |")
    text = page.read_text(encoding="utf-8")
    before, after = text.split(start)[0], text.split(end)[1]
    page.write_text(before + start + "\n" + "\n".join(lines) + "\n" + end + after, encoding="utf-8")


def make(count: int, seed: int) -> list[Report]:
    writer = Writer(seed)
    return [writer.report(number) for number in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=REPORTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scrub-with", choices=("rules", "presidio"), default="rules")
    parser.add_argument("--missed", type=int, default=0, help="show so many that were not found")
    parser.add_argument("--write", type=Path, help="put the figures into this page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEMOSCRIBE_HOME"] = str(Path(folder) / "home")
        measured = measure(
            make(arguments.reports, arguments.seed), Path(folder), arguments.scrub_with
        )
    for name, (gone, total) in sorted(measured["found"].items()):
        print(f"{name:36} {gone:6,} of {total:6,}  {gone / total:.4f}")
    for name in (
        "seconds",
        "precision",
        "values",
        "values_changed",
        "comments_withheld",
        "results_changed",
    ):
        print(f"{name:36} {measured[name]}")
    print(measured["wrong_words"].most_common(30))
    if arguments.write is not None:
        write_figures(
            arguments.write, measured, arguments.reports, arguments.seed, arguments.scrub_with
        )
    for entry in measured["changed"]:
        print(f"changed: {json.dumps(entry, ensure_ascii=False)}")
    for entry in measured["missed"][: arguments.missed]:
        print(json.dumps(entry, ensure_ascii=False))


if __name__ == "__main__":
    main()
