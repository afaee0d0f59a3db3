"""The corpus: every example's slots have answers, sides keep apart, and nothing is drawn twice."""

import json
from collections import Counter
from pathlib import Path

import pytest

from hemoscribe.corpus import build, read_examples
from hemoscribe.curate import curate, load_curated
from hemoscribe.errors import InputError
from hemoscribe.prose.claims import asserted_findings
from hemoscribe.prose.guard.vocabulary import read_vocabulary
from hemoscribe.prose.lexicon import tokenize
from hemoscribe.prose.prompt import SLOT, parse_completion
from hemoscribe.prose.voice import Voice
from hemoscribe.settings import CorpusSettings, CurateSettings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder

SIDES = ("train", "validation", "test")


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMOSCRIBE_HOME", str(root / "home"))
        simulate(root / "exports", reports=200, seed=11)
        read_folder(root / "exports", root / "read")
        curate(root / "read", root / "curated", CurateSettings())
    return root / "curated"


def examples(folder: Path, side: str):
    return list(read_examples(folder / f"{side}.jsonl"))


def test_every_slot_has_its_answer_and_every_text_reads_back(curated: Path, tmp_path: Path) -> None:
    summary = build(curated, tmp_path / "out", CorpusSettings())
    found = [example for side in SIDES for example in examples(tmp_path / "out", side)]
    assert summary["examples"] == len(found) > 150
    for example in found:
        slots = 0 if example.track == "assisted" else example.prompt.count(SLOT)
        assert len(example.slots) == len(example.answers) == slots
        if example.completion is not None:
            assert parse_completion(example.completion, example.language)
            assert "[name]" not in example.completion
        if example.track == "assisted":
            assert example.completion is not None
    assert {example.track for example in found} == {"bare", "raw", "assisted"}
    assert {example.language for example in found} == {"en", "fr"}


def test_a_report_is_on_its_side_only(curated: Path, tmp_path: Path) -> None:
    build(curated, tmp_path / "out", CorpusSettings())
    for side in SIDES:
        own = set(load_curated(curated, side)["report_id"])
        assert {example.report_id for example in examples(tmp_path / "out", side)} <= own


def test_limits_move_on_the_training_side_only(curated: Path, tmp_path: Path) -> None:
    build(curated, tmp_path / "as-is", CorpusSettings(tracks={"raw": 1.0}))
    build(curated, tmp_path / "moved", CorpusSettings(tracks={"raw": 1.0}, range_jitter=0.3))
    for side, same in (("train", False), ("test", True)):
        before, after = (examples(tmp_path / name, side) for name in ("as-is", "moved"))
        assert ([one.prompt for one in before] == [one.prompt for one in after]) is same


def test_a_long_report_is_cut_into_parts_and_loses_nothing(curated: Path, tmp_path: Path) -> None:
    settings = CorpusSettings(tracks={"raw": 1.0}, min_results=1, max_results=5)
    build(curated, tmp_path / "out", settings)
    slots: Counter[str] = Counter()
    for example in examples(tmp_path / "out", "train"):
        assert len(example.slots) <= 5
        slots[example.report_id] += len(example.slots)
    rows = Counter(load_curated(curated, "train")["report_id"])
    assert slots == rows


def test_what_the_laboratory_s_comments_say_is_learnt(
    curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hemoscribe.corpus.lessons.FEWEST_PATIENTS", 1)
    build(curated, tmp_path / "out", CorpusSettings(tracks={"assisted": 1.0}))
    taught = read_vocabulary(tmp_path / "out").taught
    own = [one for one in examples(tmp_path / "out", "train") if one.words_from == "laboratory"]
    assert own
    for one in own:
        comment = (one.completion or "").split("\n")[0]
        listed = set[str]().union(*taught[one.language].values())
        words = [token for token in tokenize(comment) if token.raw.islower()]
        assert {token.word for token in words if len(token.word) > 2} <= listed
    composed = build(curated, tmp_path / "not", CorpusSettings(comments=False))
    assert set(composed["words_from"]) == {"composer"}
    assert read_vocabulary(tmp_path / "not").taught == {}


def test_a_report_that_is_written_from_its_brief_stays_whole(curated: Path, tmp_path: Path) -> None:
    settings = CorpusSettings(
        tracks={"raw": 0.5, "assisted": 0.5}, min_results=1, max_results=5, comments=False
    )
    build(curated, tmp_path / "corpus", settings)
    written = [e for e in examples(tmp_path / "corpus", "train") if e.track == "assisted"]
    read = [e for e in examples(tmp_path / "corpus", "train") if e.track == "raw"]
    assert len({e.report_id for e in written}) == len(written) > 0
    assert len({e.report_id for e in read}) < len(read)
    assert {e.report_id for e in written}.isdisjoint(e.report_id for e in read)


def test_a_rare_finding_is_taught_as_often_as_the_sample_lets_it(
    curated: Path, tmp_path: Path
) -> None:
    chosen = CorpusSettings(max_examples=40, tracks={"assisted": 1.0}, comments=False)
    build(curated, tmp_path / "plain", chosen)
    build(curated, tmp_path / "even", chosen.model_copy(update={"even_findings": 1.0}))
    plain, even = (
        Counter(
            finding
            for one in examples(tmp_path / name, "train")
            for finding in asserted_findings(one.completion or "", one.language)
        )
        for name in ("plain", "even")
    )
    assert len(examples(tmp_path / "even", "train")) == 40
    assert len({one.report_id for one in examples(tmp_path / "even", "train")}) == 40
    assert len(even) > len(plain) + 5
    assert min(even.values()) <= 3 < max(plain.values())


def test_fewer_examples_are_a_sample_of_more(curated: Path, tmp_path: Path) -> None:
    build(curated, tmp_path / "few", CorpusSettings(max_examples=10))
    build(curated, tmp_path / "many", CorpusSettings(max_examples=40))
    few, many = (examples(tmp_path / name, "train") for name in ("few", "many"))
    assert len(few) == 10
    assert few == many[:10]


def test_an_experts_words_come_before_the_composers(curated: Path, tmp_path: Path) -> None:
    settings = CorpusSettings(tracks={"assisted": 1.0}, languages=("en",))
    report = load_curated(curated, "train")["report_id"][0]
    reviews = tmp_path / "reviews.jsonl"
    line = {
        "report_id": report,
        "patient_id": None,
        "split": None,
        "language": "en",
        "decision": "accepted",
        "interpretation": "An expert wrote this.",
        "follow_up": "And this.",
        "panel": {"sex": None, "age_years": None, "pregnant": None, "results": []},
        "failed_checks": [],
        "reviewed_at": "2026-11-20T08:00:00+00:00",
    }
    reviews.write_text(json.dumps(line) + "\n", encoding="utf-8")
    build(curated, tmp_path / "out", settings, reviews=reviews)
    found = [one for one in examples(tmp_path / "out", "train") if one.report_id == report]
    assert [one.words_from for one in found] == ["review"]
    assert "An expert wrote this." in (found[0].completion or "")


def test_few_voices_give_few_ways_of_saying_the_same(curated: Path, tmp_path: Path) -> None:
    told: dict[int | None, set[str]] = {}
    for voices in (1, None):
        chosen = CorpusSettings(
            tracks={"assisted": 1.0}, languages=("en",), comments=False, voices=voices
        )
        build(curated, tmp_path / str(voices), chosen)
        found = examples(tmp_path / str(voices), "train")
        words = Voice("en", 0).words
        names = ("not_whole", "back", "back_lately", "within")  # of those with a history
        not_whole = tuple(text for name in names for text in words[f"follow_up_{name}"])
        none = [one.completion for one in found if "Findings: none" in one.prompt
                and "->" not in one.prompt and "Without range" not in one.prompt
                and not any(text in one.prompt for text in not_whole)]  # fmt: skip
        assert len(none) > 5
        told[voices] = {text or "" for text in none}
    assert len(told[1]) == 1
    assert len(told[None]) > 1


def test_reports_too_short_to_read_are_one_sentence(curated: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no training report has 1000 results"):
        build(curated, tmp_path / "out", CorpusSettings(min_results=1000))
    assert not (tmp_path / "out").exists()


def test_a_favoured_analyte_has_its_share_and_no_report_is_taken_twice(
    curated: Path, tmp_path: Path
) -> None:
    chosen = CorpusSettings(max_examples=30, tracks={"raw": 1.0})
    build(curated, tmp_path / "plain", chosen)
    build(curated, tmp_path / "much", chosen.model_copy(update={"favour": {"tsh": 1.0}}))
    rows = load_curated(curated, "train")
    holding = set(rows.filter(rows["analyte"] == "tsh")["report_id"])
    plain, much = (
        [one.report_id for one in examples(tmp_path / name, "train")] for name in ("plain", "much")
    )
    assert len(plain) == len(much) == 30
    assert sum(one in holding for one in plain) < min(30, len(holding))
    assert sum(one in holding for one in much) == min(30, len(holding))
    assert len(set(much)) == 30
