"""A report as text for a terminal, from the same document that ``--json`` prints."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hemoscribe.engines.interpreter import SECOND_READING
from hemoscribe.records import UNKNOWN_REPORT

WIDTH = 88
_BEFORE_MARK = re.compile(r" (?=[;:?!»%](?:\s|$))")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "report": "Report",
        "requester": "requested by",
        "ward": "ward",
        "sample_ids": "sample",
        "critical": "CRITICAL",
        "inferred": "unit inferred",
        "apart": "model reads {direction}",
        "findings": "Findings",
        "since": "rests on",
        "since_one": "{name} {value} of {time}",
        "date": "%Y-%m-%d",
        "interpretation": "Interpretation",
        "follow_up": "Follow-up",
        "checks": "For a person to check",
        "withheld": "Why the model's draft was withheld",
        "colon": ":",
        "semicolon": "; ",
        "rejects": "Not read",
        "rules": "By the laboratory's own rules, version {version}",
        "alarm": "ALARM",
        "phone": "PHONE",
        "not_assessed": "Not assessed",
        "written_by": "words by the {written_by} ({model}, {engine}), {seconds:.2f} s",
        "low": "low",
        "normal": "normal",
        "high": "high",
        "model": "model",
        "composer": "composer",
    },
    "fr": {
        "report": "Compte rendu",
        "requester": "prescripteur",
        "ward": "service",
        "sample_ids": "prélèvement",
        "critical": "CRITIQUE",
        "inferred": "unité déduite",
        "apart": "le modèle lit {direction}",
        "findings": "Constats",
        "since": "repose sur",
        "since_one": "{name} {value} du {time}",
        "date": "%d/%m/%Y",
        "interpretation": "Interprétation",
        "follow_up": "Conduite à tenir",
        "checks": "À vérifier par une personne",
        "withheld": "Pourquoi le brouillon du modèle a été retenu",
        "colon": " :",
        "semicolon": " ; ",
        "rejects": "Non lus",
        "rules": "Selon les règles propres du laboratoire, version {version}",
        "alarm": "ALARME",
        "phone": "TÉLÉPHONER",
        "not_assessed": "Non évalués",
        "written_by": "texte du {written_by} ({model}, {engine}), {seconds:.2f} s",
        "low": "bas",
        "normal": "normal",
        "high": "haut",
        "model": "modèle",
        "composer": "compositeur",
    },
}


def report_text(document: Mapping[str, Any]) -> str:
    """The report of ``report_document`` as lines of at most ``WIDTH`` characters."""
    words = _WORDS[document["language"]]
    colon = words["colon"]
    known = document["report_id"] != UNKNOWN_REPORT
    named = [f"{words['report']} {document['report_id']}"] if known else []
    lines = [*named, document["patient"], *_request(document["request"], words), "-" * WIDTH]
    lines += [_result_line(result, words) for result in document["results"]]
    if document["rejects"]:
        lines += ["", f"{words['rejects']}{colon}"]
        lines += [
            _wrapped(f"- {_reported(reject)}{colon} {reject['message']}")
            for reject in document["rejects"]
        ]
    lines += _alarms(document, words)
    if document["findings"]:
        found = [_finding(finding, words) for finding in document["findings"]]
        names = words["semicolon"].join(found)
        lines += ["", _wrapped(f"{words['findings']}{colon} {names}")]
    lines += _not_assessed(document, words)
    lines += ["", _wrapped(f"{words['interpretation']}{colon} {document['interpretation']}")]
    lines += ["", _wrapped(f"{words['follow_up']}{colon} {document['follow_up']}")]
    lines += _laboratory_rules(document, words)
    failed = [check for check in document["checks"] if not check["ok"]]
    about_draft = [check for check in failed if check["code"] != SECOND_READING]
    about_results = [check for check in failed if check["code"] == SECOND_READING]
    for title, checks in (("checks", about_results), ("withheld", about_draft)):
        if checks:
            lines += ["", f"{words[title]}{colon}"]
            lines += [_wrapped(f"- {check['message']}") for check in checks]
    origin = words["written_by"].format(
        written_by=words[document["written_by"]],
        model=document["model"],
        engine=document["engine"],
        seconds=document["seconds"],
    )
    lines += ["", _wrapped(f"{document['notice']} [{origin}]")]
    return "\n".join(lines)


def _not_assessed(document: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """The results without a flag and the findings that could not be looked for, each with why."""
    colon, semicolon = words["colon"], words["semicolon"]
    results = dict.fromkeys(one["why_not"] for one in document["results"] if one["why_not"])
    told = [f"- {why}" for why in results] + [
        f"- {one['name']}{colon} {semicolon.join(one['why'])}" for one in document["not_assessed"]
    ]
    return ["", f"{words['not_assessed']}{colon}", *map(_wrapped, told)] if told else []


def _request(request: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """Who asked for the report, for where, on which samples; no line where nothing says it."""
    stated = {**request, "sample_ids": ", ".join(request["sample_ids"])}
    told = [
        f"{words[name]}{words['colon']} {stated[name]}"
        for name in ("requester", "ward", "sample_ids")
        if stated[name]
    ]
    return [_wrapped(words["semicolon"].join(told))] if told else []


def _result_line(result: Mapping[str, Any], words: Mapping[str, str]) -> str:
    shown = result["shown"]
    flag = result["flag"] or ""
    marks = [words["critical"]] if result["critical"] else []
    if result["unit_inferred"]:
        marks.append(words["inferred"])
    if result["agrees"] is False:
        reading = result["reading"]
        direction = words[max(reading, key=reading.__getitem__)]
        marks.append(words["apart"].format(direction=direction))
    value = f"{shown['value']} {shown['unit']}".strip()
    line = f"{result['name']:<32.32} {value:>20} {shown['range']:>16} {flag:>3}  {', '.join(marks)}"
    return line.rstrip()


def _alarms(document: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """The laboratory's own words for its critical results, and whom it calls."""
    rules = document.get("laboratory_rules") or {"alarms": ()}
    told = [
        _wrapped(f"{words[one['kind']]}{words['colon']} {one['says']}") for one in rules["alarms"]
    ]
    return ["", *told] if told else []


def _laboratory_rules(document: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """What the laboratory's overlay decided, and which findings it silences."""
    rules = document.get("laboratory_rules")
    if rules is None:
        return []
    told = [*rules["decided"], *rules["kept"], *rules["not_assessed"]]
    if not told:
        return []
    title = words["rules"].format(version=rules["version"])
    return ["", f"{title}{words['colon']}", *(_wrapped(f"- {one['sentence']}") for one in told)]


def _finding(finding: Mapping[str, Any], words: Mapping[str, str]) -> str:
    since = [
        words["since_one"].format(
            name=one["name"],
            value=f"{one['shown']['value']} {one['shown']['unit']}".strip(),
            time=_time(datetime.fromisoformat(one["collected_at"]), words),
        )
        for one in finding["since"]
    ]
    if not since:
        return str(finding["name"])
    return f"{finding['name']} ({words['since']} {', '.join(since)})"


def _time(at: datetime, words: Mapping[str, str]) -> str:
    """A day as the language writes it, with the time of day where one is known."""
    known = (at.hour, at.minute) != (0, 0)
    return at.strftime(f"{words['date']} %H:%M" if known else words["date"])


def _reported(reject: Mapping[str, Any]) -> str:
    parts = (reject["reported_name"], reject["reported_value"], reject["reported_unit"])
    return " ".join(part for part in parts if part)


def _wrapped(text: str) -> str:
    """Lines of ``WIDTH``; no line begins with a French mark that stands after a space."""
    joined = _BEFORE_MARK.sub("\u00a0", text)
    return textwrap.fill(joined, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
