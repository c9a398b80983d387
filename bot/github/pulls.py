"""Pull requests of ours. Each function may be called again at any time: a repeat writes nothing."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bot.github import marks
from bot.github.errors import Gone, NotFound, Unprocessable
from bot.github.inert import canonical
from bot.github.issuetext import issue_title, same_title
from bot.github.recovery import Made, made, only_ours
from bot.github.repo import Repo

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_STATE = "query($id: ID!) { node(id: $id) { ... on PullRequest { isDraft state } } }"
_READY = """
mutation($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } }
}
"""


def ensure_pull_request(
    repo: Repo,
    *,
    secret: bytes,
    local_id: str,
    number: int | None,
    recover_since: datetime | None,
    head: str,
    base: str,
    title: str,
    body: str,
    draft: bool = True,
) -> Made:
    """The pull request from branch `head` into `base`, opened or brought up to date; its text is all ours.

    A repository that takes no drafts gets a plain one. `recover_since`: not None where an earlier attempt may
    have opened it. Raises GitHubError: Unprocessable where the branch holds nothing new or somebody else's
    pull request stands there, Ambiguous where several carry our mark.
    """
    text = marks.signed(body, "pull", local_id, repo.repository_id, secret)
    if number is not None:
        pull = pull_request(repo, number)
    else:
        lost = None if recover_since is None else _lost(repo, secret, local_id, head)
        fields = {"head": head, "base": base, "title": issue_title(title), "body": text}
        pull = lost or _open(repo, fields, draft)
    if changes := _changes(pull, title, text):
        pull = repo.request("PATCH", f"/pulls/{pull['number']}", json=changes).data
    return made(pull, pull["number"])


def pull_request(repo: Repo, number: int) -> dict[str, Any]:
    """The pull request as GitHub's REST API tells it. Raises NotFound."""
    pull: dict[str, Any] = repo.request("GET", f"/pulls/{number}").data
    return pull


def ground(repo: Repo, number: int) -> tuple[str, str, str | None]:
    """The address, state and head commit of a pull request, or of an issue, which has no head.

    The state is open, closed, merged, locked (nobody may comment) or missing.
    """
    try:
        there = pull_request(repo, number)
    except NotFound:
        try:
            there = repo.request("GET", f"/issues/{number}").data
        except (NotFound, Gone):
            return "", "missing", None
    state = "merged" if there.get("merged_at") else "locked" if there["locked"] else there["state"]
    return there["html_url"], state, there["head"]["sha"] if "head" in there else None


def diff_lines(repo: Repo, number: int) -> dict[str, list[int]]:
    """By path: the lines of the new side that a pull request's diff shows, where a comment may stand."""
    return {
        file["filename"]: shown
        for file in repo.pages(f"/pulls/{number}/files")
        if (shown := _shown(file.get("patch") or ""))
    }


def mark_ready(repo: Repo, node_id: str) -> None:
    """Take a draft for ready; one that is ready or closed stays as it is. Raises NotFound."""
    node = repo.graphql(_STATE, id=node_id)["node"]
    if node is None:
        raise NotFound(f"there is no pull request {node_id}", status=404)
    if node["isDraft"] and node["state"] == "OPEN":
        repo.graphql(_READY, id=node_id)


def _shown(patch: str) -> list[int]:
    found, line = [], 0
    for text in patch.split("\n"):
        if hunk := _HUNK.match(text):
            line = int(hunk[1])
        elif text[:1] in ("+", " "):
            found.append(line)
            line += 1
    return found


def _open(repo: Repo, fields: dict[str, Any], draft: bool) -> dict[str, Any]:
    try:
        pull: dict[str, Any] = repo.request("POST", "/pulls", json={**fields, "draft": draft}).data
    except Unprocessable as error:
        if draft and "draft pull requests" in str(error).lower():
            return _open(repo, fields, draft=False)
        raise
    return pull


def _changes(pull: dict[str, Any], title: str, text: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if not same_title(pull["title"], title):
        changes["title"] = issue_title(title)
    if canonical(pull["body"]) != canonical(text):
        changes["body"] = text
    return changes


def _lost(repo: Repo, secret: bytes, local_id: str, head: str) -> dict[str, Any] | None:
    owner = repo.full_name.partition("/")[0]
    pulls = repo.pages("/pulls", {"head": f"{owner}:{head}", "state": "all"})
    return only_ours(repo, secret, "pull", local_id, pulls)
