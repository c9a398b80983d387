"""The REST door: JSON in, JSON out, no rules."""

from __future__ import annotations

from flask import Flask

from api import auth, errors, issue_sessions, issues, request_ids, runs, whoami
from api.door import open_at
from api.health import health

ROUTES = (*issues.routes, *issue_sessions.routes, *runs.routes, *whoami.routes)


def register(app: Flask) -> None:
    """Put every endpoint on the application, and `/healthz` and `/readyz`."""
    for part in (request_ids, auth, errors):
        part.register(app)
    for route in ROUTES:
        open_at(app, route)
    app.register_blueprint(health)
