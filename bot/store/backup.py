"""The embedded database and what belongs to it, into one file and back, while the server works or stands still."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

DATABASE = "askfirst.db"
FOLDERS = ("templates", "scripted")  # the operator's own
LEFT_OUT = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
BESIDE = ".before-restore"
WAIT = 30.0  # seconds for a writer


class BackupError(Exception):
    """What cannot be done, and what to do instead."""


def backup(database_url: str, home: Path, file: Path) -> None:
    """Write a tar with the database as it stands, the keys beside it, and the operator's templates; mode 0600.

    Raises BackupError for a database elsewhere, and where the file exists already.
    """
    database = _file(database_url)
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise BackupError(f"{file}: {error.strerror}. Name a file that does not exist yet.") from None
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".askfirst-backup-") as folder:
        try:
            copy = Path(folder, DATABASE)
            _copy(database, copy)
            with os.fdopen(handle, "wb") as out, tarfile.open(fileobj=out, mode="w:gz") as tar:
                tar.add(copy, DATABASE)
                for path in _beside(home):
                    tar.add(path, str(path.relative_to(home)))
        except BaseException:
            file.unlink()
            raise


def restore(database_url: str, home: Path, file: Path) -> Path | None:
    """Put everything back; the database that was there is kept beside it, and its new name returned.

    Raises BackupError while a server uses the database, and for what is no backup; nothing is changed then.
    """
    database = _file(database_url)
    with tempfile.TemporaryDirectory(dir=home, prefix=".askfirst-restore-") as folder:
        _unpack(file, Path(folder))
        _must_be_unused(database)
        before = database.with_name(database.name + BESIDE)
        if database.exists():
            for ending in ("-wal", "-shm"):
                database.with_name(database.name + ending).unlink(missing_ok=True)
            os.replace(database, before)
        for path in sorted(Path(folder).rglob("*")):
            name = path.relative_to(folder)
            if path.is_file():
                target = database if str(name) == DATABASE else home / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, target)
    return before if before.exists() else None


def _file(database_url: str) -> Path:
    if not database_url.startswith("sqlite:///"):
        raise BackupError("DATABASE_URL names a database server: use its own tools, pg_dump and pg_restore.")
    return Path(database_url.removeprefix("sqlite:///"))


def _copy(database: Path, copy: Path) -> None:
    """By SQLite's own way, which takes a state between two transactions while others write."""
    if not database.exists():
        raise BackupError(f"{database} does not exist: nothing is to be backed up.")
    with sqlite3.connect(database, timeout=WAIT) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    source.close()
    target.close()


def _beside(home: Path) -> Iterator[Path]:
    """What else is to be kept: keys and credentials, and the operator's own files."""
    yield from sorted(path for path in home.iterdir() if path.is_file() and path.name not in LEFT_OUT
                      and not path.name.endswith(BESIDE))  # fmt: skip
    for name in FOLDERS:
        yield from sorted(path for path in (home / name).rglob("*") if path.is_file())


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file, "r:gz") as tar:
            tar.extractall(folder, filter="data")
        with sqlite3.connect(folder / DATABASE) as found:
            sound = found.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            found.execute("SELECT version_num FROM alembic_version")
        found.close()
    except (OSError, tarfile.TarError, EOFError, sqlite3.Error):
        sound = False
    if not sound:
        raise BackupError(f"{file} is not a whole backup of Askfirst.")


def _must_be_unused(database: Path) -> None:
    """Whoever has it open in WAL mode holds a lock on it, also while nothing is written."""
    if not database.exists():
        return
    found = sqlite3.connect(database, timeout=0)
    try:
        found.execute("PRAGMA locking_mode=EXCLUSIVE")
        found.execute("BEGIN EXCLUSIVE")
        found.rollback()
    except sqlite3.OperationalError:
        raise BackupError(f"{database} is in use: stop the server first.") from None
    except sqlite3.DatabaseError:
        return  # it is broken, which is why it is restored
    finally:
        found.close()
