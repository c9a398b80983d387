"""What the fake GitHub remembers of pull requests: reviews, their threads, and checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .state import Account, App, Issue, Reaction, Repository


@dataclass(eq=False, kw_only=True)
class PullRequest(Issue):
    """Also an issue: it has an issue's number, comments, labels and lock."""

    pull_id: int
    head_repository: Repository
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    reviews: list[Review] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)

    @property
    def head_label(self) -> str:
        return f"{self.head_repository.owner.login}:{self.head_ref}"

    @property
    def review_comments(self) -> list[ReviewComment]:
        """Of all threads, oldest first."""
        every = [comment for thread in self.threads for comment in thread.comments]
        return sorted(every, key=lambda comment: comment.id)


@dataclass(eq=False)
class Review:
    id: int
    pull: PullRequest
    user: Account
    state: str  # COMMENTED, APPROVED, CHANGES_REQUESTED or DISMISSED
    body: str
    commit: str
    submitted_at: datetime
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def issue(self) -> PullRequest:
        return self.pull


@dataclass(frozen=True)
class Place:
    """Where a comment stands in a diff; a line of None is the whole file."""

    path: str
    line: int | None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None


@dataclass(eq=False)
class Thread:
    id: int
    pull: PullRequest
    original: Place
    original_commit: str
    commit: str  # the newest in which the place is known
    place: Place | None  # None: outdated
    hunk: str
    position: int | None
    top: int = 0  # id of the comment that the others answer
    comments: list[ReviewComment] = field(default_factory=list)
    resolved_by: Account | None = None

    @property
    def outdated(self) -> bool:
        return self.place is None


@dataclass(eq=False)
class ReviewComment:
    id: int
    thread: Thread
    review: Review
    user: Account
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def issue(self) -> PullRequest:
        return self.thread.pull


@dataclass(eq=False)
class CheckRun:
    id: int
    repository: Repository
    app: App
    name: str
    head_sha: str
    started_at: datetime | None
    status: str = "queued"
    conclusion: str | None = None
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str | None = None
    output: dict[str, Any] = field(default_factory=dict)  # title, summary, text
    annotations: list[dict[str, Any]] = field(default_factory=list)
