"""Identifiers of the network: e-mail, web and network addresses, names of files."""

from __future__ import annotations

from hemoscribe.curate.scrub.rule import Rule

_DOMAINS = (
    *("fr", "com", "org", "net", "eu", "io", "uk", "ch", "be", "ca", "de", "gov", "edu", "health"),
)
_PUBLIC = ("gouv", "asso", "co", "ac", "nhs", "gov", "org", "nom", "tm", "sch")
"""What may stand before a country at the end of a host's name and is nobody's."""
_FILES = (
    *("jpg", "jpeg", "png", "gif", "tif", "tiff", "bmp", "heic", "dcm", "pdf", "doc", "docx"),
    *("xls", "xlsx"),
)
_A_DOT = r"\.[A-Za-z]"
"""A dot inside a word, as hosts and files have it."""


def online_rules() -> tuple[Rule, ...]:
    """E-mail, web addresses, network addresses, files."""
    domains = f"(?:{'|'.join(_DOMAINS)})"
    return (
        *_emails(domains),
        *_web_addresses(domains),
        Rule(
            "id", r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)", strong=True, digits=4, needs="."
        ),
        Rule(
            "id",
            r"(?<![\w:])(?=[0-9a-fA-F:]*::|(?:[0-9a-fA-F]{1,4}:){7})"
            r"[0-9a-fA-F]{0,4}(?::{1,2}[0-9a-fA-F]{1,4}){2,7}(?![\w:])",
            strong=True,
            needs=":",
        ),
        Rule(
            "file",
            rf"(?i)(?<!\w)[\w.-]*\w\.(?:{'|'.join(_FILES)})(?!\w)",
            strong=True,
            when=_A_DOT,
            any_of=tuple(f".{ending}" for ending in _FILES),
        ),
        Rule(
            "id",
            r"(?<!\w)(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?!\w)",
            strong=True,
            digits=1,
            when=r"[:-][0-9A-Fa-f]{2}[:-]",
        ),
        Rule(
            "id",
            r"(?<!\w)[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?!\w)",
            strong=True,
            digits=4,
            needs="-",
        ),
    )


def _web_addresses(domains: str) -> tuple[Rule, ...]:
    """Host and path go; what every address has stays: "https://www.[url].fr/[url]"."""
    of_path = r"[^\s<>\"')\]]"
    label = r"[\w-]+"
    top = rf"(?:\.(?:{'|'.join(_PUBLIC)}))?\.{domains}(?![\w-]|\.\w)"
    host = rf"({label}(?:\.{label})*?)(?:{top}|(?![\w-]|\.\w))"
    path = rf"(?::\d{{1,5}})?(?:[/?#]({of_path}*[^\s<>\"')\].,;:!?])?)?"
    return (
        Rule("url", rf"(?:https?|ftp)://(?:www\.)?{host}{path}", strong=True, needs="://"),
        Rule("url", rf"(?<!\w)www\.{host}{path}", strong=True, needs="www."),
        Rule(
            "url",
            rf"(?<![\w@./:-])(?!www\.)([A-Za-z][\w-]*(?:\.{label})*?){top}(?:/({of_path}*[^\s<>\"')\].,;:!?])?)?",
            strong=True,
            when=_A_DOT,
            any_of=tuple(f".{domain}" for domain in _DOMAINS),
        ),
    )


def _emails(domains: str) -> tuple[Rule, ...]:
    """As they should be, and as they are typed: with spaces, without an end, "at" for the sign."""
    at = r"(?:\[at\]|\(at\)|\{at\}|\[arobase\]|\(arobase\)|(?<=\s)arobase(?=\s))"
    return (
        Rule("email", r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+", strong=True, needs="@"),
        Rule(
            "email",
            rf"[\w+%-]+(?:\s?\.\s?[\w+%-]+)*\s{{0,2}}@\s{{0,2}}[\w-]+(?:\s?[.,]\s?[\w-]+)*?\s?[.,]\s?{domains}(?!\w)",
            strong=True,
            needs="@",
        ),
        # Any end, where no more than spaces are wrong: "labo . secr @ chu-est . example".
        Rule(
            "email",
            r"[\w+%-]*[^\W\d][\w+%-]*(?:\s?\.\s?[\w+%-]+)*\s?@\s?[\w-]*[^\W\d][\w-]+(?:\s?\.\s?[\w-]+)*?"
            r"\s?\.\s?[a-z]{2,10}(?!\w)",
            strong=True,
            needs="@",
        ),
        Rule(
            "email",
            rf"(?i)[\w.+%-]+\s?{at}\s?[\w-]+(?:\s?(?:\.|point|\[dot\]|\(dot\))\s?[\w-]+)+",
            strong=True,
            any_of=("at]", "at)", "at}", "arobase"),
        ),
        # "name@hospital": a letter on both sides, which no quantity has.
        Rule(
            "email",
            r"(?<![\w.+-])[A-Za-z][\w.+-]*[A-Za-z][\w.+-]*@[A-Za-z][\w-]{2,}",
            strong=True,
            needs="@",
        ),
    )
