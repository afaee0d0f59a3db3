"""Comments about one patient that stand again, nearly word for word, about another elsewhere.

A laboratory's standing sentences are about many patients and tell nothing of one: they are taken
out first, sentence by sentence. What is left of a comment, when it is long, was written about one
patient. Of two such texts one is a copy of the other when their sets of words have a Jaccard index
of 0.8 or more, or when they share whole sentences that are long enough by themselves. Candidates
come from MinHash with banding (Broder 1997, doi:10.1109/SEQUEN.1997.666900; Leskovec et al., Mining
of Massive Datasets, chapter 3) and from equal sentences; each is then verified on the words.

Single words and not runs of four: comments have 12 to 40 words, where one changed word breaks four
runs and leaves an index of 0.4 to 0.8.

Everything is done on distinct texts, in arrays; letters alone are looked at, so numbers, case and
punctuation do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hemoscribe.curate.stream.report_lines import COMMENT, LONG_COMMENT_LETTERS
from hemoscribe.errors import InputError

MOST_PATIENTS: Final = 5
"""A sentence, or texts much alike, about more patients than these are a laboratory's habit."""

LEAST_SIMILAR: Final = 0.8
BANDS: Final = 16
ROWS_OF_A_BAND: Final = 4
"""Two texts meet in a band with 0.9998 at a Jaccard index of 0.8, 0.64 at 0.5, 0.12 at 0.3."""

EXAMPLES: Final = 3
_LEAST_ALIKE = BANDS * ROWS_OF_A_BAND // 2
"""MinHashes in common before words are compared; half are six deviations under an index of 0.8."""

_NEIGHBOURS = 8
_TEXTS_AT_ONCE = 50_000
_PAIRS_AT_ONCE = 200_000
_NO_SENTENCE = r"\d+(?:[.,:/]\d+)*|[^\p{L}\n.!?;]+"
_SENTENCE = r"[^\n.!?;]+"
_TEXT, _SENTENCE_ID, _WORD = "_text", "_sentence", "_word"
_PLACE = ("split", "fold")

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
Told = tuple[str, str]
"""A text and where it stands: (side and fold, text)."""


@dataclass(frozen=True, slots=True)
class NearCopies:
    """How many texts, copies as one, stand about few patients on two sides or folds; some pairs."""

    count: int
    examples: tuple[tuple[Told, Told], ...] = ()


def find_near_copies(reports: pl.DataFrame, *, policy: Literal["keep", "fail"]) -> NearCopies:
    """Long comments that stand, word for word or nearly, about few patients on two sides or folds.

    Args:
        reports: one line per report: ``patient_id``, ``split``, ``fold`` and its long comment, as
            text or as code.

    Raises:
        InputError: there is one, and ``policy`` is ``fail``.
    """
    noted = reports.drop_nulls(COMMENT).select("patient_id", *_PLACE, COMMENT)
    texts = noted.select(pl.col(COMMENT).unique(maintain_order=True)).with_row_index(_TEXT)
    told = (
        noted.join(texts, on=COMMENT, how="left", maintain_order="left")
        .drop(COMMENT)
        .unique(maintain_order=True)
    )
    texts = texts.with_columns(pl.col(COMMENT).cast(pl.String))
    own = _own_sentences(texts, told.select(_TEXT, "patient_id").unique(maintain_order=True))
    if own.is_empty():
        return NearCopies(0)
    found = _groups_across(own, texts, told)
    count = found["group"].n_unique()
    if count and policy == "fail":
        raise InputError(
            f"{count:,} long comments stand, word for word or nearly, about a few patients on two "
            "sides of the split; take them out of the export, or set `curate.same_comments: keep`."
        )
    return NearCopies(count, _examples(found, texts))


def _groups_across(own: pl.DataFrame, texts: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """``group``, ``_text`` and place of the texts much alike of few patients in several places."""
    same = own.group_by(_TEXT, maintain_order=True).agg(
        pl.col(_SENTENCE_ID).bitwise_xor().alias("_all"), pl.col(_SENTENCE_ID).sum().alias("_sum")
    )
    # Texts that differ in standing sentences alone are one text from here on, by its first.
    first = same.select(_TEXT, pl.col(_TEXT).first().over("_all", "_sum").alias("_first"))
    own = own.join(first.filter(pl.col(_TEXT) == pl.col("_first")), on=_TEXT, how="semi")
    words = pl.concat(_words(own, texts))
    group = _joined(_similar(_candidates(own, words), own, words), first["_first"].unique())
    grouped = first.join(group, left_on="_first", right_on=_TEXT).select(_TEXT, "group")
    placed = told.join(grouped, on=_TEXT, maintain_order="left")
    few = (
        placed.group_by("group")
        .agg(pl.col("patient_id").n_unique(), pl.struct(_PLACE).n_unique().alias("places"))
        .filter(pl.col("patient_id").is_between(2, MOST_PATIENTS), pl.col("places") > 1)
    )
    return placed.join(few, on="group", how="semi", maintain_order="left")


def _own_sentences(texts: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """``_text``, ``_sentence`` (hash), ``letters`` of texts that are long without standing ones."""
    sentences = pl.concat(
        [
            _sentences(part).select(
                _TEXT, _SENTENCE_ID, pl.col("words").str.len_chars().alias("letters")
            )
            for part in texts.iter_slices(_TEXTS_AT_ONCE)
        ]
        or [pl.DataFrame(schema={_TEXT: pl.UInt32, _SENTENCE_ID: pl.UInt64, "letters": pl.UInt32})]
    )
    # Six patients are enough to know that a text, and each of its sentences, is about many.
    enough = told.filter(pl.int_range(pl.len()).over(_TEXT) <= MOST_PATIENTS)
    standing = (
        sentences.join(enough, on=_TEXT)
        .group_by(_SENTENCE_ID)
        .agg(pl.col("patient_id").n_unique().alias("patients"))
        .filter(pl.col("patients") > MOST_PATIENTS)
    )
    own = sentences.join(standing, on=_SENTENCE_ID, how="anti", maintain_order="left")
    long = pl.col("letters").sum().over(_TEXT) >= LONG_COMMENT_LETTERS
    return own.filter(long)


def _sentences(texts: pl.DataFrame) -> pl.DataFrame:
    """``_text``, ``_sentence`` (hash) and ``words`` (letters and blanks), each once a text."""
    plain = pl.col(COMMENT).str.to_lowercase().str.replace_all(_NO_SENTENCE, " ")
    return (
        texts.select(_TEXT, plain.str.extract_all(_SENTENCE).alias("words"))
        .explode("words")
        .with_columns(pl.col("words").str.strip_chars())
        .filter(pl.col("words") != "")
        .unique(maintain_order=True)
        .with_columns(pl.col("words").hash(seed=0).alias(_SENTENCE_ID))
    )


def _words(own: pl.DataFrame, texts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """``_text`` and ``_word`` (hash), each once a text, texts in their order."""
    kept = own.select(_TEXT).unique().sort(_TEXT)
    for part in kept.iter_slices(_TEXTS_AT_ONCE):
        sentences = _sentences(texts[part[_TEXT]]).join(
            own, on=[_TEXT, _SENTENCE_ID], how="semi", maintain_order="left"
        )
        yield (
            sentences.select(_TEXT, pl.col("words").str.split(" ").alias(_WORD))
            .explode(_WORD)
            .filter(pl.col(_WORD) != "")
            .select(_TEXT, pl.col(_WORD).hash(seed=1))
            .unique(maintain_order=True)
        )


def minima(words: Numbers, starts: Places, number: int) -> Numbers:
    """The ``number``-th MinHash of each set: of two sets equal with their Jaccard index.

    Args:
        words: well-mixed 64-bit hashes of the sets' elements, one set after the other.
        starts: where each set begins; none is empty.
    """
    random = np.random.default_rng(number)
    factor, shift = random.integers(0, 2**64, 2, dtype=np.uint64)
    mixed = (words ^ shift) * (factor | np.uint64(1))
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    return np.minimum.reduceat(mixed, starts)


def _candidates(own: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """``left``, ``right``: texts with an equal sentence, or an equal band and much else equal."""
    owners = words[_TEXT].to_numpy()
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    texts = owners[starts]
    signatures = _signatures(words[_WORD].to_numpy(), starts)
    found = [_pairs(own[_TEXT].to_numpy(), *_neighbours(own[_SENTENCE_ID].to_numpy()))]
    for band in range(BANDS):
        first = band * ROWS_OF_A_BAND
        values = np.ascontiguousarray(signatures[:, first : first + ROWS_OF_A_BAND])
        left, right = _neighbours(values.view(np.uint64).ravel())
        alike = np.concatenate(
            [
                (signatures[left[part]] == signatures[right[part]]).sum(axis=1) >= _LEAST_ALIKE
                for part in _slices(len(left))
            ]
            or [np.zeros(0, dtype=bool)]
        )
        found.append(_pairs(texts, left[alike], right[alike]))
    return pl.concat(found).unique(maintain_order=True)


def _signatures(words: Numbers, starts: Places) -> NDArray[np.uint16]:
    """The last 16 bits of each text's MinHashes: one row a text."""
    signatures = np.empty((len(starts), BANDS * ROWS_OF_A_BAND), dtype=np.uint16)
    for number in range(signatures.shape[1]):
        signatures[:, number] = minima(words, starts, number).astype(np.uint16)
    return signatures


def _neighbours(buckets: Numbers) -> tuple[Places, Places]:
    """Places with an equal bucket: each with the next few in it, so that no bucket is too much."""
    order = np.argsort(buckets, kind="stable")
    buckets = buckets[order]
    left, right = [], []
    for step in range(1, _NEIGHBOURS + 1):
        same = np.flatnonzero(buckets[step:] == buckets[:-step])
        left.append(order[same])
        right.append(order[same + step])
    return np.concatenate(left), np.concatenate(right)


def _pairs(texts: NDArray[Any], left: Places, right: Places) -> pl.DataFrame:
    return pl.DataFrame({"left": texts[left], "right": texts[right]}).select(
        pl.min_horizontal("left", "right").alias("left"),
        pl.max_horizontal("left", "right").alias("right"),
    )


def _slices(length: int) -> Iterator[slice]:
    return (slice(start, start + _PAIRS_AT_ONCE) for start in range(0, length, _PAIRS_AT_ONCE))


def _similar(pairs: pl.DataFrame, own: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """Those of ``pairs`` that are copies, on the words themselves."""
    sizes = words.group_by(_TEXT).len()
    left, right = (
        sizes.rename({_TEXT: side, "len": f"{side}_words"}) for side in ("left", "right")
    )
    kept = []
    for part in pairs.iter_slices(_PAIRS_AT_ONCE):
        shared = _shared(part, words, _WORD).agg(pl.len().alias("shared"))
        letters = _shared(part, own, _SENTENCE_ID).agg(pl.col("letters").sum())
        told = (
            part.join(shared, on=["left", "right"], how="left")
            .join(letters, on=["left", "right"], how="left")
            .join(left, on="left")
            .join(right, on="right")
        )
        union = pl.col("left_words") + pl.col("right_words") - pl.col("shared")
        copies = (pl.col("shared") / union >= LEAST_SIMILAR) | (
            pl.col("letters") >= LONG_COMMENT_LETTERS
        )
        kept.append(told.filter(copies.fill_null(False)).select("left", "right"))
    return pl.concat(kept) if kept else pairs


def _shared(pairs: pl.DataFrame, parts: pl.DataFrame, part: str) -> Any:
    """What both texts of each pair have, grouped by pair."""
    return (
        pairs.join(parts, left_on="left", right_on=_TEXT)
        .join(parts.select(_TEXT, part), left_on=["right", part], right_on=[_TEXT, part])
        .group_by("left", "right")
    )


def _joined(pairs: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """``_text`` and the ``group`` it belongs to: copies of copies are in one."""
    texts = texts.sort()
    left, right = (
        texts.search_sorted(pairs[side]).to_numpy().astype(np.int64) for side in ("left", "right")
    )
    return pl.DataFrame({_TEXT: texts, "group": connected(left, right, len(texts))})


def connected(left: Places, right: Places, number: int) -> Places:
    """The smallest of all places that each of ``number`` places hangs together with.

    Ends of a pair take the smaller group of the two, groups take the group of their first place,
    until nothing changes: few rounds, and no graph library, whose import takes longer than this.
    """
    group = np.arange(number)
    while (apart := group[left] != group[right]).any():
        left, right = left[apart], right[apart]
        low = np.minimum(group[left], group[right])
        high = np.maximum(group[left], group[right])
        np.minimum.at(group, high, low)
        while (group != (first := group[group])).any():
            group = first
    return group


def _examples(found: pl.DataFrame, texts: pl.DataFrame) -> tuple[tuple[Told, Told], ...]:
    """The first two texts in different places of the first groups, each beside its place."""
    first = found.unique(["group", *_PLACE], keep="first", maintain_order=True)
    groups = first.group_by("group", maintain_order=True).head(2).head(2 * EXAMPLES)
    told = [
        (split if fold is None else f"{split}, fold {fold}", str(texts[COMMENT][text]))
        for split, fold, text in groups.select(*_PLACE, _TEXT).iter_rows()
    ]
    return tuple(zip(told[::2], told[1::2], strict=True))
