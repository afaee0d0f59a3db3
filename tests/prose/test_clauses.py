"""The clause bank: both languages say the same, nothing asserts what its conditions do not hold."""

import re

import pytest

from hemoscribe.errors import KnowledgeError
from hemoscribe.knowledge import finding_definitions
from hemoscribe.knowledge.analytes import references
from hemoscribe.prose import clause_bank as bank
from hemoscribe.prose.clause_bank import bare, clauses_of
from hemoscribe.prose.extraction import claims
from hemoscribe.prose.guard.check import _patterns
from hemoscribe.prose.guard.clauses import phrases_of
from hemoscribe.prose.guard.delays import latest_said
from hemoscribe.prose.guard.phrases import plain
from hemoscribe.prose.guard.urgency import LATEST_HOURS
from hemoscribe.prose.lexicon import tokenize
from hemoscribe.prose.wording import families, load_yaml
from hemoscribe.records import LANGUAGES

SUBJECTS = sorted(clauses_of())
LONGEST = {"en": 150, "fr": 180}
every_subject = pytest.mark.parametrize("subject", SUBJECTS)


def meanings(subject):
    return (*clauses_of()[subject].means, *clauses_of()[subject].noted)


def requests(subject):
    return clauses_of()[subject].requests


def said(lines, language):
    """(line, its text) of each of the lines."""
    return [(line, bare(text)) for line in lines for text in line.texts[language]]


def findings_in(text, language):
    """The findings that a text states, or names without anything that leaves them open."""
    words = tuple(plain(token.raw) for token in tokenize(text))
    is_open = phrases_of(language, "causes", "hedges").within(words)
    return {
        claim.finding
        for claim in claims(text, language)
        if claim.finding is not None and not claim.denied and not (claim.hedged or is_open)
    }


def named_in(text, language):
    return {one.finding for one in claims(text, language) if one.finding and not one.denied}


def held_by(subject, line):
    """The findings that are there wherever a line is said."""
    held = {word for text in line.words for word in text.split() if " or " not in text}
    own = {subject, *getattr(line, "tells", ()), *(held & finding_definitions().keys())}
    return own | {other for one in own & families().keys() for other in families()[one].implies}


def test_every_finding_has_its_clauses():
    assert not finding_definitions().keys() - clauses_of().keys()


@every_subject
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_meaning_asserts_nothing_that_its_conditions_do_not_hold(subject, language):
    for line, text in said(meanings(subject), language):
        assert text[0].islower() or re.match(r"\w*[A-Z0-9]", text), text
        assert not re.search(r"[.:]", text), text
        assert len(text) <= LONGEST[language], (len(text), text)
        assert findings_in(text, language) <= held_by(subject, line), text
        assert set(line.tells) <= named_in(text, language), text
        for claim in claims(text, language):
            if claim.kind == "direction" and not claim.hedged and not claim.denied:
                conditions = " ".join((*line.words, subject))
                held = any(name in conditions for name in claim.analytes)
                held |= any(
                    name in families()[one].low | families()[one].high
                    for one in held_by(subject, line) & families().keys()
                    for name in claim.analytes
                )
                assert held, (claim.text, text)


@every_subject
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_asserts_nothing_and_tells_its_time_only_where_it_may_wait(subject, language):
    for line, text in said(requests(subject), language):
        assert not findings_in(text, language), text
        assert len(text) <= 110, (len(text), text)
        assert not text.rstrip().endswith("."), text
        for part in () if line.urgency == 0 else text.split(";"):
            if not PAST_OR_FAST.search(part):
                words = tuple(plain(token.raw) for token in tokenize(part))
                told, due = latest_said(words, language), LATEST_HOURS[line.urgency or 3]
                assert told is None or (line.urgency is not None and told <= due), text


PAST_OR_FAST = re.compile(
    r"^\W*(?:ask|list|préciser|rechercher|établir)|fast|jeûne|weeks twenty|aménorrhée",
    re.IGNORECASE,
)
ABOUT_THE_PATIENT = re.compile(
    r"^\W*(?:ask|look|examin|review|earlier|compare|search|identity|préciser|rechercher|antériorit|"
    r"comparer|revoir|vérifier|check)|urin|ECBU|saliv|film|frottis|température|temperature|oxyg"
    r"|alcohol|alcool|electrophoresis|électrophorèse|immuno|mother|mère|capilla|finger|doigt"
    r"|temperature|target|cible",
    re.IGNORECASE,
)


@every_subject
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_names_no_analyte_that_it_does_not_ask_for(subject, language):
    """So that what the report holds is never asked for."""
    for line, text in said(requests(subject), language):
        wanted = {*line.asks, *line.repeats}
        for part in text.split(";"):
            for claim in () if ABOUT_THE_PATIENT.search(part) else claims(part, language):
                assert not claim.analytes or wanted & set(claim.analytes), (claim.text, text)


@every_subject
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_clause_prescribes(subject, language):
    for _, text in said((*meanings(subject), *requests(subject)), language):
        found = [
            one[0] for p in _patterns(language, "treatment") for one in p.finditer(plain(text))
        ]
        assert not found, text


def stated(text, language):
    """What a text states: findings, and results with their side."""
    sentences = ". ".join(part.capitalize() for part in bare(text).split("; "))
    told = [one for one in claims(sentences, language) if not (one.denied or one.hedged)]
    return {one.finding for one in told if one.finding} | {
        (one.analytes or one.group, one.direction) for one in told if one.kind == "direction"
    }


@every_subject
def test_both_languages_state_the_same(subject):
    for line in meanings(subject):
        for one, other in zip(line.texts["en"], line.texts["fr"], strict=True):
            assert stated(one, "en") == stated(other, "fr"), (one, other)


@every_subject
def test_what_a_meaning_tells_besides_is_told_and_not_only_supposed(subject):
    for line in meanings(subject):
        for language, texts in line.texts.items():
            assert all(set(line.tells) <= stated(text, language) for text in texts), texts


@every_subject
def test_both_languages_say_it_in_as_many_clauses(subject):
    for line in (*meanings(subject), *requests(subject)):
        for one, other in zip(line.texts["en"], line.texts["fr"], strict=True):
            assert one.count(";") == other.count(";"), (one, other)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"means": [{"en": "a"}]}, "fr"),
        ({"means": [{"en": "a", "fr": "b", "when": ["potasium > 3"]}]}, "potasium"),
        ({"means": [{"en": "a", "fr": "b", "when": "child"}]}, "list"),
        ({"means": [{"en": ["a", "b"], "fr": ["c"]}]}, "unlike"),
        ({"means": [{"en": "a {potassium}", "fr": "b"}]}, "unlike"),
        ({"next": [{"asks": ["kalium"]}]}, "kalium"),
        ({"next": [{"en": "{asks}", "fr": "{asks}"}]}, "asked"),
        ({"next": [{"en": "a", "fr": "b", "by": "soon"}]}, "soon"),
        ({"next": [{"en": "a", "fr": "b", "in": 3}]}, "in"),
        ({"next": [{"en": "a", "fr": "b", "when": ["grade"]}]}, "grade"),
        ({"next": [{"en": "a", "fr": "b", "when": ["finding anaemia"]}]}, "anaemia"),
        ({"after": []}, "after"),
    ],
)
def test_a_line_that_is_no_clause_is_refused_with_its_place(entry, place):
    with pytest.raises(KnowledgeError, match=f"kidney.yaml: ckd_stage .*{place}"):
        bank._clauses("clauses/kidney.yaml", "ckd_stage", entry)


def test_every_topic_that_may_be_held_is_one_that_is_asked_for():
    asked = {request.topic for clauses in clauses_of().values() for request in clauses.requests}
    assert load_yaml("held_topics.yaml").keys() <= asked


LIMIT = re.compile(r"(?:not )?(?P<name>\S+) (?:>=|>|<=|<) (?P<limit>.+)")
COURSE = re.compile(r"(?:not )?(?P<name>(?:rise|fall) \S+) (?P<limit>.+)")


def test_every_limit_of_a_condition_names_its_source_or_is_our_own():
    used: dict[str, set[str]] = {}
    for subject in SUBJECTS:
        for line in (*meanings(subject), *requests(subject)):
            for part in (one.strip() for words in line.words for one in words.split(" or ")):
                found = LIMIT.fullmatch(part) or COURSE.fullmatch(part)
                if found is not None and found["name"] != "age":
                    used.setdefault(found["name"], set()).add(found["limit"])
    limits = load_yaml("clause_limits.yaml")
    assert {name: set(known) for name, known in limits.items()} == used
    sources = {source for known in limits.values() for source in known.values()}
    assert sources - {"own"} <= references().keys()
