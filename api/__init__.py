"""The REST door: JSON in, JSON out, no rules."""

from __future__ import annotations

from flask import Flask

from api import (
    answering_sessions,
    auth,
    docs,
    errors,
    events,
    issue_sessions,
    issues,
    limits,
    metrics,
    project,
    request_ids,
    runs,
    session_questions,
    trash,
    whoami,
    work_chains,
)
from api.door import open_at
from api.health import health

ROUTES = (
    *issues.routes,
    *issue_sessions.routes,
    *answering_sessions.routes,
    *session_questions.routes,
    *work_chains.routes,
    *runs.routes,
    *events.routes,
    *trash.routes,
    *project.routes,
    *whoami.routes,
    *docs.routes,
)


def register(app: Flask) -> None:
    """Put every endpoint on the application, `/healthz`, `/readyz` and `/metrics`, and `/docs`."""
    app.url_map.merge_slashes = False  # a path with an empty part names nothing; it is not sent elsewhere
    for part in (request_ids, auth, limits, metrics, errors):
        part.register(app)
    for route in ROUTES:
        open_at(app, route, ROUTES)
    app.register_blueprint(health)
    docs.register(app, ROUTES)
