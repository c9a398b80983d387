"""What this process has counted and has yet to bring to the others; see `bot.store.counted`."""

from __future__ import annotations

import threading
from collections import Counter
from typing import NamedTuple


class Metric(NamedTuple):
    """What is measured, in words, and the names of its labels in their order."""

    says: str
    labels: tuple[str, ...] = ()


COUNTERS = {
    "askfirst_requests_total": Metric("Requests answered, by endpoint and status.", ("route", "status")),
    "askfirst_request_seconds_total": Metric("Time that answering them took, by endpoint.", ("route",)),
    "askfirst_unlimited_requests_total": Metric(
        "Requests that passed unchecked, since Redis did not answer."
    ),
    "askfirst_deliveries_total": Metric(
        "Webhook deliveries at the door, by outcome: stored, known already, refused.", ("outcome",)
    ),
    "askfirst_jobs_total": Metric(
        "Outbox rows worked on, by job and outcome: done, later, failed, dead.", ("job", "outcome")
    ),
    "askfirst_job_seconds_total": Metric("Time that working on them took, by job.", ("job",)),
    "askfirst_runs_total": Metric("Agent runs that ended, by kind and status.", ("kind", "status")),
    "askfirst_tokens_total": Metric("Tokens that models took, by kind of run.", ("kind",)),
    "askfirst_sandbox_seconds_total": Metric("Time that sandboxes were open, by template.", ("template",)),
    "askfirst_github_requests_total": Metric(
        "Requests to GitHub, by method and status; 0 is no answer.", ("method", "status")
    ),
}
GAUGES = {
    "askfirst_github_requests_remaining": Metric(
        "Requests that GitHub takes in the rest of the hour, by installation.", ("installation",)
    ),
}
Series = tuple[str, tuple[tuple[str, str], ...]]  # the name, and the labels with their values

_lock = threading.Lock()
_counted: Counter[Series] = Counter()
_told: dict[Series, float] = {}


def add(name: str, amount: float = 1, **labels: str) -> None:
    """Count something in this process; not known to others before it is flushed."""
    assert COUNTERS[name].labels == tuple(labels)
    with _lock:
        _counted[name, tuple(labels.items())] += amount  # type: ignore[assignment]


def tell(name: str, value: float, **labels: str) -> None:
    """Say how something stands now."""
    assert GAUGES[name].labels == tuple(labels)
    with _lock:
        _told[name, tuple(labels.items())] = value


def take() -> tuple[dict[Series, float], dict[Series, float]]:
    """What was counted and told since the last time; both begin anew."""
    with _lock:
        counted, told = dict[Series, float](_counted), dict(_told)
        _counted.clear()
        _told.clear()
    return counted, told


def give_back(counted: dict[Series, float], told: dict[Series, float]) -> None:
    """It could not be brought anywhere."""
    with _lock:
        _counted.update(counted)  # type: ignore[arg-type]
        _told.update({**told, **_told})
