"""Heart and muscle."""

from __future__ import annotations

from dataclasses import replace

from hemoscribe.knowledge.findings.rules import Rule, plain, rule
from hemoscribe.knowledge.formulas import Truth, all_of, any_of
from hemoscribe.knowledge.rule_words import at_least, before, exact, high, times_upper, upper


def _changed(name: str) -> Truth:
    """More than 20 % from a value above the limit, more than half the limit from one within it."""
    now, then, limit = exact(name), before(f"{name}_48h"), upper(name)
    from_high = all_of(then > limit, any_of(now - then > then * 0.2, then - now > then * 0.2))
    from_normal = all_of(then <= limit, high(name), now - then > limit * 0.5)
    return any_of(from_high, from_normal)


@rule("troponin_high")
def troponin_high() -> Rule:
    """Troponin above its limit (the 99th percentile); its change in two days is evidence too."""
    signs = {name: high(name) for name in ("troponin_t", "troponin_i")}
    found = plain(any_of(*signs.values()), **signs, ck_mb=high("ck_mb"))
    return replace(found, earlier={f"before:{name}_48h": _changed(name) for name in signs})


@rule("natriuretic_peptide_high")
def natriuretic_peptide_high() -> Rule:
    """BNP or NT-proBNP above its limit."""
    signs = {name: high(name) for name in ("nt_probnp", "bnp")}
    return plain(any_of(*signs.values()), **signs)


@rule("muscle_injury")
def muscle_injury() -> Rule:
    """CK more than 1.5 times its upper limit, or CK and myoglobin both above theirs."""
    by_ck = all_of(high("ck"), any_of(times_upper("ck", 1.5), at_least("ck", 5000.0)))
    both = all_of(high("ck"), high("myoglobin"))
    return plain(by_ck | both, "ck", myoglobin=high("myoglobin"), ast=high("ast"), ldh=high("ldh"))
