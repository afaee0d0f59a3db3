"""One settings tree: profile, then environment; an unknown key is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from hemoscribe.cli.settings_reference import section_of, settings_page
from hemoscribe.errors import SettingsError
from hemoscribe.settings import Settings, home, load_settings

CONFIGS = sorted((Path(__file__).resolve().parents[1] / "configs").rglob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_profile_is_valid_and_bears_its_file_name(path: Path) -> None:
    assert load_settings(path).name == path.stem


def test_there_are_profiles() -> None:
    assert CONFIGS


def test_the_environment_wins_over_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text("name: p\ntune: {steps: 5, batch: 4}\n")
    monkeypatch.setenv("HEMOSCRIBE_TUNE__STEPS", "7")
    settings = load_settings(profile)
    assert (settings.tune.steps, settings.tune.batch) == (7, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tune: {stepz: 5}", "tune.stepz"),
        ("tune: {batch: 0}", "tune.batch"),
        ("tune: [1", "line 1"),
        ("- a", "mapping of sections"),
        ("name: '../x'", "name"),
    ],
)
def test_a_wrong_profile_is_one_sentence_with_the_key(
    tmp_path: Path, text: str, words: str
) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text(text)
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings(profile)
    assert "\n" not in str(caught.value)


def test_state_lives_where_the_environment_says(state_home: Path) -> None:
    assert home() == state_home


def test_a_profile_runs_with_its_source_s_arguments_when_asked(monkeypatch) -> None:
    path = next(path for path in CONFIGS if path.stem == "mistral-7b")
    assert load_settings(path).tune.learning_rate == 2e-4
    monkeypatch.setenv("HEMOSCRIBE_TUNE__ARGUMENTS", "source")
    tune = load_settings(path).tune
    assert (tune.learning_rate, tune.batch, tune.accumulation) == (2e-5, 8, 4)
    assert (tune.epochs, tune.warmup_steps, tune.base) == (3, 500, "mistral-7b-v0.1")
    with pytest.raises(SettingsError, match="arguments"):
        load_settings(next(path for path in CONFIGS if path.stem == "laptop"))


def test_the_page_of_settings_is_what_the_code_says() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
    assert page.read_text(encoding="utf-8") == settings_page()


def described(model: type[BaseModel]) -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is None or field.default is None:
            yield f"{model.__name__}.{name}", field.description
        if section is not None:
            yield section.__name__, section.__doc__
            yield from described(section)


def test_no_setting_is_left_without_a_description() -> None:
    said = dict(described(Settings))
    assert len(said) > 100
    assert not [name for name, words in said.items() if not (words or "").strip()]
