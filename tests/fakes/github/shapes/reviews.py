"""Reviews, their comments and threads in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..state_pulls import PullRequest, Review, ReviewComment, Thread
from .accounts import node_id, stamp, user_json
from .issues import issue_page, reactions_summary
from .repositories import association

if TYPE_CHECKING:
    from ..world import World


def review_json(fake: World, review: Review) -> dict[str, Any]:
    pull = review.pull
    page = f"{issue_page(fake, pull)}#pullrequestreview-{review.id}"
    return {
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user_json(fake, review.user),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": _url(fake, pull),
        "author_association": association(pull.repository, review.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": _url(fake, pull)}},
        "submitted_at": stamp(review.submitted_at),
        "commit_id": review.commit,
    }


def review_comment_json(fake: World, comment: ReviewComment) -> dict[str, Any]:
    thread, pull = comment.thread, comment.issue
    url = f"{fake.api_url}/repos/{pull.repository.full_name}/pulls/comments/{comment.id}"
    page = f"{issue_page(fake, pull)}#discussion_r{comment.id}"
    answers = {} if comment.id == thread.top else {"in_reply_to_id": thread.top}
    return {
        "url": url,
        "pull_request_review_id": comment.review.id,
        "id": comment.id,
        "node_id": node_id("PRRC", comment.id),
        "diff_hunk": thread.hunk,
        "path": thread.original.path,
        "commit_id": thread.commit,
        "original_commit_id": thread.original_commit,
        **answers,
        "user": user_json(fake, comment.user),
        "body": comment.body,
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.updated_at),
        "html_url": page,
        "pull_request_url": _url(fake, pull),
        "_links": {
            "self": {"href": url},
            "html": {"href": page},
            "pull_request": {"href": _url(fake, pull)},
        },
        "author_association": association(pull.repository, comment.user),
        "reactions": reactions_summary(f"{url}/reactions", comment.reactions),
        **_place(thread),
    }


def thread_json(fake: World, thread: Thread) -> dict[str, Any]:
    return {
        "node_id": thread_id(thread),
        "comments": [review_comment_json(fake, comment) for comment in thread.comments],
    }


def thread_id(thread: Thread) -> str:
    return node_id("PRRT", thread.id)


def _place(thread: Thread) -> dict[str, Any]:
    """The line now, null when a push changed it, and the line as it was when the comment was made."""
    now, then = thread.place, thread.original
    return {
        "start_line": now and now.start_line,
        "original_start_line": then.start_line,
        "start_side": then.start_side,
        "line": now and now.line,
        "original_line": then.line,
        "side": then.side,
        "position": thread.position if now else None,
        "original_position": thread.position,
        "subject_type": "file" if then.line is None else "line",
    }


def _url(fake: World, pull: PullRequest) -> str:
    return f"{fake.api_url}/repos/{pull.repository.full_name}/pulls/{pull.number}"
