"""Models by name, the champion, its history, and files that cannot change unseen."""

import pytest

from hemoscribe.errors import InputError, MissingError, StageError
from hemoscribe.files import write_json
from hemoscribe.models import registry
from hemoscribe.stages import MANIFEST, write_manifest


def tuned(folder, weights: bytes):
    """A folder as `tune` leaves it, as far as the registry looks."""
    (folder / "merged").mkdir(parents=True)
    (folder / "merged" / "model.safetensors").write_bytes(weights)
    write_json(folder / "tune.json", {"base": "smollm2-135m-instruct"})
    write_manifest(
        folder, stage="tune", inputs={}, settings={}, summary={"base": "smollm2-135m-instruct"}
    )
    return folder


@pytest.fixture
def assessment(tmp_path):
    path = tmp_path / "assessment.json"
    gate = {
        "name": "accuracy",
        "label": "accuracy",
        "comparison": ">",
        "target": 0.9,
        "value": 0.99,
        "met": True,
        "sentence": "Accuracy: met.",
    }
    write_json(path, {"tracks": {"raw": {"accuracy": {"value": 0.99}}}, "gates": [gate]})
    return path


def test_a_model_is_registered_once_under_a_name_of_its_own(tmp_path, assessment):
    folder = tuned(tmp_path / "run", b"one")
    name = registry.register(folder, assessment=assessment)
    assert name.startswith("smollm2-135m-instruct-")
    assert registry.register(folder) == name
    other = registry.register(tuned(tmp_path / "run2", b"two"))
    assert other != name
    listed = {entry["name"]: entry for entry in registry.entries()}
    assert listed.keys() == {name, other}
    assert listed[name]["accuracy"] == 0.99
    assert registry.show(name)["assessment"]["tracks"]["raw"]["accuracy"]["value"] == 0.99


def test_it_stays_when_its_run_is_deleted(tmp_path):
    import shutil

    folder = tuned(tmp_path / "run", b"one")
    name = registry.register(folder)
    shutil.rmtree(folder)
    assert (registry.resolve(name) / "merged" / "model.safetensors").read_bytes() == b"one"


@pytest.mark.parametrize("name", ["../up", "Upper", "shipped", "phi-4", ""[:0] or "a/b"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="no name for a model"):
        registry.register(tuned(tmp_path / "run", b"one"), name=name)


def test_one_name_is_one_model(tmp_path):
    registry.register(tuned(tmp_path / "a", b"one"), name="ours")
    with pytest.raises(InputError, match="another model named 'ours'"):
        registry.register(tuned(tmp_path / "b", b"two"), name="ours")


def test_the_champion_changes_and_goes_back_and_the_history_keeps_it_all(tmp_path):
    assert registry.champion() is None
    assert registry.promoted_at() is None
    for name in ("a", "b"):
        registry.register(tuned(tmp_path / name, name.encode()), name=name)
        registry.promote(name, f"why {name}", who="test")
    registry.promote("b", "again", who="test")  # it is already
    assert registry.champion() == "b"
    assert registry.summary()["champion"] == "b"
    assert registry.rollback("b is worse", who="test") == "b"
    assert registry.champion() == "a"
    assert registry.rollback("a too", who="test") == "a"
    assert registry.champion() is None
    events = [(event["name"], event["how"], event["why"]) for event in registry.history()]
    assert events == [
        ("a", "promote", "why a"),
        ("b", "promote", "why b"),
        ("a", "rollback", "b is worse"),
        (None, "rollback", "a too"),
    ]
    assert registry.promoted_at() is not None
    with pytest.raises(InputError, match="nothing to go back from"):
        registry.rollback("once more", who="test")


def test_a_model_is_rolled_back_until_it_is_promoted_again(tmp_path):
    for name in ("a", "b"):
        registry.register(tuned(tmp_path / name, name.encode()), name=name)
        registry.promote(name, "why", who="test")
    assert registry.rolled_back("b") is None
    registry.rollback("worse in use", who="test")
    found = registry.rolled_back("b")
    assert (found["before"], found["who"], found["why"]) == ("b", "test", "worse in use")
    assert registry.rolled_back("a") is None  # gone back to, not away from
    registry.promote("b", "by name", who="test")
    assert registry.rolled_back("b") is None


def test_a_rollback_is_known_from_a_record_without_who_and_before(tmp_path):
    events = [("a", "promote"), ("b", "promote"), ("a", "rollback")]
    history = [{"name": name, "at": "2026-01-01", "why": "", "how": how} for name, how in events]
    registry.registry_folder().mkdir(parents=True)
    write_json(registry.registry_folder() / "champion.json", {"line": ["a"], "history": history})
    assert registry.rolled_back("b") == history[-1]
    assert registry.rolled_back("a") is None


def test_without_a_line_in_the_audit_log_the_champion_stays(tmp_path, monkeypatch):
    def full(*_, **__):
        raise InputError("the audit log cannot be written.")

    for name in ("a", "b"):
        registry.register(tuned(tmp_path / name, name.encode()), name=name)
    registry.promote("a", "why", who="test")
    monkeypatch.setattr(registry.audit_log, "append", full)
    for act in (registry.rollback, lambda why, who: registry.promote("b", why, who=who)):
        with pytest.raises(InputError, match="cannot be written"):
            act("why", who="test")
        assert registry.champion() == "a"
        assert len(registry.history()) == 1


def test_a_changed_file_is_found_at_register_promote_and_resolve(tmp_path):
    folder = tuned(tmp_path / "run", b"one")
    registry.register(folder, name="ours")
    kept = registry.registry_folder() / "ours" / "merged" / "model.safetensors"
    kept.unlink()
    kept.write_bytes(b"other")
    for act in (
        lambda: registry.promote("ours", "why", who="test"),
        lambda: registry.resolve("ours"),
    ):
        with pytest.raises(StageError, match=r"model\.safetensors"):
            act()
    (folder / "tune.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StageError, match=r"tune\.json"):
        registry.register(folder)


def test_what_cannot_be_found_is_said(tmp_path):
    with pytest.raises(InputError, match="none yet"):
        registry.promote("nobody", "why", who="test")
    with pytest.raises(InputError, match="'nobody' is no model"):
        registry.resolve("nobody")
    with pytest.raises(StageError, match="hemoscribe tune"):
        registry.resolve(str(tmp_path))
    with pytest.raises(InputError, match="no adapter folder"):
        registry.adapter_folder(str(tmp_path))
    assert registry.adapter_folder(None) is None
    (tmp_path / MANIFEST).write_text('{"stage": "curate"}', encoding="utf-8")
    with pytest.raises(StageError, match="curate"):
        registry.resolve(str(tmp_path))


def test_a_package_without_an_adapter_says_what_to_do(monkeypatch, tmp_path):
    from hemoscribe.models import shipped

    monkeypatch.setattr(shipped, "package_files", lambda _: tmp_path)
    with pytest.raises(MissingError, match=r"tune\.start_from: null"):
        shipped.shipped_folder()
