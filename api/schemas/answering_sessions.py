"""The shapes of answering sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import AnsweringId, AnyCase, Body, Ids, Paged, PullRequest, Query, SessionId, View

Status = Literal["pending", "active", "reviewed", "completed", "archived"]


class AnsweringOut(View):
    id: str
    issue_session_id: str | None
    project_id: str
    status: Status
    question_count: int = 0
    reviewed_count: int = 0
    created_at: datetime
    completed_at: datetime | None
    pull_request: PullRequest | None = None
    answers_digest: str | None
    error: str | None
    run_id: str | None


class AnsweringById(Query):
    id: AnsweringId


class AnsweringFilters(Paged):
    issue_session_id: SessionId | None = None
    status: Annotated[Status | None, AnyCase] = None


class NewAnswering(Body):
    """Exactly one of the first two is needed."""

    issue_session_id: SessionId | None = None
    issue_ids: Ids | None = None
    pull_request_number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    max_questions: Annotated[int, Field(ge=1, le=50)] | None = None


class AnsweringNamed(Body):
    id: AnsweringId


class NewStatus(AnsweringNamed):
    status: Annotated[Status, AnyCase]
