"""The fields that we read of GitHub's webhook payloads, as small models; everything else is left alone.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class User(_Part):
    """Somebody: a person, a bot or an organisation. Logins change hands, the id does not."""

    id: int
    login: str
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        """Whether an App or a machine account of GitHub is speaking."""
        return self.type == "Bot" or self.login.endswith("[bot]")


class ShortRepository(_Part):
    """A repository as the installation events name it."""

    id: int
    name: str
    full_name: str
    private: bool = False


class Repository(ShortRepository):
    """A repository as all other events carry it."""

    owner: User
    default_branch: str = "main"
    archived: bool = False
    has_issues: bool = True


class Label(_Part):
    """A label on an issue."""

    name: str


class Via(_Part):
    """The App that something was written through."""

    id: int


class Issue(_Part):
    """An issue, or a pull request seen as one."""

    id: int
    node_id: str
    number: int
    title: str
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    labels: tuple[Label, ...] = ()
    user: User | None = None
    locked: bool = False
    html_url: str
    updated_at: datetime
    pull_request: dict[str, Any] | None = None
    performed_via_github_app: Via | None = None


class Comment(_Part):
    """A comment on an issue or on a pull request's conversation."""

    id: int
    node_id: str
    body: str | None = None
    user: User | None = None
    html_url: str
    created_at: datetime
    updated_at: datetime
    performed_via_github_app: Via | None = None


class HeadRepository(_Part):
    """Where a pull request's branch lives: here, or in a fork."""

    id: int
    full_name: str = ""


class End(_Part):
    """A branch of a pull request and the commit it is at; no repository where the fork was deleted."""

    ref: str
    sha: str
    repo: HeadRepository | None = None


class ShortPullRequest(_Part):
    """A pull request as the events of reviews and comments carry it."""

    id: int
    node_id: str
    number: int
    title: str = ""
    body: str | None = None
    state: str = "open"
    draft: bool = False
    merged_at: datetime | None = None
    user: User | None = None
    head: End
    base: End
    html_url: str

    @property
    def from_fork(self) -> bool:
        """Whether the branch is in another repository, where nothing of ours is ever pushed."""
        return self.head.repo is None or self.base.repo is None or self.head.repo.id != self.base.repo.id


class PullRequest(ShortPullRequest):
    """A pull request as its own events carry it."""

    merged: bool = False
    merged_by: User | None = None


class Review(_Part):
    """A review; `state` is in lower case: commented, approved, changes_requested, dismissed."""

    id: int
    node_id: str
    body: str | None = None
    state: str
    user: User | None = None
    html_url: str
    submitted_at: datetime | None = None


class ReviewComment(_Part):
    """A comment on a line; `in_reply_to_id` is the first one of its thread, `line` None where a push changed it."""

    id: int
    node_id: str
    in_reply_to_id: int | None = None
    pull_request_review_id: int | None = None
    body: str | None = None
    user: User | None = None
    path: str
    line: int | None = None
    html_url: str
    created_at: datetime
    updated_at: datetime

    @property
    def thread_id(self) -> int:
        """The id of the comment that its thread begins with."""
        return self.in_reply_to_id or self.id


class CheckRun(_Part):
    """A check run, of any App."""

    id: int
    name: str
    head_sha: str
    external_id: str | None = None
    status: str
    conclusion: str | None = None
    app: Via | None = None


class InstallationRef(_Part):
    """Which installation an event was sent for."""

    id: int


class Installation(InstallationRef):
    """An installation, in its own events."""

    app_id: int
    account: User
    repository_selection: str = "all"
    suspended_at: datetime | None = None


class Was(_Part):
    """What a changed field said before."""

    source: str | None = Field(default=None, alias="from")


class Moved(_Part):
    """Where a transferred issue is now."""

    new_issue: Issue | None = None
    new_repository: Repository | None = None


class Changes(Moved):
    """What an edit or a transfer changed."""

    title: Was | None = None
    body: Was | None = None


class Event(_Part):
    """What all events have. Organisation hooks and some old payloads lack parts of it."""

    action: str = ""
    sender: User | None = None
    installation: InstallationRef | None = None


class IssuesEvent(Event):
    """`issues`: opened, edited, closed, reopened, labeled, unlabeled, deleted, transferred, locked …"""

    issue: Issue
    repository: Repository
    label: Label | None = None
    changes: Changes | None = None


class IssueCommentEvent(Event):
    """`issue_comment`: created, edited, deleted; on issues and on pull requests."""

    issue: Issue
    comment: Comment
    repository: Repository
    changes: Changes | None = None


class PullRequestEvent(Event):
    """`pull_request`: opened, edited, synchronize, closed, reopened, ready_for_review, converted_to_draft …

    Of `synchronize`, `before` and `after` are the head's commits.
    """

    number: int
    pull_request: PullRequest
    repository: Repository
    changes: Changes | None = None
    before: str | None = None
    after: str | None = None


class PullRequestReviewEvent(Event):
    """`pull_request_review`: submitted, edited, dismissed."""

    review: Review
    pull_request: ShortPullRequest
    repository: Repository
    changes: Changes | None = None


class PullRequestReviewCommentEvent(Event):
    """`pull_request_review_comment`: created, edited, deleted; replies in threads among them."""

    comment: ReviewComment
    pull_request: ShortPullRequest
    repository: Repository
    changes: Changes | None = None


class CheckRunEvent(Event):
    """`check_run`: created, completed, rerequested (a person asks for it again), requested_action."""

    check_run: CheckRun
    repository: Repository


class PushEvent(Event):
    """`push`: a branch or tag was made, moved or deleted; commits that are not there are all zeros."""

    ref: str
    before: str
    after: str
    created: bool = False
    deleted: bool = False
    forced: bool = False
    repository: Repository

    @property
    def branch(self) -> str | None:
        """The branch's name; None for a tag."""
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None


class InstallationEvent(Event):
    """`installation`: created, deleted, suspend, unsuspend, new_permissions_accepted."""

    installation: Installation
    repositories: tuple[ShortRepository, ...] = ()


class InstallationRepositoriesEvent(Event):
    """`installation_repositories`: added, removed."""

    installation: Installation
    repositories_added: tuple[ShortRepository, ...] = ()
    repositories_removed: tuple[ShortRepository, ...] = ()


class InstallationTargetEvent(Event):
    """`installation_target`: renamed; `account` is what it is called now."""

    account: User
    installation: InstallationRef


class RepositoryEvent(Event):
    """`repository`: renamed, transferred, archived, unarchived, privatized, publicized, edited, deleted …"""

    repository: Repository


class PingEvent(Event):
    """`ping`: GitHub tries a new hook."""

    zen: str = ""
    hook_id: int | None = None


EVENTS: dict[str, type[Event]] = {
    "issues": IssuesEvent,
    "issue_comment": IssueCommentEvent,
    "installation": InstallationEvent,
    "installation_repositories": InstallationRepositoriesEvent,
    "installation_target": InstallationTargetEvent,
    "ping": PingEvent,
    "pull_request": PullRequestEvent,
    "pull_request_review": PullRequestReviewEvent,
    "pull_request_review_comment": PullRequestReviewCommentEvent,
    "check_run": CheckRunEvent,
    "push": PushEvent,
    "repository": RepositoryEvent,
}


def parse(event_name: str, payload: Any) -> Event | None:
    """The event, or None for one that we do not read; a ValueError where a field that we read is wrong."""
    model = EVENTS.get(event_name)
    return None if model is None else model.model_validate(payload)
