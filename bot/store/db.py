"""The connection to the ledger: SQLite for one machine, PostgreSQL for more."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from bot import counters

Bells = list[tuple[int, str]]  # outbox rows: (id, job)
SQLITE_WAIT = 10.0  # seconds for another writer
SQLITE_LOOKS = 0.001  # seconds between two looks whether it is done; SQLite's own waiting sleeps up to 100 ms
# a machine that is gone says nothing: libpq is told after 30 s, instead of after two hours
ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
RESTED = 1.0  # seconds that a connection lay idle; then it is asked whether it is still there
QUIET = {"hide_parameters": True}  # an error tells of the statement, and nothing of what people wrote
_LOCK = text("SELECT pg_advisory_xact_lock(:number)")
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
        self._writer = threading.Lock()

    @contextmanager
    def write(self, *, patient: bool = True) -> Iterator[Session]:
        """A transaction that commits at the end of the block and rolls back on any error.

        Without patience it raises OperationalError at once where another writer is in the way.
        """
        with self._turn(patient) as patient, self._sessions() as session, session.begin():
            if self.engine.dialect.name == "sqlite":
                _begin_immediate(session.connection(), patient)
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
        with self._turn(patient=True) as patient, self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                _begin_immediate(connection, patient)
            yield connection
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction for reading only; nothing done in it is kept."""
        with self._sessions() as session:
            if self.engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql("BEGIN")
            yield session

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For a single statement that reads: it needs no transaction around it."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="AUTOCOMMIT")  # SQLite begins none by itself
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _turn(self, patient: bool) -> Iterator[bool]:
        """SQLite's writers are one at a time: those of this process queue here, without sleeping.

        Gives whether patience is left to wait for those of other processes.
        """
        if self.engine.dialect.name != "sqlite":
            yield patient
            return
        ours = self._writer.acquire(timeout=SQLITE_WAIT if patient else 0)
        try:
            yield patient and ours
        finally:
            if ours:
                self._writer.release()


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
        tx.execute(_LOCK, {"number": number})


def _begin_immediate(connection: Connection, patient: bool) -> None:
    """Raises OperationalError when another process still writes in the end, or at once without patience."""
    give_up = time.monotonic() + (SQLITE_WAIT if patient else 0)
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < give_up:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the rest says what kind of busy
                    break
                time.sleep(SQLITE_LOOKS)
        # what it says now is the answer, as SQLAlchemy's error
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {SQLITE_WAIT * 1000:.0f}")


def _engine(url: str, pool_size: int) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_size=pool_size, connect_args=ALIVE, **QUIET)
        event.listen(engine, "connect", _settings)
        _ping_the_rested(engine)
        return engine
    engine = create_engine(url, connect_args={"timeout": SQLITE_WAIT, "isolation_level": None}, **QUIET)
    event.listen(engine, "connect", _pragmas)
    return engine


def _settings(connection: Any, _record: Any) -> None:
    # by default PostgreSQL thinks pages dear, and reads a long list in the order of the primary key, which takes it
    # through everything newer in other projects
    connection.execute("SET seq_page_cost = 0.1; SET random_page_cost = 0.1; SET TIME ZONE 'UTC'")
    connection.commit()


def _ping_the_rested(engine: Engine) -> None:
    """Replace what a restart of the database broke; one that was in use a moment ago is not asked.

    https://docs.sqlalchemy.org/en/20/core/pooling.html#custom-legacy-pessimistic-ping
    """

    def note(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    def ping(connection: Any, record: Any, _fairy: Any) -> None:
        if time.monotonic() - record.info.get("used", 0.0) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise DisconnectionError from gone

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)


def _pragmas(connection: Any, _record: Any) -> None:
    # FULL, because a 201 and a 202 are promises that a power cut must not break
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
