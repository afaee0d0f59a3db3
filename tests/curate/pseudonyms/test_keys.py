import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hemoscribe.curate.pseudonyms.keys import fingerprint_of, key_path, pseudonym_key
from hemoscribe.errors import InputError


def test_the_key_is_created_once_for_its_owner_only():
    first = pseudonym_key()
    assert len(first) == 32
    assert stat.S_IMODE(key_path().stat().st_mode) == 0o600
    assert stat.S_IMODE(key_path().parent.stat().st_mode) == 0o700
    assert pseudonym_key() == first
    assert [path.name for path in key_path().parent.iterdir()] == ["pseudonym.key"]


def test_many_callers_at_once_agree_on_one_key():
    together = threading.Barrier(8)

    def ask(_: int) -> bytes:
        together.wait()
        return pseudonym_key()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(ask, range(8)))
    assert keys == {pseudonym_key()}
    assert [path.name for path in key_path().parent.iterdir()] == ["pseudonym.key"]


def test_a_key_that_others_can_read_is_refused_with_the_command():
    pseudonym_key()
    key_path().chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        pseudonym_key()


@pytest.mark.parametrize("content", ["", "zz", "00" * 31])
def test_a_damaged_key_is_never_replaced(content):
    pseudonym_key()
    key_path().write_text(content)
    with pytest.raises(InputError, match="restore it from your backup"):
        pseudonym_key()
    assert key_path().read_text() == content


def test_the_fingerprint_tells_keys_apart_and_is_no_part_of_the_key():
    key = pseudonym_key()
    assert fingerprint_of(key) != fingerprint_of(bytes(32))
    assert fingerprint_of(key) not in key.hex()
