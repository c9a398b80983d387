"""Worker processes that are quick to start: forked from one that has read the program already."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from typing import Any

from bot.jobs import runner, worker

__all__ = ["runner", "start", "until"]

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def start(environment: Mapping[str, str], redis_url: str, *queues: str) -> ForkServerProcess:
    """What `askfirst worker` (queues `jobs` and `bulk`) or `askfirst agents` (`agents`) is, with these settings."""
    process = _FORKS.Process(target=_work, args=(dict(environment), redis_url, *queues), daemon=False)
    process.start()
    return process


def _work(environment: dict[str, str], redis_url: str, *queues: str) -> None:
    os.environ.clear()
    os.environ.update(environment | {"REDIS_URL": redis_url})
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    worker.work(redis_url, *queues)


def until(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """What `seen` gives as soon as it gives something."""
    give_up = time.monotonic() + seconds
    while not (value := seen()):
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.05)
    return value
