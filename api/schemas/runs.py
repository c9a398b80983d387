"""The shapes of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import AnyCase, Body, ChainId, IssueId, Offset, Paged, Query, RunId, SessionId, View
from api.schemas.shown import id_of, like

Kind = Literal["scan", "ask", "fix"]
Status = Literal["queued", "running", "completed", "failed", "cancelled"]
Outcome = Literal["done", "needs_answer", "no_change", "failed"]


class RunOut(View):
    id: Annotated[str, id_of("run")]
    project_id: Annotated[str, id_of("proj")]
    kind: Kind
    status: Status
    issue_id: Annotated[str, id_of("iss")] | None
    chain_id: Annotated[str, id_of("wc")] | None
    session_id: Annotated[str, id_of("is", "as")] | None
    template_id: Annotated[str, like("base")]
    outcome: Outcome | None
    summary: str | None
    error: str | None
    commit: str | None
    tokens: Annotated[int, like(0)]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class RunById(Query):
    id: RunId


class LogPart(RunById):
    """`after`: the byte to start at, which is what was read so far."""

    after: Offset = 0


class RunFilters(Paged):
    issue_id: IssueId | None = None
    chain_id: ChainId | None = None
    session_id: SessionId | None = None
    kind: Annotated[Kind | None, AnyCase] = None
    status: Annotated[Status | None, AnyCase] = None


class NewRun(Body):
    issue_id: IssueId
