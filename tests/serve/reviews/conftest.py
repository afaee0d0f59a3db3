"""A store with served reports and reviews put in by hand."""

from collections.abc import Iterator, Sequence

import pytest

from hemoscribe.engines.document import history_document
from hemoscribe.records import Panel, ReportedResult
from hemoscribe.serve.store import Interpretation, Review, Store, open_store
from hemoscribe.settings import ServeSettings

DRAFT = ("Severe hyperkalemia.", "Repeat potassium at once.")


class Archive:
    """A store with reports and reviews put in by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.count = 0

    def report(
        self,
        patient: str = "P1",
        report: str = "R1",
        language: str = "en",
        lead: str = "",
        **panel: object,
    ) -> str:
        reported = Panel(
            results=(
                ReportedResult("Potassium", "7.1", "mmol/L", "3.5", "5.1", comment="Ask Ada"),
            ),
            patient_id=patient,
            report_id=report,
            **panel,
        )
        return self.serve(reported, language=language, lead=lead)

    def serve(
        self, panel: Panel, *, earlier: Sequence[Panel] = (), language: str = "en", lead: str = ""
    ) -> str:
        self.count += 1
        number = f"{self.count:032d}"
        document = {"written_by": "model", "interpretation": lead + DRAFT[0], "follow_up": DRAFT[1]}
        with self.store.session() as session:
            session.add(
                Interpretation(
                    id=number,
                    key_name="lis",
                    source="api",
                    panel=history_document(panel, earlier),
                    report=document,
                    model="m1",
                    language=language,
                    seconds=1.0,
                )
            )
        return number

    def review(self, number: str, decision: str, who: str = "ada", text: str = "", **more) -> None:
        with self.store.session() as session:
            session.add(
                Review(
                    interpretation_id=number,
                    reviewer=who,
                    decision=decision,
                    text=text or DRAFT[0],
                    follow_up=DRAFT[1],
                    **more,
                )
            )


@pytest.fixture
def archive() -> Iterator[Archive]:
    store = open_store(ServeSettings())
    yield Archive(store)
    store.close()
