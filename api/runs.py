"""Runs by REST."""

from __future__ import annotations

from api.routes import Call, Routes, shown
from api.schemas.runs import LogPart, NewRun, RunById, RunFilters, RunOut
from bot.domain import chains, runs
from bot.domain.pages import Page

routes = Routes()


@routes.get("/runs/list", scope="runs:read")
def list_(call: Call, query: RunFilters) -> Page[RunOut]:
    """The project's runs, newest first."""
    filters = query.model_dump(exclude={"limit", "cursor"})
    page = runs.listed(call.tx, call.project_id, filters, query.limit, call.after)
    return shown(page, RunOut.model_validate)


@routes.get("/runs/get", scope="runs:read")
def get(call: Call, query: RunById) -> RunOut:
    """One run."""
    return RunOut.model_validate(runs.get(call.tx, call.project_id, query.id))


@routes.get("/runs/log", scope="runs:read")
def log(call: Call, query: LogPart) -> bytes:
    """A run's log as text, from the byte `after` on."""
    run = runs.get(call.tx, call.project_id, query.id)
    return runs.log(call.tx, run.id, query.after)


@routes.post("/runs/create", scope="runs:write", status=201, starts=True)
def create(call: Call, body: NewRun) -> RunOut:
    """Make and start a chain of one issue."""
    return RunOut.model_validate(chains.fix(call.tx, call.project, body.issue_id, created_by=call.actor))
