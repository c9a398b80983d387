"""A worker that knows a job which does nothing, by the engine and by RQ alone."""

from __future__ import annotations

import os

from bot.jobs import JOBS, Job
from bot.jobs.work import Work
from bot.jobs.worker import work

NAME = "nothing"


def nothing(*_arguments: object) -> None:
    """What RQ alone is to do."""


def _nothing(_work: Work) -> None:
    """What the engine is to do: claim it, and commit its end."""


if __name__ == "__main__":
    JOBS[NAME] = Job(_nothing)
    work(os.environ["REDIS_URL"], "jobs", "bulk")
