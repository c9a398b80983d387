"""Comments on issues, and reactions to both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import Refused, at_most, invalid
from ..shapes.issues import comment_json, issue_json
from ..state import Actor, Comment, Issue, Reaction
from ..state_pulls import Review, ReviewComment
from .issues import LONGEST_BODY, changeable, require

if TYPE_CHECKING:
    from ..fake import FakeGitHub

MOST_COMMENTS = 2_500


def comment(fake: FakeGitHub, actor: Actor, issue: Issue, body: str) -> Comment:
    check_open_to(actor, issue)
    check_body(body)
    if len(issue.comments) >= MOST_COMMENTS:
        raise Refused(403, f"Commenting is disabled on issues with more than {MOST_COMMENTS} comments")
    now = fake.clock()
    new = Comment(fake.next_id(), issue, actor.account, body, now, now, actor.app)
    issue.comments.append(new)
    issue.updated_at = now
    _emit(fake, actor, "created", new)
    return new


def edit_comment(fake: FakeGitHub, actor: Actor, changed: Comment, body: str) -> None:
    check_own(actor, changed)
    check_body(body)
    if body == changed.body:
        return
    before, changed.body, changed.updated_at = changed.body, body, fake.clock()
    _emit(fake, actor, "edited", changed, changes={"body": {"from": before}})


def delete_comment(fake: FakeGitHub, actor: Actor, gone: Comment) -> None:
    check_own(actor, gone)
    gone.issue.comments.remove(gone)
    _emit(fake, actor, "deleted", gone)


def react(
    fake: FakeGitHub, actor: Actor, to: Issue | Comment | Review | ReviewComment, content: str
) -> tuple[Reaction, bool]:
    """The reaction, and whether it is new. GitHub sends no webhook for these."""
    check_open_to(actor, to if isinstance(to, Issue) else to.issue)
    same = (r for r in to.reactions if r.user is actor.account and r.content == content)
    if found := next(same, None):
        return found, False
    new = Reaction(fake.next_id(), actor.account, content, fake.clock())
    to.reactions.append(new)
    return new, True


def _emit(fake: FakeGitHub, actor: Actor, action: str, about: Comment, **content: Any) -> None:
    fake.webhooks.emit(
        actor,
        "issue_comment",
        action,
        about.issue.repository,
        issue=issue_json(fake, about.issue),
        comment=comment_json(fake, about),
        **content,
    )


def check_open_to(actor: Actor, issue: Issue) -> None:
    """Whether this actor may write below an issue or a pull request."""
    changeable(issue)
    require(actor, issue.repository, "read")
    if issue.locked and (actor.app or not issue.repository.lets(actor.account, "write")):
        raise Refused(403, "Unable to create comment because issue is locked.")


def check_own(actor: Actor, about: Comment | ReviewComment) -> None:
    """Whether this actor may edit or delete a comment: its author, or who may write."""
    changeable(about.issue)
    require(actor, about.issue.repository, "read" if about.user is actor.account else "write")


def check_body(body: str, resource: str = "IssueComment") -> None:
    """422 for a blank body, or one that is too long."""
    if not body.strip():
        raise invalid(resource, "data", "unprocessable", "Body cannot be blank")
    at_most(LONGEST_BODY, body, resource, "body")
