"""The shapes of issues."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import (
    AnyCase,
    Body,
    Ids,
    IssueId,
    Paged,
    Part,
    Query,
    SessionId,
    Short,
    Text,
    View,
    Words,
    unchanged,
)
from bot.store.models import Issue

Priority = Literal["low", "medium", "high", "critical"]
Status = Literal["open", "running", "completed", "failed", "dismissed"]
Resolution = Literal["proposed", "merged", "closed", "gone", "not_planned", "duplicate", "false_positive"]


class Location(Part):
    path: str
    start_line: int
    end_line: int
    commit: str


class Answer(Part):
    question: str
    answer: str


class Github(View):
    number: int
    url: str
    state: str


class IssueOut(View):
    id: str
    project_id: str
    title: str
    description: str
    priority: Priority
    status: Status
    suggested_prompt: str | None
    session_id: str | None
    run_id: str | None
    resolution: Resolution | None
    failure_reason: str | None
    labels: list[str]
    locations: list[Location]
    rule: str | None
    evidence: str | None
    confidence: str | None
    autofix: bool
    fingerprint: str | None
    answers: list[Answer]
    github: Github | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


def issue_out(issue: Issue) -> IssueOut:
    """The issue as callers see it."""
    out = IssueOut.model_validate(issue)
    if issue.github_number and issue.github_url and issue.shown:
        out.github = Github(number=issue.github_number, url=issue.github_url, state=issue.shown["state"])
    return out


class IssueById(Query):
    id: IssueId


class IssueFilters(Paged):
    status: Annotated[Status | None, AnyCase] = None
    session_id: SessionId | None = None
    priority: Annotated[Priority | None, AnyCase] = None
    q: Words | None = None


class NewIssue(Body):
    title: Short
    description: Text = ""
    priority: Annotated[Priority, AnyCase] = "medium"
    suggested_prompt: Text | None = None
    session_id: SessionId | None = None


class IssueNamed(Body):
    issue_id: IssueId


class IssueChanges(IssueNamed):
    title: Short = unchanged()
    description: Text = unchanged()
    priority: Annotated[Priority, AnyCase] = unchanged()
    suggested_prompt: Text | None = unchanged()


class Dismissal(IssueNamed):
    """`comment` is said on the GitHub issue."""

    reason: Annotated[Literal["not_planned", "duplicate", "false_positive"], AnyCase] = "not_planned"
    comment: Text | None = None


class RunLink(IssueNamed):
    run_id: Short


class IssuesNamed(Body):
    issue_ids: Ids
