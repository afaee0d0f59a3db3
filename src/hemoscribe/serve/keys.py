"""Keys, roles and logins. A key is shown once; the store holds only its SHA-256.

A key has 256 random bits, so its plain SHA-256 cannot be searched: no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from hemoscribe.errors import InputError, SettingsError
from hemoscribe.serve.store import ROLES, Key, LoginSession, Store, utc_now

KEY_PREFIX = "hs_"
KEY_BYTES = 32
SESSION_HOURS = 12
MAX_NAME_CHARACTERS = 64
FIRST_KEY = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: the key's name and role, and the form token of a browser's session."""

    key_id: int
    name: str
    role: str
    form_token: str | None = None

    def may(self, role: str) -> bool:
        """Whether this role holds ``role``: an admin is a reviewer, a reviewer is a reader."""
        return ROLES.index(self.role) >= ROLES.index(role)


def create_key(store: Store, name: str, role: str) -> str:
    """Make a key and return it: the only time it can be seen.

    Raises:
        SettingsError: an unknown role, or an empty or too long name.
        InputError: the name is taken.
    """
    name = name.strip()
    if role not in ROLES:
        raise SettingsError(f"{role!r} is no role; it is one of {', '.join(ROLES)}.")
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
        raise SettingsError(f"A key's name has 1 to {MAX_NAME_CHARACTERS} printable characters.")
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    with store.session() as session:
        if session.scalar(select(Key.id).where(Key.name == name)) is not None:
            raise InputError(f"There is already a key named {name!r}; choose another name.")
        session.add(Key(name=name, role=role, sha256=digest(key)))
    return key


def create_first_key(store: Store) -> str | None:
    """The admin key of a store that has never had any; None when it has."""
    with store.session() as session:
        if session.scalar(select(func.count(Key.id))):
            return None
    return create_key(store, FIRST_KEY, "admin")


def revoke_key(store: Store, key_id: int) -> str | None:
    """Refuse a key from now on, end its logins, and return its name; None when there is none.

    Raises:
        InputError: it is the last admin key, without which no other could be made.
    """
    with store.session() as session:
        key = session.get(Key, key_id)
        if key is None or key.revoked_at is not None:
            return None
        others = select(func.count(Key.id)).where(
            Key.role == "admin", Key.revoked_at.is_(None), Key.id != key_id
        )
        if key.role == "admin" and not session.scalar(others):
            raise InputError("This is the last admin key; make another one before revoking it.")
        key.revoked_at = utc_now()
        session.execute(delete(LoginSession).where(LoginSession.key_id == key_id))
        return key.name


def list_keys(store: Store) -> list[Key]:
    """Every key, the oldest first."""
    with store.session() as session:
        return list(session.scalars(select(Key).order_by(Key.id)))


def identify(store: Store, key: str) -> Identity | None:
    """Whose key this is; None when it is unknown or revoked."""
    if not key.startswith(KEY_PREFIX):
        return None
    with store.session() as session:
        found = session.scalar(select(Key).where(Key.sha256 == digest(key)))
        if found is None or found.revoked_at is not None:
            return None
        return Identity(found.id, found.name, found.role)


def log_in(store: Store, identity: Identity) -> str:
    """Start a browser's session and return its cookie; sessions that have ended are forgotten."""
    token = secrets.token_urlsafe(KEY_BYTES)
    now = utc_now()
    with store.session() as session:
        session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
        session.add(
            LoginSession(
                sha256=digest(token),
                key_id=identity.key_id,
                expires_at=now + timedelta(hours=SESSION_HOURS),
            )
        )
    return token


def identify_session(store: Store, token: str) -> Identity | None:
    """Who logged in with this cookie; None when it is unknown, over, or its key revoked."""
    with store.session() as session:
        found = session.get(LoginSession, digest(token))
        if found is None or found.expires_at <= utc_now() or found.key.revoked_at is not None:
            return None
        return Identity(found.key.id, found.key.name, found.key.role, form_token(token))


def log_out(store: Store, token: str) -> None:
    """End a browser's session."""
    with store.session() as session:
        session.execute(delete(LoginSession).where(LoginSession.sha256 == digest(token)))


def form_token(token: str) -> str:
    """What every form of a session carries: it shows that the form came from our page."""
    return digest("form:" + token)


def digest(secret: str) -> str:
    """SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()
