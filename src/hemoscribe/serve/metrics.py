"""What Prometheus is told: counts and times, never a patient or a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The server's own registry, so that two servers in one process do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hemoscribe_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "hemoscribe_request_seconds",
            "Time to answer a request.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.report_seconds = Histogram(
            "hemoscribe_report_seconds",
            "Time to interpret one report.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.reports = Counter(
            "hemoscribe_reports",
            "Reports interpreted.",
            ["language", "written_by"],
            registry=self.registry,
        )
        self.results = Counter(
            "hemoscribe_results", "Results flagged.", ["flag"], registry=self.registry
        )
        self.disagreements = Counter(
            "hemoscribe_disagreements",
            "Results that the model reads otherwise than the rules.",
            registry=self.registry,
        )
        self.withheld = Counter(
            "hemoscribe_withheld_drafts",
            "Texts of the model that the facts did not bear out, and that were not shown.",
            registry=self.registry,
        )
        self.reviews = Counter(
            "hemoscribe_reviews", "Reviews stored.", ["decision"], registry=self.registry
        )
        self.waiting = Gauge(
            "hemoscribe_reports_waiting", "Reports waiting for the model.", registry=self.registry
        )
        self.model = Info("hemoscribe_model", "The model in service.", registry=self.registry)

    def count_report(self, document: Mapping[str, Any]) -> None:
        """Count one interpreted report by its document."""
        self.reports.labels(document["language"], document["written_by"]).inc()
        self.report_seconds.observe(document["seconds"])
        if document["withheld"]:
            self.withheld.inc()
        for result in document["results"]:
            self.results.labels(result["flag"] or "none").inc()
            if result["agrees"] is False:
                self.disagreements.inc()

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
