"""Comments on lines of a diff, and the threads that they start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..changes import files_of
from ..diffs import FileDiff, Hunk
from ..errors import Refused, at_most
from ..shapes.pulls import pull_json
from ..shapes.reviews import review_comment_json, thread_json
from ..state import Actor
from ..state_pulls import Place, PullRequest, Review, ReviewComment, Thread
from .comments import check_body, check_own
from .issues import LONGEST_BODY, changeable, require

if TYPE_CHECKING:
    from ..fake import FakeGitHub


@dataclass(frozen=True)
class Draft:
    """A comment to be made; a line of None is the whole file."""

    path: str
    body: str
    line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    start_side: str | None = None
    on_file: bool = False


Placed = tuple[Place, str, int | None]  # with the `diff_hunk` and the position


def place_of(pull: PullRequest, draft: Draft) -> Placed:
    """Where a comment would stand; 422 when that is not part of the diff."""
    if not draft.body.strip():
        raise _outside("body can't be blank")
    at_most(LONGEST_BODY, draft.body, "PullRequestReviewComment", "body")
    file = next((file for file in files_of(pull) if file.path == draft.path), None)
    if file is None:
        raise Refused(422, "Unprocessable Entity", ["Path could not be resolved"])
    if draft.on_file:
        return Place(draft.path, None), (file.patch or "").split("\n")[0], None
    hunk, index = _line(file, draft.line, draft.side)
    start_side = draft.start_side or (draft.side if draft.start_line else None)
    if draft.start_line is not None:
        if draft.start_line >= (draft.line or 0) and start_side == draft.side:
            raise _outside("start_line must precede the end line.")
        if hunk.index(start_side or draft.side, draft.start_line) is None:
            raise _outside("start_line must be part of the same hunk as the line.")
    place = Place(draft.path, draft.line, draft.side, draft.start_line, start_side)
    return place, hunk.up_to(index), file.position(hunk, index)


def start_thread(
    fake: FakeGitHub,
    actor: Actor,
    review: Review,
    place: Place,
    hunk: str,
    position: int | None,
    body: str,
) -> Thread:
    pull = review.pull
    thread = Thread(fake.next_id(), pull, place, pull.head_sha, pull.head_sha, place, hunk, position)
    pull.threads.append(thread)
    thread.top = add_comment(fake, actor, review, thread, body).id
    return thread


def add_comment(fake: FakeGitHub, actor: Actor, review: Review, thread: Thread, body: str) -> ReviewComment:
    """A comment that nobody was told of yet."""
    now = fake.clock()
    new = ReviewComment(fake.next_id(), thread, review, actor.account, body, now, now, actor.app)
    thread.comments.append(new)
    return new


def edit_comment(fake: FakeGitHub, actor: Actor, changed: ReviewComment, body: str) -> None:
    check_own(actor, changed)
    check_body(body, "PullRequestReviewComment")
    if body != changed.body:
        before, changed.body, changed.updated_at = changed.body, body, fake.clock()
        tell_comment(fake, actor, "edited", changed, changes={"body": {"from": before}})


def delete_comment(fake: FakeGitHub, actor: Actor, gone: ReviewComment) -> None:
    """Replies stay; a thread without comments is gone."""
    check_own(actor, gone)
    gone.thread.comments.remove(gone)
    if not gone.thread.comments:
        gone.issue.threads.remove(gone.thread)
    tell_comment(fake, actor, "deleted", gone)


def set_resolved(fake: FakeGitHub, actor: Actor, thread: Thread, resolved: bool) -> None:
    pull = thread.pull
    changeable(pull)
    require(actor, pull.repository, "read" if pull.user is actor.account else "write")
    if bool(thread.resolved_by) == resolved:
        return
    thread.resolved_by = actor.account if resolved else None
    fake.webhooks.emit(
        actor,
        "pull_request_review_thread",
        "resolved" if resolved else "unresolved",
        pull.repository,
        pull_request=pull_json(fake, pull),
        thread=thread_json(fake, thread),
    )


def tell_comment(fake: FakeGitHub, actor: Actor, action: str, about: ReviewComment, **content: Any) -> None:
    fake.webhooks.emit(
        actor,
        "pull_request_review_comment",
        action,
        about.issue.repository,
        comment=review_comment_json(fake, about),
        pull_request=pull_json(fake, about.issue),
        **content,
    )


def _line(file: FileDiff, line: int | None, side: str) -> tuple[Hunk, int]:
    found = file.find(side, line) if line is not None and side in ("LEFT", "RIGHT") else None
    if found is None:
        raise _outside("line must be part of the diff")
    return found


def _outside(what: str) -> Refused:
    return Refused(422, "Unprocessable Entity", [f"Pull request review thread {what}"])
