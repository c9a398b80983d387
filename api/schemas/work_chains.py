"""The shapes of work chains."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import (
    AnsweringId,
    AnyCase,
    Body,
    ChainId,
    Ids,
    IssueId,
    PullRequest,
    Query,
    Short,
    Text,
    View,
)
from api.schemas.issues import IssueOut

Status = Literal["pending", "running", "paused", "completed", "failed", "cancelled"]
PausedReason = Literal["person", "needs_answer", "foreign_commit", "project"]
OnFailure = Literal["stop", "continue"]
ItemStatus = Literal["pending", "running", "waiting", "done", "no_change", "skipped", "failed"]


class ChainOut(View):
    id: str
    project_id: str
    title: str
    description: str
    status: Status
    paused_reason: PausedReason | None
    workflow_id: str
    github_repo_url: str = ""
    branch_name: str
    base_branch: str | None
    on_failure: OnFailure
    answering_session_id: str | None
    issue_count: int = 0
    completed_count: int = 0
    current_issue_id: str | None = None
    pull_request: PullRequest | None = None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class ChainIssueOut(IssueOut):
    """An issue and how far the chain is with it; `runId` is the chain's run."""

    position: int = 0
    item_status: ItemStatus = "pending"
    commit: str | None = None
    error: str | None = None


class ChainById(Query):
    id: ChainId


class NewChain(Body):
    title: Short
    issue_ids: Ids
    description: Text = ""
    workflow_id: Short = "default"
    github_repo_url: Short | None = None
    branch_name: Short | None = None
    base_branch: Short | None = None
    on_failure: Annotated[OnFailure, AnyCase] = "stop"
    answering_session_id: AnsweringId | None = None


class ChainNamed(Body):
    chain_id: ChainId


class ItemNamed(ChainNamed):
    issue_id: IssueId


class ItemSkipped(ItemNamed):
    """`reason`: what the chain's table says of it."""

    reason: Text | None = None
