"""The words by which a job ends other than by finishing."""

from __future__ import annotations


class Later(Exception):
    """Not now: the row is put off for `seconds`, and this does not count as a try."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Waits(Exception):
    """Not before the project goes on: the row is put off until then, and this does not count as a try."""

    def __init__(self, project_id: str, reason: str) -> None:
        super().__init__(f"the project is paused: {reason}")
        self.project_id = project_id


class GiveUp(Exception):
    """No further try can help: the row is dead at once, with this reason."""
