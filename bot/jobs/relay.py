"""Rings for what is due and was not rung for, or whose bell was lost; and tidies up."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from bot.domain import schedules, sign_ins, trash
from bot.store import clock, idempotency, outbox
from bot.store.db import Database
from bot.store.doorbell import Doorbell

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
STARTED = timedelta(minutes=1)  # until all has come up, and can look what it missed
EVERY = timedelta(hours=1)
LISTED = timedelta(days=3)  # how long GitHub tells of deliveries that failed
KEPT = timedelta(days=1)  # rows that are done, for whoever asks what happened


class Relay:
    """One of these runs for each database; a second does no harm, since a claim is taken once."""

    def __init__(self, db: Database, doorbell: Doorbell) -> None:
        self.db, self.doorbell = db, doorbell
        self.stopped = threading.Event()
        self._tidies_at = clock.now() + STARTED
        self._missed_since = clock.now() - LISTED

    def run(self) -> None:
        """Sweep until told to stop; without Redis or the database, try again at the next sweep."""
        while not self.stopped.wait(SWEEP_SECONDS):
            try:
                self.sweep()
            except (RedisError, OperationalError) as error:
                log.warning("sweep put off: %s", error)

    def sweep(self) -> int:
        """Ring for what is due. Returns how many rows that were."""
        rows = []
        if room := self.doorbell.room():
            with self.db.read() as tx:
                rows = outbox.due(tx, room)
            if rows:
                self.doorbell.ring(rows)
        self._start_scans()
        if clock.now() >= self._tidies_at:
            self._tidies_at = clock.now() + EVERY
            with self.db.write() as tx:
                outbox.forget_done(tx, before=clock.now() - KEPT)
                idempotency.forget(tx, before=clock.now() - idempotency.KEPT)
                trash.empty(tx)
                sign_ins.forget(tx)
                outbox.add(tx, "leave", lane="leave")
                outbox.add(tx, "look_everywhere", lane="look_everywhere")
                outbox.add(tx, "ask_again", lane="ask_again", since=self._missed_since.isoformat())
            self._missed_since = clock.now() - 2 * EVERY
        return len(rows)

    def _start_scans(self) -> None:
        with self.db.read() as tx:
            due = schedules.due(tx)
        for project_id, slot in due:
            with self.db.write() as tx:
                schedules.start(tx, project_id, slot)
