"""Redis as the doorbell: it wakes a worker for an outbox row, and holds nothing that could be lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker, worker_registration
from rq.queue import EnqueueData

from bot.store.db import Bells

log = logging.getLogger(__name__)

AGENT_JOBS = frozenset(
    {"scan", "recheck", "ask", "fix"}
)  # long, and need the sandbox: `askfirst agents` takes these
BULK_JOBS = frozenset({"show_issue"})  # hundreds at once: the others must not wait behind them
CROWDED = 500
# one call for a few short jobs: RQ's part in each call is longer than the job. Should one of them be slow, the
# relay rings for the others again, and another worker takes them
TOGETHER = 5
GATHER_SECONDS = 0.01


@dataclass(frozen=True)
class WorkerSeen:
    """A worker process: where it is, what it waits for, `idle` or `busy`, and its last sign of life."""

    place: str
    queues: str
    state: str
    seen_at: datetime | None


class Doorbell:
    """Rings RQ's queues `jobs` (short ones), `bulk` (short ones, by the hundred) and `agents` (runs)."""

    def __init__(self, redis_url: str) -> None:
        self.redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._queues = {
            name: Queue(name, connection=self.redis, default_timeout=-1)
            for name in ("jobs", "bulk", "agents")
        }

    def ring(self, bells: Bells) -> None:
        """Wake workers for these rows. Without Redis nothing is lost: the relay rings again."""
        try:
            # one round trip; not a transaction, since a bell that is half rung is only a bell that is lost
            with self.redis.pipeline(transaction=False) as together:
                for queue, rows in self._sorted(bells).items():
                    queue.enqueue_many(
                        [self._call(some) for some in _batches(queue, rows)], pipeline=together
                    )
                together.execute()
        except RedisError as error:
            log.warning("Redis did not answer, the relay will ring again: %s", error)

    @staticmethod
    def _call(rows: list[int]) -> EnqueueData:
        return Queue.prepare_data(
            "bot.jobs.runner.work", rows, timeout=-1, result_ttl=0, failure_ttl=0, description=f"rows {rows}"
        )

    def workers(self) -> dict[str, int] | None:
        """How many processes wait for each queue's bell, by their own signs of life; None without Redis."""
        try:
            known = {name: worker_registration.get_keys(queue) for name, queue in self._queues.items()}
            return {name: int(self.redis.exists(*keys)) if keys else 0 for name, keys in known.items()}
        except RedisError:
            return None

    def processes(self) -> list[WorkerSeen] | None:
        """Each process that waits for a bell or works; None without Redis."""
        try:
            return [
                WorkerSeen(
                    f"{worker.hostname}, process {worker.pid}", " and ".join(worker.queue_names()), worker.get_state(),
                    worker.last_heartbeat.replace(tzinfo=UTC) if worker.last_heartbeat else None,
                )
                for worker in Worker.all(connection=self.redis)
            ]  # fmt: skip
        except RedisError:
            return None

    def room(self) -> int:
        """How many more rows the queues can take before ringing for them is only noise."""
        return max(0, CROWDED - sum(queue.count for queue in self._queues.values()))

    def _sorted(self, bells: Bells) -> dict[Queue, list[int]]:
        rows: dict[Queue, list[int]] = {}
        for row_id, job in bells:
            name = "agents" if job in AGENT_JOBS else "bulk" if job in BULK_JOBS else "jobs"
            rows.setdefault(self._queues[name], []).append(row_id)
        return rows


def _batches(queue: Queue, rows: list[int]) -> list[list[int]]:
    size = 1 if queue.name == "agents" else TOGETHER
    return [rows[start : start + size] for start in range(0, len(rows), size)]


class Soon:
    """Rings from a thread of its own, once for all that comes in 10 ms: a door does not wait for Redis.

    What this process takes with it when it ends, the relay rings for.
    """

    def __init__(self, ring: Callable[[Bells], None]) -> None:
        self._ring = ring
        self._bells: Bells = []
        self._some = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self, bells: Bells) -> None:
        """Have these rung for in a moment."""
        with self._lock:
            self._bells += bells
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_ringing, name="doorbell", daemon=True)
                self._thread.start()
        self._some.set()

    def _keep_ringing(self) -> None:
        while self._some.wait():
            time.sleep(GATHER_SECONDS)
            self._some.clear()
            with self._lock:
                bells, self._bells = self._bells, []
            self._ring(bells)
