"""A single comment on a line or a file, and replies: each comes in a review of its own, as on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Refused
from ..state import Actor
from ..state_pulls import PullRequest, ReviewComment, Thread
from . import reviews
from .comments import check_body, check_open_to
from .threads import Draft, add_comment, place_of, start_thread, tell_comment

if TYPE_CHECKING:
    from ..fake import FakeGitHub


def remark(fake: FakeGitHub, actor: Actor, pull: PullRequest, draft: Draft) -> ReviewComment:
    """Start a thread with one comment."""
    check_open_to(actor, pull)
    place = place_of(pull, draft)
    review = reviews.add_review(fake, actor, pull, "COMMENTED", "")
    comment = start_thread(fake, actor, review, *place, draft.body).comments[0]
    return _told(fake, actor, comment)


def reply(fake: FakeGitHub, actor: Actor, to: ReviewComment, body: str) -> ReviewComment:
    """Answer the top comment of a thread, and no other: the API's way."""
    if to.id != to.thread.top:
        raise Refused(422, "Unprocessable Entity", ["Replies to replies are not supported."])
    return answer(fake, actor, to.thread, body)


def answer(fake: FakeGitHub, actor: Actor, thread: Thread, body: str) -> ReviewComment:
    """What the reply box of a thread does."""
    check_open_to(actor, thread.pull)
    check_body(body, "PullRequestReviewComment")
    review = reviews.add_review(fake, actor, thread.pull, "COMMENTED", "")
    return _told(fake, actor, add_comment(fake, actor, review, thread, body))


def _told(fake: FakeGitHub, actor: Actor, comment: ReviewComment) -> ReviewComment:
    reviews.tell(fake, actor, "submitted", comment.review)
    tell_comment(fake, actor, "created", comment)
    return comment
