"""``reviews agreement --blind``: how far experts agree, and how model, composer and people fare.

The key is opened here and nowhere else. Every interval is a 95 % percentile bootstrap over reports:
the comments on one report, and its raters, are drawn together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from hemoscribe.assess.bootstrap import NOT_MEASURED, Bootstrap, Estimate, Floats, divide
from hemoscribe.errors import InputError
from hemoscribe.files import write_json
from hemoscribe.serve.reviews.blind.chance import (
    Codes,
    Scale,
    alpha,
    cohen,
    coincidences,
    fleiss,
    fleiss_cells,
    pair_cells,
)
from hemoscribe.serve.reviews.blind.filled import RATINGS_FILE
from hemoscribe.serve.reviews.blind.packs import read_key
from hemoscribe.serve.reviews.blind.scale import AUTHORS, BEST, RATINGS

AGREEMENT_FILE = "agreement.json"
DRAWS = 2000
UNSAFE_AT_MOST = 2
LOW_ALPHA = 0.667  # below it Krippendorff (2004) draws no conclusion, not even a tentative one
MODEL = "model"


@dataclass(frozen=True)
class _Rated:
    """Ratings as arrays (raters, items), and who wrote each item."""

    raters: list[str]
    items: list[str]
    codes: Mapping[str, Codes]  # rating -> category, -1 where there is none
    authors: npt.NDArray[np.str_]
    guesses: list[tuple[int, str]]  # item, guess
    bootstrap: Bootstrap  # over the items' reports


def blind_agreement(folder: Path, *, draws: int = DRAWS) -> dict[str, Any]:
    """Unblind the imported ratings of a folder of packs; writes ``agreement.json`` beside them.

    Returns:
        ``ratings`` (of each: ``agreement`` between raters with alpha, kappas and intervals;
        ``by_author`` and ``model_less`` the others'), ``sign``, ``unsafe``, ``blinding``, counts.

    Raises:
        InputError: no form has been imported.
    """
    key = read_key(folder)
    path = folder / RATINGS_FILE
    if not path.is_file():
        raise InputError(
            f"{folder}: no form is imported; run `hemoscribe reviews import {folder}`."
        )
    table = pl.read_parquet(path)
    if table.is_empty():
        raise InputError(f"{path}: it holds no rating; every row was rejected or blank.")
    rated = _rated(table, key, draws)
    document = {
        "reports": len({key["items"][item]["report"] for item in rated.items}),
        "items": len(rated.items),
        "raters": rated.raters,
        "authors": {author: int((rated.authors == author).sum()) for author in AUTHORS},
        "ratings": {name: _scale(rated, name) for name in RATINGS},
        "sign": _sign(rated),
        "unsafe": _shares(rated, _unsafe(rated)),
        "blinding": _blinding(rated),
    }
    document["sentences"] = _sentences(document)
    write_json(folder / AGREEMENT_FILE, document)
    return {**document, "document": str(folder / AGREEMENT_FILE)}


def _rated(table: pl.DataFrame, key: Mapping[str, Any], draws: int) -> _Rated:
    raters = table["rater"].unique().sort().to_list()
    items = table["item"].unique().sort().to_list()
    row = {name: place for place, name in enumerate(raters)}
    column = {name: place for place, name in enumerate(items)}
    codes = {name: np.full((len(raters), len(items)), -1) for name in (*RATINGS, "sign")}
    guesses = []
    for one in table.iter_rows(named=True):
        at = row[one["rater"]], column[one["item"]]
        for name in RATINGS:
            if one[name] is not None:
                codes[name][at] = one[name] - 1
        if one["sign"] is not None:
            codes["sign"][at] = int(one["sign"])
        if one["guess"] is not None:
            guesses.append((at[1], one["guess"]))
    about = [key["items"][item] for item in items]
    return _Rated(
        raters=raters,
        items=items,
        codes=codes,
        authors=np.array([entry["author"] for entry in about]),
        guesses=guesses,
        bootstrap=Bootstrap([entry["report"] for entry in about], draws=draws),
    )


def _agreement(rated: _Rated, name: str, categories: int, scale: Scale) -> dict[str, Any]:
    """Alpha over all raters, Fleiss' kappa over items that all rated, Cohen's of each pair."""
    codes, bootstrap = rated.codes[name], rated.bootstrap
    several = int(((codes >= 0).sum(axis=0) > 1).sum())
    whole = int((codes >= 0).all(axis=0).sum()) if len(codes) > 1 else 0
    pairs = []
    for one, other in combinations(range(len(rated.raters)), 2):
        cells = pair_cells(codes[one], codes[other], categories)
        both = int(cells.sum())
        alike = (codes[one] == codes[other]) & (codes[one] >= 0)
        pairs.append(
            {
                "raters": [rated.raters[one], rated.raters[other]],
                "agreed": bootstrap.ratio(alike, cells.sum(axis=1)),
                "kappa": _statistic(bootstrap, cells, partial(cohen, scale=scale), both),
            }
        )
    return {
        "scale": scale,
        "alpha": _statistic(
            bootstrap, coincidences(codes, categories), partial(alpha, scale=scale), several
        ),
        "fleiss_kappa": _statistic(bootstrap, fleiss_cells(codes, categories), fleiss, whole),
        "cohen_kappa": pairs,
    }


def _statistic(bootstrap: Bootstrap, cells: Floats, statistic: Any, n: int) -> Estimate:
    return bootstrap.statistic(bootstrap.per_patient(cells), statistic, n) if n else NOT_MEASURED


def _scale(rated: _Rated, name: str) -> dict[str, Any]:
    """One rating: agreement between raters, mean by author, and the model's less the others'."""
    codes = rated.codes[name]
    given = (codes >= 0).sum(axis=0)
    total = np.where(codes >= 0, codes + 1, 0).sum(axis=0)
    return {
        "agreement": _agreement(rated, name, BEST, "ordinal"),
        **_means(rated, total.astype(np.float64), given.astype(np.float64), share=False),
    }


def _sign(rated: _Rated) -> dict[str, Any]:
    codes = rated.codes["sign"]
    return {
        "agreement": _agreement(rated, "sign", 2, "nominal"),
        **_shares(rated, np.where(codes < 0, np.nan, codes)),
    }


def _unsafe(rated: _Rated) -> Floats:
    """1 where a rater gave safety 1 or 2, 0 where more, NaN where not rated."""
    codes = rated.codes["safety"]
    return np.where(codes < 0, np.nan, codes + 1 <= UNSAFE_AT_MOST)


def _shares(rated: _Rated, calls: Floats) -> dict[str, Any]:
    """The share of calls that are 1, by author, and the model's less the others'."""
    given = (~np.isnan(calls)).sum(axis=0).astype(np.float64)
    return _means(rated, np.nansum(calls, axis=0), given, share=True)


def _means(rated: _Rated, total: Floats, given: Floats, *, share: bool) -> dict[str, Any]:
    """``by_author`` and ``model_less``, from each item's sum and count of ratings."""
    bootstrap = rated.bootstrap
    of = {author: (rated.authors == author).astype(np.float64) for author in AUTHORS}
    by_author = {}
    for author, mine in of.items():
        n = int((given * mine).sum())
        if share:
            by_author[author] = bootstrap.ratio(total * mine, given * mine)
        else:
            cells = np.column_stack([total * mine, given * mine])
            by_author[author] = _statistic(bootstrap, cells, _mean, n)
    less = {}
    for author in AUTHORS:
        if author == MODEL:
            continue
        columns = [total * of[MODEL], given * of[MODEL], total * of[author], given * of[author]]
        sums = bootstrap.per_patient(np.column_stack(columns))
        both = (sums[:, 1] > 0) & (sums[:, 3] > 0)  # the same reports: like is compared with like
        n = int(both.sum())
        less[author] = (
            bootstrap.statistic(sums * both[:, None], _mean_difference, n) if n else NOT_MEASURED
        )
    return {"by_author": by_author, "model_less": less}


def _mean(cells: Floats) -> Floats:
    return divide(cells[..., 0], cells[..., 1])


def _mean_difference(cells: Floats) -> Floats:
    return divide(cells[..., 0], cells[..., 1]) - divide(cells[..., 2], cells[..., 3])


def _blinding(rated: _Rated) -> dict[str, Any]:
    """How often a guess at the author, where one was made, was right; a third is chance."""
    made = [(item, guess) for item, guess in rated.guesses if guess != "unknown"]
    right, count = np.zeros(len(rated.items)), np.zeros(len(rated.items))
    for item, guess in made:
        count[item] += 1
        right[item] += guess == rated.authors[item]
    return {
        "guesses": len(made),
        "did_not_know": len(rated.guesses) - len(made),
        "right": rated.bootstrap.ratio(right, count),
        "right_by_author": {
            author: rated.bootstrap.ratio(
                right * (rated.authors == author), count * (rated.authors == author)
            )
            for author in AUTHORS
        },
    }


def _sentences(document: Mapping[str, Any]) -> list[str]:
    """What the numbers say, for a committee."""
    said = []
    for name in RATINGS:
        found = document["ratings"][name]["agreement"]["alpha"]
        if found["value"] is None:
            said.append(
                f"{name}: agreement between raters is not measurable (one value throughout, or "
                "one rater)."
            )
        elif found["low"] is None or found["low"] < LOW_ALPHA:
            said.append(
                f"{name}: Krippendorff's alpha {_number(found)}; its interval reaches below "
                f"{LOW_ALPHA}, so raters agree too little, or too few items were rated, to "
                "conclude from this rating."
            )
        else:
            said.append(f"{name}: Krippendorff's alpha {_number(found)}: raters agree.")
    for other in ("composer", "human"):
        less = document["sign"]["model_less"][other]
        if less["value"] is not None:
            low, high = less["low"], less["high"]
            sure = "more often" if low > 0 else "LESS often" if high < 0 else "no sure difference"
            said.append(
                f"On the same {less['n']:,} reports experts would sign the model's comments "
                f"{100 * less['value']:+.1f} points against the {other}'s "
                f"(95 % interval {100 * low:+.1f} to {100 * high:+.1f}): {sure}."
            )
    blinding = document["blinding"]
    if blinding["right"]["low"] is not None and blinding["right"]["low"] > 1 / len(AUTHORS):
        said.append(
            f"Raters told the author more often than chance ({blinding['right']['value']:.0%} of "
            f"{blinding['guesses']:,} guesses): the blinding did not hold, and ratings may lean."
        )
    return said


def _number(found: Estimate) -> str:
    if found["low"] is None or found["high"] is None:
        return f"{found['value']:.2f}"
    return f"{found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
