"""From exports to a corpus: a changed rule redoes its stage, and the next only when rows differ."""

import shutil
from pathlib import Path

import pytest

from hemoscribe.corpus import build
from hemoscribe.curate import curate
from hemoscribe.models.chat import Chat
from hemoscribe.models.tokens import tokenizer_identity
from hemoscribe.settings import CorpusSettings, CurateSettings
from hemoscribe.simulation import simulate
from hemoscribe.sources import read_folder
from hemoscribe.stages import content_of, running, told
from hemoscribe.stages.code import PACKAGE
from hemoscribe.stages.roots import code_of

SCRUBBING, WORDING = "curate/scrub/words.yaml", "prose/wordings/en/kidney.yaml"


class Counter:
    """Counts characters, as the tokenizer that it is called."""

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def __call__(self, texts):
        return [len(text) for text in texts]


def copied(package: Path) -> Path:
    """A copy of the package, without the weights."""
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    return Path(shutil.copytree(PACKAGE, package, ignore=ignored))


def flowed(
    folder: Path,
    curation: CurateSettings | None = None,
    tokenizer: str = "one",
    max_tokens: int = 1024,
) -> dict[str, str]:
    """Read, curate and corpus in order -> how each ended."""
    read = read_folder(folder / "exports", folder / "read")
    curation = curation or CurateSettings(few_reports_error=1)
    curated = curate(folder / "read", folder / "curate", curation)
    corpus = build(
        folder / "curate", folder / "corpus", CorpusSettings(max_examples=40),
        count_tokens=Counter(tokenizer), max_tokens=max_tokens,
    )  # fmt: skip
    return {"read": told(read), "curate": told(curated), "corpus": told(corpus)}


@pytest.fixture(scope="module")
def first_flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What every flow begins with: each stage run once, with its code and the key it used."""
    folder = tmp_path_factory.mktemp("flow")
    package = copied(folder / "package" / "hemoscribe")
    simulate(folder / "exports", reports=200, seed=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMOSCRIBE_HOME", str(folder / "home"))
        patch.setattr(running, "code_of", lambda name: code_of(name, package=package))
        assert set(flowed(folder).values()) == {"done"}
    return folder


@pytest.fixture
def folder(first_flow: Path, tmp_path: Path) -> Path:
    """Its copy: the folders, the key, and a package whose files stand for the code that runs."""
    return Path(shutil.copytree(first_flow, tmp_path / "flow"))


@pytest.fixture
def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = folder / "package" / "hemoscribe"
    monkeypatch.setattr(running, "code_of", lambda name: code_of(name, package=copy))
    monkeypatch.setenv("HEMOSCRIBE_HOME", str(folder / "home"))
    return copy


@pytest.fixture
def flow(package: Path, folder: Path):
    """``flow()``: read, curate and corpus in order, after they were once -> how each ended."""
    return lambda *given, **named: flowed(folder, *given, **named)


def test_only_what_follows_from_a_change_is_made_again(flow, package, folder) -> None:
    assert set(flow().values()) == {"already complete"}
    learnt = content_of(folder / "corpus")

    add_to(package / SCRUBBING)
    ended = flow()
    assert ended["read"] == ended["corpus"] == "already complete"  # the rows came out the same
    assert ended["curate"] == f"redone: the rules of scrubbing changed ({SCRUBBING})"

    add_to(package / WORDING)
    ended = flow()
    assert ended["read"] == ended["curate"] == "already complete"
    assert ended["corpus"] == f"redone: the rules of wording changed ({WORDING})"
    assert content_of(folder / "corpus") == learnt  # so no model is tuned

    ended = flow(CurateSettings(few_reports_error=1, train_share=0.6))
    assert ended["curate"] == "redone: setting curate.train_share changed"
    assert ended["corpus"] == "redone: its input changed (curated)"
    assert content_of(folder / "corpus") != learnt


def test_another_tokenizer_or_limit_redoes_the_corpus(flow) -> None:
    assert flow(tokenizer="two")["corpus"] == "redone: its input changed (tokenizer)"
    ended = flow(tokenizer="two", max_tokens=64)
    assert ended["corpus"] == "redone: setting corpus.max_tokens changed"


def test_a_tokenizer_is_known_by_its_files_and_its_chat(tmp_path: Path) -> None:
    chat = Chat(prefix="<u>", suffix="<a>", stop="</a>", pad="<p>")
    (tmp_path / "tokenizer.json").write_text("{}")
    first = tokenizer_identity(tmp_path, chat)
    assert tokenizer_identity(tmp_path, chat) == first
    assert tokenizer_identity(tmp_path, chat.model_copy(update={"stop": "</s>"})) != first
    (tmp_path / "tokenizer.json").write_text("{ }")
    assert tokenizer_identity(tmp_path, chat) != first


def add_to(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"#\n")
