"""Reviews of pull requests: https://docs.github.com/en/rest/pulls/reviews"""

from __future__ import annotations

from typing import Any

from ..acts import reviews as acts
from ..acts.threads import Draft
from ..errors import Refused, Reply
from ..registry import Call, route
from ..shapes.reviews import review_comment_json, review_json
from .lookup import page, pull_of, review_of
from .pulls import PULL, READ, WRITE

REVIEWS = PULL + "/reviews"
REVIEW = REVIEWS + "/{review_id}"


@route("GET", REVIEWS, READ)
def list_reviews(call: Call) -> Any:
    return [review_json(call.fake, review) for review in page(call, pull_of(call).reviews)]


@route("POST", REVIEWS, WRITE)
def create(call: Call) -> Reply:
    pull, body = pull_of(call), call.body
    if "event" not in body:
        raise Refused(501, "The fake GitHub has no pending reviews: name the event.")
    commit = body.get("commit_id")
    if commit and call.repo.git.resolve(commit) is None:
        raise Refused(422, "Unprocessable Entity", ["commit_id is not part of the pull request"])
    drafts = [draft_of(one) for one in body.get("comments", [])]
    review = acts.review(call.fake, call.actor, pull, body["event"], body.get("body", ""), drafts, commit)
    return Reply(200, review_json(call.fake, review))


@route("GET", REVIEW, READ)
def get(call: Call) -> Any:
    return review_json(call.fake, review_of(call))


@route("PUT", REVIEW, WRITE)
def update(call: Call) -> Any:
    review = review_of(call)
    acts.edit_review(call.fake, call.actor, review, call.body["body"])
    return review_json(call.fake, review)


@route("GET", REVIEW + "/comments", READ)
def list_comments(call: Call) -> Any:
    review = review_of(call)
    found = [comment for comment in review.pull.review_comments if comment.review is review]
    return [review_comment_json(call.fake, comment) for comment in page(call, found)]


def draft_of(given: dict[str, Any]) -> Draft:
    """A comment as the API takes it."""
    if "position" in given:
        raise Refused(501, "The fake GitHub has no position in reviews: use line and side.")
    return Draft(
        given["path"],
        given["body"],
        given.get("line"),
        given.get("side", "RIGHT"),
        given.get("start_line"),
        given.get("start_side"),
        given.get("subject_type") == "file",
    )
