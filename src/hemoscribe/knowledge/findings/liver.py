"""Liver and pancreas."""

from __future__ import annotations

from hemoscribe.knowledge.findings.rules import Rule, plain, rule, shared
from hemoscribe.knowledge.formulas import all_of, any_of, unless
from hemoscribe.knowledge.rule_words import (
    adult,
    at_least,
    at_most,
    high,
    index,
    low,
    normal,
    pregnant,
    reported,
    times_upper,
)

_R = index("r_ratio")
_MUSCLE = any_of(times_upper("ck", 5.0), at_least("ck", 5000.0))
_ALP_OF_LIVER = shared(
    "alp_of_liver",
    all_of(
        high("alp"),
        any_of(
            high("ggt"), all_of(~reported("ggt"), times_upper("alp", 1.5), adult(), ~pregnant())
        ),
    ),
)


@rule("hepatocellular_injury")
def hepatocellular_injury() -> Rule:
    """ALT raised, ALP not raised or R of 5 or more; AST alone only where ALT was not measured."""
    ast_alone = all_of(high("ast"), ~reported("alt"), unless(high("ck")), unless(high("alp")))
    alt_raised = all_of(high("alt"), any_of(~_ALP_OF_LIVER, _R >= 5.0))
    return plain(
        all_of(any_of(alt_raised, ast_alone), unless(_MUSCLE)), alt=high("alt"), ast=high("ast")
    )


@rule("cholestatic_injury")
def cholestatic_injury() -> Rule:
    """ALP raised and of the liver (GGT raised too), and ALT not raised or R of 2 or less."""
    return plain(
        all_of(_ALP_OF_LIVER, any_of(~high("alt"), _R <= 2.0)),
        "alp",
        ggt=high("ggt"),
        bilirubin_direct=high("bilirubin_direct"),
        bilirubin_total=high("bilirubin_total"),
    )


@rule("mixed_liver_injury")
def mixed_liver_injury() -> Rule:
    """ALT and ALP raised, R between 2 and 5."""
    return plain(
        all_of(_ALP_OF_LIVER, high("alt"), _R > 2.0, _R < 5.0),
        "alt",
        "alp",
        ast=high("ast"),
        ggt=high("ggt"),
        bilirubin_total=high("bilirubin_total"),
    )


@rule("synthetic_failure")
def synthetic_failure() -> Rule:
    """INR from 1.5 (or PT to 50 %), bilirubin raised, low albumin or raised transaminases."""
    slow_inr, slow_pt = at_least("inr", 1.5), at_most("pt_pct", 50.0)
    injured = any_of(times_upper("alt", 3.0), times_upper("ast", 3.0))
    return plain(
        all_of(any_of(slow_inr, slow_pt), high("bilirubin_total"), any_of(low("albumin"), injured)),
        "bilirubin_total",
        inr=slow_inr,
        pt_pct=slow_pt,
        albumin=low("albumin"),
        alt=times_upper("alt", 3.0),
        ast=times_upper("ast", 3.0),
    )


@rule("isolated_hyperbilirubinemia")
def isolated_hyperbilirubinemia() -> Rule:
    """Bilirubin raised with ALT and ALP measured and not raised."""
    others = (high("alt"), high("ast"), high("alp"), high("ggt"))
    return plain(
        all_of(
            high("bilirubin_total"),
            any_of(reported("alt"), reported("ast")),
            any_of(reported("alp"), reported("ggt")),
            ~any_of(*others),
        ),
        "bilirubin_total",
        bilirubin_indirect=high("bilirubin_indirect"),
        bilirubin_direct=high("bilirubin_direct"),
    )


@rule("isolated_ggt")
def isolated_ggt() -> Rule:
    """GGT raised with ALT and ALP measured and normal, bilirubin not raised."""
    return plain(
        all_of(high("ggt"), normal("alt"), normal("alp"), ~high("ast"), ~high("bilirubin_total")),
        "ggt",
    )


@rule("hypoalbuminemia")
def hypoalbuminemia() -> Rule:
    """Albumin below the range."""
    return plain(low("albumin"), "albumin", prealbumin=low("prealbumin"))


@rule("pancreatitis_hint")
def pancreatitis_hint() -> Rule:
    """Lipase or amylase at least three times its upper limit (revised Atlanta)."""
    return plain(
        any_of(times_upper("lipase", 3.0), times_upper("amylase", 3.0)),
        lipase=times_upper("lipase", 3.0),
        amylase=times_upper("amylase", 3.0),
    )
