"""The shapes of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import AnyCase, Body, ChainId, IssueId, Offset, Paged, Query, RunId, SessionId, View

Kind = Literal["scan", "ask", "fix"]
Status = Literal["queued", "running", "completed", "failed", "cancelled"]
Outcome = Literal["done", "needs_answer", "no_change", "failed"]


class RunOut(View):
    id: str
    project_id: str
    kind: Kind
    status: Status
    issue_id: str | None
    chain_id: str | None
    session_id: str | None
    template_id: str
    outcome: Outcome | None
    summary: str | None
    error: str | None
    commit: str | None
    tokens: int
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
