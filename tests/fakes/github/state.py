"""What the fake GitHub remembers: plain objects, no behaviour beyond looking things up."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gitstore import BareRepository
    from .state_pulls import CheckRun, PullRequest

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
Deliver = Callable[[str, dict[str, str], bytes], int]


@dataclass(eq=False)
class Account:
    id: int
    login: str
    type: str  # User, Organization or Bot
    created_at: datetime
    name: str | None = None
    members: set[str] = field(default_factory=set)  # logins; organisations only
    base_role: str = "read"  # what membership alone gives; organisations only

    def is_run_by(self, person: Account) -> bool:
        """One's own account, or an organisation that one is a member of: there one may make and install Apps."""
        return person is self or person.login in self.members


@dataclass(eq=False)
class App:
    id: int
    slug: str
    client_id: str
    private_key: str  # PEM
    public_key: Any
    webhook_secret: str
    permissions: dict[str, str]
    events: list[str]
    bot: Account
    owner: Account
    created_at: datetime
    deliver: Deliver | None = None
    webhook_url: str = ""  # where the App says it listens; `deliver` does the sending
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    callback_urls: list[str] = field(default_factory=list)  # none listed: any will do
    setup_url: str = ""  # where people are sent who have installed it
    public: bool = True  # False: only its owner may install it
    name: str = ""  # empty: the slug

    @property
    def title(self) -> str:
        return self.name or self.slug


@dataclass(eq=False)
class Installation:
    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    repositories: set[int] | None  # ids; None means all of the account's
    created_at: datetime
    suspended_at: datetime | None = None
    suspended_by: Account | None = None
    rate_limit: int = 5000
    rate_used: int = 0
    rate_reset: datetime | None = None

    @property
    def selection(self) -> str:
        return "all" if self.repositories is None else "selected"

    def covers(self, repository: Repository) -> bool:
        if repository.owner is not self.account:
            return False
        return self.repositories is None or repository.id in self.repositories


@dataclass(eq=False)
class Token:
    value: str
    installation: Installation
    permissions: dict[str, str]
    repositories: set[int] | None  # None: whatever the installation covers
    expires_at: datetime

    def covers(self, repository: Repository) -> bool:
        if self.repositories is not None and repository.id not in self.repositories:
            return False
        return self.installation.covers(repository)


@dataclass(eq=False)
class UserToken:
    """With which an App acts for a person who signed in with it."""

    value: str
    app: App
    account: Account
    expires_at: datetime


@dataclass(frozen=True)
class Actor:
    """Who does something: a person, or an App's bot under one of its installations."""

    account: Account
    app: App | None = None
    installation: Installation | None = None


@dataclass(eq=False)
class Collaborator:
    role: str  # one of ROLES
    role_name: str  # the same, or a custom role's name


@dataclass(eq=False)
class Label:
    id: int
    name: str
    color: str
    description: str | None = None


@dataclass(eq=False)
class Reaction:
    id: int
    user: Account
    content: str
    created_at: datetime


@dataclass(eq=False)
class Comment:
    id: int
    issue: Issue
    user: Account
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class Issue:
    id: int
    repository: Repository
    number: int
    title: str
    body: str | None
    user: Account
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: Account | None = None
    locked: bool = False
    lock_reason: str | None = None
    labels: list[Label] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class Repository:
    id: int
    owner: Account
    name: str
    private: bool
    created_at: datetime
    git: BareRepository
    description: str | None = None
    has_issues: bool = True
    archived: bool = False
    pushed_at: datetime | None = None
    collaborators: dict[str, Collaborator] = field(default_factory=dict)  # by login, lower case
    labels: list[Label] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    gone: dict[int, Issue | None] = field(default_factory=dict)  # deleted: None; transferred: its new self
    last_number: int = 0
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    checks: list[CheckRun] = field(default_factory=list)
    parent: Repository | None = None  # what this is a fork of
    takes_drafts: bool = True  # some plans of private repositories have no draft pull requests
    guarded: dict[str, str] = field(default_factory=dict)  # branch to GH006 (protected) or GH013 (a ruleset)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def commit(self, files: dict[str, str | bytes | None], message: str, branch: str | None = None) -> str:
        """Commit files (None deletes one) on a branch, by default the main one; gives the sha. No event, not even
        for a pull request of that branch: a person `pushes`."""
        return self.git.commit(files, message, branch)

    def numbered(self, number: int) -> Issue | None:
        """The issue or the pull request with this number; they share one row of numbers."""
        return self.issues.get(number) or self.pulls.get(number)

    def protect(self, branch: str) -> None:
        """Changes of this branch must come by pull request: a branch protection rule."""
        self.guarded[branch] = "GH006"

    def add_ruleset(self, branch: str) -> None:
        """The same by a ruleset, which answers in other words."""
        self.guarded[branch] = "GH013"

    def add_collaborator(self, person: Any, role: str, role_name: str | None = None) -> None:
        """Give a person a role; `role_name` makes it a custom role that inherits from `role`."""
        if role not in ROLES:
            raise ValueError(f"{role} is not one of {', '.join(ROLES)}")
        self.collaborators[person.login.lower()] = Collaborator(role, role_name or role)

    def role_of(self, account: Account) -> str:
        """The role that GitHub would work out for this account."""
        if account is self.owner:
            return "admin"
        roles = ["read" if not self.private else "none"]
        if account.login in self.owner.members:
            roles.append(self.owner.base_role)
        if collaborator := self.collaborators.get(account.login.lower()):
            roles.append(collaborator.role)
        return max(roles, key=ROLES.index)

    def lets(self, account: Account, role: str) -> bool:
        return ROLES.index(self.role_of(account)) >= ROLES.index(role)

    def label(self, name: str) -> Label | None:
        return next((label for label in self.labels if label.name.lower() == name.lower()), None)
