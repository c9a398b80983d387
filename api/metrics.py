"""`/metrics`: what has been counted, and how things stand, in Prometheus' text format."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from flask import Blueprint, Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import counters
from bot.counters import Metric, Series
from bot.domain import backlog, projects, runs
from bot.store import clock
from bot.store.counted import Counted
from bot.store.db import Database
from bot.store.doorbell import Doorbell

# asked for when /metrics is
STANDING = {
    "askfirst_outbox_rows": Metric("Outbox rows that wait or are worked on, by job.", ("job",)),
    "askfirst_outbox_oldest_seconds": Metric(
        "For how long the oldest of them has been due, by job.", ("job",)
    ),
    "askfirst_outbox_dead_rows": Metric(
        "Outbox rows that were given up, by job; see `askfirst outbox list`.", ("job",)
    ),
    "askfirst_paused_projects": Metric("Projects in which nothing starts, by why.", ("reason",)),
    "askfirst_live_runs": Metric(
        "Agent runs that wait or are worked on, by kind and status.", ("kind", "status")
    ),
    "askfirst_workers": Metric("Worker processes that gave a sign of life, by queue.", ("queue",)),
}
METRICS = {
    **{name: ("counter", metric) for name, metric in counters.COUNTERS.items()},
    **{name: ("gauge", metric) for name, metric in (counters.GAUGES | STANDING).items()},
}

metrics = Blueprint("metrics", __name__)


def register(app: Flask) -> None:
    """Count every request, and serve `/metrics`."""
    app.before_request(_begin)
    app.after_request(_count)
    app.register_blueprint(metrics)


@metrics.get("/metrics")
def shown() -> Response:
    """Without the database or Redis it tells what is known without them."""
    found = _counted().read() | _workers(current_app.extensions["doorbell"])
    db: Database = current_app.extensions["db"]
    try:
        with db.read() as tx:
            found |= _standing(tx)
    except SQLAlchemyError:
        pass
    return Response(_text(found), mimetype="text/plain; version=0.0.4")


def _standing(tx: Session) -> dict[Series, float]:
    found: dict[Series, float] = {}
    now = clock.now()
    for job, depth in backlog.depths(tx).items():
        labels = (("job", job),)
        found["askfirst_outbox_rows", labels] = depth.open
        found["askfirst_outbox_dead_rows", labels] = depth.dead
        waits = (now - depth.oldest).total_seconds() if depth.oldest else 0.0
        found["askfirst_outbox_oldest_seconds", labels] = max(0.0, waits)
    for why, count in projects.paused(tx).items():
        found["askfirst_paused_projects", (("reason", why),)] = count
    for (kind, status), count in runs.live(tx).items():
        found["askfirst_live_runs", (("kind", kind), ("status", status))] = count
    return found


def _workers(doorbell: Doorbell) -> dict[Series, float]:
    return {
        ("askfirst_workers", (("queue", queue),)): count
        for queue, count in (doorbell.workers() or {}).items()
    }


def _begin() -> None:
    g.began = time.perf_counter()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    counters.add("askfirst_requests_total", route=route, status=str(response.status_code))
    counters.add("askfirst_request_seconds_total", time.perf_counter() - g.began, route=route)
    _counted().flush()
    return response


def _counted() -> Counted:
    kept: Counted = current_app.extensions["counted"]
    return kept


def _text(found: Mapping[Series, float]) -> str:
    """In Prometheus' own form.

    https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    lines = []
    for name, (kind, metric) in METRICS.items():
        lines += [f"# HELP {name} {metric.says}", f"# TYPE {name} {kind}"]
        for (_, labels), value in sorted(one for one in found.items() if one[0][0] == name):
            shown = ",".join(f"{label}={json.dumps(said)}" for label, said in labels)
            lines.append(f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}")
    return "\n".join([*lines, ""])
