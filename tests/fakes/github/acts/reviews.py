"""Reviews with their comments, all or nothing, and what becomes of a review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import Refused, at_most
from ..shapes.pulls import pull_json
from ..shapes.reviews import review_json
from ..state import Actor
from ..state_pulls import PullRequest, Review
from .comments import check_open_to
from .issues import LONGEST_BODY, changeable, require
from .threads import Draft, place_of, start_thread, tell_comment

if TYPE_CHECKING:
    from ..fake import FakeGitHub

STATES = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}


def review(
    fake: FakeGitHub,
    actor: Actor,
    pull: PullRequest,
    event: str,
    body: str = "",
    comments: list[Draft] | None = None,
    commit: str | None = None,
) -> Review:
    """Submit a review. A comment outside the diff refuses all of it."""
    check_open_to(actor, pull)
    at_most(LONGEST_BODY, body, "PullRequestReview", "body")
    if event != "COMMENT" and pull.user is actor.account:
        word = "approve" if event == "APPROVE" else "request changes on"
        raise _refused(f"Can not {word} your own pull request")
    if event != "APPROVE" and not body.strip() and not comments:
        raise _refused("Review body can't be blank")
    placed = [(place_of(pull, draft), draft) for draft in comments or []]
    new = add_review(fake, actor, pull, STATES[event], body, commit)
    made = [start_thread(fake, actor, new, *place, draft.body).comments[0] for place, draft in placed]
    tell(fake, actor, "submitted", new)
    for comment in made:
        tell_comment(fake, actor, "created", comment)
    return new


def add_review(
    fake: FakeGitHub, actor: Actor, pull: PullRequest, state: str, body: str, commit: str | None = None
) -> Review:
    """A review that nobody was told of yet. Single comments and replies come in one of their own."""
    now, sha = fake.clock(), commit or pull.head_sha
    new = Review(fake.next_id(), pull, actor.account, state, body, sha, now, actor.app)
    pull.reviews.append(new)
    pull.updated_at = now
    return new


def edit_review(fake: FakeGitHub, actor: Actor, changed: Review, body: str) -> None:
    changeable(changed.pull)
    require(actor, changed.pull.repository, "read" if changed.user is actor.account else "write")
    at_most(LONGEST_BODY, body, "PullRequestReview", "body")
    if body != changed.body:
        before, changed.body = changed.body, body
        tell(fake, actor, "edited", changed, changes={"body": {"from": before}})


def dismiss(fake: FakeGitHub, actor: Actor, gone: Review) -> None:
    require(actor, gone.pull.repository, "write")
    if gone.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise _refused("Can not dismiss a commented pull request review")
    gone.state = "DISMISSED"
    tell(fake, actor, "dismissed", gone)


def tell(fake: FakeGitHub, actor: Actor, action: str, about: Review, **content: Any) -> None:
    """The event of a review, in which states are small letters and an empty body is null."""
    told = review_json(fake, about)
    told |= {"state": about.state.lower(), "body": about.body or None}
    pull = pull_json(fake, about.pull)
    fake.webhooks.emit(
        actor, "pull_request_review", action, about.pull.repository, review=told, pull_request=pull, **content
    )


def _refused(message: str) -> Refused:
    return Refused(422, "Unprocessable Entity", [message])
