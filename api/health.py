"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.migrate import is_current

health = Blueprint("health", __name__)


class Ready(BaseModel):
    """`database`: ok, or what is wrong. `redis` false: nothing is lost, work only starts later.

    `workers`: how many processes take jobs, by queue; None where Redis cannot tell.
    """

    ready: bool
    database: str
    redis: bool
    workers: dict[str, int] | None


@health.get("/healthz")
def alive() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@health.get("/readyz")
def ready() -> Response:
    """503 until the database can be reached and is migrated: this process needs nothing else to answer."""
    database = _database(current_app.extensions["db"])
    doorbell: Doorbell = current_app.extensions["doorbell"]
    workers = doorbell.workers()
    answer = Ready(ready=database == "ok", database=database, redis=workers is not None, workers=workers)
    status = 200 if answer.ready else 503
    return Response(answer.model_dump_json(), status, mimetype="application/json")


def _database(db: Database) -> str:
    try:
        return "ok" if is_current(db) else "not migrated: run askfirst migrate"
    except SQLAlchemyError:
        return "cannot be reached: check DATABASE_URL"
