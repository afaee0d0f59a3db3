"""One settings tree: a YAML profile first, then environment variables over it.

``HEMOSCRIBE_TUNE__STEPS=10`` overrides ``tune.steps`` of the profile. An unknown key is an error
that names it. ``HEMOSCRIBE_HOME`` is where state lives (registry, store, keys, logs).
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from hemoscribe.errors import SettingsError
from hemoscribe.files import TOO_DEEP, read_bytes
from hemoscribe.records import Language

HOME_VARIABLE = "HEMOSCRIBE_HOME"
SHIPPED = "shipped"
BASE_MODEL = "smollm2-135m-instruct"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(_Section):
    """Where the exports are; with no paths, a synthetic cohort is simulated."""

    paths: tuple[Path, ...] = Field(
        (), description="files and folders to read; empty: a synthetic cohort is simulated"
    )
    format: str | None = Field(None, description="None: recognised by content")
    mapping: Path | None = Field(
        None, description="a YAML file that names the columns no header tells"
    )
    simulate_reports: int = Field(10_000, ge=1, description="reports of the synthetic cohort")
    simulate_seed: int = Field(1, description="its seed: the same one gives the same cohort")


class CurateSettings(_Section):
    """Policies of cleaning; each is counted in the quality report."""

    duplicates: Literal["keep_first", "keep_last"] = Field(
        "keep_first", description="which of several equal results stays"
    )
    preliminary: Literal["reject", "keep"] = Field(
        "reject", description="what becomes of results that are not final"
    )
    missing_sex: Literal["keep", "reject"] = Field("keep", description="reports without a sex")
    missing_age: Literal["keep", "reject"] = Field("keep", description="reports without an age")
    missing_unit: Literal["keep", "reject"] = Field(
        "keep", description="results whose unit their column settled"
    )
    missing_range: Literal["knowledge", "keep", "reject"] = Field(
        "knowledge",
        description="results without a range: filled from knowledge, left without, refused",
    )
    contradictions: Literal["reject_all", "keep_first", "keep_last"] = Field(
        "reject_all", description="several values of one analyte in one report"
    )
    laboratories: Literal["pseudonym", "keep"] = Field(
        "pseudonym", description="names of laboratories: replaced or kept"
    )
    scrub_with: Literal["rules", "presidio"] = Field(
        "rules", description="presidio: Microsoft Presidio beside the rules (extra `text`)"
    )
    same_panels: Literal["reject", "keep", "fail"] = Field(
        "reject", description="one panel under two patient numbers on two sides of the split"
    )
    same_comments: Literal["keep", "fail"] = Field(
        "keep", description="one long comment about few patients on two sides of the split"
    )
    split: Literal["patient", "time", "site"] = Field(
        "patient",
        description="what decides the side of a patient: a keyed hash, dates, laboratories",
    )
    validation_from: date | None = Field(None, description="with `split: time`")
    test_from: date | None = Field(None, description="with `split: time`")
    validation_laboratories: tuple[str, ...] = Field((), description="with `split: site`")
    test_laboratories: tuple[str, ...] = Field((), description="with `split: site`")
    wanted_k: int = Field(5, ge=1, description="fewest patients of one sex, age band and site")
    small_cells: Literal["keep", "reject"] = Field(
        "keep",
        description="reports of fewer than `wanted_k` patients of one sex, age band and site",
    )
    generalise_to_k: int | None = Field(
        None, ge=2, description="ages, times and sites coarser, until so many patients are alike"
    )
    generalise_refused_share: float = Field(
        0.05, ge=0, le=1, description="reports that may be refused to keep the others finer"
    )
    train_share: float = Field(
        0.70, gt=0, lt=1, description="share of patients whose reports are learnt from"
    )
    validation_share: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="share of patients watched while training; the rest is the test",
    )
    few_reports_warning: int = Field(10_000, description="fewer reports than this are warned of")
    few_reports_error: int = Field(100, description="fewer reports than this are refused")


class CorpusSettings(_Section):
    """How curated reports become training text."""

    languages: tuple[Language, ...] = Field(("en", "fr"), description="languages of the examples")
    tracks: dict[Literal["bare", "raw", "assisted"], float] = Field(
        {
            "bare": 0.1,
            "raw": 0.6,
            "assisted": 0.3,
        },
        description="share of examples per track: bare has values alone, raw the ranges too, "
        "assisted the rules' flags as well",
    )
    written_share: float = Field(
        0.1, ge=0, le=1, description="share of bare and raw examples that also carry a completion"
    )
    range_jitter: float = Field(
        0.0, ge=0, le=0.5, description="training side only: limits moved by up to this share"
    )
    far_share: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="training results whose limits are moved many times over, so that a value far "
        "beyond its limit is read as such",
    )
    min_results: int = Field(3, ge=1, description="reports with fewer results are left out")
    max_results: int = Field(40, ge=1, description="longer reports are read in parts")
    max_examples: int | None = Field(None, ge=1, description="per side; None: every report")
    favour: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        {},
        description="analyte: the share of `max_examples` that holds it, to go over what a model "
        "reads badly (the worst slices of its assessment)",
    )
    even_findings: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of `max_examples` taken for each finding in turn, of assisted reports "
        "whatever their share in `tracks`, so that the wording of a rare one is learnt too",
    )
    comments: bool = Field(True, description="validated comments are used as completions")
    voices: int | None = Field(
        None,
        ge=1,
        description="ways of wording that the composer's texts are drawn from; few are learnt from "
        "fewer examples, None: another for every report",
    )
    canaries: int = Field(
        0,
        ge=0,
        description="random secrets planted in training texts, for `audit model` to look for; "
        "only for a model that is made to be measured",
    )
    canary_repeats: int = Field(1, ge=1, description="training texts that hold each secret")
    seed: int = Field(1, description="seed of every draw")


class TuneArguments(_Section):
    """Arguments of a run as some document gives them, kept beside those that are recommended."""

    learning_rate: float = Field(gt=0, description="highest learning rate")
    batch: int = Field(ge=1, description="reports per device and step")
    accumulation: int = Field(ge=1, description="batches per step")
    epochs: float = Field(gt=0, description="times over the corpus")
    warmup_steps: int = Field(ge=0, description="steps until the learning rate is reached")
    evaluate_every: int | None = Field(None, ge=1, description="steps between validations")


class TuneSettings(_Section):
    """Supervised fine-tuning. Batch sizes count reports; the effective batch is their product."""

    base: str = Field(BASE_MODEL, description="a base model of `hemoscribe models`")
    start_from: str | None = Field(
        SHIPPED, description="adapter to continue from: shipped, a registry name, a folder; or None"
    )
    method: Literal["auto", "full", "lora", "qlora"] = Field(
        "auto", description="auto: what the machine can hold"
    )
    lora_rank: int = Field(16, ge=1, description="rank of the adapter")
    lora_alpha: int = Field(32, ge=1, description="the adapter counts alpha / rank times")
    lora_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of the adapter's inputs dropped while training"
    )
    learning_rate: float = Field(8e-4, gt=0, description="highest learning rate")
    warmup_steps: int = Field(20, ge=0, description="steps until the learning rate is reached")
    steps: int | None = Field(None, ge=1, description="None: as many as the epochs need")
    epochs: float = Field(1.0, gt=0, description="times over the corpus")
    batch: int = Field(8, ge=1, description="per device")
    accumulation: int = Field(1, ge=1, description="batches per step")
    max_tokens: int = Field(1536, ge=64, description="longest example")
    weight_decay: float = Field(0.0, ge=0, description="decay of the weights per step")
    slot_weight: float = Field(
        1.0, gt=0, description="weight of the readings in the loss, beside that of the words"
    )
    evaluate_every: int | None = Field(
        None, ge=1, description="steps between validations; None: a few in every run"
    )
    patience: int | None = Field(
        None, ge=1, description="validations without a lower loss after which training ends"
    )
    save_every: int | None = Field(
        None, ge=1, description="steps between checkpoints; None: a few in every run"
    )
    dtype: Literal["bfloat16", "float32"] = Field(
        "bfloat16", description="number format of the weights while training"
    )
    gguf: Literal["q8_0", "q4_0"] = Field("q8_0", description="how the GGUF file is quantised")
    preference_epochs: float = Field(
        1.0, ge=0, description="over experts' corrections, where the corpus has some; 0: none"
    )
    preference_rate: float = Field(2e-5, gt=0, description="learning rate of these epochs")
    preference_beta: float = Field(0.1, gt=0, description="DPO's beta: how close to stay")
    arguments: Literal["recommended", "source"] = Field(
        "recommended", description="source: those of `source` in place of the profile's own"
    )
    source: TuneArguments | None = Field(None, description="the arguments some document gives")
    track: bool = Field(False, description="also log to MLflow (MLFLOW_TRACKING_URI says where)")
    seed: int = Field(1, description="seed of every draw")

    @model_validator(mode="before")
    @classmethod
    def _take_source(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("arguments") != "source":
            return values
        source = values.get("source")
        if source is None:
            raise ValueError("`arguments: source` needs the arguments under `source`")
        return {**values, **source}


class Needs(_Section):
    """What a profile was made for; ``doctor`` holds the machine against it. GB of 2**30 bytes."""

    vram_gb: float | None = Field(None, gt=0, description="of one GPU; None: it needs none")
    ram_gb: float = Field(12.0, gt=0, description="memory of the machine")
    disk_gb: float = Field(10.0, gt=0, description="free, where the runs are")


class AssessSettings(_Section):
    """How much is assessed; None reads every held-out report."""

    reports: int | None = Field(None, ge=1, description="reports read per track")
    written: int = Field(100, ge=0, description="reports written from the rules' brief")
    written_unaided: int = Field(
        12,
        ge=0,
        description="of those, reports also written on each track without the brief: no service "
        "writes so and no model is taught to, so a few tell",
    )
    tracks: tuple[Literal["bare", "raw", "assisted"], ...] = Field(
        ("raw", "assisted", "bare"), description="tracks that are assessed"
    )
    range_jitter: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="limits moved by up to this share of the range's width before anything is "
        "read: what a model knows by heart is worth nothing then",
    )
    bootstrap: int = Field(1000, ge=100, description="resamples behind each confidence interval")
    wanted_recall: float = Field(
        0.98,
        gt=0,
        lt=1,
        description="recall of abnormal results that the page's threshold is sought for",
    )
    against: tuple[str, ...] = Field(
        ("champion",),
        description="models read beside it, with paired tests: base, few-shot, champion (the one "
        "in service, where there is one), a registry name, a folder",
    )
    against_reports: int | None = Field(
        300, ge=1, description="reports that each of them reads; None: every one"
    )


class Gates(_Section):
    """What a model must reach before it is promoted, on the raw track of held-out reports."""

    accuracy: float = Field(0.85, ge=0, le=1, description="share of results read right, at least")
    abnormal_recall: float = Field(
        0.90, ge=0, le=1, description="share of abnormal results found, at least"
    )
    seconds_per_report: float = Field(2.0, gt=0, description="time to read one report, at most")


class Writing(_Section):
    """What a model's texts must reach, before the guard, for its words to be used at all.

    Until an assessment says so, the reader sees the composer's words: a text may contradict no fact
    and still say nothing, and no check of facts can tell.
    """

    finding_f1: float = Field(
        0.90,
        ge=0,
        le=1,
        description="F1 of the findings a text states against the rules', at least",
    )
    unfaithful_rate: float = Field(
        0.02, ge=0, le=1, description="share of texts that contradict a fact, at most"
    )
    withheld_rate: float = Field(
        0.20, ge=0, le=1, description="share of texts the guard would withhold, at most"
    )


class PrivacySettings(_Section):
    """What ``audit model`` measures of a model's memory of its training reports, and its gates.

    A model that remembers nothing has a membership AUC of 0.5, a TPR of 0.01 at an FPR of 0.01, no
    more verbatim text on training than on held-out reports, and exposures that pass ``e`` bits with
    a chance of 2**-e.
    """

    reports: int = Field(300, ge=2, description="training reports, and as many held-out ones")
    texts: int = Field(100, ge=1, description="texts continued, training and held-out each")
    references: int = Field(1000, ge=100, description="random secrets a canary is ranked among")
    started_words: int = Field(8, ge=1, description="words of a text that are given")
    verbatim_words: int = Field(
        20, ge=3, description="words in a row that count as verbatim: a sentence, not a phrase"
    )
    max_membership_auc: float = Field(
        0.60,
        ge=0.5,
        le=1,
        description="of a training and a held-out report, how often the attack tells which; 0.5 "
        "is chance, and 0.6 is one right answer in ten more than chance",
    )
    max_membership_tpr: float = Field(
        0.05,
        gt=0,
        le=1,
        description="training reports found at 1 % false alarms: five times chance",
    )
    max_exposure_bits: float = Field(
        10.0,
        gt=0,
        description="of any canary: 10 bits, among the likeliest thousandth of its kind, which "
        "happens by chance to one canary in 1,024",
    )
    max_verbatim_excess: float = Field(
        0.02, ge=0, le=1, description="share of training texts continued verbatim, less held-out"
    )


class CardSettings(_Section):
    """What the model card estimates energy with. The defaults are stated, not measured."""

    watts: float = Field(65.0, gt=0, description="drawn while tuning: a laptop's whole draw")
    grams_co2_per_kwh: float = Field(
        250.0,
        gt=0,
        description="of the grid; a round number under the European Union's 281 of 2018 (EEA)",
    )


class ServeSettings(_Section):
    """The server. Limits are per key and per request."""

    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8321, ge=1, le=65535, description="port the server listens on")
    max_body_bytes: int = Field(2 * 1024 * 1024, ge=1024, description="largest request")
    max_results: int = Field(200, ge=1, description="most results in one report")
    requests_per_minute: int = Field(
        120, ge=1, description="requests of one key, or of one address without a key"
    )
    request_timeout_seconds: float = Field(60.0, gt=0, description="one report, its wait included")
    store_url: str | None = Field(None, description="SQLAlchemy URL; None: SQLite under the home")


class RetrainSettings(_Section):
    """When a challenger replaces the champion."""

    every_days: int = Field(31, ge=1, description="days after which `retrain` is due")
    review_weight: int = Field(4, ge=1, description="times a corrected report is seen")
    max_accuracy_loss: float = Field(0.002, ge=0, description="challenger minus champion, at worst")
    max_recall_loss: float = Field(
        0.002, ge=0, description="the same of the recall of abnormal results"
    )


class Settings(BaseSettings):
    """One profile: ``hemoscribe run CONFIG`` reads it, every stage takes its own section."""

    model_config = SettingsConfigDict(
        env_prefix="HEMOSCRIBE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    name: str = Field(
        "laptop",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$",
        description="the profile's name: that of its file",
    )
    runs: Path = Field(Path("runs"), description="folder that runs are written to")
    overlay: Path | None = Field(
        None,
        description="a YAML file of the laboratory's own limits, silences, names, alarms and phone "
        "rules (`docs/overlay.md`); `interpret` and `serve` read with it",
    )
    source: SourceSettings = SourceSettings()
    curate: CurateSettings = CurateSettings()
    corpus: CorpusSettings = CorpusSettings()
    tune: TuneSettings = TuneSettings()
    needs: Needs = Needs()
    assess: AssessSettings = AssessSettings()
    gates: Gates = Gates()
    writing: Writing = Writing()
    privacy: PrivacySettings = PrivacySettings()
    card: CardSettings = CardSettings()
    serve: ServeSettings = ServeSettings()
    retrain: RetrainSettings = RetrainSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the profile, which arrives as keyword arguments."""
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(init_settings, InitSettingsSource)
        return env_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """The settings of a profile file, or the defaults; environment variables win.

    Raises:
        SettingsError: not YAML, an unknown key or an impossible value; names the key.
    """
    values: Any = {}
    if path is not None:
        text = read_bytes(path, limit_bytes=1024 * 1024)
        try:
            values = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f", line {mark.line + 1}" if mark else ""
            raise SettingsError(f"{path}{place}: it is not valid YAML.") from error
        except RecursionError as error:
            raise SettingsError(f"{path}: {TOO_DEEP}.") from error
        if not isinstance(values, dict):
            raise SettingsError(f"{path}: a profile is a mapping of sections, such as `tune:`.")
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        where = f"{path}" if path else "the environment"
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{where}: `{key}`: {message}.") from error


def home() -> Path:
    """The state folder: HEMOSCRIBE_HOME, or the platform's user data folder."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).expanduser() if chosen else user_data_path("hemoscribe", appauthor=False)
