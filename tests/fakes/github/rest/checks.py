"""Check runs, and commit statuses, of which there are none: https://docs.github.com/en/rest/checks/runs"""

from __future__ import annotations

from typing import Any

from ..acts import checks as acts
from ..errors import Refused, Reply, not_found
from ..registry import Call, created, route
from ..shapes.checks import check_run_json
from ..shapes.repositories import repository_json
from ..state_pulls import CheckRun
from .lookup import page

RUNS = "/repos/{owner}/{repo}/check-runs"
RUN = RUNS + "/{check_run_id}"
REF = "/repos/{owner}/{repo}/commits/{ref}"


@route("POST", RUNS, "checks=write")
def create(call: Call) -> Reply:
    body = call.body
    check = acts.create_check(call.fake, call.actor, call.repo, body["name"], body["head_sha"], body)
    return created(check_run_json(call.fake, check))


@route("GET", RUN, "checks=read")
def get(call: Call) -> Any:
    return check_run_json(call.fake, _check_of(call))


@route("PATCH", RUN, "checks=write")
def update(call: Call) -> Any:
    check = _check_of(call)
    acts.update_check(call.fake, call.actor, check, call.body)
    return check_run_json(call.fake, check)


@route("GET", RUN + "/annotations", "checks=read")
def list_annotations(call: Call) -> Any:
    return page(call, _check_of(call).annotations)


@route("POST", RUN + "/rerequest", "checks=write")
def rerequest(call: Call) -> Reply:
    acts.rerequest(call.fake, call.actor, _check_of(call))
    return created({})


@route("GET", REF + "/check-runs", "checks=read")
def list_of_ref(call: Call) -> Any:
    """Newest first; `filter=latest`, the default, has one of each name and App."""
    query, sha = call.query, _sha(call)
    found = [check for check in reversed(call.repo.checks) if check.head_sha == sha]
    if query.get("filter", "latest") == "latest":
        found = list({(c.app.id, c.name): c for c in reversed(found)}.values())[::-1]
    wanted = {"name": "check_name", "status": "status"}
    found = [
        check
        for check in found
        if all(query.get(asked, getattr(check, own)) == getattr(check, own) for own, asked in wanted.items())
        and query.get("app_id", check.app.id) == check.app.id
    ]
    runs = [check_run_json(call.fake, check) for check in page(call, found)]
    return {"total_count": len(found), "check_runs": runs}


@route("GET", REF + "/statuses", "statuses=read")
def list_statuses(call: Call) -> Any:
    _sha(call)
    return []


@route("GET", REF + "/status", "statuses=read")
def combined_status(call: Call) -> Any:
    sha = _sha(call)
    return {
        "state": "pending",
        "statuses": [],
        "sha": sha,
        "total_count": 0,
        "repository": repository_json(call.fake, call.repo),
        "commit_url": f"{call.fake.api_url}/repos/{call.repo.full_name}/commits/{sha}",
        "url": f"{call.fake.api_url}/repos/{call.repo.full_name}/commits/{sha}/status",
    }


def _check_of(call: Call) -> CheckRun:
    wanted = call.params["check_run_id"]
    if found := next((check for check in call.repo.checks if check.id == wanted), None):
        return found
    raise not_found()


def _sha(call: Call) -> str:
    ref = call.params["ref"].removeprefix("heads/")
    if sha := call.repo.git.resolve(ref):
        return sha
    raise Refused(422, f"No commit found for SHA: {ref}")
