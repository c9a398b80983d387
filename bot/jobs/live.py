"""A run as it happens: its log and progress reach the ledger while it works, a cancel reaches the sandbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session

from bot.domain import runs
from bot.jobs.work import Work
from bot.store.outbox import Superseded

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

    def log(self, line: str) -> None:
        """One more line of the run's log."""
        with self._lock:
            self._lines.append(line.rstrip("\n") + "\n")

    def progress(self, stage: str, percent: int, message: str) -> None:
        """How far the run is; percent 0 to 100."""
        with self._lock:
            self._progress = (stage, percent, message)

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
            try:
                wanted = self._flush()
            except Superseded:
                wanted = False
            if not wanted:
                self.stop()
                return

    def _flush(self) -> bool:
        with self._lock:
            text, self._lines = "".join(self._lines), []
            progress, self._progress = self._progress, None
        if not text and progress is None:
            with self._work.db.read() as tx:
                return self._wanted(tx) and not self._work.lost.is_set()
        with self._work.note() as tx:
            runs.append_log(tx, self._run_id, text)
            wanted = self._wanted(tx)
            if progress and wanted:
                self._keep(tx, *progress)
        return wanted
