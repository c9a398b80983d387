"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from flask import Blueprint, Response, current_app
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.limits import Limits
from bot.domain import projects
from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.migrate import is_current

health = Blueprint("health", __name__)


class Ready(BaseModel):
    """`database`: ok, or what is wrong. `redis` false: nothing is lost, work only starts later."""

    ready: bool
    database: str
    redis: bool


@health.get("/healthz")
def alive() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@health.get("/metrics")
def metrics() -> Response:
    """What this process has counted, and how the projects are, in Prometheus' text format."""
    limits: Limits = current_app.extensions["limits"]
    db: Database = current_app.extensions["db"]
    lines = [
        "# HELP askfirst_unlimited_requests_total Requests that passed unchecked, since Redis did not answer.",
        "# TYPE askfirst_unlimited_requests_total counter",
        f'askfirst_unlimited_requests_total{{pid="{os.getpid()}"}} {limits.unchecked}',
        "# HELP askfirst_paused_projects Projects in which nothing starts, by why.",
        "# TYPE askfirst_paused_projects gauge",
        *(
            f"askfirst_paused_projects{{reason={json.dumps(why)}}} {count}"
            for why, count in _paused(db).items()
        ),
    ]
    return Response("\n".join([*lines, ""]), mimetype="text/plain; version=0.0.4")


@health.get("/readyz")
def ready() -> Response:
    """503 until the database can be reached and is migrated."""
    database = _database(current_app.extensions["db"])
    answer = Ready(
        ready=database == "ok", database=database, redis=_redis(current_app.extensions["doorbell"])
    )
    status = 200 if answer.ready else 503
    return Response(answer.model_dump_json(), status, mimetype="application/json")


def _paused(db: Database) -> Mapping[str, int]:
    """None while the database cannot be asked: what this process has counted is told all the same."""
    try:
        with db.read() as tx:
            return projects.paused(tx)
    except SQLAlchemyError:
        return {}


def _database(db: Database) -> str:
    try:
        return "ok" if is_current(db) else "not migrated: run askfirst migrate"
    except SQLAlchemyError:
        return "cannot be reached: check DATABASE_URL"


def _redis(doorbell: Doorbell) -> bool:
    try:
        return bool(doorbell.redis.ping())
    except RedisError:
        return False
