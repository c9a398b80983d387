"""Opening, editing, closing and the other acts on issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import Refused, at_most, invalid
from ..shapes.accounts import user_json
from ..shapes.issues import issue_json
from ..shapes.pulls import full_pull_json
from ..shapes.repositories import repository_json
from ..state import Account, Actor, Issue, Repository
from ..state_pulls import PullRequest

if TYPE_CHECKING:
    from ..fake import FakeGitHub

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
REASONS = ("completed", "not_planned", "duplicate")


def allowed(actor: Actor, repository: Repository, role: str) -> bool:
    """Whether a person has this role; an App's permissions were checked where its token was."""
    return actor.app is not None or repository.lets(actor.account, role)


def require(actor: Actor, repository: Repository, role: str) -> None:
    if not allowed(actor, repository, "read"):
        raise Refused(404, "Not Found")
    if not allowed(actor, repository, role):
        raise Refused(403, f"Must have {role} rights to Repository.")


def unarchived(repository: Repository) -> None:
    if repository.archived:
        raise Refused(403, "Repository was archived so is read-only.")


def writable(repository: Repository) -> None:
    """403 for an archived repository, 410 for one without issues."""
    unarchived(repository)
    if not repository.has_issues:
        raise Refused(410, "Issues has been disabled in this repository.")


def changeable(issue: Issue) -> None:
    """The same for what is there; a pull request does not mind that issues are disabled."""
    (unarchived if isinstance(issue, PullRequest) else writable)(issue.repository)


def emit(fake: FakeGitHub, actor: Actor, action: str, issue: Issue, **content: Any) -> None:
    """Tell of an issue, or by `pull_request` of a pull request."""
    if isinstance(issue, PullRequest):
        event = "pull_request"
        content |= {"number": issue.number, "pull_request": full_pull_json(fake, issue)}
    else:
        event = "issues"
        content |= {"issue": issue_json(fake, issue)}
    fake.webhooks.emit(actor, event, action, issue.repository, **content)


def open_issue(
    fake: FakeGitHub, actor: Actor, repository: Repository, title: str, body: str | None = None
) -> Issue:
    require(actor, repository, "read")
    writable(repository)
    check_text(title, body)
    repository.last_number += 1
    now = fake.clock()
    issue = Issue(
        fake.next_id(), repository, repository.last_number, title, body, actor.account, now, now, actor.app
    )
    repository.issues[issue.number] = issue
    emit(fake, actor, "opened", issue)
    return issue


def edit_issue(fake: FakeGitHub, actor: Actor, issue: Issue, changes: dict[str, str | None]) -> None:
    """Set `title` and `body` where they differ; one `edited` event with what they were."""
    changeable(issue)
    require(actor, issue.repository, "read" if issue.user is actor.account else "write")
    after = {"title": issue.title, "body": issue.body} | changes
    check_text(after["title"], after["body"])
    before = {name: getattr(issue, name) for name, value in changes.items() if getattr(issue, name) != value}
    if not before:
        return
    for name in before:
        setattr(issue, name, changes[name])
    issue.updated_at = fake.clock()
    emit(
        fake, actor, "edited", issue, changes={name: {"from": value or ""} for name, value in before.items()}
    )


def close_issue(fake: FakeGitHub, actor: Actor, issue: Issue, reason: str = "completed") -> None:
    """Close, or give another reason to what is closed already."""
    changeable(issue)
    require(actor, issue.repository, "read" if issue.user is actor.account else "triage")
    if reason not in REASONS:
        raise invalid("Issue", "state_reason", "invalid")
    if isinstance(issue, PullRequest) and issue.state == "closed":
        return
    if (issue.state, issue.state_reason) != ("closed", reason):
        mark_closed(fake, actor, issue, reason)


def mark_closed(fake: FakeGitHub, actor: Actor, issue: Issue, reason: str = "completed") -> None:
    """Close without asking whether the actor may; pull requests have no reason."""
    now = fake.clock()
    issue.state, issue.updated_at = "closed", now
    issue.state_reason = None if isinstance(issue, PullRequest) else reason
    issue.closed_at, issue.closed_by = now, actor.account
    emit(fake, actor, "closed", issue)


def reopen_issue(fake: FakeGitHub, actor: Actor, issue: Issue) -> None:
    changeable(issue)
    own = issue.user is actor.account and issue.closed_by is actor.account
    require(actor, issue.repository, "read" if own else "triage")
    if issue.state == "open":
        return
    issue.state, issue.updated_at = "open", fake.clock()
    issue.state_reason = None if isinstance(issue, PullRequest) else "reopened"
    issue.closed_at = issue.closed_by = None
    emit(fake, actor, "reopened", issue)


def assign(fake: FakeGitHub, actor: Actor, issue: Issue, logins: list[str]) -> None:
    """Make these the assignees; who cannot be assigned is left out without a word, as GitHub does."""
    changeable(issue)
    require(actor, issue.repository, "triage")
    wanted = [
        fake.accounts[login.lower()] for login in dict.fromkeys(logins) if login.lower() in fake.accounts
    ]
    wanted = [account for account in wanted if issue.repository.lets(account, "triage")][:10]
    before, issue.assignees = issue.assignees, wanted
    for action, accounts in (("assigned", _less(wanted, before)), ("unassigned", _less(before, wanted))):
        for account in accounts:
            emit(fake, actor, action, issue, assignee=user_json(fake, account))


def lock(fake: FakeGitHub, actor: Actor, issue: Issue, reason: str | None = None) -> None:
    changeable(issue)
    require(actor, issue.repository, "write")
    issue.lock_reason = reason
    if not issue.locked:
        issue.locked = True
        emit(fake, actor, "locked", issue)


def unlock(fake: FakeGitHub, actor: Actor, issue: Issue) -> None:
    changeable(issue)
    require(actor, issue.repository, "write")
    if issue.locked:
        issue.locked, issue.lock_reason = False, None
        emit(fake, actor, "unlocked", issue)


def delete_issue(fake: FakeGitHub, actor: Actor, issue: Issue) -> None:
    changeable(issue)
    require(actor, issue.repository, "admin")
    del issue.repository.issues[issue.number]
    issue.repository.gone[issue.number] = None
    emit(fake, actor, "deleted", issue)


def transfer(fake: FakeGitHub, actor: Actor, issue: Issue, target: Repository) -> Issue:
    """Move to another repository of the owner; gives the new issue, to which the old number redirects."""
    source = issue.repository
    require(actor, source, "write")
    require(actor, target, "write")
    target.last_number += 1
    now = fake.clock()
    new = Issue(
        fake.next_id(),
        target,
        target.last_number,
        issue.title,
        issue.body,
        issue.user,
        issue.created_at,
        now,
        issue.app,
        issue.state,
        issue.state_reason,
        comments=issue.comments,
    )
    target.issues[new.number] = new
    del source.issues[issue.number]
    source.gone[issue.number] = new
    emit(
        fake,
        actor,
        "transferred",
        issue,
        changes={"new_issue": issue_json(fake, new), "new_repository": repository_json(fake, target)},
    )
    emit(
        fake,
        actor,
        "opened",
        new,
        changes={"old_issue": issue_json(fake, issue), "old_repository": repository_json(fake, source)},
    )
    for comment in new.comments:
        comment.issue = new
    return new


def check_text(title: str | None, body: str | None) -> None:
    """422 without a title, or when one of the two is too long."""
    if not title or not title.strip():
        raise invalid("Issue", "title", "missing_field")
    at_most(LONGEST_TITLE, title, "Issue", "title")
    at_most(LONGEST_BODY, body, "Issue", "body")


def _less(these: list[Account], those: list[Account]) -> list[Account]:
    return [account for account in these if account not in those]
