"""Of which specimen the results of an order are: stated, or told by a name or a heading.

A specimen that is stated (SPM-4, OBR-15) is judged. Where none is, the name of the order may say
one ("Urine chemistry"). An OBX without a value may be a heading: what follows "URINES" is of urine,
until a heading says blood or a section that only blood has, or the next order begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import polars as pl

from hemoscribe.files import package_yaml
from hemoscribe.records import RejectCode
from hemoscribe.sources.beside import SEVERAL
from hemoscribe.sources.fluid_statements import fluid_in_field, fluid_in_text, fluid_of_site
from hemoscribe.sources.heading_marks import BLOOD_AGAIN, folded, heading_mark, labels
from hemoscribe.sources.hl7.order import Order, Texts
from hemoscribe.sources.hl7.specimen_roles import rejected_specimen, specimen_of_role
from hemoscribe.sources.specimens import (
    OtherSpecimen,
    SpecimenJudge,
    heading_specimen,
    other_specimen,
)


def order_specimen(order: Order, judge: SpecimenJudge) -> OtherSpecimen | None:
    """The specimen of an order where it is not known to be a patient's blood; None for blood."""
    if order.role is not None:
        return specimen_of_role(order.role)
    if order.rejected is not None:
        return rejected_specimen(order.rejected)
    if (elsewhere := order.site or fluid_in_text(order.note, SEVERAL)) is not None:
        return elsewhere
    stated = [texts for texts in order.specimens if any(text.strip() for text in texts)]
    if stated:
        others = [judge.other(texts, results=order.results) for texts in stated]
        return next((other for other in others if other is not None), None)
    return _asked_fluid(tuple(map(tuple, order.named)))


@lru_cache(maxsize=16384)
def _asked_fluid(named: tuple[tuple[str, ...], ...]) -> OtherSpecimen | None:
    asked = [_named_fluid(texts) for texts in named]
    found = [other for other in asked if other is not None]
    if not found or len(found) == len(asked):
        return found[0] if found else None
    return OtherSpecimen(found[0].name, RejectCode.UNKNOWN_SPECIMEN)


def _named_fluid(texts: Iterable[str]) -> OtherSpecimen | None:
    return next((other for one in texts if (other := heading_specimen(one)) is not None), None)


def is_mixed(order: Order) -> bool:
    """Whether an order asked for analyses of blood and of another fluid, and says no specimen."""
    stated = order.role is not None or any(any(texts) for texts in order.specimens)
    if stated or len(order.named) < 2:
        return False
    other = _asked_fluid(tuple(map(tuple, order.named)))
    return other is not None and any(_named_fluid(texts) is None for texts in order.named)


def specimen_asked(
    order: Order, codes: Sequence[str | None], otherwise: OtherSpecimen
) -> OtherSpecimen | None:
    """In a mixed order the specimen of the analysis that has one of a result's codes."""
    for texts in order.named:
        if texts and texts[0] and texts[0] in codes:
            return _named_fluid(texts)
    return otherwise


def stated_inside(results: pl.DataFrame) -> Mapping[int, Texts]:
    """Order -> another fluid that an OBX of it states as its specimen ("Sample type: urine")."""
    said = results.filter(_is_words(), pl.col("value").is_not_null(), pl.col("name").is_not_null())
    found: dict[int, Texts] = {}
    for order, name, value in said.select("order", "name", "value").unique().iter_rows():
        if folded(name) in labels()["specimen_labels"]:
            other = other_specimen([value])
            if other is not None and other.code == RejectCode.OTHER_SPECIMEN:
                found.setdefault(order, []).append(value)
    return found


def stated_in_comments(order: Order) -> list[Texts]:
    """Other fluids that comments on an order state: "Nature du prélèvement : urines"."""
    found = [[text] for text in order.comments if fluid_in_text(text, SEVERAL) is not None]
    for line in "\n".join(order.comments).splitlines():
        label, mark, value = line.replace("=", ":", 1).partition(":")
        if mark and folded(label) in labels()["specimen_labels"]:
            other = other_specimen([value.strip(" .")])
            if other is not None and other.code == RejectCode.OTHER_SPECIMEN:
                found.append([value.strip(" .")])
    return found


def sections(results: pl.DataFrame) -> pl.Series | None:
    """The heading of another fluid that each result stands under, else null; None: there is none.

    Args:
        results: the columns ``observations.OBSERVED`` and ``order``, in the order of the message.
    """
    marks = results.select(
        pl.when(_is_words() & pl.col("value").is_null() & _bare())
        .then("name")
        .when(_is_words() & pl.col("value").is_not_null() & _bare())
        .then(pl.when(_is_heading_label()).then("value"))
        .alias("heading")
    )["heading"]
    said = {text: heading_mark(text) for text in marks.unique().drop_nulls()}
    if not any(said.values()):
        return None
    marked = marks.replace_strict(said, default=None, return_dtype=pl.String)
    frame = pl.DataFrame({"mark": marked, "order": results["order"]})
    section = frame.select(pl.col("mark").forward_fill().over("order"))["mark"]
    return section.replace(BLOOD_AGAIN, None)


def stated_in_fields(rows: pl.DataFrame) -> Mapping[tuple[str, str], OtherSpecimen]:
    """(column, text) of each sub-id, site and method that names another fluid -> that fluid.

    Args:
        rows: the columns ``observations.OBSERVED``.
    """
    found: dict[tuple[str, str], OtherSpecimen] = {}
    for name in ("sub_id", "site", "method"):
        texts = rows[name]
        if texts.null_count() == len(texts):
            continue
        for text in texts.unique().drop_nulls():
            other = fluid_in_field(text, method=name == "method")
            other = other or (fluid_of_site(text) if name == "site" else None)
            if other is not None:
                found[name, text] = other
    return found


def _is_words() -> pl.Expr:
    return pl.col("kind").is_in(
        list(package_yaml(__package__, "order_specimens.yaml")["heading_kinds"])
    )


def _bare() -> pl.Expr:
    return pl.all_horizontal(pl.col("unit", "low", "high", "flag").is_null())


def _is_heading_label() -> pl.Expr:
    name = pl.col("name").map_elements(folded, return_dtype=pl.String, skip_nulls=True)
    label = name.is_in(list(labels()["heading_labels"])).fill_null(value=True)
    return label & ~pl.col("value").str.contains(r"\d")
