"""A store that version 0.1.0 wrote (golden/store-0.1.0.sql, its own dump) is read by this one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text

from hemoscribe.engines.document import panel_from_document
from hemoscribe.serve.migration import digest_of
from hemoscribe.serve.store import STORE_FILE, STORE_VERSION, open_store
from hemoscribe.settings import ServeSettings

DUMP = Path(__file__).with_name("golden") / "store-0.1.0.sql"


def old_store(home: Path) -> Path:
    home.mkdir(parents=True)
    path = home / STORE_FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    return path


def test_reports_and_reviews_of_0_1_0_are_kept_and_found_by_patient(state_home: Path) -> None:
    old_store(state_home)
    store = open_store(ServeSettings())
    with store.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT patient_id, digest FROM interpretations ORDER BY patient_id")
        ).all()
        assert [patient for patient, _ in rows] == [None, "P1", "P1"]
        assert len({digest for _, digest in rows}) == 3
        assert connection.execute(text("SELECT count(*) FROM reviews")).scalar_one() == 1
        assert connection.execute(text("PRAGMA user_version")).scalar_one() == STORE_VERSION
    store.close()
    open_store(ServeSettings()).close()  # nothing is done twice


def test_a_migrated_store_has_the_columns_and_indices_of_a_new_one(state_home: Path) -> None:
    old_store(state_home)
    migrated = open_store(ServeSettings())
    new = open_store(ServeSettings(store_url=f"sqlite:///{state_home}/new.sqlite3"))

    def shape(engine) -> tuple[set, set]:
        seen = inspect(engine)
        columns = {one["name"] for one in seen.get_columns("interpretations")}
        return columns, {one["name"] for one in seen.get_indexes("interpretations")}

    assert shape(migrated.engine) == shape(new.engine)
    migrated.close()
    new.close()


def test_a_report_of_0_1_0_is_an_earlier_one_of_todays(state_home: Path) -> None:
    old_store(state_home)
    store = open_store(ServeSettings())
    with store.session() as session:
        kept = [
            panel_from_document(json.loads(panel))
            for (panel,) in session.execute(
                text("SELECT panel FROM interpretations WHERE patient_id = 'P1' ORDER BY id")
            )
        ]
    store.close()
    assert {panel.report_id for panel in kept} == {"R1", "R2"}
    assert all(panel.rejects == () and panel.notices == () for panel in kept)


def test_a_critical_flag_on_what_was_refused_makes_another_report() -> None:
    refused = {"code": "not_a_number", "place": "line 2", "reported_name": "K"}
    kept = {
        digest_of({"results": [], "rejects": [{**refused, **flag}]}, "en")
        for flag in ({}, {"reported_flag": "HH"}, {"reported_flag": "H"})
    }
    assert len(kept) == 3
