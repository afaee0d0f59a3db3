"""Prints of made-up results in the layouts that laboratories use, for tests that read them back."""

from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = {  # name: (unit, decimals, lowest and highest value, low, high)
    "Sodium": ("mmol/L", 0, 110, 170, "135", "146"),
    "Potassium": ("mmol/L", 1, 2, 8, "3.5", "5.3"),
    "Glucose": ("mmol/L", 1, 2, 30, "3.9", "5.6"),
    "Creatinine": ("umol/L", 0, 30, 800, "60", "110"),
    "Urea": ("mmol/L", 1, 1, 40, "2.5", "7.8"),
    "Hemoglobin": ("g/dL", 1, 5, 20, "13.0", "17.0"),
    "CRP": ("mg/L", 1, 0, 300, None, "5.0"),
    "Ferritin": ("ug/L", 0, 5, 900, "20", "300"),
    "TSH": ("mIU/L", 2, 0, 60, "0.40", "4.00"),
    "ALT": ("U/L", 0, 5, 900, None, "45"),
    "eGFR": ("mL/min/1.73m2", 0, 5, 120, "60", None),
    "HDL Cholesterol": ("mmol/L", 2, 0.3, 3, "1.00", None),
    "Platelets": ("10^9/L", 0, 5, 900, "150", "400"),
    "MCV": ("fL", 1, 60, 120, "80.0", "96.0"),
    "INR": ("", 1, 1, 8, "0.9", "1.2"),
}


@dataclass(frozen=True)
class Printed:
    """One result as it is to be printed, numbers with a point."""

    name: str
    value: str
    unit: str
    low: str | None
    high: str | None
    flag: str | None = None
    earlier: str | None = None

    def range(self, between: str = "-") -> str:
        if self.low is None:
            return f"<{self.high}"
        return f">{self.low}" if self.high is None else f"{self.low}{between}{self.high}"

    @property
    def expected(self) -> tuple[str, str, str | None, str | None, str | None]:
        """(name, value, unit, the limits as one text, flag)."""
        limits = self.range("|")
        return self.name, self.value, self.unit or None, limits, self.flag


@st.composite
def printed(draw: st.DrawFn, flags: tuple[str | None, ...] = (None, "H", "L")) -> Printed:
    name = draw(st.sampled_from(sorted(NAMES)))
    unit, decimals, lowest, highest, low, high = NAMES[name]
    scale = 10**decimals
    number = st.integers(int(lowest * scale), int(highest * scale))
    shown, before = (f"{draw(number) / scale:.{decimals}f}" for _ in range(2))
    sign = draw(st.sampled_from(["", "", "", "<", ">"]))
    return Printed(name, sign + shown, unit, low, high, draw(st.sampled_from(flags)), before)


def several(*flags: str | None) -> st.SearchStrategy[list[Printed]]:
    """Some results, each of another analyte."""
    one = printed(flags or (None, "H", "L"))
    return st.lists(one, min_size=2, max_size=8, unique_by=lambda result: result.name)


TITLES = "Patient ID: 4711   DOB: 25/12/1970   Sex: F\nCollected: 13/02/2024 07:45\n\n"


def free(results: list[Printed]) -> str:
    """``Potassium  6.1  H  mmol/L  (3.5-5.1)``."""
    return TITLES + "".join(
        f"{r.name:20}{r.value:>8}  {r.flag or '':3}{r.unit:16}({r.range()})\n" for r in results
    )


def dotted(results: list[Printed]) -> str:
    """French: leaders, a star before what is abnormal, decimal commas, ``à``."""
    lines = []
    for r in results:
        star = "* " if r.flag else "  "
        span = r.range(" à ").replace(".", ",")
        value = r.value.replace(".", ",")
        lines.append(f"{r.name + ' ':.<24} {star}{value:>7} {r.unit:14} ({span})")
    return TITLES + "\n".join(lines) + "\n"


def guided(results: list[Printed]) -> str:
    """Headings over ranges and earlier results alone, beside the section's name."""
    lines = [f"{'HÉMATOLOGIE':50}{'Valeurs de référence':24}Antériorités"]
    for r in results:
        line = f"{r.name + ' ':.<24} {r.value:>7} {r.unit:17}{r.range(' à '):24}{r.earlier}"
        lines.append(line)
    return TITLES + "\n".join(lines) + "\n"


def table(results: list[Printed], *, right: bool = False, flag: bool = True) -> str:
    """Headings over name, result, flag, unit and range; values to the left or to the right."""
    head = "Result".rjust(9) if right else "Result".ljust(9)
    lines = [f"{'Test':26}{head}   {'Flag':6}{'Units':16}Reference Interval"]
    for r in results:
        value = r.value.rjust(9) if right else r.value.ljust(9)
        shown = f"{r.flag or '':6}" if flag else " " * 6
        lines.append(f"{r.name:26}{value}   {shown}{r.unit:16}{r.range()}")
    return TITLES + "\n".join(lines) + "\n"


def shifted(results: list[Printed]) -> str:
    """Values to the right of a wide column whose heading stands to its left."""
    lines = [f"{'Test':22}{'Result':18}{'Units':16}Reference Range"]
    for r in results:
        value = r.value + (f" {r.flag}" if r.flag else "")
        lines.append(f"{r.name:22}{value:>14}    {r.unit:16}{r.range()}")
    return TITLES + "\n".join(lines) + "\n"


def in_and_out(results: list[Printed]) -> str:
    """Values in their range and out of it in two columns, the unit behind the range."""
    lines = [f"{'Test Name':26}{'In Range':14}{'Out Of Range':17}{'Reference Range':28}Lab"]
    for r in results:
        inside, outside = ("", f"{r.value}  {r.flag}") if r.flag else (r.value, "")
        lines.append(f"{r.name:26}{inside:14}{outside:17}{r.range() + ' ' + r.unit:28}EN")
    return TITLES + "\n".join(lines) + "\n"


def with_codes(results: list[Printed]) -> str:
    """A department's number behind each name, the previous result and its date in a column."""
    lines = [
        f"{'Test':26}{'Current Result and Flag':28}{'Previous Result and Date':28}"
        f"{'Units':16}Reference Interval"
    ]
    for number, r in enumerate(results, start=1):
        now, before = f"{r.value}   {r.flag or ''}", f"{r.earlier}   14/07/2023"
        name = f"{r.name} 0{number}"
        lines.append(f"{name:30}{now:26}{before:26}{r.unit:16}{r.range()}")
    return TITLES + "\n".join(lines) + "\n"


def technologies(results: list[Printed]) -> str:
    """A column of technologies, the range on a line below the result."""
    head = f"{'TEST NAME':26}{'TECHNOLOGY':22}{'VALUE':15}UNITS"
    lines = []
    for r in results:
        lines += [head, f"{r.name:26}{'E.C.L.I.A':22}{r.value:15}{r.unit}"]
        lines += ["Bio. Ref. Interval. :-", r.range(" - "), ""]
    return TITLES + "\n".join(lines) + "\n"


def side_by_side(results: list[Printed]) -> str:
    """Two results a line."""
    cells = [f"{r.name:18}{r.value:>7} {r.unit} ({r.range()})" for r in results]
    pairs = [cells[at : at + 2] for at in range(0, len(cells), 2)]
    return TITLES + "\n".join("      ".join(f"{c:48}" for c in pair) for pair in pairs) + "\n"


def german(results: list[Printed]) -> str:
    """Headings and titles in German, decimal commas, previous values without a date."""
    lines = [
        "Patientennummer: 4711   geb. 25.12.1970   Geschlecht: w",
        "Entnahme: 13.02.2024 07:45", "",
        f"{'Untersuchung':26}{'Ergebnis':12}{'Einheit':16}{'Referenzbereich':20}Vorwert",
    ]  # fmt: skip
    for r in results:
        value = r.value + (f" {r.flag}" if r.flag else "")
        numbers = f"{value:12}{'@'}{r.range(' - '):20}{r.earlier}".replace(".", ",")
        lines.append(f"{r.name:26}" + numbers.replace("@", f"{r.unit:16}"))
    return "\n".join(lines) + "\n"
