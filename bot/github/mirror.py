"""Making GitHub show what we have. Each function may be called again at any time: a repeat writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Set
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bot.github import marks
from bot.github.errors import NotFound, Unprocessable
from bot.github.inert import canonical
from bot.github.issuetext import IssueContent, issue_body, issue_title, same_title, split
from bot.github.recovery import Made, made, moment, only_ours
from bot.github.repo import Repo

LABEL = "askfirst"
PRIORITY_LABEL = "priority: "
COLOURS = {
    LABEL: "5319e7",
    "priority: low": "c2e0c6",
    "priority: medium": "fbca04",
    "priority: high": "d93f0b",
    "priority: critical": "b60205",
}
# how long a label that was there is taken to be: hundreds of issues in a row need not ask for it each time
_LABEL_SECONDS = 600.0
EVERYTHING = frozenset({"title", "description", "body", "priority", "state", "reason"})


def ensure_issue(
    repo: Repo,
    *,
    secret: bytes,
    local_id: str,
    number: int | None,
    recover_since: datetime | None,
    content: IssueContent,
    changed: Set[str] = EVERYTHING,
) -> Made:
    """The issue, created or brought up to date; people's labels, assignees and milestones are not touched.

    `changed`: what of it may be written, so that an older wish of ours does not undo somebody's newer edit;
    `body` without `description` renews only the facts below what people may edit.
    `recover_since`: when an earlier attempt began that may have created it. Raises GitHubError:
    NotFound or Gone where a known one is no longer there, Ambiguous where several carry our mark.
    """
    mark = marks.mark("issue", local_id, repo.repository_id, secret)
    if number is not None:
        issue = repo.request("GET", f"/issues/{number}").data
    else:
        issue = _lost_issue(repo, secret, local_id, recover_since) or _create_issue(repo, content, mark)
    changes = _changes(issue, content, mark, changed)
    if changes:
        issue = repo.request("PATCH", f"/issues/{issue['number']}", json=changes).data
    if "priority" in changed:
        _show_priority(repo, issue, content.priority)
    return made(issue, issue["number"])


def ensure_comment(
    repo: Repo,
    *,
    secret: bytes,
    issue_number: int,
    local_id: str,
    comment_id: int | None,
    recover_since: datetime | None,
    body: str,
) -> Made:
    """The comment, created or edited in place; a mark is put at its end. Errors as of `ensure_issue`."""
    text = marks.signed(body, "comment", local_id, repo.repository_id, secret)
    if comment_id is not None:
        comment = repo.request("GET", f"/issues/comments/{comment_id}").data
    else:
        comment = _lost_comment(repo, secret, issue_number, local_id, recover_since) or (
            repo.request("POST", f"/issues/{issue_number}/comments", json={"body": text}).data
        )
    if canonical(comment["body"]) != canonical(text):
        comment = repo.request("PATCH", f"/issues/comments/{comment['id']}", json={"body": text}).data
    return made(comment, comment["id"])


def edit_comment(repo: Repo, *, secret: bytes, local_id: str, comment_id: int, body: str) -> Made:
    """A comment of ours, of which we know that it says something else. Raises NotFound where it is gone."""
    text = marks.signed(body, "comment", local_id, repo.repository_id, secret)
    comment = repo.request("PATCH", f"/issues/comments/{comment_id}", json={"body": text}).data
    return made(comment, comment["id"])


def ensure_labels(repo: Repo, names: Iterable[str]) -> None:
    """Labels of ours that the repository does not have yet, with their colours; existing ones stay as they are."""
    for name in names:
        label = (repo.repository_id, name)
        if time.monotonic() < repo.app.labels.get(label, 0.0):
            continue
        try:
            repo.request("GET", f"/labels/{quote(name, safe='')}")
        except NotFound:
            _create_label(repo, name)
        repo.app.labels[label] = time.monotonic() + _LABEL_SECONDS


def _create_label(repo: Repo, name: str) -> None:
    try:
        repo.request("POST", "/labels", json={"name": name, "color": COLOURS[name]})
    except Unprocessable as error:
        if not any("already_exists" in detail for detail in error.errors):
            raise


def _create_issue(repo: Repo, content: IssueContent, mark: str) -> dict[str, Any]:
    labels = [LABEL, f"{PRIORITY_LABEL}{content.priority}"]
    ensure_labels(repo, labels)
    fields = {"title": issue_title(content.title), "body": issue_body(content, mark), "labels": labels}
    issue: dict[str, Any] = repo.request("POST", "/issues", json=fields).data
    return issue


def _changes(issue: dict[str, Any], content: IssueContent, mark: str, changed: Set[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "title" in changed and not same_title(issue["title"], content.title):
        changes["title"] = issue_title(content.title)
    if changed & {"description", "body"}:
        body = issue_body(content, mark, issue["body"] or "", keep_top="description" not in changed)
        if split(issue["body"]) != split(body):
            changes["body"] = body
    if changed & {"state", "reason"} and not _same_state(issue, content):
        changes["state"] = content.state
        if content.state_reason:
            changes["state_reason"] = content.state_reason
    return changes


def _same_state(issue: dict[str, Any], content: IssueContent) -> bool:
    if issue["state"] != content.state or content.state == "open":
        return bool(issue["state"] == content.state)
    return content.state_reason in (None, issue.get("state_reason"))


def _show_priority(repo: Repo, issue: dict[str, Any], priority: str) -> None:
    there = {label["name"].lower() for label in issue["labels"]}
    wanted = f"{PRIORITY_LABEL}{priority}"
    for name in COLOURS:
        if name.startswith(PRIORITY_LABEL) and name != wanted and name in there:
            _take_off(repo, issue["number"], name)
    if wanted not in there:
        ensure_labels(repo, [wanted])
        repo.request("POST", f"/issues/{issue['number']}/labels", json={"labels": [wanted]})


def _take_off(repo: Repo, number: int, label: str) -> None:
    try:
        repo.request("DELETE", f"/issues/{number}/labels/{quote(label, safe='')}")
    except NotFound:
        return  # somebody was faster


def _lost_issue(repo: Repo, secret: bytes, local_id: str, since: datetime | None) -> dict[str, Any] | None:
    if since is None:
        return None
    query = {"creator": f"{repo.app.slug}[bot]", "state": "all", "since": moment(since)}
    issues = (issue for issue in repo.pages("/issues", query) if "pull_request" not in issue)
    return only_ours(repo, secret, "issue", local_id, issues)


def _lost_comment(
    repo: Repo, secret: bytes, issue_number: int, local_id: str, since: datetime | None
) -> dict[str, Any] | None:
    if since is None:
        return None
    comments = repo.pages(f"/issues/{issue_number}/comments", {"since": moment(since)})
    return only_ours(repo, secret, "comment", local_id, comments)
