"""Keys and logins: shown once, kept as a digest, revoked for good."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hemoscribe.errors import InputError, SettingsError
from hemoscribe.serve import keys
from hemoscribe.serve.store import LoginSession, Store, open_store, utc_now
from hemoscribe.settings import ServeSettings


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store(ServeSettings())
    yield store
    store.close()


def test_a_key_is_long_random_and_known_by_its_digest_only(store: Store):
    key = keys.create_key(store, "Dr Martin", "reviewer")
    assert key.startswith("hs_")
    assert len(key) >= 3 + 32
    identity = keys.identify(store, key)
    assert identity is not None
    assert (identity.name, identity.role) == ("Dr Martin", "reviewer")
    assert key not in store.engine.url.database or ""
    with store.engine.connect() as connection:
        dump = "".join(connection.connection.driver_connection.iterdump())
    assert key not in dump
    assert keys.digest(key) in dump


@pytest.mark.parametrize("wrong", ["", "hs_", "hs_" + "A" * 43, "Bearer hs_x", "\x00", "é" * 50])
def test_no_other_text_is_a_key(store: Store, wrong: str):
    keys.create_key(store, "a", "admin")
    assert keys.identify(store, wrong) is None


def test_the_first_start_makes_one_admin_key_and_no_second_one(store: Store):
    first = keys.create_first_key(store)
    assert first is not None
    identity = keys.identify(store, first)
    assert identity is not None
    assert identity.role == "admin"
    assert keys.create_first_key(store) is None


def test_a_name_is_taken_once(store: Store):
    keys.create_key(store, "a", "reader")
    with pytest.raises(InputError, match="already a key named 'a'"):
        keys.create_key(store, "a", "reader")


@pytest.mark.parametrize(
    ("name", "role"), [("a", "owner"), ("", "reader"), ("x" * 65, "reader"), ("a\nb", "reader")]
)
def test_an_impossible_key_is_refused(store: Store, name: str, role: str):
    with pytest.raises(SettingsError):
        keys.create_key(store, name, role)


def test_roles_hold_those_below_them():
    admin, reviewer, reader = (
        keys.Identity(1, "x", role) for role in ("admin", "reviewer", "reader")
    )
    assert admin.may("reviewer")
    assert admin.may("admin")
    assert reviewer.may("reader")
    assert not reviewer.may("admin")
    assert not reader.may("reviewer")


def test_a_revoked_key_and_its_logins_are_refused(store: Store):
    keys.create_key(store, "admin", "admin")
    key = keys.create_key(store, "b", "reader")
    identity = keys.identify(store, key)
    assert identity is not None
    token = keys.log_in(store, identity)
    assert keys.identify_session(store, token) is not None
    assert keys.revoke_key(store, identity.key_id) == "b"
    assert keys.identify(store, key) is None
    assert keys.identify_session(store, token) is None
    assert keys.revoke_key(store, identity.key_id) is None


def test_the_last_admin_key_is_not_revoked(store: Store):
    key = keys.create_key(store, "only", "admin")
    identity = keys.identify(store, key)
    assert identity is not None
    with pytest.raises(InputError, match="last admin key"):
        keys.revoke_key(store, identity.key_id)
    keys.create_key(store, "second", "admin")
    assert keys.revoke_key(store, identity.key_id) == "only"


def test_a_session_ends(store: Store):
    identity = keys.identify(store, keys.create_key(store, "a", "reader"))
    assert identity is not None
    token = keys.log_in(store, identity)
    with store.session() as session:
        found = session.get(LoginSession, keys.digest(token))
        assert found is not None
        found.expires_at = utc_now() - timedelta(seconds=1)
    assert keys.identify_session(store, token) is None
    keys.log_in(store, identity)  # forgets what has ended
    with store.session() as session:
        assert session.get(LoginSession, keys.digest(token)) is None


def test_logging_out_ends_the_session(store: Store):
    identity = keys.identify(store, keys.create_key(store, "a", "reader"))
    assert identity is not None
    token = keys.log_in(store, identity)
    keys.log_out(store, token)
    assert keys.identify_session(store, token) is None


def test_the_form_token_is_the_sessions_own_and_does_not_give_it_away(store: Store):
    identity = keys.identify(store, keys.create_key(store, "a", "reader"))
    assert identity is not None
    first, second = keys.log_in(store, identity), keys.log_in(store, identity)
    assert keys.form_token(first) != keys.form_token(second)
    assert keys.form_token(first) != keys.digest(first)
