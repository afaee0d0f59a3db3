"""The store: its own file, its version, moments in UTC."""

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError

from hemoscribe.errors import InputError
from hemoscribe.serve.store import STORE_VERSION, Key, open_store
from hemoscribe.settings import ServeSettings


def test_the_store_is_for_its_owner_alone(state_home: Path):
    open_store(ServeSettings()).close()
    assert (state_home / "store.sqlite3").stat().st_mode & 0o077 == 0


def test_the_store_waits_for_a_writer_and_lets_readers_in():
    store = open_store(ServeSettings())
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() >= 1000
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == STORE_VERSION
    assert store.ready()
    store.close()


def test_a_newer_store_is_refused_and_left_as_it_is(state_home: Path):
    open_store(ServeSettings()).close()
    with sqlite3.connect(state_home / "store.sqlite3") as connection:
        connection.execute(f"PRAGMA user_version = {STORE_VERSION + 1}")
    connection.close()
    with pytest.raises(InputError, match="newer Hemoscribe"):
        open_store(ServeSettings())


def test_a_file_that_is_no_database_is_refused_in_one_sentence(state_home: Path):
    state_home.mkdir()
    (state_home / "store.sqlite3").write_text(
        "not a database, and long enough to be read as one" * 9
    )
    with pytest.raises(InputError, match="the store cannot be opened"):
        open_store(ServeSettings())


def test_a_password_in_the_url_is_not_repeated(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/missing/folder/x.sqlite3"
    with pytest.raises(InputError) as caught:
        open_store(ServeSettings(store_url=url))
    assert "serve.store_url" in str(caught.value)


def test_moments_come_back_in_utc():
    store = open_store(ServeSettings())
    east = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    with store.session() as session:
        session.add(Key(name="a", role="reader", sha256="0" * 64, created_at=east))
    with store.session() as session:
        found = session.get(Key, 1)
        assert found is not None
        assert found.created_at == east
        assert found.created_at.utcoffset() == timedelta(0)
    store.close()


def test_a_moment_without_a_zone_is_refused():
    store = open_store(ServeSettings())
    with pytest.raises(StatementError, match="time zone"), store.session() as session:
        session.add(Key(name="a", role="reader", sha256="0" * 64, created_at=datetime(2026, 1, 1)))
    store.close()
