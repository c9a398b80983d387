"""RQ's workers: they wait for the doorbell and do what it rings for."""

from __future__ import annotations

import os
import signal
from typing import Any

from redis import Redis
from rq import SimpleWorker, Worker

import bot.jobs.runner  # noqa: F401 - what RQ calls: read once, before the first job and not in each fork
from bot import telemetry
from bot.supervisor import end_with_parent

LONGEST_SECONDS = 4.0  # between two looks whether a Redis that was away is back; RQ's own is a minute
BEHIND_DOORS = 5  # how much nicer a worker is: where the machine is busy, doors answer first
SIGN_OF_LIFE = 30  # seconds; a worker that gives none for a minute more is not counted any longer


class ShortWorker(SimpleWorker):
    """Does its jobs in this process itself."""

    max_connection_wait_time = LONGEST_SECONDS


class RunWorker(Worker):
    """Forks for each run, so that one that takes its process down takes only itself, and dies with its worker."""

    max_connection_wait_time = LONGEST_SECONDS

    def perform_job(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return super().perform_job(*args, **kwargs)
        finally:
            telemetry.flush()

    def main_work_horse(self, *args: Any, **kwargs: Any) -> None:
        end_with_parent(signal.SIGKILL)
        super().main_work_horse(*args, **kwargs)


def work(redis_url: str, *queues: str) -> None:
    """Work these queues, the first one first, until told to stop; the job in hand is finished first.

    Short jobs are done in this process itself: that is four times the pace of forking for each.
    """
    kind = RunWorker if "agents" in queues else ShortWorker
    connection = Redis.from_url(redis_url)
    worker = kind(list(queues), connection=connection, worker_ttl=SIGN_OF_LIFE)
    os.nice(BEHIND_DOORS)
    worker.work(logging_level="WARNING")
