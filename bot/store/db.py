"""The connection to the ledger: SQLite for one machine, PostgreSQL for more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from bot import counters

Bells = list[tuple[int, str]]  # outbox rows: (id, job)
SQLITE_WAIT = 10  # seconds for another writer
# a machine that is gone says nothing: libpq is told after 30 s, instead of after two hours
ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
QUIET = {"hide_parameters": True}  # an error tells of the statement, and nothing of what people wrote
_FULL = ("SQLITE_FULL", "53100")  # https://www.sqlite.org/rescode.html, PostgreSQL's disk_full


class Database:
    """Hands out transactions; after a commit it rings for the outbox rows that were added in it."""

    def __init__(
        self,
        url: str,
        ring: Callable[[Bells], None] = lambda bells: None,
        *,
        pool_size: int = 5,
        template: str = "base",
    ) -> None:
        """`template`: what runs get where none is named; each transaction has it in its `info`."""
        self.engine = _engine(url, pool_size)
        self.ring = ring
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, info={"template": template})

    @contextmanager
    def write(self, *, patient: bool = True) -> Iterator[Session]:
        """A transaction that commits at the end of the block and rolls back on any error.

        Without patience it raises OperationalError at once where another writer is in the way.
        """
        with self._sessions() as session, session.begin():
            if self.engine.dialect.name == "sqlite":
                _begin_immediate(session, patient)
            elif not patient:
                session.execute(text("SET LOCAL lock_timeout = '20ms'"))
            yield session
        for name, amount, labels in session.info.get("counted", ()):
            counters.add(name, amount, **labels)
        if bells := session.info.get("bells"):
            self.ring(bells)

    @contextmanager
    def append(self) -> Iterator[Connection]:
        """A transaction like `write`, for a door that only adds rows and must be quick: no session, and no bells."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction for reading only; nothing done in it is kept."""
        with self._sessions() as session:
            if self.engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql("BEGIN")
            yield session

    def close(self) -> None:
        self.engine.dispose()


def is_full(error: Exception) -> bool:
    """Whether the database refused because its disk is full."""
    orig = error.orig if isinstance(error, DBAPIError) else None
    return getattr(orig, "sqlite_errorname", None) in _FULL or getattr(orig, "sqlstate", None) in _FULL


def count(tx: Session, name: str, amount: float = 1, **labels: str) -> None:
    """Count something once this transaction has committed; see `bot.counters`."""
    tx.info.setdefault("counted", []).append((name, amount, labels))


@contextmanager
def attempt(tx: Session, *, keep: bool = True) -> Iterator[Bells]:
    """A part of a transaction that an error undoes by itself, and that without `keep` is undone in any case.

    Gives the outbox rows that are added in it.
    """
    rows: Bells = []
    before = tx.info.get("bells", [])
    tx.info["bells"] = rows
    savepoint = tx.begin_nested()
    try:
        yield rows
        tx.flush()
    except BaseException:
        keep = False
        raise
    finally:
        tx.info["bells"] = before + rows if keep else before
        if keep:
            savepoint.commit()
        else:
            savepoint.rollback()


def lock(tx: Session, name: str) -> None:
    """Hold `name` until the transaction ends; SQLite's writers are one at a time anyway."""
    if tx.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _begin_immediate(session: Session, patient: bool) -> None:
    if patient:
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        return
    session.execute(text("PRAGMA busy_timeout = 0"))
    try:
        session.execute(text("BEGIN IMMEDIATE"))
    finally:
        session.execute(text(f"PRAGMA busy_timeout = {SQLITE_WAIT * 1000}"))


def _engine(url: str, pool_size: int) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_size=pool_size, pool_pre_ping=True, connect_args=ALIVE, **QUIET)
        event.listen(engine, "connect", _settings)
        return engine
    engine = create_engine(url, connect_args={"timeout": SQLITE_WAIT, "isolation_level": None}, **QUIET)
    event.listen(engine, "connect", _pragmas)
    return engine


def _settings(connection: Any, _record: Any) -> None:
    # by default PostgreSQL thinks pages dear, and reads a long list in the order of the primary key, which takes it
    # through everything newer in other projects
    connection.execute("SET seq_page_cost = 0.1; SET random_page_cost = 0.1; SET TIME ZONE 'UTC'")
    connection.commit()


def _pragmas(connection: Any, _record: Any) -> None:
    # FULL, because a 201 and a 202 are promises that a power cut must not break
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
