"""The part of the page that an ``assessment.json`` fills: every metric, track beside track."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hemoscribe.assess.paired import p_value
from hemoscribe.assess.results.figures import (
    estimate_words,
    is_estimate,
    label,
    number_words,
    table,
)
from hemoscribe.records import DIRECTIONS, LANGUAGES

_LANGUAGE_NAMES = {"en": "English", "fr": "French"}
_SECONDS = (
    *("read_seconds_per_report", "read_tokens_per_report"),
    *("write_seconds_per_report", "words_per_report", "tokens_per_report"),
)
_OF_LANGUAGE = ("accuracy", "abnormal_recall", "abnormal_precision")

Document = Mapping[str, Any]


def assessment_lines(document: Document) -> Iterator[str]:
    """Gates, every metric by track and language, worst slices, baselines, time, warnings."""
    tracks: Mapping[str, Document] = document["tracks"]
    yield ""
    yield (
        f"{document['reports']:,} of {document['reports_available']:,} reports, "
        f"{document['results']:,} results, {document['patients']:,} patients, "
        f"{document['split_words']}; the truth is what the {document['truth']} "
        f"{'say' if document['truth'] == 'rules' else 'says'}."
    )
    yield ""
    yield from (f"- {gate['sentence']}" for gate in document["gates"])
    yield f"- {document['may_write']['sentence']}"
    yield from (f"- **{warning}**" for warning in document["warnings"])
    yield from _heading("Every metric, by track")
    yield from table(["", *tracks], _metric_rows(tracks))
    yield from _said_of("threshold", tracks)
    yield from _said_of("laboratory", tracks)
    yield from _system(document["system"])
    yield from _heading("English and French apart")
    yield from table(["", *tracks], _language_rows(tracks))
    yield from _confusion(document)
    yield from _worst(tracks[document["shown_track"]])
    yield from _heading(f"Beside others, on the same results ({document['shown_track']} track)")
    yield from _baselines(document["baselines"])
    yield from _latency(document["latency"])


def _heading(words: str) -> Sequence[str]:
    return ["", f"### {words}", ""]


def metrics_of(tracks: Mapping[str, Document]) -> list[str]:
    """Every metric with an interval that a track has, reading first."""
    names = (name for track in tracks.values() for name in track if is_estimate(track[name]))
    return list(dict.fromkeys(names))


def _metric_rows(tracks: Mapping[str, Document]) -> Iterator[list[str]]:
    for name in metrics_of(tracks):
        yield [label(name), *(estimate_words(track.get(name)) for track in tracks.values())]
    for name in ("left_out", "written"):
        yield [label(name), *(f"{track[name]:,}" for track in tracks.values())]
    for name in _SECONDS:
        yield [label(name), *(number_words(track[name]) for track in tracks.values())]
    yield [
        "checks that texts failed",
        *(
            ", ".join(f"{label(code)} {n:,}" for code, n in track["failed_checks"].items()) or "-"
            for track in tracks.values()
        ),
    ]


def _system(found: Document) -> Iterator[str]:
    yield from _heading("The whole system, as its reader meets it")
    yield (
        "The flags are the rules'. The words are the model's where it may write and its text "
        f"passed every check, and the composer's otherwise; {found['written']:,} texts."
    )
    yield ""
    yield from _estimates(found)


def _said_of(part: str, tracks: Mapping[str, Document]) -> Iterator[str]:
    """A part of a track that carries a sentence of its own, where it was measured."""
    for name, track in tracks.items():
        if track[part] is not None:
            yield ""
            yield f"{track[part]['sentence']} Track {name}:"
            yield ""
            yield from _estimates(track[part])


def _estimates(found: Document) -> Iterator[str]:
    for name, value in found.items():
        if is_estimate(value):
            yield f"- {label(name)}: {estimate_words(value)}"


def _language_rows(tracks: Mapping[str, Document]) -> Iterator[list[str]]:
    for language in LANGUAGES:
        for metric in _OF_LANGUAGE:
            cells = (track["by_language"].get(language, {}) for track in tracks.values())
            yield [
                f"{_LANGUAGE_NAMES[language]}: {label(metric)}",
                *(estimate_words(cell.get(metric)) for cell in cells),
            ]
        written = [track["writing_by_language"].get(language, {}) for track in tracks.values()]
        for metric in dict.fromkeys(name for cell in written for name in cell):
            yield [
                f"{_LANGUAGE_NAMES[language]}: {label(metric)}",
                *(estimate_words(cell.get(metric)) for cell in written),
            ]


def _confusion(document: Document) -> Iterator[str]:
    track = document["shown_track"]
    yield from _heading(f"What was read, by what is true ({track} track)")
    counts = document["tracks"][track]["confusion"]
    yield from table(
        ["true", *(f"read {name}" for name in DIRECTIONS)],
        ([truth, *(f"{row[name]:,}" for name in DIRECTIONS)] for truth, row in counts.items()),
    )


def _worst(track: Document) -> Iterator[str]:
    for key, metric in (("worst_accuracy", "accuracy"), ("worst_recall", "abnormal_recall")):
        yield from _heading(f"The worst slices by {label(metric)}")
        if not track[key]:
            yield "No slice rests on 30 cases."
            continue
        yield from table(
            ["Slice", "accuracy", "abnormal recall", "abnormal precision"],
            (
                [
                    f"{part['dimension']}: {part['name']}",
                    *(estimate_words(part[name]) for name in _OF_LANGUAGE),
                ]
                for part in track[key]
            ),
        )


def _baselines(rows: Mapping[str, Document]) -> Iterator[str]:
    yield from table(
        [
            "Reader",
            "accuracy",
            "abnormal recall",
            "abnormal precision",
            "accuracy, the model less it",
            "recall, the model less it",
            "McNemar mid-p, accuracy",
        ],
        (
            [
                name,
                *(estimate_words(row.get(metric)) for metric in _OF_LANGUAGE),
                *_paired(row.get("paired")),
            ]
            for name, row in rows.items()
        ),
    )
    yield ""
    yield from (f"- {name}: {row['note']}" for name, row in rows.items())
    yield from (f"- {row['paired']['sentence']}" for row in rows.values() if row.get("paired"))


def _paired(found: Document | None) -> list[str]:
    if found is None:
        return ["-", "-", "-"]
    return [
        estimate_words(found["accuracy"]["difference"], signed=True),
        estimate_words(found["abnormal_recall"]["difference"], signed=True),
        p_value(found["accuracy"]["p_mid"]),
    ]


def _latency(found: Document) -> Iterator[str]:
    yield from _heading("Seconds per report, one at a time as served")
    if not found["n"]:
        yield "Not measured."
        return
    shares = ", ".join(f"{name} {found[f'{name}_s']:.2f} s" for name in ("p50", "p95", "p99"))
    yield f"{shares}; {found['n']} reports, {found['engine']}."
