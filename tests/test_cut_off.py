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


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package whose files stand for the code that runs."""
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    copy = Path(shutil.copytree(PACKAGE, tmp_path / "package" / "hemoscribe", ignore=ignored))
    monkeypatch.setattr(running, "code_of", lambda name: code_of(name, package=copy))
    return copy


@pytest.fixture
def flow(package: Path, tmp_path: Path):
    """``flow()``: read, curate and corpus in order -> how each ended."""
    simulate(tmp_path / "exports", reports=200, seed=3)

    def once(
        curation: CurateSettings | None = None, tokenizer: str = "one", max_tokens: int = 1024
    ) -> dict[str, str]:
        read = read_folder(tmp_path / "exports", tmp_path / "read")
        curation = curation or CurateSettings(few_reports_error=1)
        curated = curate(tmp_path / "read", tmp_path / "curate", curation)
        corpus = build(
            tmp_path / "curate", tmp_path / "corpus", CorpusSettings(max_examples=40),
            count_tokens=Counter(tokenizer), max_tokens=max_tokens,
        )  # fmt: skip
        return {"read": told(read), "curate": told(curated), "corpus": told(corpus)}

    return once


def test_only_what_follows_from_a_change_is_made_again(flow, package, tmp_path) -> None:
    assert set(flow().values()) == {"done"}
    assert set(flow().values()) == {"already complete"}
    learnt = content_of(tmp_path / "corpus")

    add_to(package / SCRUBBING)
    ended = flow()
    assert ended["read"] == ended["corpus"] == "already complete"  # the rows came out the same
    assert ended["curate"] == f"redone: the rules of scrubbing changed ({SCRUBBING})"

    add_to(package / WORDING)
    ended = flow()
    assert ended["read"] == ended["curate"] == "already complete"
    assert ended["corpus"] == f"redone: the rules of wording changed ({WORDING})"
    assert content_of(tmp_path / "corpus") == learnt  # so no model is tuned

    ended = flow(CurateSettings(few_reports_error=1, train_share=0.6))
    assert ended["curate"] == "redone: setting curate.train_share changed"
    assert ended["corpus"] == "redone: its input changed (curated)"
    assert content_of(tmp_path / "corpus") != learnt


def test_another_tokenizer_or_limit_redoes_the_corpus(flow) -> None:
    flow()
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
