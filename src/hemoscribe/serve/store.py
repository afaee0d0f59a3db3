"""What the server keeps: interpretations, what was served in them, reviews, keys and sessions.

SQLite under ``home()/store.sqlite3`` unless ``serve.store_url`` names another database. The file is
readable by its owner only: it holds patients' results as they were sent.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    ForeignKey,
    Index,
    String,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from hemoscribe.errors import InputError
from hemoscribe.serve.migration import migrate
from hemoscribe.settings import ServeSettings, home

STORE_FILE = "store.sqlite3"
STORE_VERSION = 3
"""3: a panel may hold the laboratory's `overlay`, which an earlier Hemoscribe would not heed."""
BUSY_TIMEOUT_MS = 10_000
ROLES = ("reader", "reviewer", "admin")
DECISIONS = ("accepted", "corrected", "rejected")


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, whatever the database keeps of its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; turn any other to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must have a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone; it was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Every table of the store."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


class Key(Table):
    """A person's or a program's key; only its SHA-256 is kept."""

    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class LoginSession(Table):
    """A browser that has logged in; only the SHA-256 of its cookie is kept."""

    __tablename__ = "sessions"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("keys.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    key: Mapped[Key] = relationship(lazy="joined", innerjoin=True)


class Interpretation(Table):
    """One served report: the panel as it was sent, and the document that was answered."""

    __tablename__ = "interpretations"
    __table_args__ = (Index("interpretations_newest", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    key_name: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(16))  # api or page
    patient_id: Mapped[str | None] = mapped_column(String(200), index=True)  # None: nobody named
    digest: Mapped[str | None] = mapped_column(String(64), index=True)  # of panel and language
    panel: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any]]
    model: Mapped[str] = mapped_column(String(128))
    language: Mapped[str] = mapped_column(String(2))
    seconds: Mapped[float]
    reviews: Mapped[list[Review]] = relationship(
        back_populates="interpretation", order_by="Review.id", cascade="all, delete-orphan"
    )
    results: Mapped[list[ServedResult]] = relationship(
        back_populates="interpretation", cascade="all, delete-orphan"
    )


class ServedResult(Table):
    """One result of a served report, canonical: what drift is measured on."""

    __tablename__ = "served_results"

    id: Mapped[int] = mapped_column(primary_key=True)
    interpretation_id: Mapped[str] = mapped_column(
        ForeignKey("interpretations.id", ondelete="CASCADE"), index=True
    )
    analyte: Mapped[str] = mapped_column(String(64), index=True)
    value: Mapped[float]
    comparator: Mapped[str | None] = mapped_column(String(2))
    unit: Mapped[str] = mapped_column(String(32))
    low: Mapped[float | None]
    high: Mapped[float | None]
    range_source: Mapped[str | None] = mapped_column(String(16))
    flag: Mapped[str | None] = mapped_column(String(2))
    critical: Mapped[bool]
    agrees: Mapped[bool | None]
    interpretation: Mapped[Interpretation] = relationship(back_populates="results")


class RejectedResult(Table):
    """A result of a served report that was not recognised: its name and why, not its value."""

    __tablename__ = "rejected_results"

    id: Mapped[int] = mapped_column(primary_key=True)
    interpretation_id: Mapped[str] = mapped_column(
        ForeignKey("interpretations.id", ondelete="CASCADE"), index=True
    )
    reported_name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(32))


class Review(Table):
    """What a reviewer said of a report. The latest of each reviewer counts; all are kept."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    interpretation_id: Mapped[str] = mapped_column(
        ForeignKey("interpretations.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    reviewer: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column("interpretation", Text)
    follow_up: Mapped[str] = mapped_column(Text)
    correct: Mapped[int | None]
    useful: Mapped[int | None]
    safe: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    failed_checks: Mapped[list[Any]] = mapped_column(default=list)
    interpretation: Mapped[Interpretation] = relationship(back_populates="reviews")


class Store:
    """A database that is open. ``session()`` is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it does not."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def ready(self) -> bool:
        """Whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(settings: ServeSettings) -> Store:
    """Open the store, creating its tables the first time.

    Raises:
        InputError: the database cannot be opened, or a newer Hemoscribe wrote it.
    """
    if settings.store_url is not None:
        engine = create_engine(settings.store_url)
    else:
        engine = create_engine(f"sqlite:///{_own_file(home() / STORE_FILE)}")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    try:
        _create(engine)
    except InputError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        raise InputError(
            f"{engine.url.render_as_string()}: the store cannot be opened "
            f"({type(error).__name__}); check `serve.store_url` and that it may be written."
        ) from error
    return Store(engine)


def _own_file(path: Path) -> Path:
    """``path``, created for its owner alone when it is new."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError(f"{path}: the store cannot be written ({error.strerror}).") from error
    return path


def _set_up_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    """Readers beside one writer, wait for a lock rather than fail, and keep foreign keys true."""
    del record
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _create(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        Table.metadata.create_all(engine)
        with engine.begin() as connection:
            migrate(connection)
        return
    with engine.begin() as connection:
        version = connection.execute(text("PRAGMA user_version")).scalar_one()
        if version > STORE_VERSION:
            raise InputError(
                f"{engine.url.database}: version {version} of the store was written by a newer "
                f"Hemoscribe, and this one knows version {STORE_VERSION}; upgrade it."
            )
        if version < STORE_VERSION:
            Table.metadata.create_all(connection)
            migrate(connection)
            connection.execute(text(f"PRAGMA user_version = {STORE_VERSION}"))
