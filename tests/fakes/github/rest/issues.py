"""/repos/{owner}/{repo}/issues: https://docs.github.com/en/rest/issues/issues"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..acts import issues as acts
from ..acts import labels as labelling
from ..acts import pulls
from ..errors import Refused, Reply, invalid
from ..registry import Call, created, no_content, route
from ..shapes.issues import issue_json
from ..state import Issue
from .labels import names_in
from .lookup import issue_of, page

ISSUES = "/repos/{owner}/{repo}/issues"
ISSUE = ISSUES + "/{issue_number}"
READ = "issues=read; pull_requests=read"
WRITE = "issues=write; pull_requests=write"
NOT_BUILT = {"milestone", "type", "issue_field_values", "duplicate_issue_id", "mentioned"}
SORTS = {
    "created": lambda issue: (issue.created_at, issue.number),
    "updated": lambda issue: (issue.updated_at, issue.number),
    "comments": lambda issue: (len(issue.comments), issue.number),
}


@route("GET", ISSUES, READ)
def list_issues(call: Call) -> Any:
    if not call.repo.has_issues:
        raise Refused(410, "Issues has been disabled in this repository.")
    _only_built(call.query)
    numbered = [*call.repo.issues.values(), *call.repo.pulls.values()]  # a pull request is an issue, too
    found = [issue for issue in numbered if _wanted(issue, call.query)]
    found.sort(
        key=SORTS[call.query.get("sort", "created")], reverse=call.query.get("direction", "desc") == "desc"
    )
    return [issue_json(call.fake, issue) for issue in page(call, found)]


@route("POST", ISSUES, "issues=write")
def create(call: Call) -> Reply:
    body = call.body
    _only_built(body)
    issue = acts.open_issue(call.fake, call.actor, call.repo, str(body["title"]), body.get("body"))
    if body.get("labels"):
        labelling.set_labels(call.fake, call.actor, issue, names_in(body["labels"]))
    if body.get("assignees"):
        acts.assign(call.fake, call.actor, issue, body["assignees"])
    return created(issue_json(call.fake, issue))


@route("GET", ISSUE, READ)
def get(call: Call) -> Any:
    return issue_json(call.fake, issue_of(call))


@route("PATCH", ISSUE, WRITE)
def update(call: Call) -> Any:
    issue, body = issue_of(call), call.body
    _only_built(body)
    changes: dict[str, str | None] = {name: body[name] for name in ("title", "body") if name in body}
    if changes.get("title") is not None:
        changes["title"] = str(changes["title"])
    acts.edit_issue(call.fake, call.actor, issue, changes)
    _set_state(call, issue)
    if "labels" in body:
        labelling.set_labels(call.fake, call.actor, issue, names_in(body["labels"]))
    if "assignees" in body:
        logins = [one if isinstance(one, str) else one.get("login", "") for one in body["assignees"]]
        acts.assign(call.fake, call.actor, issue, logins)
    return issue_json(call.fake, issue)


@route("PUT", ISSUE + "/lock", WRITE)
def lock(call: Call) -> Reply:
    acts.lock(call.fake, call.actor, issue_of(call), call.body.get("lock_reason"))
    return no_content()


@route("DELETE", ISSUE + "/lock", WRITE)
def unlock(call: Call) -> Reply:
    acts.unlock(call.fake, call.actor, issue_of(call))
    return no_content()


def _set_state(call: Call, issue: Issue) -> None:
    state = call.body.get("state", issue.state)
    reason = call.body.get("state_reason")
    if state == "open":
        if reason not in (None, "reopened"):
            raise invalid("Issue", "state_reason", "invalid")
        if issue.state == "closed":
            pulls.reopen(call.fake, call.actor, issue)
    elif reason or issue.state == "open":
        acts.close_issue(call.fake, call.actor, issue, reason or "completed")


def _wanted(issue: Issue, query: dict[str, Any]) -> bool:
    labels = {label.name.lower() for label in issue.labels}
    needed = {name.lower() for name in query.get("labels", "").split(",") if name}
    logins = [account.login for account in issue.assignees]
    return (
        query.get("state", "open") in (issue.state, "all")
        and query.get("creator", issue.user.login).lower() == issue.user.login.lower()
        and ("assignee" not in query or query["assignee"] in logins)
        and ("since" not in query or issue.updated_at >= datetime.fromisoformat(query["since"]))
        and needed <= labels
    )


def _only_built(given: dict[str, Any]) -> None:
    """Parts of GitHub that this fake lacks are an error, so that nobody believes they worked."""
    if lacking := sorted(name for name in NOT_BUILT & given.keys() if given[name] is not None):
        raise Refused(501, f"The fake GitHub has no {', '.join(lacking)} on issues.")
