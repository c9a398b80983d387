"""Comments of issues: https://docs.github.com/en/rest/issues/comments"""

from __future__ import annotations

from typing import Any

from ..acts import comments as acts
from ..errors import Reply
from ..registry import Call, created, no_content, route
from ..shapes.issues import comment_json
from .issues import ISSUE, ISSUES, READ, WRITE
from .lookup import comment_of, issue_of, page, sorted_since

COMMENT = ISSUES + "/comments/{comment_id}"


@route("GET", ISSUE + "/comments", READ)
def list_of_issue(call: Call) -> Any:
    return [comment_json(call.fake, c) for c in page(call, sorted_since(call, issue_of(call).comments))]


@route("POST", ISSUE + "/comments", WRITE)
def create(call: Call) -> Reply:
    comment = acts.comment(call.fake, call.actor, issue_of(call), call.body["body"])
    return created(comment_json(call.fake, comment))


@route("GET", ISSUES + "/comments", READ)
def list_of_repository(call: Call) -> Any:
    numbered = [*call.repo.issues.values(), *call.repo.pulls.values()]
    every = [comment for issue in numbered for comment in issue.comments]
    return [comment_json(call.fake, c) for c in page(call, sorted_since(call, every))]


@route("GET", COMMENT, READ)
def get(call: Call) -> Any:
    return comment_json(call.fake, comment_of(call))


@route("PATCH", COMMENT, WRITE)
def update(call: Call) -> Any:
    comment = comment_of(call)
    acts.edit_comment(call.fake, call.actor, comment, call.body["body"])
    return comment_json(call.fake, comment)


@route("DELETE", COMMENT, WRITE)
def delete(call: Call) -> Reply:
    acts.delete_comment(call.fake, call.actor, comment_of(call))
    return no_content()
