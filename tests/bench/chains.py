"""What a chain costs beside its agent: the checkout, the sandbox, the checks, the push, and what GitHub is shown."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from bot.jobs import fixing as jobs
from bot.store.db import Database
from bot.store.migrate import migrate
from tests.bench.figures import Figure
from tests.bench.ground import DISK
from tests.house import House
from tests.paths.test_resolve import Chain
from tests.rounds import Scripted, done

ISSUES, FILES = 20, 500
MOST_SECONDS = 2.0


def chains() -> list[Figure]:
    """A chain of 20 issues in a repository of 500 files, with everything in one process."""
    with tempfile.TemporaryDirectory(prefix="askfirst-bench-", dir=DISK) as folder:
        url = f"sqlite:///{folder}/askfirst.db"
        db = Database(url)
        migrate(db)
        db.close()
        house = House(
            url, Path(folder), {f"part{n % 20}/file{n}.py": f"x = {n}\n" * 50 for n in range(FILES)}
        )
        try:
            Scripted(house, *(done(**{f"part{n}/new": f"y = {n}\n"}) for n in range(ISSUES)))
            chain = Chain(house, *(f"Issue {n}" for n in range(ISSUES)))
            whole, agent = _timed(chain)
            assert chain.now["completedCount"] == ISSUES == len(chain.commits), chain.now
        finally:
            house.close()
    return [
        Figure("an issue of a chain, outside the agent", (whole - agent) / ISSUES, "s", MOST_SECONDS),
        Figure("the scripted agent, for each of them", agent / ISSUES, "s"),
    ]


def _timed(chain: Chain) -> tuple[float, float]:
    """Seconds for the whole chain, and those of its agent."""
    run_fix, spent = jobs.run_fix, 0.0

    def timed(*arguments: Any) -> Any:
        nonlocal spent
        started = time.perf_counter()
        try:
            return run_fix(*arguments)
        finally:
            spent += time.perf_counter() - started

    jobs.run_fix = timed
    try:
        started = time.perf_counter()
        chain.start()
        return time.perf_counter() - started, spent
    finally:
        jobs.run_fix = run_fix
