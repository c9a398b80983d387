"""What a job function gets, and what a job is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot.jobs.tools import Tools
from bot.store import outbox
from bot.store.db import Database


@dataclass
class Work:
    """A claimed outbox row in hand. Nothing it says is kept once the claim is lost."""

    claim: outbox.Claim
    db: Database
    tools: Tools
    finished: bool = False
    lost: threading.Event = field(default_factory=threading.Event)

    @property
    def args(self) -> dict[str, Any]:
        return self.claim.args

    @property
    def again(self) -> bool:
        """Whether an earlier try may have acted already."""
        return self.claim.attempt > 1

    @contextmanager
    def note(self) -> Iterator[Session]:
        """Commit something on the way: an intent, progress. Raises Superseded when the claim is lost."""
        with self.db.write() as tx:
            outbox.hold(tx, self.claim)
            yield tx

    @contextmanager
    def finish(self) -> Iterator[Session]:
        """Commit the result together with "done". Raises Superseded when the claim is lost."""
        with self.db.write() as tx:
            outbox.finish(tx, self.claim)
            yield tx
        self.finished = True


@dataclass(frozen=True)
class Job:
    """A kind of work: `run` does it, `died` says what follows when the last try failed.

    `renewed`: it need not wait for a paused project, since it is promised anew when that goes on.
    """

    run: Callable[[Work], None]
    died: Callable[[Session, dict[str, Any], str], None] | None = None
    renewed: bool = False
