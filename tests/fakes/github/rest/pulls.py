"""Pull requests: https://docs.github.com/en/rest/pulls/pulls"""

from __future__ import annotations

from typing import Any

from ..acts import issues, merges
from ..acts import pulls as acts
from ..changes import commits_of, files_of, mergeable
from ..errors import Refused, Reply, invalid, not_found
from ..registry import Call, created, no_content, route
from ..shapes.commits import commit_json, file_json
from ..shapes.pulls import full_pull_json, pull_json
from ..state_pulls import PullRequest
from .lookup import page, pull_of

PULLS = "/repos/{owner}/{repo}/pulls"
PULL = PULLS + "/{pull_number}"
READ = "pull_requests=read"
WRITE = "pull_requests=write"
MOST_COMMITS = 250
SORTS = {
    "created": lambda pull: (pull.created_at, pull.number),
    "updated": lambda pull: (pull.updated_at, pull.number),
    "popularity": lambda pull: (len(pull.comments), pull.number),
    "long-running": lambda pull: (pull.created_at, pull.number),
}


@route("GET", PULLS, READ)
def list_pulls(call: Call) -> Any:
    query = call.query
    found = [pull for pull in call.repo.pulls.values() if _wanted(pull, query)]
    sort = query.get("sort", "created")
    direction = query.get("direction", "desc" if sort == "created" else "asc")
    found.sort(key=SORTS[sort], reverse=direction == "desc")
    return [pull_json(call.fake, pull) for pull in page(call, found)]


@route("POST", PULLS, WRITE)
def create(call: Call) -> Reply:
    body = call.body
    if lacking := {"issue", "head_repo"} & body.keys():
        raise Refused(501, f"The fake GitHub has no {', '.join(lacking)} on pull requests.")
    title, text, draft = body.get("title", ""), body.get("body"), body.get("draft", False)
    pull = acts.open_pull(call.fake, call.actor, call.repo, body["head"], body["base"], title, text, draft)
    return created(_full(call, pull))


@route("GET", PULL, READ)
def get(call: Call) -> Any:
    return _full(call, pull_of(call))


@route("PATCH", PULL, WRITE)
def update(call: Call) -> Any:
    pull, body = pull_of(call), call.body
    changes: dict[str, str | None] = {name: body[name] for name in ("title", "body") if name in body}
    issues.edit_issue(call.fake, call.actor, pull, changes)
    if "base" in body:
        acts.change_base(call.fake, call.actor, pull, body["base"])
    if body.get("state") == "closed":
        issues.close_issue(call.fake, call.actor, pull)
    elif body.get("state") == "open":
        acts.reopen(call.fake, call.actor, pull)
    return _full(call, pull)


@route("GET", PULL + "/files", READ)
def list_files(call: Call) -> Any:
    pull = pull_of(call)
    found = page(call, files_of(pull))
    return [file_json(call.fake, pull.head_repository, pull.head_sha, file) for file in found]


@route("GET", PULL + "/commits", READ)
def list_commits(call: Call) -> Any:
    rows = commits_of(pull_of(call))[:MOST_COMMITS]
    return [commit_json(call.fake, call.repo, row) for row in page(call, rows)]


@route("GET", PULL + "/merge", READ)
def is_merged(call: Call) -> Reply:
    if pull_of(call).merged_at is None:
        raise not_found()
    return no_content()


@route("PUT", PULL + "/merge", "contents=write")
def merge(call: Call) -> Any:
    body = call.body
    sha = merges.merge(
        call.fake,
        call.actor,
        pull_of(call),
        body.get("merge_method", "merge"),
        body.get("commit_title"),
        body.get("commit_message"),
        body.get("sha"),
    )
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


@route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", READ)
def list_of_commit(call: Call) -> Any:
    """Pull requests that have this commit."""
    sha = call.repo.git.resolve(call.params["commit_sha"])
    if sha is None:
        raise invalid("Commit", "sha", "invalid")
    found = [p for p in call.repo.pulls.values() if sha in [row["sha"] for row in commits_of(p)]]
    return [pull_json(call.fake, pull) for pull in page(call, found)]


def _full(call: Call, pull: PullRequest) -> dict[str, Any]:
    return full_pull_json(call.fake, pull, mergeable(pull))


def _wanted(pull: PullRequest, query: dict[str, Any]) -> bool:
    head = query.get("head", "")
    return (
        query.get("state", "open") in (pull.state, "all")
        and (":" not in head or head.lower() == pull.head_label.lower())  # GitHub ignores one without owner
        and query.get("base", pull.base_ref) == pull.base_ref
    )
