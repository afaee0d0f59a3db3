"""Base models brought from a local folder: copied whole, verified, never a pickle."""

import pytest

from hemoscribe.errors import InputError, StageError
from hemoscribe.models import pull, verify
from hemoscribe.models.catalogue import base_folder


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "modeling.py").write_text("print('code')", encoding="utf-8")
    return folder


def test_a_model_comes_from_a_folder_without_pickles_or_code(mirror):
    said = []
    pulled = pull("starling-lm-7b-alpha", source=mirror, say=said.append)
    assert "not for commercial use" in said[0]
    folder = base_folder("berkeley-nest/Starling-LM-7B-alpha")
    assert pulled["folder"] == str(folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "config.json", "tokenizer.json", "model.safetensors", "chat.json", "manifest.json"
    }  # fmt: skip
    assert verify("starling-lm-7b-alpha")["whole"]


def test_a_changed_file_is_named(mirror):
    pull("qwen3-8b", source=mirror)
    (base_folder("qwen3-8b") / "model.safetensors").write_bytes(b"other")
    with pytest.raises(StageError, match=r"model\.safetensors"):
        verify("qwen3-8b")


def test_what_is_no_model_is_refused(mirror, tmp_path):
    (mirror / "model.safetensors").unlink()
    with pytest.raises(InputError, match="safetensors"):
        pull("qwen3-8b", source=mirror)
    with pytest.raises(InputError, match="phi-4"):
        pull("gpt-5")
