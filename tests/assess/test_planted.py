"""One model that flips, omits, invents and contradicts: each planted fault is counted exactly."""

import pytest

from hemoscribe.assess import measure
from hemoscribe.assess.held_out import gather, held_out
from hemoscribe.prose.compose import compose
from hemoscribe.prose.prompt import completion
from hemoscribe.settings import AssessSettings, Settings, Writing

WRITTEN = 40
SETTINGS = Settings(assess=AssessSettings(written=WRITTEN, written_unaided=WRITTEN, bootstrap=100))
FLIPS = {"low": "high", "high": "low", "normal": "high"}


@pytest.fixture(scope="module")
def material(curated):
    return gather(curated)


@pytest.fixture(scope="module")
def english(material):
    """English reports that are written, with an abnormal and a normal result."""
    test = material.test
    return [
        reading
        for reading, language in list(zip(test.readings, test.languages, strict=True))[:WRITTEN]
        if language == "en" and 0 < len(reading.abnormal) < len(reading.results)
    ]


@pytest.fixture(scope="module")
def flips(material):
    """(report, place) -> the wrong direction: three results of each direction."""
    left = dict.fromkeys(FLIPS, 3)
    found = {}
    for reading in material.test.readings:
        for place, result in enumerate(reading.results):
            if left.get(result.direction, 0):
                left[result.direction] -= 1
                found[reading.panel.report_id, place] = FLIPS[result.direction]
    return found


@pytest.fixture(scope="module")
def texts(english):
    """Two silent texts, three that invent (a number, a finding), three that contradict."""
    reading = iter(english)

    def more(words):
        one = next(reading)
        interpretation, follow_up = compose(one, "en", 0)
        said = words if isinstance(words, str) else words(one)
        return one.panel.report_id, completion(f"{interpretation} {said}", follow_up, "en")

    def contradicted(one):
        name = next(r.reported_name for r in one.results if r.direction == "normal")
        return f"{name} is high."

    found = {
        "omits": [
            (
                next(reading).panel.report_id,
                completion("To be set against the clinical context.", "Repeat it.", "en"),
            )
            for _ in range(2)
        ],
        "invents a number": [more("Sodium is 193 mmol/L."), more("Sodium is 101 mmol/L.")],
        "invents a finding": [more("There is overt hypothyroidism.")],
        "contradicts": [more(contradicted) for _ in range(3)],
    }
    assert sum(map(len, found.values())) == 8
    return found


@pytest.fixture(scope="module")
def document(curated, material, planted, flips, texts):
    writes = dict(pair for pairs in texts.values() for pair in pairs)
    model = planted(held_out(curated, "all"), reads=flips, writes=writes)
    return measure(model, material, settings=SETTINGS, tracks=("raw",)).document


def test_each_flip_is_counted(document, flips, material):
    raw = document["tracks"]["raw"]
    n = material.test.table["rules"].count()
    abnormal = material.test.table["rules"].is_in(["low", "high"]).sum()
    assert len(flips) == 9
    assert raw["accuracy"]["value"] == pytest.approx((n - 9) / n, abs=1e-12)
    assert raw["abnormal_recall"]["value"] == pytest.approx((abnormal - 6) / abnormal, abs=1e-12)
    assert raw["detection_recall"]["value"] == 1
    assert (raw["confusion"]["low"]["high"], raw["confusion"]["high"]["low"]) == (3, 3)
    assert raw["confusion"]["normal"]["high"] == 3
    wrong = sum(
        count
        for truth, row in raw["confusion"].items()
        for read, count in row.items()
        if truth != read
    )
    assert wrong == 9


@pytest.mark.parametrize("withheld", [0.2, 0.1])
def test_the_reader_sees_no_planted_fault_and_each_is_counted(
    curated, material, planted, flips, texts, withheld
):
    """Eight of forty texts are withheld: the model may write where a fifth may be, not a tenth."""
    writes = dict(pair for pairs in texts.values() for pair in pairs)
    settings = SETTINGS.model_copy(
        update={"writing": Writing(finding_f1=0, unfaithful_rate=1, withheld_rate=withheld)}
    )
    model = planted(held_out(curated, "all"), reads=flips, writes=writes)
    found = measure(model, material, settings=settings, tracks=("raw", "assisted")).document
    assert found["tracks"]["assisted"]["unfaithful_rate"]["value"] == pytest.approx(6 / WRITTEN)
    seen = found["system"]
    assert seen["written"] == WRITTEN
    assert seen["by_model"]["value"] == pytest.approx(1 - 8 / WRITTEN if withheld == 0.2 else 0)
    assert seen["unfaithful_rate"]["value"] == 0
    assert seen["finding_f1"]["value"] == 1
    marked = len({report for report, _ in flips})
    assert seen["marked_reports"]["value"] == pytest.approx(marked / len(material.test.readings))


def test_each_flip_tells_against_the_rules_and_in_every_pair(document, material):
    always = document["baselines"]["always normal"]["paired"]["accuracy"]
    abnormal = material.test.table["rules"].is_in(["low", "high"]).sum()
    assert (always["model_only"], always["other_only"]) == (abnormal - 6, 3)


def test_each_fault_of_the_words_is_counted_under_its_name_and_no_other(document, english, texts):
    raw = document["tracks"]["raw"]
    failed = raw["failed_checks"]
    assert raw["written"] == WRITTEN
    assert failed["numbers"] == len(texts["invents a number"])
    assert failed["directions"] == len(texts["contradicts"])
    assert failed["findings"] == len(texts["invents a finding"])
    assert raw["by_finding"]["hypothyroidism_overt"]["invented"] == 1
    assert raw["unfaithful_rate"]["value"] == pytest.approx(6 / WRITTEN, abs=1e-12)
    assert raw["withheld_rate"]["value"] == pytest.approx(8 / WRITTEN, abs=1e-12)
    silent = {report for report, _ in texts["omits"]}
    omitted = sum(len(one.abnormal) for one in english if one.panel.report_id in silent)
    assert raw["omission_rate"]["value"] == pytest.approx(
        omitted / raw["omission_rate"]["n"], abs=1e-12
    )


def test_a_report_of_which_a_text_tells_nothing_counts_against_its_groups(
    document, english, texts, material
):
    raw = document["tracks"]["raw"]
    silent = {report for report, _ in texts["omits"]}
    untold = sum(bool(one.abnormal) for one in english if one.panel.report_id in silent)
    with_any = sum(bool(reading.abnormal) for reading in material.test.readings[:WRITTEN])
    assert raw["groups_told_rate"]["n"] == with_any
    assert raw["groups_told_rate"]["value"] == pytest.approx(1 - untold / with_any, abs=1e-12)


def test_every_abnormal_result_of_the_written_reports_could_be_omitted(document, material):
    written = material.test.readings[:WRITTEN]
    assert document["tracks"]["raw"]["omission_rate"]["n"] == sum(
        len(reading.abnormal) for reading in written
    )
