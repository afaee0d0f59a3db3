"""Identifiers that Microsoft Presidio finds, beside the rules: ``curate.scrub_with: presidio``.

Presidio's pattern recognisers always run, with their check digits and the words around; names and
places are found where a spaCy model of the text's language is installed on the machine (none is
ever downloaded). What it finds is weak beside our own strong rules: it gives way to a number with a
unit, and to any bare result, ratio or range, which it likes to take for telephone numbers or dates.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Any, Final

from hemoscribe.curate.scrub.one_text import Finder
from hemoscribe.curate.scrub.word_lists import ordinary_words
from hemoscribe.errors import MissingError

MODELS: Final = {
    "en": ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_trf"),
    "fr": ("fr_core_news_lg", "fr_core_news_md", "fr_core_news_sm", "fr_dep_news_trf"),
}
"""spaCy models that find names, by language, the best first."""

LEAST_SCORE: Final = 0.4
_REGIONS = ("FR", "GB", "US", "CA", "BE", "CH")
_KINDS = {
    "PHONE_NUMBER": "phone",
    "URL": "url",
    "DATE_TIME": "date",
}
_OTHER_KIND = "id"
_NAMED = {"PERSON": "name", "PER": "name", "GPE": "place", "LOC": "place", "FAC": "place"}
_RECOGNISERS = (
    # Not EmailRecognizer: it asks the network for a list of domains. The rules find e-mail.
    *("CreditCardRecognizer", "CryptoRecognizer", "DateRecognizer"),
    *("IbanRecognizer", "IpRecognizer", "MacAddressRecognizer", "UuidRecognizer"),
    *("UrlRecognizer", "UsSsnRecognizer", "MedicalLicenseRecognizer", "NhsRecognizer"),
    *("UkNinoRecognizer", "UkPostcodeRecognizer", "UkDrivingLicenceRecognizer"),
    *("EsNifRecognizer", "EsNieRecognizer", "ItFiscalCodeRecognizer", "PlPeselRecognizer"),
    *("FiPersonalIdentityCodeRecognizer", "SePersonnummerRecognizer", "InAadhaarRecognizer"),
)
_GROUPED = r"[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+"
_LOADING = threading.Lock()
_NUMBER = rf"[<>≤≥=~+-]*\s*(?:{_GROUPED}|\d{{1,4}})(?:[.,]\d+)?"
_DASH = re.compile(r"\s+[-–]\s+")
_RESULT = re.compile(rf"\s*{_NUMBER}(?:\s*(?:-|–|/|:|à|to|x)\s*{_NUMBER})?\s*%?\s*")
"""A bare result, a range (135-145), a titre (1/80), a ratio: at most four digits a number."""


def finder_of(scrub_with: str) -> Finder | None:
    """What finds identifiers beside the rules; None: nothing does."""
    return find_with_presidio if scrub_with == "presidio" else None


def versions_of_finder(scrub_with: str) -> dict[str, str]:
    """What else than the rules decides what is taken out: Presidio's version, spaCy's models.

    Raises:
        MissingError: Presidio is asked for and not installed.
    """
    if scrub_with != "presidio":
        return {}
    require_presidio()
    return {"presidio": f"{version('presidio-analyzer')} {' '.join(models_found())}".strip()}


def find_with_presidio(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what Presidio takes for an identifier; spans may overlap.

    Raises:
        MissingError: Presidio is not installed.
    """
    with _LOADING:  # two partitions are scrubbed at once
        analyzer, pipelines = _analyzer(), _pipelines()
    found = analyzer.analyze(text, language="en", score_threshold=LEAST_SCORE)
    for entity in found:
        kind = _KINDS.get(entity.entity_type, _OTHER_KIND)
        for start, end in _apart(text, entity.start, entity.end):
            if not _RESULT.fullmatch(text, start, end):
                yield start, end, kind
    for pipeline in pipelines:
        yield from _names(pipeline(text).ents)


def require_presidio() -> None:
    """Raise MissingError, with what to do, where Presidio is not installed."""
    if importlib.util.find_spec("presidio_analyzer") is None:
        raise MissingError(
            "`curate.scrub_with: presidio` needs Presidio; run `pip install 'hemoscribe[text]'`, "
            "or set `curate.scrub_with: rules`."
        )


def models_found() -> tuple[str, ...]:
    """The spaCy models that names are found by; empty: patterns only."""
    from spacy.util import is_package

    chosen = (next((name for name in names if is_package(name)), None) for names in MODELS.values())
    return tuple(name for name in chosen if name is not None)


@cache
def _analyzer() -> Any:
    """Presidio with its pattern recognisers, over a tokenizer that needs no model."""
    require_presidio()
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # it tells what it lacks
    words = SpacyNlpEngine([{"lang_code": "en", "model_name": "blank"}])
    words.nlp = {"en": _tokenizer()}
    recognisers = [getattr(predefined_recognizers, name)() for name in _RECOGNISERS]
    recognisers.append(predefined_recognizers.PhoneRecognizer(supported_regions=_REGIONS))
    registry = RecognizerRegistry(recognizers=recognisers, supported_languages=["en"])
    for recogniser in recognisers:  # those of other countries speak their language
        recogniser.supported_language = "en"
    return AnalyzerEngine(registry=registry, nlp_engine=words, supported_languages=["en"])


def _tokenizer() -> Any:
    """Words as their own lemmas, so that the words around a number are seen without a model."""
    import spacy
    from spacy.language import Language

    @Language.component("hemoscribe_words")  # type: ignore[untyped-decorator]
    def words(doc: Any) -> Any:
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    pipeline = spacy.blank("en")
    pipeline.add_pipe("hemoscribe_words")
    return pipeline


@cache
def _pipelines() -> tuple[Any, ...]:
    import spacy

    return tuple(spacy.load(name) for name in models_found())


def _apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The pieces between dashes that stand alone: "1/2 - 496 11 6348" is a ratio and a number."""
    for dash in _DASH.finditer(text, start, end):
        yield start, dash.start()
        start = dash.end()
    yield start, end


def _names(entities: Iterable[Any]) -> Iterator[tuple[int, int, str]]:
    """People and places, but for words that are ordinary in a laboratory's comments."""
    known = ordinary_words()
    for entity in entities:
        words = re.findall(r"[^\W\d_]+", entity.text)
        strange = any(word.lower() not in known for word in words)
        if entity.label_ in _NAMED and strange and not re.search(r"\d", entity.text):
            yield entity.start_char, entity.end_char, _NAMED[entity.label_]
