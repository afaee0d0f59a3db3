"""Heart and muscle."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import Rule, plain, rule
from hemoscribe.knowledge.formulas import all_of, any_of
from hemoscribe.knowledge.rule_words import high, times_upper


@rule("troponin_high")
def troponin_high() -> Rule:
    """Troponin above its limit (the 99th percentile)."""
    signs = {name: high(name) for name in ("troponin_t", "troponin_i")}
    return plain(any_of(*signs.values()), **signs, ck_mb=high("ck_mb"))


@rule("natriuretic_peptide_high")
def natriuretic_peptide_high() -> Rule:
    """BNP or NT-proBNP above its limit."""
    signs = {name: high(name) for name in ("nt_probnp", "bnp")}
    return plain(any_of(*signs.values()), **signs)


@rule("muscle_injury")
def muscle_injury() -> Rule:
    """CK more than 1.5 times its upper limit, or CK and myoglobin both above theirs."""
    by_ck = all_of(high("ck"), times_upper("ck", 1.5))
    both = all_of(high("ck"), high("myoglobin"))
    return plain(by_ck | both, "ck", myoglobin=high("myoglobin"), ast=high("ast"), ldh=high("ldh"))
