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
from api.schemas.shown import an_id, id_of, like

Status = Literal["pending", "running", "paused", "completed", "failed", "cancelled"]
PausedReason = Literal["person", "needs_answer", "foreign_commit", "project"]
OnFailure = Literal["stop", "continue"]
ItemStatus = Literal["pending", "running", "waiting", "done", "no_change", "skipped", "failed"]


class ChainOut(View):
    id: Annotated[str, id_of("wc")]
    project_id: Annotated[str, id_of("proj")]
    title: Annotated[str, like("Tidy the cart")]
    description: Annotated[str, like("")]
    status: Status
    paused_reason: PausedReason | None
    workflow_id: Annotated[str, like("default")]
    github_repo_url: Annotated[str, like("https://github.com/mona/shop")] = ""
    branch_name: Annotated[str, like(f"askfirst/{an_id('wc')}")]
    base_branch: str | None
    on_failure: OnFailure
    answering_session_id: Annotated[str, id_of("as")] | None
    issue_count: Annotated[int, like(2)] = 0
    completed_count: Annotated[int, like(0)] = 0
    current_issue_id: Annotated[str, id_of("iss")] | None = None
    pull_request: PullRequest | None = None
    error: str | None
    tokens: Annotated[int, like(0)]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class ChainIssueOut(IssueOut):
    """An issue and how far the chain is with it; `runId` is the chain's run."""

    position: Annotated[int, like(1)] = 0
    item_status: ItemStatus = "pending"
    commit: str | None = None
    error: str | None = None


class ChainById(Query):
    id: ChainId


class NewChain(Body):
    title: Annotated[Short, like("Tidy the cart")]
    issue_ids: Annotated[Ids, like([an_id("iss")])]
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

    reason: Annotated[Text | None, like("It waits for the next release.")] = None
