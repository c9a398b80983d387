"""How soon whoever gives a command sees that it was heard, with `askfirst up` as people run it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure
from tests.bench.mirror import until
from tests.demo.stage import Stage, free_port

MOST_MILLISECONDS = 1000.0
COMMANDS = 20


def commands() -> list[Figure]:
    """From the comment, whose webhook goes out at once, to 👀 on it."""
    with (
        tempfile.TemporaryDirectory(prefix="askfirst-bench-") as folder,
        Stage(Path(folder), free_port(0), free_port(0)) as stage,
    ):
        _milliseconds(stage)  # the first one brings the workers' imports with it
        delays = [_milliseconds(stage) for _ in range(COMMANDS)]
        return [
            Figure("webhook of a command to 👀, median", median(delays), "ms", MOST_MILLISECONDS),
            Figure("webhook of a command to 👀, slowest", max(delays), "ms"),
        ]


def _milliseconds(stage: Stage) -> float:
    """Both times are of GitHub's clock; each command is of a person whom nobody has asked about yet."""
    person = stage.github.create_user(f"person{len(stage.github.people)}")
    talk = stage.mona.opens_issue(stage.repository, "Housekeeping")
    asked = person.comments(talk, "/askfirst help")
    until(lambda: len(asked.reactions) == 2)
    time.sleep(0.1)  # what follows of it is done too: the machine is idle again
    return (asked.reactions[0].created_at - asked.created_at).total_seconds() * 1000
