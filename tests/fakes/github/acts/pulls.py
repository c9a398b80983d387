"""Opening pull requests, changing and reopening them; forks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Refused, invalid
from ..merging import contains, merge_base
from ..state import Actor, Issue, Repository
from ..state_pulls import PullRequest
from . import issues
from .following import set_head
from .issues import check_text, emit, require, unarchived

if TYPE_CHECKING:
    from ..fake import FakeGitHub

NO_DRAFTS = "Draft pull requests are not supported in this repository."


def open_pull(
    fake: FakeGitHub,
    actor: Actor,
    repository: Repository,
    head: str,
    base: str,
    title: str,
    body: str | None = None,
    draft: bool = False,
) -> PullRequest:
    """`head` is a branch, or `owner:branch` of this repository or of a fork."""
    require(actor, repository, "read")
    unarchived(repository)
    source, branch = _source(fake, repository, head)
    require(actor, source, "write")
    check_text(title, body)
    base_sha = _tip(repository, base, "base")
    head_sha = _tip(source, branch, "head")
    if draft and not repository.takes_drafts:
        raise Refused(422, NO_DRAFTS)
    now = fake.clock()
    pull = PullRequest(
        id=fake.next_id(),
        repository=repository,
        number=repository.last_number + 1,
        title=title,
        body=body,
        user=actor.account,
        created_at=now,
        updated_at=now,
        app=actor.app,
        pull_id=fake.next_id(),
        head_repository=source,
        head_ref=branch,
        head_sha=head_sha,
        base_ref=base,
        base_sha=base_sha,
        draft=draft,
    )
    _alone(pull)
    set_head(pull, head_sha)
    _ahead(pull)
    repository.last_number = pull.number
    repository.pulls[pull.number] = pull
    emit(fake, actor, "opened", pull)
    return pull


def change_base(fake: FakeGitHub, actor: Actor, pull: PullRequest, base: str) -> None:
    require(actor, pull.repository, "read" if pull.user is actor.account else "write")
    if base == pull.base_ref:
        return
    if pull.state == "closed":
        raise _custom("Cannot change the base branch of a closed pull request.")
    before = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_sha, pull.base_ref, pull.updated_at = _tip(pull.repository, base, "base"), base, fake.clock()
    emit(fake, actor, "edited", pull, changes={"base": before})


def set_draft(fake: FakeGitHub, actor: Actor, pull: PullRequest, draft: bool) -> None:
    """Mark ready for review, or take back to draft."""
    require(actor, pull.repository, "read" if pull.user is actor.account else "write")
    if draft and not pull.repository.takes_drafts:
        raise Refused(422, NO_DRAFTS)
    if pull.draft == draft or pull.state == "closed":
        return
    pull.draft, pull.updated_at = draft, fake.clock()
    emit(fake, actor, "converted_to_draft" if draft else "ready_for_review", pull)


def reopen(fake: FakeGitHub, actor: Actor, issue: Issue) -> None:
    """Reopen an issue, or a pull request whose branches are still there."""
    if isinstance(issue, PullRequest) and issue.state == "closed":
        heads = issue.head_repository.git.refs()
        if issue.merged_at or f"refs/heads/{issue.head_ref}" not in heads:
            raise _custom("state cannot be changed. The branch was merged or deleted.")
        _alone(issue)
        set_head(issue, heads[f"refs/heads/{issue.head_ref}"])
    issues.reopen_issue(fake, actor, issue)


def _source(fake: FakeGitHub, repository: Repository, head: str) -> tuple[Repository, str]:
    owner, _, branch = head.rpartition(":")
    if owner.lower() in ("", repository.owner.login.lower()):
        return repository, branch
    forks = (one for one in fake.repositories.values() if one.parent is repository)
    found = next((one for one in forks if one.owner.login.lower() == owner.lower()), None)
    if found is None:
        raise invalid("PullRequest", "head", "invalid")
    return found, branch


def _tip(repository: Repository, branch: str, end: str) -> str:
    sha = repository.git.refs().get(f"refs/heads/{branch}")
    if sha is None:
        raise invalid("PullRequest", end, "invalid")
    return sha


def _alone(pull: PullRequest) -> None:
    for other in pull.repository.pulls.values():
        same = (other.head_label, other.base_ref) == (pull.head_label, pull.base_ref)
        if same and other.state == "open" and other is not pull:
            raise _custom(f"A pull request already exists for {pull.head_label}.")


def _ahead(pull: PullRequest) -> None:
    git = pull.repository.git
    if merge_base(git, pull.base_sha, pull.head_sha) is None:
        raise _custom(f"The {pull.head_ref} branch has no history in common with {pull.base_ref}")
    if contains(git, pull.base_sha, pull.head_sha):
        raise _custom(f"No commits between {pull.base_ref} and {pull.head_ref}")


def _custom(message: str) -> Refused:
    error = {"resource": "PullRequest", "code": "custom", "message": message}
    return Refused(422, "Validation Failed", [error])
