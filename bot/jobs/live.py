"""A run as it happens: its log and progress reach the ledger while it works, a cancel reaches the sandbox."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.domain import runs
from bot.jobs.work import Work
from bot.store.outbox import Superseded

log = logging.getLogger(__name__)

SECONDS = 0.5


class Live:
    """Writes what `log` and `progress` are told, twice a second; calls `stop` when `wanted` says no more.

    `keep(tx, stage, percent, message)` stores the progress; `wanted(tx)` says whether the run is still wanted.
    """

    def __init__(
        self,
        work: Work,
        run_id: str,
        keep: Callable[[Session, str, int, str], None],
        wanted: Callable[[Session], bool],
    ) -> None:
        self._work, self._run_id, self._keep, self._wanted = work, run_id, keep, wanted
        self._lines: list[str] = []
        self._progress: tuple[str, int, str] | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"live-{run_id}", daemon=True)
        self.stop: Callable[[], None] = lambda: None
        self.stopped = False

    def log(self, line: str) -> None:
        """One more line of the run's log."""
        with self._lock:
            self._lines.append(line.rstrip("\n") + "\n")

    def progress(self, stage: str, percent: int, message: str) -> None:
        """How far the run is; percent 0 to 100."""
        with self._lock:
            self._progress = (stage.replace("\0", "\ufffd"), percent, message.replace("\0", "\ufffd"))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._flush()

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS):
            # again and again: what is to be stopped may not have begun yet
            if not self._is_wanted():
                self.stopped = True
                self.stop()

    def _is_wanted(self) -> bool:
        try:
            return self._flush()
        except Superseded:
            return False
        except OperationalError as error:
            log.warning("%s: its log waits, the database does not answer: %s", self._run_id, error)
            return True

    def _flush(self) -> bool:
        with self._lock:
            text, lines, progress = "".join(self._lines), len(self._lines), self._progress
        if not text and progress is None:
            with self._work.db.read() as tx:
                return self._wanted(tx) and not self._work.lost.is_set()
        with self._work.note() as tx:
            runs.append_log(tx, self._run_id, text)
            wanted = self._wanted(tx)
            if progress and wanted:
                self._keep(tx, *progress)
        with self._lock:
            del self._lines[:lines]
            self._progress = None if self._progress is progress else self._progress
        return wanted
