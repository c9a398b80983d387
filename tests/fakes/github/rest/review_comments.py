"""Comments on diffs and replies to them: https://docs.github.com/en/rest/pulls/comments"""

from __future__ import annotations

from typing import Any

from ..acts import remarks, threads
from ..errors import Refused, Reply, not_found
from ..registry import Call, created, no_content, route
from ..shapes.reviews import review_comment_json
from .lookup import page, pull_of, review_comment_of, sorted_since
from .pulls import PULL, PULLS, READ, WRITE
from .reviews import draft_of

ONE = PULLS + "/comments/{comment_id}"


@route("GET", PULLS + "/comments", READ)
def list_of_repository(call: Call) -> Any:
    every = [comment for pull in call.repo.pulls.values() for comment in pull.review_comments]
    return [review_comment_json(call.fake, c) for c in page(call, sorted_since(call, every))]


@route("GET", PULL + "/comments", READ)
def list_of_pull(call: Call) -> Any:
    found = sorted_since(call, pull_of(call).review_comments)
    return [review_comment_json(call.fake, comment) for comment in page(call, found)]


@route("POST", PULL + "/comments", WRITE)
def create(call: Call) -> Reply:
    pull, body = pull_of(call), call.body
    if "in_reply_to" in body:
        top = next((c for c in pull.review_comments if c.id == body["in_reply_to"]), None)
        if top is None:
            raise not_found()
        made = remarks.reply(call.fake, call.actor, top, body["body"])
    else:
        if body["commit_id"] != pull.head_sha:
            raise Refused(422, "Unprocessable Entity", ["commit_id is not part of the pull request"])
        made = remarks.remark(call.fake, call.actor, pull, draft_of(body))
    return created(review_comment_json(call.fake, made))


@route("POST", PULL + "/comments/{comment_id}/replies", WRITE)
def reply(call: Call) -> Reply:
    made = remarks.reply(call.fake, call.actor, review_comment_of(call), call.body["body"])
    return created(review_comment_json(call.fake, made))


@route("GET", ONE, READ)
def get(call: Call) -> Any:
    return review_comment_json(call.fake, review_comment_of(call))


@route("PATCH", ONE, WRITE)
def update(call: Call) -> Any:
    comment = review_comment_of(call)
    threads.edit_comment(call.fake, call.actor, comment, call.body["body"])
    return review_comment_json(call.fake, comment)


@route("DELETE", ONE, WRITE)
def delete(call: Call) -> Reply:
    threads.delete_comment(call.fake, call.actor, review_comment_of(call))
    return no_content()
