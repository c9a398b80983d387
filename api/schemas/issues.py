"""The shapes of issues."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import (
    AnyCase,
    Body,
    Confidence,
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
from api.schemas.shown import an_id, id_of, like
from bot.store.models import Issue

Priority = Literal["low", "medium", "high", "critical"]
Status = Literal["open", "running", "completed", "failed", "dismissed"]
Resolution = Literal["proposed", "merged", "closed", "gone", "not_planned", "duplicate", "false_positive"]


class Location(Part):
    path: Annotated[str, like("shop/cart.py")]
    start_line: Annotated[int, like(4)]
    end_line: Annotated[int, like(4)]
    commit: Annotated[str, like("5f0c3a9be1d24c7788f0a6b3c9d2e1f405a6b7c8")]


class Answer(Part):
    question: Annotated[str, like("May the default of `items` change?")]
    answer: Annotated[str, like("Yes, it may.")]


class Github(View):
    number: Annotated[int, like(7)]
    url: Annotated[str, like("https://github.com/mona/shop/issues/7")]
    state: Literal["open", "closed"]


class IssueOut(View):
    id: Annotated[str, id_of("iss")]
    project_id: Annotated[str, id_of("proj")]
    title: Annotated[str, like("The cart keeps its items between orders")]
    description: Annotated[str, like("`add` has a list as its default, so all calls share one cart.")]
    priority: Annotated[Priority, like("high")]
    status: Status
    suggested_prompt: str | None
    session_id: Annotated[str, id_of("is")] | None
    run_id: Annotated[str, id_of("run")] | None
    resolution: Resolution | None
    failure_reason: str | None
    labels: Annotated[list[str], like(["bug"])]
    locations: list[Location]
    rule: Annotated[str | None, like("B006")]
    evidence: Annotated[str | None, like("def add(item, cart=[]):")]
    confidence: Confidence | None
    autofix: Annotated[bool, like(True, "The built-in agent can fix it by itself.")]
    fingerprint: Annotated[
        str | None, Field(description="Constant for its life; null where no scan filed it.")
    ]
    answers: list[Answer]
    github: Github | None = None
    created_by: Annotated[str, like("key:ci")]
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
    q: Annotated[Words | None, Field(description="Words, or their beginnings, in the title.")] = None


class NewIssue(Body):
    title: Annotated[Short, like("The cart keeps its items between orders")]
    description: Text = ""
    priority: Annotated[Priority, AnyCase, like("high")] = "medium"
    suggested_prompt: Text | None = None
    session_id: SessionId | None = None


class IssueNamed(Body):
    issue_id: IssueId


class IssueChanges(IssueNamed):
    title: Annotated[Short, like("The cart is not emptied")] = unchanged()
    description: Text = unchanged()
    priority: Annotated[Priority, AnyCase, like("critical")] = unchanged()
    suggested_prompt: Text | None = unchanged()


class Dismissal(IssueNamed):
    """`comment` is said on the GitHub issue."""

    reason: Annotated[Literal["not_planned", "duplicate", "false_positive"], AnyCase] = "not_planned"
    comment: Annotated[Text | None, like("That is on purpose.")] = None


class RunLink(IssueNamed):
    run_id: Annotated[Short, like(an_id("run"))]


class IssuesNamed(Body):
    issue_ids: Annotated[Ids, like([an_id("iss")])]
